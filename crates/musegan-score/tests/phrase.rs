//! Notes, phrases and rolls.
#![allow(clippy::unwrap_used)]
use musegan_score::roll::{self, CELLS, LOWEST_PITCH, PITCHES, TRACK_CELLS, cell};
use musegan_score::{Note, Phrase, Pitch, Roll, Step, TimedNote, Track, TrackSummary, Velocity};
use proptest::prelude::*;

fn note(step: usize, length: usize, pitch: u8) -> Note {
    Note::new(Step::new(step).unwrap(), length, Pitch::new(pitch).unwrap(), Velocity::DEFAULT)
}

#[test]
fn wrong_values_cannot_be_written() {
    assert_eq!(Step::new(64), None);
    assert_eq!(Pitch::new(128), None);
    assert_eq!(Velocity::clamped(0).value(), 1);
    assert_eq!(Velocity::clamped(i32::MAX).value(), 127);
    assert_eq!(note(60, 99, 60).end(), 64);
    assert_eq!(note(60, 0, 60).length(), 1);
    assert_eq!(note(0, 1, 60).with_strength(f32::NAN).strength(), 0.0);
    assert_eq!(Pitch::new(120).unwrap().transposed(12), None);
    assert_eq!(Step::wrapping(-1).index(), 63);
}

#[test]
fn of_two_notes_of_one_pitch_the_earlier_ends_as_the_later_begins() {
    let notes = [note(8, 4, 60), note(0, 16, 60), note(8, 2, 60), note(4, 8, 62)];
    let phrase = Phrase::new(notes.map(|note| (Track::Piano, note)));
    let found: Vec<_> =
        phrase.track(Track::Piano).iter().map(|n| (n.onset().index(), n.length())).collect();
    assert_eq!(found, [(0, 8), (4, 8), (8, 4)]);
    assert_eq!(phrase.starting_at(Track::Piano, Step::new(8).unwrap()), [note(8, 4, 60)]);
    assert!(phrase.starting_at(Track::Bass, Step::new(8).unwrap()).is_empty());
}

#[test]
fn repeated_cells_become_one_note_as_strong_as_the_strongest() {
    let mut cells = vec![0.0; CELLS];
    for (step, value) in [(2, 0.6), (3, 0.9), (4, 0.7), (6, 0.8)] {
        cells[cell(Track::Bass, step, 0)] = value;
    }
    let phrase = Roll::new(cells).unwrap().phrase([0.5; Track::COUNT]);
    let found: Vec<_> = phrase
        .notes()
        .map(|(t, n)| (t, n.onset().index(), n.length(), n.pitch.number(), n.strength()))
        .collect();
    let lowest = LOWEST_PITCH;
    assert_eq!(found, [(Track::Bass, 2, 3, lowest, 0.9), (Track::Bass, 6, 1, lowest, 0.8)]);
}

#[test]
fn a_network_gone_wrong_gives_no_notes() {
    let roll = Roll::new(vec![f32::NAN; CELLS]).unwrap();
    assert!(roll.phrase([0.5; Track::COUNT]).is_empty());
    assert_eq!(Roll::new(vec![0.0; CELLS - 1]), None);
}

#[test]
fn pitches_outside_the_roll_have_no_cell() {
    let phrase = Phrase::new([(Track::Piano, note(0, 4, 23)), (Track::Piano, note(0, 4, 96))]);
    assert_eq!(Roll::of(&phrase), Roll::silent());
    assert_eq!(roll::pitch_index(Pitch::new(95).unwrap()), Some(PITCHES - 1));
}

proptest! {
    #[test]
    fn a_roll_shows_exactly_where_notes_sound(
        notes in prop::collection::vec((0..5usize, 0..64usize, 0..70usize, 0..128u8), 0..80),
    ) {
        let notes = notes.into_iter().map(|(t, step, length, pitch)| (Track::ALL[t], note(step, length, pitch)));
        let phrase = Phrase::new(notes);
        for track in Track::ALL {
            let notes = phrase.track(track);
            prop_assert!(notes.is_sorted_by_key(|n| (n.onset(), n.pitch)));
            for (i, note) in notes.iter().enumerate() {
                let overlaps = |other: &&Note| other.pitch == note.pitch && other.onset().index() < note.end();
                prop_assert_eq!(notes[i + 1..].iter().find(overlaps), None);
            }
        }
        let cells: usize = phrase
            .notes()
            .filter(|(_, note)| roll::pitch_index(note.pitch).is_some())
            .map(|(_, note)| note.length())
            .sum();
        let roll = Roll::of(&phrase);
        prop_assert_eq!(roll.cells().iter().filter(|&&cell| cell > 0.0).count(), cells);
        prop_assert_eq!(Roll::of(&roll.phrase([0.5; Track::COUNT])), roll);
    }

    #[test]
    fn the_stronger_half_of_the_candidates_are_the_notes_above_the_threshold(
        active in prop::collection::vec((0..CELLS, 0.0..2.0f32), 0..3000),
        beside in prop::collection::vec((0..CELLS, -3..=3), 0..3000),
        thresholds in prop::array::uniform5(0.05..1.0f32),
    ) {
        let mut cells = vec![0.0; CELLS];
        active.into_iter().for_each(|(cell, activation)| cells[cell] = activation);
        // Where rounding matters: a few steps above and below the threshold, and on it.
        for (cell, steps) in beside {
            let threshold = thresholds[cell / TRACK_CELLS];
            cells[cell] = f32::from_bits(threshold.to_bits().wrapping_add_signed(steps));
        }
        let roll = Roll::new(cells).unwrap();
        let candidates = roll.candidates(thresholds);
        let shape = |(track, note): (Track, &Note)| (track, note.onset(), note.length(), note.pitch);
        let strong = candidates.notes().filter(|(_, note)| note.strength() > 0.5).map(shape);
        prop_assert!(strong.eq(roll.phrase(thresholds).notes().map(shape)));
        let weaker = roll.phrase(thresholds.map(|threshold| threshold / 3.0));
        prop_assert!(candidates.notes().count() >= weaker.notes().count());
        prop_assert!(candidates.notes().all(|(_, note)| note.strength() > 0.24));
    }
}

#[test]
fn a_summary_counts_what_is_played_in_its_bars() {
    let timed = |onset_beats, length_beats, pitch| TimedNote {
        track: Track::Guitar,
        onset_beats,
        length_beats,
        pitch: Pitch::new(pitch).unwrap(),
        velocity: Velocity::DEFAULT,
    };
    let notes =
        [timed(0.0, 1.0, 50), timed(7.0, 9.0, 62), timed(8.0, 1.0, 70), timed(f64::NAN, 1.0, 70)];
    let guitar = TrackSummary::of(&notes, 2)[Track::Guitar.index()];
    assert_eq!((guitar.notes, guitar.unique_pitches), (2, 2));
    assert_eq!(guitar.range, Pitch::new(50).zip(Pitch::new(62)));
    // One beat each inside the two bars.
    assert_eq!(guitar.density, 8.0 / (32.0 * PITCHES as f64));
    let piano = TrackSummary::of(&notes, 0)[Track::Piano.index()];
    assert_eq!((piano.notes, piano.density, piano.range), (0, 0.0, None));
}
