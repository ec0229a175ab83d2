//! The rhythm of a bar of one track, to a few numbers and back, whatever the chords: in which steps
//! notes begin, and how long they last.
//!
//! A step has two classes of lengths, that of its shortest and that of its longest note; piano and
//! strings alone tell them apart. Guitar and bass have one length for each step, the longest, and a
//! drum is struck for one.
use std::ops::Range;

use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_PHRASE};

use super::super::Dimensions;
use super::super::blocks::TrackLinear;
use super::super::frame::RelativeNote;
use super::Gaussian;
use super::lengths::{CLASSES, class_of, gaps, length_code, steps_of};
use crate::layout::Layout;
use crate::tape::{Network, Node, Tape};

/// Numbers of a step: whether notes begin there, then the classes of the shortest and the longest,
/// each as a row of zeros with a one.
pub const STEP_NUMBERS: usize = 1 + 2 * CLASSES;
/// Numbers by which the pitches of a bar know its rhythm: for each step whether notes begin there,
/// then for each step the [`length_code`] of the longer class, 0 where none begins. A note that
/// lasts until the next is told as if the bar line were one.
pub const TOLD: usize = 2 * STEPS_PER_BAR;

/// When the notes of one track begin, in the whole phrase, and how long they last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    track: Track,
    onsets: u64,
    classes: [[u8; 2]; STEPS_PER_PHRASE],
    lengths: [[u8; 2]; STEPS_PER_PHRASE],
}

impl Rhythm {
    /// Of a track's onsets, which are bits, the first step's lowest, and the classes of the
    /// shorter and of the longer notes of each step.
    #[must_use]
    pub fn new(track: Track, onsets: u64, classes: [[u8; 2]; STEPS_PER_PHRASE]) -> Self {
        let gaps = gaps(onsets);
        let lengths = std::array::from_fn(|step| {
            let resolved = |class| {
                let gap = gaps[step];
                let most = match track {
                    Track::Drums => 1,
                    Track::Bass => gap,
                    _ => (STEPS_PER_PHRASE - step) as u8,
                };
                steps_of(class, gap).min(most)
            };
            let [short, long] = classes[step].map(resolved);
            if has_two_lengths(track) { [short, long] } else { [long; 2] }
        });
        Self { track, onsets, classes, lengths }
    }

    /// Of the notes that a track plays at middle density.
    #[must_use]
    pub fn of(track: Track, notes: &[RelativeNote]) -> Self {
        let played = || notes.iter().filter(|note| note.track == track && note.strength > 0.5);
        let onsets = played().fold(0, |onsets, note| onsets | 1 << note.step.index());
        let gaps = gaps(onsets);
        let mut shortest = [u8::MAX; STEPS_PER_PHRASE];
        let mut longest = [0; STEPS_PER_PHRASE];
        for note in played() {
            let step = note.step.index();
            let length =
                if track == Track::Bass { note.length.min(gaps[step]) } else { note.length };
            shortest[step] = shortest[step].min(length);
            longest[step] = longest[step].max(length);
        }
        let classes = std::array::from_fn(|step| match longest[step] {
            0 => [0; 2],
            longest if has_two_lengths(track) => {
                [shortest[step], longest].map(|length| class_of(length, gaps[step]))
            }
            longest => [class_of(longest, gaps[step]); 2],
        });
        Self::new(track, onsets, classes)
    }

    /// The steps in which notes begin, as bits.
    #[must_use]
    pub const fn onsets(&self) -> u64 {
        self.onsets
    }

    /// Whether notes begin in a step.
    #[must_use]
    pub const fn begins(&self, step: usize) -> bool {
        self.onsets >> step & 1 == 1
    }

    /// The classes of the shorter and of the longer notes that begin in a step.
    #[must_use]
    pub const fn classes(&self, step: usize) -> [u8; 2] {
        self.classes[step]
    }

    /// The steps that the shorter and the longer notes last which begin in a step.
    #[must_use]
    pub const fn lengths(&self, step: usize) -> [u8; 2] {
        self.lengths[step]
    }

    /// Whether a note of a step is one of its longer ones; `None` where all are alike.
    #[must_use]
    pub fn is_long(&self, step: usize, length: u8) -> Option<bool> {
        let [short, long] = self.lengths[step].map(f32::from);
        // Nearer as a ratio: above the geometric mean.
        (short != long).then(|| f32::from(length).powi(2) > short * long)
    }

    /// Writes a bar into the encoder's numbers, [`STEP_NUMBERS`] for each step, which are zero
    /// before.
    pub(super) fn write(&self, bar: usize, numbers: &mut [f32]) {
        for (step, numbers) in steps(bar).zip(numbers.chunks_exact_mut(STEP_NUMBERS)) {
            if self.begins(step) {
                numbers[0] = 1.0;
                if !self.track.is_drums() {
                    let [short, long] = self.classes[step].map(usize::from);
                    numbers[1 + short] = 1.0;
                    numbers[1 + CLASSES + long] = 1.0;
                }
            }
        }
    }

