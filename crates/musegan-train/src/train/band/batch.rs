//! The phrases of a batch, as the networks want them. What must stay true: what is drawn depends on
//! the run's seed, the step and the phrase's place in the batch alone.
use super::songbook::Songbook;
use crate::train::random::{self, Purpose};
use musegan_model::band::Sheet;
use musegan_model::band::chords::{self, Beat};
use musegan_model::band::codec::{self, STEP_NUMBERS};
use musegan_model::band::frame::{Harmony, RelativeNote, relative};
use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_PHRASE};
use rand::Rng;
use std::ops::Range;

/// Parts that every batch is cut into, for as many threads; fixed, since sums over a batch are taken
/// part by part.
pub const PARTS: usize = 4;

/// The places in a batch of its part `part`.
#[must_use]
pub fn part_of(batch: usize, part: usize) -> Range<usize> {
    batch * part / PARTS..batch * (part + 1) / PARTS
}

/// A phrase in the key that it is heard in.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its notes in the frame.
    pub notes: Vec<RelativeNote>,
    /// Its chords and key.
    pub harmony: Harmony,
    /// How it is played.
    pub sheet: Sheet,
}

impl Drawn {
    /// The phrase at a place of a step's batch. Of the phrases drawn a share of `transposed` is
    /// heard in another key than it was written in.
    #[must_use]
    pub fn at(book: &Songbook, (seed, step): (u64, u64), place: usize, transposed: f64) -> Self {
        let mut rng = random::generator(seed, step, Purpose::BandPhrase, place as u32);
        Self::from(book, &mut rng, transposed)
    }

    /// The next phrase of a stream of numbers.
    #[must_use]
    pub fn from(book: &Songbook, rng: &mut impl Rng, transposed: f64) -> Self {
        let number = rng.random_range(0..book.len() as u64) as usize;
        let elsewhere = rng.random::<f64>() < transposed;
        // The way to any of the other keys that is the shorter one.
        let up = rng.random_range(1..12i8);
        Self::of(book, number, if elsewhere { up - if up > 6 { 12 } else { 0 } } else { 0 })
    }

    /// A phrase so many semitones higher.
    #[must_use]
    pub fn of(book: &Songbook, number: usize, up: i8) -> Self {
        let (phrase, harmony) = book.phrase(number, up);
        let sheet = if up == 0 { *book.sheet(number) } else { Sheet::of(&phrase) };
        let (notes, _) = relative(&phrase, &harmony);
        Self { notes, harmony, sheet }
    }
}

/// Some phrases as the codec sees them.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// Onsets, lengths and velocities, `(5 * phrases * 64, STEP_NUMBERS)` in track order.
    pub cells: Vec<f32>,
    /// Chords, (phrase, beat).
    pub beats: Vec<Beat>,
    /// Whether a note begins in the bar, (track, phrase, bar).
    pub begins: Vec<bool>,
}

impl Cells {
    /// Takes these phrases in place of those before.
    pub fn fill(&mut self, phrases: &[Drawn]) {
        let n = phrases.len();
        self.cells.clear();
        self.cells.resize(Track::COUNT * n * STEPS_PER_PHRASE * STEP_NUMBERS, 0.0);
        self.begins.clear();
        self.begins.resize(Track::COUNT * n * BARS_PER_PHRASE, false);
        self.beats.clear();
        for (place, phrase) in phrases.iter().enumerate() {
            codec::write_cells(&phrase.notes, &mut self.cells, place, n);
            self.beats.extend(chords::beats(&phrase.harmony));
            for note in &phrase.notes {
                let row = note.track.index() * n + place;
                self.begins[row * BARS_PER_PHRASE + note.step.bar()] = true;
            }
        }
    }

    /// The weight of each bar, its track's where a note begins in it and 0 elsewhere.
    pub fn bar_weights(&self, of_tracks: &[f32; Track::COUNT]) -> impl Iterator<Item = f32> {
        let bars = (self.begins.len() / Track::COUNT).max(1);
        let weighed = self.begins.iter().enumerate();
        weighed.map(move |(bar, begins)| if *begins { of_tracks[bar / bars] } else { 0.0 })
    }

    /// Bars of each track in which a note begins.
    #[must_use]
    pub fn bars(&self) -> [usize; Track::COUNT] {
        let tracks = self.begins.chunks_exact((self.begins.len() / Track::COUNT).max(1));
        let mut bars = [0; Track::COUNT];
        for (bars, track) in bars.iter_mut().zip(tracks) {
            *bars = track.iter().filter(|begins| **begins).count();
        }
        bars
    }
}
