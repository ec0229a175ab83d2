//! Guitar, strings and piano as a band hears them.
#![allow(clippy::unwrap_used)]
#[path = "support/charts.rs"]
mod charts;

use std::collections::BTreeMap;

use charts::{STYLES, note, plan, song, with_voice};
use musegan_corpus::chart::{Chart, TICKS_PER_BAR, VoiceRole};
use musegan_corpus::plan::{Plan, Style, Swing};
use musegan_corpus::{Dice, guitar, melody, piano, strings};
use musegan_score::{SongNote, Track};

type Writer = fn(&Chart, &Plan, &Dice) -> Vec<SongNote>;
const WRITERS: [(Track, Writer); 3] = [
    (Track::Piano, piano::write),
    (Track::Guitar, guitar::write),
    (Track::Strings, strings::write),
];

/// Every part of every style, with a seed of its own.
fn parts() -> impl Iterator<Item = (Style, Track, Vec<SongNote>)> {
    STYLES.into_iter().enumerate().flat_map(|(seed, style)| {
        let chart = song();
        let plan = plan(&chart, style);
        let dice = Dice::new(seed as u64, "band", 0);
        WRITERS.map(|(track, write)| (style, track, write(&chart, &plan, &dice)))
    })
}

#[test]
fn every_part_plays_in_its_range_and_strikes_no_key_that_sounds() {
    for (style, track, mut notes) in parts() {
        let range = match track {
            Track::Guitar => 40..=76,
            Track::Strings => 48..=88,
            _ => 36..=95,
        };
        assert!(notes.iter().all(|n| range.contains(&n.pitch.number())), "{style:?} {track:?}");
        assert!(notes.is_sorted_by_key(|n| (n.onset, n.pitch)), "{style:?} {track:?}");
        notes.sort_by_key(|n| (n.pitch, n.onset));
        let doubled =
            notes.windows(2).find(|p| p[0].pitch == p[1].pitch && p[0].end() > p[1].onset);
        assert_eq!(doubled, None, "{style:?} {track:?}");
    }
}

#[test]
fn every_part_is_busy_and_nobody_plays_all_the_time_at_once() {
    for (style, track, notes) in parts() {
        let per_bar = notes.len() as f64 / 32.0;
        assert!((3.0..40.0).contains(&per_bar), "{style:?} {track:?}: {per_bar} notes per bar");
        let loud: Vec<u8> = notes.iter().map(|n| n.velocity.value()).collect();
        let spread = loud.iter().max().unwrap() - loud.iter().min().unwrap();
        assert!(spread >= 15, "{style:?} {track:?}: velocities within {spread}");
    }
}

#[test]
fn a_part_of_the_same_dice_is_the_same_and_of_others_another() {
    let chart = song();
    let plan = plan(&chart, Style::Pop);
    for (track, write) in WRITERS {
        let once = write(&chart, &plan, &Dice::new(1, "x", 0));
        assert_eq!(once, write(&chart, &plan, &Dice::new(1, "x", 0)), "{track:?}");
        assert_ne!(once, write(&chart, &plan, &Dice::new(1, "x", 1)), "{track:?}");
    }
}

#[test]
fn onsets_stay_on_the_grid_within_a_tenth_of_a_sixteenth() {
    for (style, track, notes) in parts() {
        for note in notes {
            let off = (note.onset + 60) % 120;
            assert!(off.abs_diff(60) < 12, "{style:?} {track:?} at {}", note.onset);
        }
    }
}

#[test]
fn swung_eighths_come_at_two_thirds_of_the_beat() {
    let chart = song();
    let plan = Plan { swing: Some(Swing::Eighths), ..plan(&chart, Style::Swing) };
    let notes = piano::write(&chart, &plan, &Dice::new(2, "swing", 0));
    let place = |note: &SongNote| note.onset % 480;
    let late = notes.iter().filter(|n| place(n).abs_diff(320) < 12).count();
    let straight = notes.iter().filter(|n| place(n).abs_diff(240) < 12).count();
    assert!(late > 20 && straight == 0, "{late} late, {straight} straight");
}

#[test]
fn who_rests_in_the_plan_is_silent() {
    let chart = song();
    let mut plan = plan(&chart, Style::Rock);
    for bar in &mut plan.bars[8..16] {
        bar.plays = [false; Track::COUNT];
    }
    for (track, write) in WRITERS {
        let notes = write(&chart, &plan, &Dice::new(5, "rest", 0));
        let inside = 8 * TICKS_PER_BAR + 12..16 * TICKS_PER_BAR - 12;
        assert!(!notes.iter().any(|n| inside.contains(&n.onset)), "{track:?}");
        assert!(!notes.iter().any(|n| n.onset < inside.start && n.end() > inside.start + 12));
    }
}

#[test]
fn where_the_band_stops_only_the_tune_goes_on() {
    let chart = song();
    let mut plan = plan(&chart, Style::Funk);
    plan.bars[4].stop = true;
    let dice = Dice::new(8, "stop", 0);
    let lead = melody::lead(&chart, &plan, &dice)[4];
    let second_half = 4 * TICKS_PER_BAR + TICKS_PER_BAR / 2..5 * TICKS_PER_BAR - 12;
    for (track, write) in WRITERS {
        let notes = write(&chart, &plan, &dice);
        let late = notes.iter().filter(|n| second_half.contains(&n.onset)).count();
        assert!(late == 0 || lead == Some(track), "{track:?} plays {late}");
    }
}

