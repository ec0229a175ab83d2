//! The bass of an arrangement.
use musegan_corpus::chart::TICKS_PER_BAR;
use musegan_corpus::drummers::kit;
use musegan_corpus::plan::{Plan, Style, Swing};
use musegan_corpus::{Dice, bass, drums};
use musegan_score::{Chord, SongNote, Track};

use crate::charts::{STYLES, plan, song};
use crate::library::library;

const STEP: u64 = 120;

fn plan_of(style: Style) -> Plan {
    let mut plan = plan(&song(), style);
    plan.swing = matches!(style, Style::Swing | Style::Blues).then_some(Swing::Eighths);
    plan
}

/// Drums and bass.
fn write(plan: &Plan, number: u32) -> (Vec<SongNote>, Vec<SongNote>) {
    let dice = Dice::new(1, "song", number);
    let drums = drums::write(&song(), plan, &library(), &dice);
    let bass = bass::write(&song(), plan, &drums, &dice);
    (drums, bass)
}

/// Every style, ten times over.
fn basses() -> impl Iterator<Item = (Style, Vec<SongNote>)> {
    let styles = STYLES.into_iter().flat_map(|style| (0..10).map(move |number| (style, number)));
    styles.map(|(style, number)| (style, write(&plan_of(style), number).1))
}

fn step_of(note: &SongNote) -> u64 {
    (note.onset + STEP / 2) / STEP
}

fn is_tone(note: &SongNote, chord: Chord) -> bool {
    let bass = note.pitch.number() % 12 == chord.bass();
    let interval = (note.pitch.number() + 12 - chord.root()) % 12;
    let of_chord = chord.quality.semitones().contains(&interval);
    bass || (of_chord && matches!(interval, 0 | 3..=8))
}

#[test]
fn one_note_sounds_at_a_time_and_all_lie_on_the_neck() {
    for (style, notes) in basses() {
        assert!(notes.len() > 60, "{style:?} has {} notes", notes.len());
        for pair in notes.windows(2) {
            assert!(pair[0].end() <= pair[1].onset, "{style:?}: {pair:?}");
        }
        for note in &notes {
            assert!((bass::LOW..=bass::HIGH).contains(&note.pitch.number()), "{style:?}: {note:?}");
        }
        for pair in notes.windows(2) {
            let leap = pair[0].pitch.number().abs_diff(pair[1].pitch.number());
            assert!(leap <= 19, "{style:?} leaps {leap} semitones");
        }
    }
}

#[test]
fn downbeats_are_root_third_or_fifth_and_no_strong_beat_rubs() {
    let chart = song();
    for style in STYLES {
        let (mut downbeats, mut tones) = (0, 0);
        for number in 0..10 {
            for note in write(&plan_of(style), number).1 {
                let step = step_of(&note);
                let Some(chord) = chart.chord(step as usize / 4).filter(|_| step.is_multiple_of(8))
                else {
                    continue;
                };
                if step.is_multiple_of(16) {
                    downbeats += 1;
                    tones += usize::from(is_tone(&note, chord));
                }
                let near = [-1, 1].map(|by| note.pitch.transposed(by).unwrap());
                let belongs =
                    chord.tones().contains(note.pitch) || note.pitch.number() % 12 == chord.bass();
                let rubs = near.iter().any(|&pitch| chord.tones().contains(pitch));
                assert!(belongs || !rubs, "{style:?}: {note:?} over {chord} on a strong beat");
            }
        }
        assert!(tones * 100 >= downbeats * 95, "{style:?}: {tones} of {downbeats}");
    }
}

#[test]
fn a_new_chord_is_heard_by_its_bass() {
    let chart = song();
    let (_, notes) = write(&plan_of(Style::Rock), 1);
    // The second chord of bar 13 is G over B.
    for (bar, class) in [(0, 0), (1, 9), (8, 5), (13, 11)] {
        let line = bar * 16;
        let on_it = notes.iter().find(|note| (line..line + 3).contains(&step_of(note))).unwrap();
        assert_eq!(on_it.pitch.number() % 12, class, "{:?}", chart.chord(line as usize / 4));
    }
}

#[test]
fn kicks_are_joined_in_rock_and_pop() {
    for style in [Style::Rock, Style::Pop, Style::HardRock] {
        let (mut kicks, mut joined, mut together) = (0, 0, 0);
        for number in 0..10 {
            let (drums, notes) = write(&plan_of(style), number);
            for kick in drums.iter().filter(|note| kit::is_kick(note.pitch.number())) {
                let away = notes.iter().map(|note| note.onset.abs_diff(kick.onset)).min().unwrap();
                kicks += 1;
                joined += usize::from(away <= STEP);
                together += usize::from(away == 0);
            }
        }
        assert!(joined * 100 >= kicks * 80, "{style:?}: {joined} of {kicks}");
        assert!(together * 100 >= kicks * 55, "{style:?}: {together} of {kicks}");
    }
}

#[test]
fn changes_of_chord_are_led_into() {
    // The bars in which a line moves by a step into the next bar's root.
    let led = |style: Style| {
        let mut led = 0;
        for number in 0..10 {
            let (_, notes) = write(&plan_of(style), number);
            for pair in notes.windows(2).filter(|pair| step_of(&pair[1]).is_multiple_of(16)) {
                let is_near = pair[1].onset - pair[0].onset <= 4 * STEP + 20;
                let step = pair[0].pitch.number().abs_diff(pair[1].pitch.number());
                led += usize::from(is_near && (1..=2).contains(&step));
            }
        }
        led
    };
    assert!(led(Style::Swing) > 60, "{}", led(Style::Swing));
    assert!(led(Style::Pop) > 30, "{}", led(Style::Pop));
}

#[test]
fn swing_walks_in_quarters_and_funk_has_notes_that_are_hardly_heard() {
    let (mut quarters, mut all) = (0, 0);
    for number in 0..10 {
        let notes = write(&plan_of(Style::Swing), number).1;
        quarters += notes.iter().filter(|note| step_of(note).is_multiple_of(4)).count();
        all += notes.len();
    }
    assert!(quarters * 10 > all * 8, "{quarters} of {all}");
    let dead = (0..10).flat_map(|number| write(&plan_of(Style::Funk), number).1);
    let dead = dead.filter(|note| note.velocity.value() < 50 && note.length < STEP).count();
    assert!(dead > 40, "{dead}");
}

#[test]
fn who_rests_is_silent_and_stops_are_short() {
    let mut plan = plan_of(Style::Rock);
    plan.bars[3].plays[Track::Bass.index()] = false;
    plan.bars[5].stop = true;
    let (_, notes) = write(&plan, 1);
    let in_bar = |bar: u64| {
        let inside = notes.iter().filter(move |note| step_of(note) / 16 == bar);
        inside.collect::<Vec<_>>()
    };
    assert!(in_bar(3).is_empty());
    assert_eq!(in_bar(5).len(), 1);
    assert!(in_bar(5)[0].length < TICKS_PER_BAR / 4);
    let stays = notes.iter().filter(|note| step_of(note) / 16 == 2);
    assert!(stays.clone().all(|note| note.end() <= 3 * TICKS_PER_BAR + 30));
}

#[test]
fn the_same_dice_play_the_same() {
    let plan = plan_of(Style::Soul);
    assert_eq!(write(&plan, 2), write(&plan, 2));
    assert_ne!(write(&plan, 2).1, write(&plan, 3).1);
}
