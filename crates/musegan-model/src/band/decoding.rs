//! The rules by which what the decoders say becomes notes. Training hardens by the same rules.
//!
//! First the rhythm: notes begin in a step whose logit is above 0, in bars in which the track
//! plays, and the likeliest classes say how long they last. Then the pitches over that rhythm: where
//! notes begin, they are those whose logits are above 0, and the likeliest in any case; the bass
//! plays the likeliest alone, until its next note at most. A drum is struck for one step. What must
//! stay true: which notes are stronger than 0.5, and how they sound, does not depend on the weaker
//! ones, which only a higher density plays.
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use musegan_score::{Phrase, Step, Track, Velocity};

use super::Codec;
use super::codec::lengths::CLASSES;
use super::codec::pitch;
use super::codec::rhythm::{self, Rhythm, TOLD};
use super::frame::{Harmony, RelativeNote, WINDOW, absolute, midi_number};
use crate::tape::{Network, Node, Tape};

/// The lowest logit of a note that a higher density can play, a strength of 0.1.
pub const WEAKEST_LOGIT: f32 = -2.2;

/// The bars in which each track of a phrase plays.
pub type Present = [[bool; BARS_PER_PHRASE]; Track::COUNT];

/// Plays some phrases, of which these are the latents, `(5 * phrases * 4, latent)` in track order,
/// and what [`Codec::chords`] gives, each with the notes that a higher density would add.
pub fn play(
    codec: &Codec,
    tape: &mut Tape,
    network: Network,
    [latents, chords]: [Node; 2],
    phrases: &[(Present, Harmony)],
) -> Vec<Phrase> {
    let said = codec.decode_rhythm(tape, network, latents);
    let rhythms = Rhythms::of(tape, said);
    let figures: Vec<Figure> = Track::ALL
        .into_iter()
        .flat_map(|track| phrases.iter().enumerate().map(move |(p, phrase)| (track, p, phrase)))
        .map(|(track, p, (present, _))| rhythms.figure(track, p, &present[track.index()]))
        .collect();
    // What would be played where notes nearly begin is asked as if they did, in the same pass and
    // also where there are none, so that what is strong has the same bits in any case.
    let rhythms: Vec<Rhythm> = figures
        .chunks(phrases.len().max(1))
        .flat_map(|track| {
            let strong = track.iter().map(|figure| figure.rhythm);
            strong.chain(track.iter().map(Figure::at_most))
        })
        .collect();
    let told = tape.constant(rhythms.len() * BARS_PER_PHRASE, TOLD, &rhythm::told(&rhythms));
    let [latents, chords] = [latents, chords].map(|x| twice(tape, x));
    let said = codec.decode_pitch(tape, network, latents, chords, told);
    let pitches = Pitches::of(tape, said);
    let phrase = |(p, (_, harmony)): (usize, &(Present, Harmony))| {
        let figures = figures.iter().skip(p).step_by(phrases.len());
        played(figures, pitches, [p, phrases.len() + p], harmony)
    };
    phrases.iter().enumerate().map(phrase).collect()
}

/// Rows in track order with each track's rows once more behind them.
fn twice(tape: &mut Tape, x: Node) -> Node {
    let rows = (tape.rows(x) / Track::COUNT) as u32;
    let tracks = 0..Track::COUNT as u32;
    let of_track = |track: u32| track * rows..(track + 1) * rows;
    let index: Vec<u32> = tracks.flat_map(|t| of_track(t).chain(of_track(t))).collect();
    tape.gather(x, &index)
}

/// The notes of one phrase of some: its tracks' figures, and the places in which its pitches are
/// said for middle density and for the highest.
fn played<'a>(
    figures: impl Iterator<Item = &'a Figure>,
    pitches: Pitches,
    places: [usize; 2],
    harmony: &Harmony,
) -> Phrase {
    let shifts = harmony.shifts();
    let shifts: [i8; STEPS_PER_PHRASE] = std::array::from_fn(|s| shifts[s / STEPS_PER_BEAT]);
    let notes = Track::ALL.into_iter().zip(figures).flat_map(|(track, figure)| {
        let [strong, weak] = places.map(|place| pitches.track(track, place));
        Part { track, figure, strong, weak }.notes(&shifts)
    });
    absolute(&notes.collect::<Vec<_>>(), harmony)
}

