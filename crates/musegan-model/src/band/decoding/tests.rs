//! What decoders said becomes the notes that the rules of playing leave of it, and what was written comes
//! back.
#![allow(clippy::unwrap_used)]
use musegan_score::chord::Quality;
use musegan_score::{Chord, Note};
use proptest::prelude::*;

use super::super::Dimensions;
use super::super::codec::lengths::{STEPS, class_of};
use super::super::codec::{Bars, velocity_code};
use super::super::frame::relative;
use super::*;

const EVERYWHERE: Present = [[true; 4]; 5];
const ROWS: usize = 5 * STEPS_PER_PHRASE;

/// The decoders' numbers of one phrase.
#[derive(Clone, Debug)]
struct Said {
    begins: Vec<f32>,
    classes: [Vec<f32>; 2],
    onsets: Vec<f32>,
    velocities: Vec<f32>,
    long: Vec<f32>,
}

impl Said {
    fn nothing() -> Self {
        let cells = |value| vec![value; ROWS * WINDOW];
        Self {
            begins: vec![-9.0; ROWS],
            classes: [vec![0.0; ROWS * CLASSES], vec![0.0; ROWS * CLASSES]],
            onsets: cells(-9.0),
            velocities: cells(0.7),
            long: cells(0.0),
        }
    }

    /// Notes begin in a step, of these two classes.
    fn begin(&mut self, track: Track, step: usize, logit: f32, classes: [u8; 2]) {
        let row = track.index() * STEPS_PER_PHRASE + step;
        self.begins[row] = logit;
        for (logits, class) in self.classes.iter_mut().zip(classes) {
            let logits = &mut logits[row * CLASSES..][..CLASSES];
            logits.fill(0.0);
            logits[usize::from(class)] = 5.0;
        }
    }

    fn cell(&mut self, track: Track, step: usize, pitch: usize, logit: f32) -> usize {
        let cell = (track.index() * STEPS_PER_PHRASE + step) * WINDOW + pitch;
        self.onsets[cell] = logit;
        cell
    }

    /// One note of `steps`, or until the next.
    fn one(&mut self, track: Track, step: usize, pitch: usize, (logit, class): (f32, u8)) {
        self.begin(track, step, logit, [class; 2]);
        self.cell(track, step, pitch, logit);
    }

    fn phrase(&self, present: &Present, harmony: &Harmony) -> Phrase {
        let [short, long] = &self.classes;
        let rhythms = Rhythms { onsets: &self.begins, short, long };
        let figures = Track::ALL.map(|track| rhythms.figure(track, 0, &present[track.index()]));
        let Self { onsets, velocities, long, .. } = self;
        let pitches = Pitches { onsets, velocities, long };
        played(figures.iter(), pitches, [0; 2], harmony)
    }

    fn track(&self, track: Track) -> Vec<Note> {
        self.phrase(&EVERYWHERE, &Harmony::default()).track(track).to_vec()
    }
}

fn places(notes: &[Note]) -> Vec<(usize, usize)> {
    notes.iter().map(|n| (n.onset().index(), n.length())).collect()
}

/// Logits that say what was written.
fn of_bars(bars: &Bars) -> Said {
    let sure = |bit: &f32| bit * 20.0 - 10.0;
    let rhythm = |columns: std::ops::Range<usize>| -> Vec<f32> {
        let rows = bars.rhythms.chunks_exact(rhythm::STEP_NUMBERS);
        rows.flat_map(|row| row[columns.clone()].iter().map(sure)).collect()
    };
    let pitch = |plane: usize| -> Vec<f32> {
        let rows = bars.pitches.chunks_exact(pitch::STEP_NUMBERS);
        rows.flat_map(|row| &row[plane * WINDOW..][..WINDOW]).copied().collect()
    };
    let logits = |plane| pitch(plane).iter().map(sure).collect();
    Said {
        begins: rhythm(0..1),
        classes: [rhythm(1..1 + CLASSES), rhythm(1 + CLASSES..rhythm::STEP_NUMBERS)],
        onsets: logits(0),
        velocities: pitch(1),
        long: logits(2),
    }
}

