//! What is heard of a phrase: rhythm, pitch classes over the chords, how the tracks fit each other,
//! and the style sheet's measures, of real and of generated phrases by the same definitions and with a
//! way back to the cells of generated ones.
//!
//! Only cells in which a note begins or nearly does take part, so that a phrase costs microseconds.
//! What must stay true: what is heard of a real phrase is what would be heard of the same notes
//! generated.
pub mod hardened;
pub mod held;
pub mod played;
pub mod rhythm;
pub mod style;
pub mod tonal;

use held::{Chroma, Held};
use musegan_model::band::critic::{CHROMA, HARMONY, HARMONY_OF_BEAT, RHYTHM};
use musegan_model::band::frame::{Harmony, LOW, RelativeNote, midi_number};
use musegan_score::Track;
use musegan_score::grid::{
    BARS_PER_PHRASE, BEATS_PER_BAR, BEATS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_BEAT,
    STEPS_PER_PHRASE,
};
use musegan_score::roll::LOWEST_PITCH;
use rhythm::{Rhythm, RhythmGradient};
use std::ops::Range;
use style::LIKE;
use tonal::Tonal;

/// Added to sounding keys that a share is taken of.
const SOME_KEYS: f32 = 1.0;
/// The columns of a token: [`RHYTHM`], then [`CHROMA`].
pub const TOKEN: usize = RHYTHM + CHROMA;

/// A cell in which a note begins or nearly does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Which track's.
    pub track: u8,
    /// In which step.
    pub step: u8,
    /// Index in the track's window.
    pub pitch: u8,
    /// The key that it sounds, counted from the lowest of a roll, in the absolute frame.
    pub key: u8,
    /// 1 where a note begins and 0 where not.
    pub onset: f32,
    /// Its length in steps, or what it would be.
    pub length: f32,
    /// How likely a note is.
    pub logit: f32,
}

impl Cell {
    /// The cell of a note that is there.
    #[must_use]
    pub fn of(note: &RelativeNote, harmony: &[i8; BEATS_PER_PHRASE]) -> Self {
        Self {
            track: note.track.index() as u8,
            step: note.step.index() as u8,
            pitch: note.pitch,
            key: key(note.track, note.pitch, harmony[note.step.index() / STEPS_PER_BEAT]),
            onset: 1.0,
            length: f32::from(note.length),
            logit: f32::INFINITY,
        }
    }
}

/// The key of a place in a track's window, counted from the lowest of a roll.
#[must_use]
pub fn key(track: Track, pitch: u8, shift: i8) -> u8 {
    debug_assert!(LOW.len() == Track::COUNT);
    midi_number(track, pitch, shift) - LOWEST_PITCH
}

/// What is heard of one phrase.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The cells, sorted by track, step and pitch.
    pub cells: Vec<Cell>,
    tracks: [Range<usize>; Track::COUNT],
    rhythms: [Rhythm; Track::COUNT],
    held: Held,
    tonal: [Tonal; BEATS_PER_PHRASE],
}

/// The numbers of a phrase that critic and losses are given, or their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Impression {
    /// (track, bar, [`TOKEN`])
    pub tokens: Vec<f32>,
    /// (bar, [`HARMONY`])
    pub harmony: Vec<f32>,
    /// (track, [`LIKE`])
    pub style: Vec<f32>,
    /// Share of the sounding keys with a neighbour a semitone above.
    pub clashes: f32,
}

impl Impression {
    /// All zeros.
    #[must_use]
    pub fn zero() -> Self {
        Self {
            tokens: vec![0.0; Track::COUNT * BARS_PER_PHRASE * TOKEN],
            harmony: vec![0.0; BARS_PER_PHRASE * HARMONY],
            style: vec![0.0; Track::COUNT * LIKE],
            clashes: 0.0,
        }
    }

    fn token(&self, track: usize, bar: usize) -> &[f32] {
        &self.tokens[(track * BARS_PER_PHRASE + bar) * TOKEN..][..TOKEN]
    }

    fn token_mut(&mut self, track: usize, bar: usize) -> &mut [f32] {
        &mut self.tokens[(track * BARS_PER_PHRASE + bar) * TOKEN..][..TOKEN]
    }
}

impl Heard {
    /// Listens to cells, which are sorted by track, step and pitch.
    #[must_use]
    pub fn of(cells: Vec<Cell>, harmony: &Harmony) -> Self {
        let tracks = Track::ALL.map(|track| {
            let index = track.index() as u8;
            cells.partition_point(|c| c.track < index)..cells.partition_point(|c| c.track <= index)
        });
        let rhythms = tracks.clone().map(|track| Rhythm::of(&cells[track]));
        let held = Held::of(&cells, &harmony.roots());
        let tonal = std::array::from_fn(|beat| {
            Tonal::of(std::array::from_fn(|track| &held.chroma[track + 1][beat]))
        });
        Self { cells, tracks, rhythms, held, tonal }
    }

