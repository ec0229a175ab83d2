//! What a batch is drawn of: bars for the codec, phrases for the others. What must stay true: what is
//! drawn depends on the run's seed, the step and the place in the batch alone.
use super::songbook::Songbook;
use crate::train::random::{self, Purpose};
use musegan_model::band::Sheet;
use musegan_model::band::chords::{self, Beat};
use musegan_model::band::codec::Bars;
use musegan_model::band::frame::{Harmony, RelativeNote, relative};
use musegan_score::Track;
use musegan_score::grid::BEATS_PER_BAR;
use rand::Rng;
use std::ops::Range;

/// Parts that every batch is cut into, for as many threads; fixed, since sums over a batch are taken
/// part by part.
const PARTS: usize = 4;

/// The parts of a batch, none of them empty.
#[must_use]
pub fn parts_of(batch: usize) -> usize {
    PARTS.min(batch)
}

/// The places in a batch of its part `part`.
#[must_use]
pub fn part_of(batch: usize, part: usize) -> Range<usize> {
    let parts = parts_of(batch);
    batch * part / parts..batch * (part + 1) / parts
}

/// Semitones to go up: in a share of `transposed` to any of the eleven other keys by the shorter way,
/// else none.
fn transposition(rng: &mut impl Rng, transposed: f64) -> i8 {
    let elsewhere = rng.random::<f64>() < transposed;
    let up = rng.random_range(1..12i8);
    if elsewhere { up - if up > 6 { 12 } else { 0 } } else { 0 }
}

/// A number below `count`, which is not 0.
fn one_of(rng: &mut impl Rng, count: usize) -> usize {
    rng.random_range(0..count as u64) as usize
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
    /// The next phrase of a stream of numbers. Of the phrases drawn a share of `transposed` is heard
    /// in another key than it was written in.
    #[must_use]
    pub fn from(book: &Songbook, rng: &mut impl Rng, transposed: f64) -> Self {
        let number = one_of(rng, book.len());
        Self::of(book, number, transposition(rng, transposed))
    }

    /// A phrase so many semitones higher.
    #[must_use]
    pub fn of(book: &Songbook, number: usize, up: i8) -> Self {
        let (phrase, harmony) = book.phrase(number, up);
        let sheet = if up == 0 { *book.sheet(number) } else { Sheet::over(&phrase, &harmony) };
        let (notes, _) = relative(&phrase, &harmony);
        Self { notes, harmony, sheet }
    }
}

/// Equally many bars of each track, of anywhere.
#[derive(Clone, Debug, Default)]
pub struct DrawnBars {
    /// The bars, in track order.
    pub bars: Bars,
    /// Their chords, in the same order, four beats each.
    pub beats: Vec<Beat>,
}

impl DrawnBars {
    /// Draws the bars at these places of a step's batch, for each track, in place of those before.
    /// Of a track that never plays the bars stay empty.
    pub fn draw(
        &mut self,
        book: &Songbook,
        (seed, step): (u64, u64),
        places: Range<usize>,
        transposed: f64,
    ) {
        self.bars.clear(places.len());
        self.beats.clear();
        for track in Track::ALL {
            let bars = book.bars(track).max(1);
            for (row, place) in places.clone().enumerate() {
                let place = (place * Track::COUNT + track.index()) as u32;
                let mut rng = random::generator(seed, step, Purpose::BandPhrase, place);
                let Some((number, bar)) = book.bar(track, one_of(&mut rng, bars)) else {
                    self.beats.extend([[0; 5]; BEATS_PER_BAR]);
                    continue;
                };
                let up = transposition(&mut rng, transposed);
                let (notes, harmony) = book.track(number, track, up);
                self.bars.write_bar(&notes, (track, bar), row);
                let beats = chords::beats(&harmony);
                self.beats.extend(&beats[bar * BEATS_PER_BAR..][..BEATS_PER_BAR]);
            }
        }
    }
}
