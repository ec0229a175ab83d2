//! The tune and who has it.
#![allow(clippy::unwrap_used)]
#[path = "support/charts.rs"]
mod charts;

use charts::{STYLES, note, plan, song, with_voice};
use musegan_corpus::chart::{TICKS_PER_BAR, VoiceRole};
use musegan_corpus::plan::Style;
use musegan_corpus::{Dice, melody};
use musegan_score::Track;

#[test]
fn a_composed_tune_has_chord_tones_where_it_counts() {
    let mut counted = 0;
    let chart = song();
    for (seed, style) in STYLES.into_iter().enumerate() {
        let tune = melody::tune(&chart, &plan(&chart, style), &Dice::new(seed as u64, "a", 0));
        let strong: Vec<_> =
            tune.iter().filter(|n| n.onset % (TICKS_PER_BAR / 2) == 0 && n.length >= 480).collect();
        counted += strong.len();
        for note in &strong {
            let chord = chart.chord((note.onset / 480) as usize).unwrap();
            let end = chart.chord(((note.end() - 1) / 480) as usize).unwrap();
            let fits = chord.tones().contains(note.pitch) || end.tones().contains(note.pitch);
            assert!(fits, "{style:?}: {note:?} over {chord}");
        }
    }
    assert!(counted > 100, "{counted} notes");
}

#[test]
fn a_composed_tune_is_sung_one_note_at_a_time_and_breathes() {
    let chart = song();
    for (seed, style) in STYLES.into_iter().enumerate() {
        let tune = melody::tune(&chart, &plan(&chart, style), &Dice::new(seed as u64, "b", 0));
        assert!(tune.windows(2).all(|pair| pair[0].end() <= pair[1].onset), "{style:?}");
        assert!(tune.iter().all(|n| (60..=81).contains(&n.pitch.number())), "{style:?}");
        let gaps = tune.windows(2).filter(|pair| pair[1].onset - pair[0].end() >= 240).count();
        assert!(gaps >= 4, "{style:?} takes {gaps} breaths in 32 bars");
        let leaps: Vec<u8> =
            tune.windows(2).map(|p| p[0].pitch.number().abs_diff(p[1].pitch.number())).collect();
        assert!(leaps.iter().all(|leap| *leap <= 14), "{style:?} {leaps:?}");
        let steps = leaps.iter().filter(|leap| **leap <= 4).count();
        assert!(steps * 10 > leaps.len() * 6, "{style:?}: {steps} small of {}", leaps.len());
    }
}

#[test]
fn sections_of_a_group_have_one_tune_with_its_own_ending() {
    let chart = song();
    let tune = melody::tune(&chart, &plan(&chart, Style::Pop), &Dice::new(3, "c", 0));
    let bars = |from: u64, count: u64| -> Vec<(u64, u8)> {
        let (from, to) = (from * TICKS_PER_BAR, (from + count) * TICKS_PER_BAR);
        let inside = tune.iter().filter(|n| (from..to).contains(&n.onset));
        inside.map(|n| (n.onset - from, n.pitch.number())).collect()
    };
    // The first bars' notes lead into each other alike; only what comes before may differ.
    assert_eq!(bars(0, 6), bars(16, 6));
    assert_eq!(bars(8, 6), bars(24, 6));
    assert_ne!(bars(0, 6), bars(8, 6));
}

#[test]
fn in_every_bar_exactly_one_of_those_who_play_leads() {
    let chart = song();
    let mut led = [0; Track::COUNT];
    for seed in 0..60 {
        let mut plan = plan(&chart, Style::Pop);
        for bar in &mut plan.bars[3..8] {
            bar.plays[Track::Strings.index()] = false;
        }
        for bar in &mut plan.bars[10..12] {
            bar.plays = [false; Track::COUNT];
        }
        let lead = melody::lead(&chart, &plan, &Dice::new(seed, "d", 0));
        for (now, leader) in plan.bars.iter().zip(&lead) {
            let able = [Track::Piano, Track::Guitar, Track::Strings].map(|track| now.plays(track));
            assert_eq!(leader.is_some(), able.contains(&true));
            let Some(track) = leader else { continue };
            assert!(now.plays(*track));
            if now.section >= 2 {
                led[track.index()] += 1;
            }
        }
    }
    let share = |track: Track| led[track.index()] * 100 / led.iter().sum::<usize>();
    assert!(share(Track::Strings) > 60, "{led:?}");
    assert!(share(Track::Guitar) > 3 && share(Track::Piano) > 3, "{led:?}");
}

#[test]
fn a_source_keeps_its_tune_and_its_piano_does_not_lead() {
    let notes: Vec<_> = (0..32).map(|bar| note(bar * 16 + 2, 6, 64 + (bar % 5) as u8)).collect();
    let chart = with_voice(song(), VoiceRole::Melody, notes.clone());
    let chart = with_voice(chart, VoiceRole::Piano, vec![note(0, 4, 50)]);
    let plan = plan(&chart, Style::Ballad);
    for seed in 0..20 {
        let dice = Dice::new(seed, "e", 0);
        assert_eq!(melody::tune(&chart, &plan, &dice), notes);
        assert!(!melody::lead(&chart, &plan, &dice).contains(&Some(Track::Piano)));
    }
}