    /// The numbers of it.
    #[must_use]
    pub fn impression(&self) -> Impression {
        let mut heard = Impression::zero();
        for (track, rhythm) in self.rhythms.iter().enumerate() {
            for bar in 0..BARS_PER_PHRASE {
                let token = heard.token_mut(track, bar);
                let steps = bar * STEPS_PER_BAR..(bar + 1) * STEPS_PER_BAR;
                let of_steps = [&rhythm.begins, &rhythm.sounds, &rhythm.count];
                for (number, values) in of_steps.into_iter().enumerate() {
                    for (step, value) in values[steps.clone()].iter().enumerate() {
                        token[step * 3 + number] = *value;
                    }
                }
                let beats = &self.held.chroma[track][bar * BEATS_PER_BAR..][..BEATS_PER_BAR];
                token[RHYTHM..].copy_from_slice(beats.as_flattened());
            }
            let measures = style::measures(&self.cells[self.tracks[track].clone()], rhythm);
            heard.style[track * LIKE..][..LIKE].copy_from_slice(&measures);
        }
        for (beat, numbers) in heard.harmony.chunks_exact_mut(HARMONY_OF_BEAT).enumerate() {
            numbers[..6].copy_from_slice(&self.tonal[beat].distances);
            numbers[6] = self.held.clashes[beat] / (self.held.sounding[beat] + SOME_KEYS);
        }
        let (clashes, sounding) = self.clashes();
        heard.clashes = clashes / (sounding + SOME_KEYS);
        heard
    }

    /// Clashes and sounding keys of the whole phrase.
    fn clashes(&self) -> (f32, f32) {
        (self.held.clashes.iter().sum(), self.held.sounding.iter().sum())
    }

    /// The gradients of the cells' onsets and lengths.
    #[must_use]
    pub fn backward(&self, given: &Impression) -> (Vec<f32>, Vec<f32>) {
        let mut onsets = vec![0.0; self.cells.len()];
        let mut lengths = onsets.clone();
        for (track, rhythm) in self.rhythms.iter().enumerate() {
            let range = self.tracks[track].clone();
            let (cells, onsets) = (&self.cells[range.clone()], &mut onsets[range.clone()]);
            let lengths = &mut lengths[range];
            let mut of_rhythm = rhythm_gradient(given, track);
            let of_style = std::array::from_fn(|like| given.style[track * LIKE + like]);
            style::backward(cells, rhythm, &of_style, &mut of_rhythm, onsets, lengths);
            rhythm.backward(cells, &of_rhythm, onsets, lengths);
        }
        let mut chroma: Chroma = [[[0.0; held::CLASSES]; BEATS_PER_PHRASE]; Track::COUNT];
        let (clashes, sounding) = self.clashes();
        let whole = given.clashes / (sounding + SOME_KEYS);
        let mut of_clashes = [whole; BEATS_PER_PHRASE];
        let mut of_sounding = [-whole * clashes / (sounding + SOME_KEYS); BEATS_PER_PHRASE];
        for beat in 0..BEATS_PER_PHRASE {
            let (bar, within) = (beat / BEATS_PER_BAR, beat % BEATS_PER_BAR);
            for (track, chroma) in chroma.iter_mut().enumerate() {
                let token = &given.token(track, bar)[RHYTHM + within * held::CLASSES..];
                chroma[beat].copy_from_slice(&token[..held::CLASSES]);
            }
            let numbers = &given.harmony[beat * HARMONY_OF_BEAT..][..HARMONY_OF_BEAT];
            let mut pitched = std::array::from_fn(|track| chroma[track + 1][beat]);
            let distances = std::array::from_fn(|pair| numbers[pair]);
            self.tonal[beat].backward(&distances, &mut pitched);
            for (track, of_track) in pitched.into_iter().enumerate() {
                chroma[track + 1][beat] = of_track;
            }
            let keys = self.held.sounding[beat] + SOME_KEYS;
            of_clashes[beat] += numbers[6] / keys;
            of_sounding[beat] -= numbers[6] * self.held.clashes[beat] / (keys * keys);
        }
        self.held.backward(&self.cells, &chroma, &of_clashes, &of_sounding, &mut onsets);
        (onsets, lengths)
    }
}

fn rhythm_gradient(given: &Impression, track: usize) -> RhythmGradient {
    let of = |number: usize| -> [f32; STEPS_PER_PHRASE] {
        std::array::from_fn(|step| {
            given.token(track, step / STEPS_PER_BAR)[step % STEPS_PER_BAR * 3 + number]
        })
    };
    RhythmGradient { begins: of(0), sounds: of(1), count: of(2) }
}

#[cfg(test)]
mod tests;
