#![allow(clippy::unwrap_used)]
use musegan_score::chord::Quality;
use musegan_score::{Chord, Note};
use proptest::prelude::*;

use super::super::codec::{length_code, velocity_code};
use super::*;

const EVERYWHERE: [[bool; 4]; 5] = [[true; 4]; 5];
const CELLS: usize = 5 * STEPS_PER_PHRASE * WINDOW;

/// The decoder's numbers of one phrase.
#[derive(Clone, Debug)]
struct Said {
    onsets: Vec<f32>,
    lengths: Vec<f32>,
    velocities: Vec<f32>,
}

impl Said {
    fn nothing() -> Self {
        let all = |value| vec![value; CELLS];
        Self { onsets: all(-9.0), lengths: all(0.5), velocities: all(0.7) }
    }

    fn say(&mut self, track: Track, step: usize, pitch: usize, logit: f32, length: f32) {
        let cell = (track.index() * STEPS_PER_PHRASE + step) * WINDOW + pitch;
        self.onsets[cell] = logit;
        self.lengths[cell] = length_code(length);
    }

    fn phrase(&self, present: &[[bool; 4]; 5], harmony: &Harmony) -> Phrase {
        let Self { onsets, lengths, velocities } = self;
        Cells { onsets, lengths, velocities }.phrase(0, present, harmony)
    }

    fn track(&self, track: Track) -> Vec<Note> {
        self.phrase(&EVERYWHERE, &Harmony::default()).track(track).to_vec()
    }
}

fn places(notes: &[Note]) -> Vec<(usize, usize)> {
    notes.iter().map(|n| (n.onset().index(), n.length())).collect()
}

#[test]
fn a_length_near_the_next_onset_reaches_it_and_others_are_rounded() {
    let mut said = Said::nothing();
    said.say(Track::Piano, 0, 10, 3.0, 8.9);
    said.say(Track::Piano, 0, 14, 3.0, 5.4);
    said.say(Track::Piano, 8, 10, 3.0, 55.0);
    // A weak onset in between is none that others reach for.
    said.say(Track::Piano, 6, 20, -1.0, 2.0);
    said.say(Track::Drums, 0, 5, 3.0, 8.0);
    assert_eq!(places(&said.track(Track::Piano)), [(0, 8), (0, 5), (6, 2), (8, 56)]);
    assert_eq!(places(&said.track(Track::Drums)), [(0, 1)]);
}

#[test]
fn the_bass_plays_one_note_at_a_time_and_is_joined_by_weak_ones_in_rests_alone() {
    let mut said = Said::nothing();
    said.say(Track::Bass, 0, 10, 1.0, 30.0);
    said.say(Track::Bass, 0, 12, 2.0, 30.0);
    said.say(Track::Bass, 4, 20, -0.5, 3.0);
    said.say(Track::Bass, 8, 13, 4.0, 2.0);
    said.say(Track::Bass, 12, 20, -0.5, 3.0);
    let notes = said.track(Track::Bass);
    assert_eq!(places(&notes), [(0, 8), (8, 2), (12, 3)]);
    assert_eq!(notes[0].pitch.number(), 24 + 12);
    assert!(notes[2].strength() < 0.5);
}

#[test]
fn a_track_is_silent_in_the_bars_in_which_it_does_not_play() {
    let mut said = Said::nothing();
    for bar in 0..4 {
        said.say(Track::Strings, 16 * bar, 10, 5.0, 4.0);
    }
    let mut present = EVERYWHERE;
    present[Track::Strings.index()] = [true, false, false, true];
    let phrase = said.phrase(&present, &Harmony::default());
    assert_eq!(places(phrase.track(Track::Strings)), [(0, 4), (48, 4)]);
}

#[test]
fn numbers_that_are_none_play_nothing_that_is_not_there() {
    let mut said = Said::nothing();
    said.onsets.fill(f32::NAN);
    assert!(said.phrase(&EVERYWHERE, &Harmony::default()).is_empty());
    said.onsets.fill(1.0);
    said.lengths.fill(f32::NAN);
    said.velocities.fill(f32::INFINITY);
    let phrase = said.phrase(&EVERYWHERE, &Harmony::default());
    assert!(phrase.notes().all(|(_, n)| n.length() == 1 && n.velocity == Velocity::clamped(127)));
}

#[test]
fn loudness_and_pitch_are_what_was_said_over_the_chord() {
    let mut said = Said::nothing();
    said.say(Track::Guitar, 4, 7, 5.0, 2.0);
    said.velocities.fill(velocity_code(101));
    let mut harmony = Harmony::default();
    harmony.chords[0] = Some(Chord::new(0, Quality::Major, 0));
    harmony.chords[1] = Some(Chord::new(10, Quality::Major, 10));
    let phrase = said.phrase(&EVERYWHERE, &harmony);
    let note = phrase.track(Track::Guitar)[0];
    assert_eq!((note.pitch.number(), note.velocity.value()), (24 + 11 + 7 - 2, 101));
    assert_eq!(phrase.chords(), &harmony.chords);
}

proptest! {
    /// Densities up to the middle play the same whatever the weak candidates are.
    #[test]
    fn weak_candidates_change_nothing_of_the_strong_ones(
        notes in prop::collection::vec(
            (0..5usize, 0..64usize, 0..48usize, -3.0..1.0f32, 1.0..20.0f32), 0..200),
        roots in prop::array::uniform16(0..12u8),
    ) {
        let harmony = Harmony {
            chords: roots.map(|root| Some(Chord::new(root, Quality::Major, root))),
            key: None,
        };
        let mut said = Said::nothing();
        for (track, step, pitch, logit, length) in notes {
            said.say(Track::ALL[track], step, pitch, logit, length);
        }
        let all = said.phrase(&EVERYWHERE, &harmony);
        let mut strong = said.clone();
        strong.onsets.iter_mut().filter(|logit| **logit <= 0.0).for_each(|logit| *logit = -9.0);
        let strong = strong.phrase(&EVERYWHERE, &harmony);
        let above = |phrase: &Phrase| -> Vec<(Track, Note)> {
            let loud = phrase.notes().filter(|(_, note)| note.strength() > 0.5);
            loud.map(|(track, note)| (track, *note)).collect()
        };
        prop_assert_eq!(above(&all), above(&strong));
        prop_assert_eq!(above(&strong).len(), strong.notes().count());
    }
}