#[test]
fn a_class_is_so_many_steps_or_all_until_the_next_onset() {
    let mut said = Said::nothing();
    said.one(Track::Guitar, 0, 10, (3.0, 0));
    said.one(Track::Guitar, 8, 12, (3.0, 5));
    // A weak onset in between is none that others reach for.
    said.one(Track::Guitar, 6, 20, (-1.0, 2));
    said.one(Track::Guitar, 60, 10, (3.0, 23));
    said.one(Track::Drums, 0, 5, (3.0, 16));
    assert_eq!(places(&said.track(Track::Guitar)), [(0, 8), (6, 2), (8, 5), (60, 4)]);
    assert_eq!(places(&said.track(Track::Drums)), [(0, 1)]);
}

#[test]
fn notes_that_begin_together_have_one_of_two_lengths_on_piano_and_strings() {
    let mut said = Said::nothing();
    for track in [Track::Piano, Track::Guitar, Track::Strings] {
        said.begin(track, 4, 2.0, [2, 8]);
        said.cell(track, 4, 10, 1.0);
        let long = said.cell(track, 4, 20, 1.0);
        said.long[long] = 0.1;
    }
    for track in [Track::Piano, Track::Strings] {
        assert_eq!(places(&said.track(track)), [(4, 2), (4, 8)]);
    }
    assert_eq!(places(&said.track(Track::Guitar)), [(4, 8), (4, 8)]);
}

#[test]
fn where_notes_begin_the_likeliest_does_in_any_case() {
    let mut said = Said::nothing();
    said.one(Track::Piano, 0, 10, (3.0, 4));
    said.cell(Track::Piano, 0, 10, -5.0);
    said.one(Track::Piano, 8, 10, (3.0, 4));
    said.cell(Track::Piano, 8, 10, -0.1);
    said.cell(Track::Piano, 8, 14, -0.2);
    said.cell(Track::Piano, 8, 17, -3.0);
    let notes = said.track(Track::Piano);
    assert_eq!(places(&notes), [(0, 4), (8, 4), (8, 4)]);
    assert!(notes[0].strength() > 0.5 && notes[1].strength() > 0.5 && notes[2].strength() < 0.5);
}

#[test]
fn the_bass_plays_one_note_at_a_time_and_is_joined_by_weak_ones_in_rests_alone() {
    let mut said = Said::nothing();
    said.one(Track::Bass, 0, 10, (1.0, 20));
    said.cell(Track::Bass, 0, 12, 2.0);
    said.one(Track::Bass, 4, 20, (-0.5, 3));
    said.one(Track::Bass, 8, 13, (4.0, 2));
    said.one(Track::Bass, 12, 20, (-0.5, 3));
    said.one(Track::Bass, 13, 22, (-0.5, 3));
    let notes = said.track(Track::Bass);
    assert_eq!(places(&notes), [(0, 8), (8, 2), (12, 1), (13, 3)]);
    assert_eq!(notes[0].pitch.number(), 24 + 12);
    assert!(notes[2].strength() < 0.5);
}

#[test]
fn a_note_of_the_bass_is_as_sure_as_its_onset() {
    let mut said = Said::nothing();
    let logits = [0.1, 1.0, 3.0];
    for (bar, logit) in logits.into_iter().enumerate() {
        said.one(Track::Bass, bar * 16, 20, (logit, 4));
        said.cell(Track::Bass, bar * 16, 20, 9.0);
    }
    let strengths: Vec<_> = said.track(Track::Bass).iter().map(Note::strength).collect();
    assert_eq!(strengths, logits.map(strength));
}

#[test]
fn a_track_is_silent_in_the_bars_in_which_it_does_not_play() {
    let mut said = Said::nothing();
    for bar in 0..4 {
        said.one(Track::Strings, 16 * bar, 10, (5.0, 0));
    }
    let mut present = EVERYWHERE;
    present[Track::Strings.index()] = [true, false, false, true];
    let phrase = said.phrase(&present, &Harmony::default());
    assert_eq!(places(phrase.track(Track::Strings)), [(0, 48), (48, 16)]);
}

