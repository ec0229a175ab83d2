//! Bars as the codec's encoders read them, those of all tracks side by side: of whole phrases, or
//! any bar that a track plays anywhere.
//!
//! What must stay true: a row says of a bar all that its decoders are to say, so that what is
//! written can be compared with what is said, number by number.
use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR};

use super::super::frame::{RelativeNote, WINDOW};
use super::rhythm::{self, Rhythm};
use super::{pitch, velocity_code};
use crate::tape::{Node, Tape};

/// Equally many bars of each track, rows in track order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    bars: usize,
    /// `(5 * bars * 16, rhythm::STEP_NUMBERS)`
    pub rhythms: Vec<f32>,
    /// `(5 * bars * 16, pitch::STEP_NUMBERS)`
    pub pitches: Vec<f32>,
    /// What the pitches know of the rhythm, `(5 * bars, rhythm::TOLD)`.
    pub told: Vec<f32>,
}

/// The same on a tape.
#[derive(Clone, Copy, Debug)]
pub struct BarNodes {
    /// [`Bars::rhythms`]
    pub rhythms: Node,
    /// [`Bars::pitches`]
    pub pitches: Node,
    /// [`Bars::told`]
    pub told: Node,
}

impl Bars {
    /// So many bars of each track in which nothing is played, in place of those before.
    pub fn clear(&mut self, bars: usize) {
        let rows = Track::COUNT * bars;
        let zeros = |numbers: &mut Vec<f32>, len| {
            numbers.clear();
            numbers.resize(len, 0.0);
        };
        self.bars = bars;
        zeros(&mut self.rhythms, rows * STEPS_PER_BAR * rhythm::STEP_NUMBERS);
        zeros(&mut self.pitches, rows * STEPS_PER_BAR * pitch::STEP_NUMBERS);
        zeros(&mut self.told, rows * rhythm::TOLD);
    }

    /// How many bars each track has.
    #[must_use]
    pub const fn bars(&self) -> usize {
        self.bars
    }

    /// Writes a phrase's notes into its place among phrases, four bars each. Notes that sound at
    /// a higher density alone are left out.
    ///
    /// # Panics
    /// When there is no such place.
    pub fn write_phrase(&mut self, notes: &[RelativeNote], phrase: usize) {
        for track in Track::ALL {
            let rhythm = Rhythm::of(track, notes);
            for bar in 0..BARS_PER_PHRASE {
                self.write(notes, (&rhythm, track, bar), phrase * BARS_PER_PHRASE + bar);
            }
        }
    }

    /// Writes one bar of a phrase of which these are at least the track's notes, in the place
    /// `place` among the bars of the track.
    ///
    /// # Panics
    /// When there is no such place or bar.
    pub fn write_bar(
        &mut self,
        notes: &[RelativeNote],
        (track, bar): (Track, usize),
        place: usize,
    ) {
        self.write(notes, (&Rhythm::of(track, notes), track, bar), place);
    }

    fn write(
        &mut self,
        notes: &[RelativeNote],
        (rhythm, track, bar): (&Rhythm, Track, usize),
        place: usize,
    ) {
        assert!(place < self.bars && bar < BARS_PER_PHRASE, "bar {bar}, {place} of {}", self.bars);
        const OF_BAR: usize = STEPS_PER_BAR * rhythm::STEP_NUMBERS;
        let row = track.index() * self.bars + place;
        rhythm.write(bar, &mut self.rhythms[row * OF_BAR..][..OF_BAR]);
        rhythm.tell(bar, &mut self.told[row * rhythm::TOLD..][..rhythm::TOLD]);
        let played = notes.iter().filter(|note| note.track == track && note.strength > 0.5);
        for note in played.filter(|note| note.step.bar() == bar) {
            let step = note.step.index();
            let row = row * STEPS_PER_BAR + step % STEPS_PER_BAR;
            let numbers = &mut self.pitches[row * pitch::STEP_NUMBERS..][..pitch::STEP_NUMBERS];
            let cell = usize::from(note.pitch);
            let is_long = rhythm.is_long(step, note.length).unwrap_or(false);
            numbers[cell] = 1.0;
            numbers[WINDOW + cell] = velocity_code(note.velocity.value());
            numbers[2 * WINDOW + cell] = f32::from(u8::from(is_long));
        }
    }

    /// The bars as constants on a tape.
    pub fn on(&self, tape: &mut Tape) -> BarNodes {
        let rows = Track::COUNT * self.bars;
        let steps = rows * STEPS_PER_BAR;
        BarNodes {
            rhythms: tape.constant(steps, rhythm::STEP_NUMBERS, &self.rhythms),
            pitches: tape.constant(steps, pitch::STEP_NUMBERS, &self.pitches),
            told: tape.constant(rows, rhythm::TOLD, &self.told),
        }
    }
}