/// Share of sounding sixteenths of all parts that have a neighbour a semitone above.
fn minor_seconds(parts: &[Vec<SongNote>]) -> f64 {
    let mut steps: BTreeMap<u64, u128> = BTreeMap::new();
    for note in parts.iter().flatten() {
        let first = (note.onset + 60) / 120;
        let last = ((note.end() + 60) / 120).max(first + 1);
        for step in first..last {
            *steps.entry(step).or_default() |= 1 << note.pitch.number();
        }
    }
    let rubs: u32 = steps.values().map(|keys| (keys & keys >> 1).count_ones()).sum();
    let cells: u32 = steps.values().map(|keys| keys.count_ones()).sum();
    f64::from(rubs) / f64::from(cells)
}

#[test]
fn the_parts_do_not_rub_against_each_other() {
    let chart = song();
    let mut sum = 0.0;
    for (seed, style) in STYLES.into_iter().enumerate() {
        let plan = plan(&chart, style);
        let dice = Dice::new(seed as u64, "rub", 0);
        let parts = WRITERS.map(|(_, write)| write(&chart, &plan, &dice));
        let share = minor_seconds(&parts);
        assert!(share < 0.05, "{style:?}: {share}");
        sum += share / STYLES.len() as f64;
    }
    assert!(sum < 0.02, "{sum}");
}

#[test]
fn a_real_piano_is_kept_with_its_dynamics_above_the_bass() {
    let mut notes: Vec<SongNote> = (0..32).map(|bar| note(bar * 16 + 3, 5, 67)).collect();
    notes.extend([
        note(0, 8, 36),
        note(0, 8, 64),
        note(0, 8, 64),
        note(16, 4, 40),
        note(16, 8, 52),
    ]);
    notes.sort_by_key(|n| (n.onset, n.pitch));
    let chart = with_voice(song(), VoiceRole::Piano, notes.clone());
    let mut plan = plan(&chart, Style::Ballad);
    notes.dedup();
    let of = |seed: u64| -> Vec<u8> {
        let notes = piano::write(&chart, &plan, &Dice::new(seed, "real", 0));
        notes.iter().take(5).map(|n| n.pitch.number()).collect()
    };
    // The low C goes up an octave or is the bassist's, the low E is there already.
    let (kept, left) = ([48, 64, 67, 52, 67], [64, 67, 52, 67, 67]);
    let ways: Vec<_> = (0..20).map(of).collect();
    assert!(ways.iter().all(|way| *way == kept || *way == left), "{ways:?}");
    assert!(ways.contains(&kept.to_vec()) && ways.contains(&left.to_vec()), "{ways:?}");
    for bar in &mut plan.bars {
        bar.plays[Track::Bass.index()] = false;
    }
    // With the pedal a tone of the chord lasts longer, and nothing else changes.
    let alone = piano::write(&chart, &plan, &Dice::new(1, "real", 0));
    let key = |n: &SongNote| (n.onset, n.pitch, n.velocity);
    assert!(alone.iter().map(key).eq(notes.iter().map(key)));
    assert!(alone.iter().zip(&notes).all(|(played, own)| played.length >= own.length));
}

#[test]
fn sections_of_a_group_are_accompanied_in_the_same_rhythm() {
    let chart = song();
    for (seed, style) in STYLES.into_iter().enumerate() {
        let mut plan = plan(&chart, style);
        for bar in &mut plan.bars {
            bar.repetition = 0;
        }
        let notes = guitar::write(&chart, &plan, &Dice::new(seed as u64, "group", 0));
        let rhythm = |bar: u64| -> Vec<u64> {
            let line = bar * TICKS_PER_BAR;
            let inside = notes.iter().filter(|n| (n.onset + 60) / TICKS_PER_BAR == bar);
            let mut steps: Vec<u64> = inside.map(|n| (n.onset + 60 - line) / 120).collect();
            steps.dedup();
            steps.retain(|step| *step < 8);
            steps
        };
        let same = (0..8).filter(|bar| rhythm(*bar) == rhythm(bar + 16)).count();
        assert!(same >= 5, "{style:?}: {same} of 8 bars");
    }
}

#[test]
fn nothing_is_held_a_semitone_beside_a_long_note_of_the_tune() {
    // A tune that sits on the fourth over major chords, where a pad would have the third.
    let chart = song();
    let long = |bar: u64| {
        let root = chart.bars[bar as usize].chords[0].unwrap().root();
        note(bar * 16, 16, 65 + (root + 12) % 12)
    };
    let tune: Vec<SongNote> = (0..32).map(long).collect();
    let chart = with_voice(chart.clone(), VoiceRole::Melody, tune);
    for (seed, style) in STYLES.into_iter().enumerate() {
        let plan = plan(&chart, style);
        let dice = Dice::new(seed as u64, "long", 0);
        let notes = WRITERS.map(|(_, write)| write(&chart, &plan, &dice)).concat();
        let sung = melody::parts(&chart, &plan, &dice).concat();
        assert_eq!(sung.len(), 32, "{style:?}");
        let rubs = |note: &&SongNote| {
            sung.iter().any(|tune| {
                let first = note.onset.max(tune.onset);
                let together = note.end().min(tune.end()).saturating_sub(first);
                note.pitch.number().abs_diff(tune.pitch.number()) == 1 && together > 240
            })
        };
        assert_eq!(notes.iter().find(rubs), None, "{style:?}");
    }
}