/// What is said of the rhythms of some phrases, rows in track order.
#[derive(Clone, Copy, Debug)]
pub struct Rhythms<'a> {
    /// Logits of notes beginning in a step.
    pub onsets: &'a [f32],
    /// Logits of [`CLASSES`] for each step, of its shorter notes.
    pub short: &'a [f32],
    /// The same of its longer notes.
    pub long: &'a [f32],
}

impl<'a> Rhythms<'a> {
    /// What was decoded on a tape.
    #[must_use]
    pub fn of(tape: &'a Tape, said: rhythm::Said) -> Self {
        Self {
            onsets: tape.value(said.onsets),
            short: tape.value(said.short),
            long: tape.value(said.long),
        }
    }

    /// What a track does in one of the phrases, of whose bars it plays these.
    ///
    /// # Panics
    /// When there is no such phrase.
    #[must_use]
    pub fn figure(&self, track: Track, phrase: usize, present: &[bool; BARS_PER_PHRASE]) -> Figure {
        let phrases = self.onsets.len() / (Track::COUNT * STEPS_PER_PHRASE);
        assert!(phrase < phrases, "phrase {phrase} of {phrases}");
        let first = (track.index() * phrases + phrase) * STEPS_PER_PHRASE;
        let logits = std::array::from_fn(|step| match present[step / STEPS_PER_BAR] {
            true => self.onsets[first + step],
            false => f32::NEG_INFINITY,
        });
        let bits = |holds: fn(f32) -> bool| {
            logits.iter().rev().fold(0, |bits, logit| bits << 1 | u64::from(holds(*logit)))
        };
        let likeliest = |all: &[f32], step: usize| {
            let logits = &all[(first + step) * CLASSES..][..CLASSES];
            let more = |best: usize, class: usize| {
                if logits[class] > logits[best] { class } else { best }
            };
            (0..CLASSES).reduce(more).unwrap_or(0) as u8
        };
        let classes =
            std::array::from_fn(|step| [self.short, self.long].map(|l| likeliest(l, step)));
        let onsets = bits(|logit| logit > 0.0);
        let rhythm = Rhythm::new(track, onsets, classes);
        Figure { track, rhythm, nearly: bits(|l| l > WEAKEST_LOGIT && l <= 0.0), logits }
    }
}

/// What a track does in a phrase: the rhythm that is played at middle density, and where notes
/// nearly begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    track: Track,
    /// At middle density.
    pub rhythm: Rhythm,
    /// The steps in which only a higher density plays, as bits.
    pub nearly: u64,
    logits: [f32; STEPS_PER_PHRASE],
}

impl Figure {
    /// The rhythm at the highest density.
    #[must_use]
    pub fn at_most(&self) -> Rhythm {
        let classes = std::array::from_fn(|step| self.rhythm.classes(step));
        Rhythm::new(self.track, self.rhythm.onsets() | self.nearly, classes)
    }
}

/// What is said of the pitches of some phrases, each `(5 * phrases * 64, WINDOW)` in track order.
#[derive(Clone, Copy, Debug)]
pub struct Pitches<'a> {
    /// Logits of a note beginning where notes begin.
    pub onsets: &'a [f32],
    /// Velocity codes.
    pub velocities: &'a [f32],
    /// Logits of a note being one of the step's longer ones.
    pub long: &'a [f32],
}

impl<'a> Pitches<'a> {
    /// What was decoded on a tape.
    #[must_use]
    pub fn of(tape: &'a Tape, said: pitch::Said) -> Self {
        Self {
            onsets: tape.value(said.onsets),
            velocities: tape.value(said.velocities),
            long: tape.value(said.long),
        }
    }

    /// One track of one of the phrases.
    fn track(self, track: Track, phrase: usize) -> Self {
        const CELLS: usize = STEPS_PER_PHRASE * WINDOW;
        let phrases = self.onsets.len() / (Track::COUNT * CELLS);
        let first = (track.index() * phrases + phrase) * CELLS;
        let of_track = |all: &'a [f32]| &all[first..][..CELLS];
        Self {
            onsets: of_track(self.onsets),
            velocities: of_track(self.velocities),
            long: of_track(self.long),
        }
    }