#[test]
fn numbers_that_are_none_play_nothing_that_is_not_there() {
    let mut said = Said::nothing();
    said.begins.fill(f32::NAN);
    assert!(said.phrase(&EVERYWHERE, &Harmony::default()).is_empty());
    said.begins.fill(1.0);
    said.classes.iter_mut().for_each(|logits| logits.fill(f32::NAN));
    said.velocities.fill(f32::INFINITY);
    said.long.fill(f32::NAN);
    let phrase = said.phrase(&EVERYWHERE, &Harmony::default());
    assert_eq!(phrase.notes().count(), 5 * 64, "the likeliest of each step");
    assert!(phrase.notes().all(|(_, n)| n.length() == 1 && n.velocity == Velocity::clamped(127)));
    said.onsets.fill(f32::NAN);
    assert!(said.phrase(&EVERYWHERE, &Harmony::default()).is_empty());
}

#[test]
fn loudness_and_pitch_are_what_was_said_over_the_chord() {
    let mut said = Said::nothing();
    said.one(Track::Guitar, 4, 7, (5.0, 2));
    said.velocities.fill(velocity_code(101));
    let mut harmony = Harmony::default();
    harmony.chords[0] = Some(Chord::new(0, Quality::Major, 0));
    harmony.chords[1] = Some(Chord::new(10, Quality::Major, 10));
    let phrase = said.phrase(&EVERYWHERE, &harmony);
    let note = phrase.track(Track::Guitar)[0];
    assert_eq!((note.pitch.number(), note.velocity.value()), (24 + 11 + 7 - 2, 101));
    assert_eq!(phrase.chords(), &harmony.chords);
}

fn over(roots: [u8; 16]) -> Harmony {
    let chord = |root| Some(Chord::new(root, Quality::Minor, root));
    Harmony { chords: roots.map(chord), key: None }
}

/// Notes that keep the rules of playing: of each step and track as many lengths as it can have, all
/// of them of a class, and none past its key's or, for bass and drums, the track's next onset.
fn phrase() -> impl Strategy<Value = Phrase> {
    let note = (0..5usize, 0..64usize, 51..65u8, 1..128i32, any::<bool>());
    let lengths = prop::collection::vec([0..CLASSES, 0..CLASSES], 5 * 64);
    (prop::collection::vec(note, 0..60), lengths).prop_map(|(notes, lengths)| {
        let begins: Vec<_> =
            notes.iter().map(|&(track, step, pitch, ..)| (track, step, pitch)).collect();
        let next = |track: usize, step: usize, key: Option<u8>| {
            let later = begins
                .iter()
                .filter(|(t, s, p)| *t == track && *s > step && key.is_none_or(|key| key == *p));
            later.map(|(_, later, _)| later - step).min().unwrap_or(64 - step)
        };
        let mut bass = [false; STEPS_PER_PHRASE];
        let notes = notes.iter().filter_map(|&(t, step, pitch, velocity, is_long)| {
            let track = Track::ALL[t];
            if track == Track::Bass && std::mem::replace(&mut bass[step], true) {
                return None;
            }
            let is_long = is_long || !rhythm::has_two_lengths(track);
            let class = lengths[t * 64 + step][usize::from(is_long)];
            let gap = next(t, step, None);
            let length = if class == 0 { gap } else { usize::from(STEPS[class]) };
            let most = match track {
                Track::Drums => 1,
                Track::Bass => gap,
                // What all keys of a step can do.
                _ => (51..65).map(|key| next(t, step, Some(key))).min().unwrap_or(1),
            };
            let length = if length <= most { length } else { gap.min(most) };
            let (step, pitch) =
                (Step::new(step).unwrap(), musegan_score::Pitch::new(pitch).unwrap());
            Some((track, Note::new(step, length, pitch, Velocity::clamped(velocity))))
        });
        Phrase::new(notes.collect::<Vec<_>>())
    })
}

fn notes(phrase: &Phrase) -> Vec<(Track, usize, u8, usize, u8)> {
    let of = |(track, n): (Track, &Note)| {
        (track, n.onset().index(), n.pitch.number(), n.length(), n.velocity.value())
    };
    phrase.notes().map(of).collect()
}

