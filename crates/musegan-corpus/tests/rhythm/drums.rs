//! The drums of an arrangement.
use musegan_corpus::chart::{Chart, TICKS_PER_BAR};
use musegan_corpus::drummers::{Drummers, kit};
use musegan_corpus::plan::{Plan, Style, Swing};
use musegan_corpus::{Dice, drums};
use musegan_score::{SongNote, Track};

use crate::charts::{plan, song};
use crate::library::{LATE, TOM, groove, library};

/// A plan in rock whose only fills and crashes are those that are asked for.
fn plain(chart: &Chart) -> Plan {
    let mut plan = plan(chart, Style::Rock);
    for bar in &mut plan.bars {
        (bar.fill, bar.crash) = (false, false);
    }
    plan
}

fn write(plan: &Plan, number: u32) -> Vec<SongNote> {
    drums::write(&song(), plan, &library(), &Dice::new(1, "song", number))
}

fn in_bar(notes: &[SongNote], bar: usize) -> Vec<SongNote> {
    let line = bar as u64 * TICKS_PER_BAR;
    let inside = notes.iter().filter(|note| (line..line + TICKS_PER_BAR).contains(&note.onset));
    inside.map(|note| SongNote { onset: note.onset - line, ..*note }).collect()
}

#[test]
fn fills_and_crashes_sound_where_they_are_planned_and_nowhere_else() {
    let mut plan = plain(&song());
    for bar in [7, 15, 23] {
        plan.bars[bar].fill = true;
        plan.bars[bar + 1].crash = true;
    }
    for number in 0..20 {
        let notes = write(&plan, number);
        for (bar, now) in plan.bars.iter().enumerate() {
            let played = in_bar(&notes, bar);
            let has_tom = played.iter().any(|note| note.pitch.number() == TOM);
            assert_eq!(has_tom, now.fill, "bar {bar}");
            let crash = played.iter().find(|note| kit::is_crash(note.pitch.number()));
            assert_eq!(crash.is_some(), now.crash, "bar {bar}");
            assert!(crash.is_none_or(|note| note.onset < 60), "a crash off the first beat");
        }
    }
}

#[test]
fn sections_of_a_group_share_a_groove_and_the_chorus_has_the_busier_one() {
    let mut plan = plain(&song());
    for bar in &mut plan.bars {
        bar.intensity = if bar.section % 2 == 0 { 0.2 } else { 0.9 };
    }
    for number in 0..20 {
        let notes = write(&plan, number);
        let kicks = |bar: usize| -> Vec<u64> {
            let played = in_bar(&notes, bar).into_iter();
            played.filter(|note| kit::is_kick(note.pitch.number())).map(|n| n.onset).collect()
        };
        let (verse, chorus) = (kicks(0), kicks(8));
        assert!((0..8).all(|bar| kicks(bar) == verse && kicks(bar + 16) == verse));
        assert!((8..16).all(|bar| kicks(bar) == chorus && kicks(bar + 16) == chorus));
        assert!(chorus.len() > verse.len(), "{chorus:?} after {verse:?}");
    }
}

#[test]
fn bars_follow_each_other_as_they_were_recorded() {
    let notes = write(&plain(&song()), 1);
    let snares = |bar: usize| -> Vec<u64> {
        let played = in_bar(&notes, bar).into_iter();
        played.filter(|note| kit::is_snare(note.pitch.number())).map(|n| n.onset).collect()
    };
    for bar in 0..7 {
        assert_ne!(snares(bar), snares(bar + 1), "the drummer's four bars differ");
    }
    assert_eq!(snares(0), snares(4), "and come round");
}

#[test]
fn straight_songs_get_straight_drummers_and_swung_songs_swung_ones() {
    let late = |notes: &[SongNote]| {
        notes.iter().filter(|note| note.onset % 480 == 240 + LATE as u64).count()
    };
    let mut plan = plan(&song(), Style::Rock);
    for number in 0..20 {
        let notes = write(&plan, number);
        assert!(notes.len() > 200);
        assert!(notes.iter().all(|note| note.onset % 120 == 0), "off the straight grid");
    }
    plan.swing = Some(Swing::Eighths);
    for number in 0..20 {
        let notes = write(&plan, number);
        assert!(late(&notes) > 100, "{} late offbeats", late(&notes));
        assert!(notes.iter().all(|note| note.onset % 480 != 240), "a straight offbeat");
    }
}

#[test]
fn where_nobody_swings_straight_drums_are_swung() {
    let rock = || groove("one/soft.mid", "rock", "x.......x.......", 80, 0);
    let mut plan = plain(&song());
    plan.swing = Some(Swing::Eighths);
    let dice = Dice::new(1, "song", 1);
    let notes = drums::write(&song(), &plan, &Drummers::new(vec![rock()]), &dice);
    assert!(notes.iter().any(|note| note.onset % 480 == 320));
    assert!(notes.iter().all(|note| note.onset % 480 != 240));
}

#[test]
fn a_stop_is_one_stroke_and_who_rests_is_silent() {
    let mut plan = plain(&song());
    plan.bars[5].stop = true;
    plan.bars[6].plays[Track::Drums.index()] = false;
    let notes = write(&plan, 1);
    assert!(!in_bar(&notes, 5).is_empty());
    assert!(in_bar(&notes, 5).iter().all(|note| note.onset < 60));
    assert!(in_bar(&notes, 6).is_empty());
}

#[test]
fn choruses_are_louder_and_no_stroke_lasts_over_the_next_on_its_key() {
    let notes = write(&plan(&song(), Style::Rock), 1);
    let loudness = |bar: usize| {
        let played = in_bar(&notes, bar);
        let sum: u32 = played.iter().map(|note| u32::from(note.velocity.value())).sum();
        sum / played.len() as u32
    };
    assert!(loudness(10) > loudness(2));
    for (at, note) in notes.iter().enumerate() {
        let next = notes[at + 1..].iter().find(|next| next.pitch == note.pitch);
        assert!(next.is_none_or(|next| note.end() <= next.onset), "{note:?} over {next:?}");
    }
}

#[test]
fn the_same_dice_play_the_same_and_no_library_plays_nothing() {
    let mut plan = plan(&song(), Style::Pop);
    assert_eq!(write(&plan, 3), write(&plan, 3));
    let different = (4..12).filter(|&number| write(&plan, number) != write(&plan, 3)).count();
    assert!(different > 4);
    let nobody = Drummers::default();
    assert!(drums::write(&song(), &plan, &nobody, &Dice::new(1, "song", 1)).is_empty());
    plan.bars.clear();
    assert!(write(&plan, 1).is_empty());
}