    /// The likeliest cell of a step, the lowest of equal ones; none where none has a likelihood.
    fn highest(&self, step: usize) -> Option<usize> {
        let cells =
            (step * WINDOW..(step + 1) * WINDOW).filter(|&cell| !self.onsets[cell].is_nan());
        let more = |best: usize, cell: usize| {
            if self.onsets[cell] > self.onsets[best] { cell } else { best }
        };
        cells.reduce(more)
    }
}

/// One track of one phrase, about to be played.
struct Part<'a> {
    track: Track,
    figure: &'a Figure,
    strong: Pitches<'a>,
    weak: Pitches<'a>,
}

impl Part<'_> {
    fn notes(&self, shifts: &[i8; STEPS_PER_PHRASE]) -> Vec<RelativeNote> {
        let (mut notes, mut weak) = (Vec::new(), Vec::new());
        let at_most = self.figure.at_most();
        for step in 0..STEPS_PER_PHRASE {
            if self.figure.rhythm.begins(step) {
                self.at_onset(step, &mut notes, &mut weak);
            } else if self.figure.nearly >> step & 1 == 1 {
                let strength = strength(self.figure.logits[step]).min(0.5);
                let cell = self.weak.highest(step);
                let note = cell.and_then(|cell| self.note(&self.weak, cell, strength));
                weak.extend(note.map(|note| match self.track {
                    // One note at a time, at the highest density too.
                    Track::Bass => RelativeNote { length: at_most.lengths(step)[1], ..note },
                    _ => note,
                }));
            }
        }
        let sounding = self.sounding(&notes, shifts);
        // What would strike a sounding key again would cut a stronger note short.
        notes.extend(weak.into_iter().filter(|note| {
            let step = note.step.index();
            let key = midi_number(self.track, note.pitch, shifts[step]);
            match self.track {
                Track::Bass => sounding[step] == 0,
                _ => sounding[step] >> key & 1 == 0,
            }
        }));
        notes
    }

    /// Notes of a step in which notes begin, and those that a higher density adds to them.
    fn at_onset(&self, step: usize, notes: &mut Vec<RelativeNote>, weak: &mut Vec<RelativeNote>) {
        let said = &self.strong;
        let Some(highest) = said.highest(step) else { return };
        for cell in step * WINDOW..(step + 1) * WINDOW {
            let share = strength(match self.track {
                // Of a single note its onset is what is more or less sure.
                Track::Bass => self.figure.logits[step],
                _ => said.onsets[cell],
            });
            if cell == highest || (self.track != Track::Bass && said.onsets[cell] > 0.0) {
                notes.extend(self.note(said, cell, share.max(0.5f32.next_up())));
            } else if self.track != Track::Bass && said.onsets[cell] > WEAKEST_LOGIT {
                weak.extend(self.note(said, cell, share.min(0.5)));
            }
        }
    }

    fn note(&self, said: &Pitches, cell: usize, strength: f32) -> Option<RelativeNote> {
        let step = Step::new(cell / WINDOW)?;
        let [short, long] = self.figure.rhythm.lengths(step.index());
        let velocity = (said.velocities[cell] * 127.0).round_ties_even();
        Some(RelativeNote {
            track: self.track,
            step,
            pitch: (cell % WINDOW) as u8,
            length: if said.long[cell] > 0.0 { long } else { short },
            velocity: Velocity::clamped(velocity as i32),
            strength,
        })
    }

    /// The keys that sound in each step, as bits.
    fn sounding(
        &self,
        notes: &[RelativeNote],
        shifts: &[i8; STEPS_PER_PHRASE],
    ) -> [u128; STEPS_PER_PHRASE] {
        let mut sounding = [0; STEPS_PER_PHRASE];
        for note in notes {
            let onset = note.step.index();
            let key = midi_number(self.track, note.pitch, shifts[onset]);
            for step in &mut sounding[onset..onset + usize::from(note.length)] {
                *step |= 1 << key;
            }
        }
        sounding
    }
}

/// The share that a logit stands for.
fn strength(logit: f32) -> f32 {
    ((-logit).exp() + 1.0).recip()
}

#[cfg(test)]
mod tests;