proptest! {
    #[test]
    fn decoders_that_say_what_was_written_play_it_again(
        phrase in phrase(),
        roots in prop::array::uniform16(0..12u8),
    ) {
        let harmony = over(roots);
        let (inside, lost) = relative(&phrase, &harmony);
        prop_assert_eq!(lost, 0);
        // Over chord changes keys may meet that did not; those phrases are other tests' matter.
        prop_assume!(notes(&absolute(&inside, &harmony)) == notes(&phrase));
        let mut bars = Bars::default();
        bars.clear(4);
        bars.write_phrase(&inside, 0);
        let present = super::super::sheet::Sheet::of(&phrase).present;
        let again = of_bars(&bars).phrase(&present, &harmony);
        prop_assert_eq!(notes(&again), notes(&phrase));
    }

    #[test]
    fn a_length_that_has_no_class_is_played_as_the_nearest(length in 1..65u8, gap in 1..65u8) {
        let mut said = Said::nothing();
        said.one(Track::Strings, 0, 10, (5.0, class_of(length, gap)));
        if gap < 64 {
            said.one(Track::Strings, gap.into(), 20, (5.0, 1));
        }
        let played = said.track(Track::Strings)[0].length() as f32;
        let off = |steps: f32| (steps / f32::from(length)).ln().abs();
        let others = STEPS.into_iter().skip(1).chain([gap]).map(f32::from);
        prop_assert!(others.map(off).all(|other| off(played) <= other));
    }

    /// Densities up to the middle play the same whatever the weak candidates are.
    #[test]
    fn weak_candidates_change_nothing_of_the_strong_ones(
        cells in prop::collection::vec(
            (0..5usize, 0..64usize, 0..48usize, -3.0..1.0f32, 0..24u8), 0..200),
        roots in prop::array::uniform16(0..12u8),
    ) {
        let harmony = over(roots);
        let mut said = Said::nothing();
        for (track, step, pitch, logit, class) in cells {
            let track = Track::ALL[track];
            said.one(track, step, pitch, (logit, class));
        }
        let all = said.phrase(&EVERYWHERE, &harmony);
        let mut strong = said.clone();
        strong.begins.iter_mut().filter(|logit| **logit <= 0.0).for_each(|logit| *logit = -9.0);
        let strong = strong.phrase(&EVERYWHERE, &harmony);
        let above = |phrase: &Phrase| -> Vec<(Track, Note)> {
            let loud = phrase.notes().filter(|(_, note)| note.strength() > 0.5);
            loud.map(|(track, note)| (track, *note)).collect()
        };
        prop_assert_eq!(above(&all), above(&strong));
    }
}

#[test]
fn a_bar_that_comes_again_over_the_same_chords_has_the_same_notes() {
    let dimensions = Dimensions { hidden: 16, rhythm_hidden: 16, ..Dimensions::BAND };
    let codec = Codec::new(&dimensions);
    let number = |i: usize| ((i * i) as f32 * 0.37).sin();
    let weights: Vec<f32> = (0..codec.layout().len()).map(|i| number(i) * 0.5).collect();
    let chord = |root| Some(Chord::new(root, Quality::Major, root));
    let other = [chord(7), chord(7), chord(5), chord(2)];
    let mut harmony = Harmony { chords: [chord(0); 16], key: None };
    harmony.chords[4..8].copy_from_slice(&other);
    // All tracks repeat the first bar in the third and the second, over other chords, in the fourth.
    let latent = |bar: usize, number: usize| (bar % 2 * 1000 + number) * 3 + 1;
    let latents: Vec<f32> = (0..20 * dimensions.latent)
        .map(|at| number(latent(at / dimensions.latent % 4, at % dimensions.latent)) * 2.0)
        .collect();
    let mut rooms = crate::tape::Rooms::default();
    let mut tape = Tape::playing(&mut rooms);
    let network = tape.network(&weights, false);
    let latents = tape.constant(20, dimensions.latent, &latents);
    let chords = codec.chords(&mut tape, network, &super::super::chords::beats(&harmony));
    let phrases = [(EVERYWHERE, harmony)];
    let phrase = play(&codec, &mut tape, network, [latents, chords], &phrases).remove(0);
    let bar = |bar: usize| -> Vec<_> {
        let strong = phrase.notes().filter(|(_, note)| note.strength() > 0.5);
        let notes = strong.filter(|(_, note)| note.onset().bar() == bar);
        let place = |note: &Note| (note.onset().index() % 16, note.pitch, note.velocity);
        notes.map(|(track, note)| (track, place(note), note.strength())).collect()
    };
    assert!(bar(0).len() > 20);
    assert!(bar(0) == bar(2));
    assert!(bar(1) != bar(3), "over other chords");
}
