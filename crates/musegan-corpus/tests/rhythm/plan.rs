//! The arrangement's plan.
use musegan_corpus::chart::{Chart, SectionRole};
use musegan_corpus::plan::{Plan, Style};
use musegan_corpus::{Dice, chart::VoiceRole};
use musegan_score::Track;

use crate::charts::{note, song, with_voice};

fn plans(chart: &Chart) -> impl Iterator<Item = Plan> {
    (0..200).map(|number| Plan::of(chart, &Dice::new(1, &chart.name, number)))
}

fn intensities(plan: &Plan, chart: &Chart, role: SectionRole) -> Vec<f64> {
    let bars = plan.bars.iter();
    bars.filter(|bar| chart.sections[bar.section].role == role).map(|bar| bar.intensity).collect()
}

#[test]
fn every_chorus_is_played_harder_than_any_verse_and_the_last_hardest() {
    let chart = song();
    for plan in plans(&chart) {
        let verse = intensities(&plan, &chart, SectionRole::Verse);
        let chorus = intensities(&plan, &chart, SectionRole::Chorus);
        let highest = verse.iter().copied().fold(0.0, f64::max);
        let lowest = chorus.iter().copied().fold(1.0, f64::min);
        assert!(lowest > highest + 0.1, "{lowest} over {highest}");
        assert!(chorus.last() > chorus.first(), "{chorus:?}");
    }
}

#[test]
fn a_song_is_arranged_in_several_styles_and_an_arrangement_always_the_same() {
    let chart = song();
    let mut styles: Vec<_> = plans(&chart).map(|plan| format!("{:?}", plan.style)).collect();
    styles.sort();
    styles.dedup();
    assert!(styles.len() >= 6, "{styles:?}");
    assert!(plans(&chart).eq(plans(&chart)));
}

#[test]
fn what_the_source_says_decides_the_style() {
    let share = |tag: &str, style: Style| {
        let mut chart = song();
        chart.tags = vec![tag.into()];
        plans(&chart).filter(|plan| plan.style == style).count()
    };
    assert!(share("jazz", Style::Swing) > 2 * share("", Style::Swing).max(10));
    assert!(share("blues", Style::Blues) > 2 * share("", Style::Blues).max(10));
    assert!(share("country", Style::Country) > 2 * share("", Style::Country).max(10));
}

#[test]
fn nothing_is_swung_against_a_piano_that_was_recorded_straight() {
    let mut chart = with_voice(song(), VoiceRole::Piano, vec![note(0, 4, 60)]);
    assert!(plans(&chart).all(|plan| plan.swing.is_none()));
    chart.voices.clear();
    assert!(plans(&chart).any(|plan| plan.swing.is_some()));
    chart.tags = vec!["12/8".into()];
    assert!(plans(&chart).all(|plan| plan.swing.is_some()));
}

#[test]
fn four_or_five_play_in_nearly_every_bar_and_all_of_them_in_most_choruses() {
    let chart = song();
    let (mut bars, mut few, mut full, mut chorus) = (0, 0, 0, 0);
    let mut resting = [0; Track::COUNT];
    for plan in plans(&chart) {
        for bar in &plan.bars {
            let playing = bar.plays.iter().filter(|plays| **plays).count();
            bars += 1;
            few += usize::from(playing < 4);
            let role = chart.sections[bar.section].role;
            chorus += usize::from(role == SectionRole::Chorus);
            full += usize::from(role == SectionRole::Chorus && playing == 5);
            for track in Track::ALL {
                resting[track.index()] += usize::from(!bar.plays(track));
            }
        }
    }
    assert!(few * 20 < bars, "{few} of {bars} bars have fewer than four");
    assert!(full * 10 > chorus * 8, "{full} of {chorus} choruses are full");
    for track in [Track::Piano, Track::Guitar, Track::Strings] {
        assert!(resting[track.index()] * 50 > bars, "{track:?} hardly ever rests");
    }
    assert!(resting[Track::Drums.index()] * 10 < bars);
}

#[test]
fn fills_lead_into_sections_and_a_chorus_begins_with_a_crash() {
    let chart = song();
    let (mut arrivals, mut fills) = (0, 0);
    for plan in plans(&chart) {
        for (bar, now) in plan.bars.iter().enumerate() {
            let phrase_ends = now.bar_in_section % 4 == 3;
            let drums_enter = !now.plays(Track::Drums);
            assert!(!now.fill || phrase_ends || drums_enter, "a fill in bar {bar}");
            if plan.is_last_of_section(bar) && bar + 1 < plan.bars.len() {
                arrivals += 1;
                fills += usize::from(now.fill);
            }
            let role = chart.sections[now.section].role;
            if role == SectionRole::Chorus && now.bar_in_section == 0 && now.plays(Track::Drums) {
                let gentle = matches!(plan.style, Style::BossaNova | Style::Swing);
                assert!(now.crash || gentle, "bar {bar} arrives unheard");
            }
        }
        assert!(!plan.bars.last().unwrap().fill, "nothing follows");
    }
    assert!(fills * 10 > arrivals * 8, "{fills} of {arrivals}");
}