    /// Writes what the pitches of a bar know of it, [`TOLD`] numbers, which are zero before: nothing
    /// that bars before or after decide.
    pub fn tell(&self, bar: usize, numbers: &mut [f32]) {
        let (begins, lengths) = numbers.split_at_mut(STEPS_PER_BAR);
        for (at, step) in steps(bar).enumerate().filter(|(_, step)| self.begins(*step)) {
            begins[at] = 1.0;
            let rest = (self.onsets >> step >> 1).trailing_zeros() as u8 + 1;
            let gap = rest.min((STEPS_PER_BAR - at) as u8);
            let class = self.classes[step][1];
            let steps = if self.track.is_drums() { 1 } else { steps_of(class, gap) };
            lengths[at] = length_code(f32::from(steps));
        }
    }
}

/// Whether notes of a track that begin together may last differently.
#[must_use]
pub const fn has_two_lengths(track: Track) -> bool {
    matches!(track, Track::Piano | Track::Strings)
}

fn steps(bar: usize) -> Range<usize> {
    bar * STEPS_PER_BAR..(bar + 1) * STEPS_PER_BAR
}

/// What the pitches know of the rhythms of some phrases, (track, phrase): `(5 * phrases * 4, TOLD)`.
#[must_use]
pub fn told(rhythms: &[Rhythm]) -> Vec<f32> {
    let mut told = vec![0.0; rhythms.len() * BARS_PER_PHRASE * TOLD];
    for (row, numbers) in told.chunks_exact_mut(TOLD).enumerate() {
        rhythms[row / BARS_PER_PHRASE].tell(row % BARS_PER_PHRASE, numbers);
    }
    told
}

/// What the decoder says of every step, rows in track order.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// Logits of notes beginning, `(5 * bars * 16, 1)`.
    pub onsets: Node,
    /// Logits of the class of the shortest, `(5 * bars * 16, CLASSES)`.
    pub short: Node,
    /// Logits of the class of the longest, `(5 * bars * 16, CLASSES)`.
    pub long: Node,
}

/// The layers.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    layers: [TrackLinear; 4],
    step: usize,
}

/// The layers of the way back.
#[derive(Clone, Debug)]
pub(super) struct Decoding {
    layers: [TrackLinear; 7],
    step: usize,
}

impl Encoding {
    pub fn new(layout: &mut Layout, dimensions: &Dimensions) -> Self {
        let Dimensions { rhythm, rhythm_step: step, rhythm_hidden: hidden, .. } = *dimensions;
        let mut layer = |name: &str, inputs, outputs, gain| {
            let name = format!("encode.rhythm.{name}");
            TrackLinear::scaled(layout, &name, [inputs, outputs], gain, 0.0)
        };
        let layers = [
            layer("step", STEP_NUMBERS, step, 1.0),
            layer("bar", STEPS_PER_BAR * step, hidden, 1.0),
            layer("more", hidden, hidden, 1.0),
            layer("out", hidden, 2 * rhythm, 0.3),
        ];
        Self { layers, step }
    }

    /// Steps `(5 * bars * 16, STEP_NUMBERS)` to the code of each bar.
    pub fn of(&self, tape: &mut Tape, network: Network, steps: Node) -> Gaussian {
        let [step, bar, more, out] = &self.layers;
        let bars = tape.rows(steps) / STEPS_PER_BAR;
        let h = step.of(tape, network, steps);
        let h = tape.gelu(h);
        let h = tape.reshape(h, bars, STEPS_PER_BAR * self.step);
        let h = bar.of(tape, network, h);
        let h = tape.gelu(h);
        let added = more.of(tape, network, h);
        let added = tape.gelu(added);
        let h = tape.add(h, added);
        let h = out.of(tape, network, h);
        Gaussian::halves(tape, h)
    }
}

impl Decoding {
    pub fn new(layout: &mut Layout, dimensions: &Dimensions) -> Self {
        let Dimensions { rhythm, rhythm_decoded_step: step, rhythm_hidden: hidden, .. } =
            *dimensions;
        let mut layer = |name: &str, inputs, outputs, gain, bias| {
            let name = format!("decode.rhythm.{name}");
            TrackLinear::scaled(layout, &name, [inputs, outputs], gain, bias)
        };
        let layers = [
            layer("bar", rhythm, hidden, 1.0, 0.0),
            layer("more", hidden, hidden, 1.0, 0.0),
            layer("added", hidden, hidden, 0.5, 0.0),
            layer("step", hidden, STEPS_PER_BAR * step, 1.0, 0.0),
            layer("onsets", step, 1, 0.5, -1.0),
            layer("short", step, CLASSES, 0.5, 0.0),
            layer("long", step, CLASSES, 0.5, 0.0),
        ];
        Self { layers, step }
    }

    /// Codes `(5 * bars, rhythm)` to what is said of each step.
    pub fn of(&self, tape: &mut Tape, network: Network, codes: Node) -> Said {
        let [bar, more, added, step, onsets, short, long] = &self.layers;
        let rows = tape.rows(codes) * STEPS_PER_BAR;
        let h = bar.of(tape, network, codes);
        let h = tape.gelu(h);
        let a = more.of(tape, network, h);
        let a = tape.gelu(a);
        let a = added.of(tape, network, a);
        let h = tape.add(h, a);
        let h = step.of(tape, network, h);
        let h = tape.gelu(h);
        let h = tape.reshape(h, rows, self.step);
        Said {
            onsets: onsets.of(tape, network, h),
            short: short.of(tape, network, h),
            long: long.of(tape, network, h),
        }
    }
}
