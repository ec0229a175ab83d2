//! A song without a network: dense random phrases that are a function of seed and index.
use super::dice::Dice;
use musegan_engine::PhraseKey;
use musegan_score::grid::BEATS_PER_PHRASE;
use musegan_score::{Chord, Note, Phrase, Pitch, Step, Track, Velocity};
use std::collections::HashMap;

/// A phrase that depends on seed and index only; dense, with notes of up to the phrase's end.
pub fn composed(seed: u64, index: i64) -> Phrase {
    let mut dice = Dice::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index as u64);
    Phrase::new((0..300).map(|_| {
        let track = dice.pick(&Track::ALL);
        let onset = Step::new(dice.below(64) as usize).unwrap();
        let longest = dice.pick(&[2, 4, 12, 64]);
        let pitch = Pitch::new(36 + dice.below(12) as u8).unwrap();
        let velocity = Velocity::clamped(dice.whole(1, 127) as i32);
        let note = Note::new(onset, 1 + dice.below(longest) as usize, pitch, velocity);
        (track, note.with_strength(dice.below(1000) as f32 / 1000.0))
    }))
}

/// A phrase that says where it is: at each of its 64 steps one piano note a step long, the key of
/// which, less [`FIRST_KEY`], is the number of the step.
pub fn ladder(_seed: u64, _index: i64) -> Phrase {
    Phrase::new((0..64).map(|step| {
        let pitch = Pitch::new(FIRST_KEY + step as u8).unwrap();
        (Track::Piano, Note::new(Step::new(step).unwrap(), 1, pitch, Velocity::DEFAULT))
    }))
}

pub const FIRST_KEY: u8 = 24;

/// Phrases of a song before it comes again. Prime, so that no plausible mistake about an index
/// goes unnoticed; finite, so that a hundred thousand transports share what is composed.
const PHRASES: i64 = 61;

/// Songs by seed, each phrase composed once.
pub struct Songbook {
    compose: fn(u64, i64) -> Phrase,
    pages: HashMap<(u64, i64, Option<Chord>), Phrase>,
}

impl Default for Songbook {
    fn default() -> Self {
        Self::of(composed)
    }
}

impl Songbook {
    pub fn of(compose: fn(u64, i64) -> Phrase) -> Self {
        Self { compose, pages: HashMap::new() }
    }

    /// The phrase of a key: a function of seed, temperature, weights and index, as the network's
    /// are; that of `composed(seed, index)` for the first weights at the usual temperature. Songs of
    /// odd seeds say that they follow the chord that is asked for; their notes do not show it.
    pub fn phrase(&mut self, key: &PhraseKey) -> &Phrase {
        let song = key.composition.seed
            + 1000 * u64::from(key.model)
            + if key.composition.temperature == 0.5 { 500 } else { 0 };
        let index = key.index.rem_euclid(PHRASES);
        let chord = key.composition.progression.chords().first().copied().flatten();
        let chord = chord.filter(|_| key.composition.seed % 2 == 1);
        self.pages
            .entry((song, index, chord))
            .or_insert_with(|| (self.compose)(song, index).with_chords([chord; BEATS_PER_PHRASE]))
    }
}
