//! The bar codec: one bar of one track, in the frame, to a few dozen numbers and back, knowing the
//! bar's chords. Each track has weights of its own.
//!
//! A cell of the window holds three numbers: whether a note begins there, its length on a
//! logarithmic scale, counted in the absolute frame and past the bar line, and its velocity. Rows
//! lie in track order, (track, phrase, bar) or (track, phrase, step).
use std::ops::Range;

use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_PHRASE};
use serde::{Deserialize, Serialize};

use super::Dimensions;
use super::blocks::TrackLinear;
use super::chords::{Beat, Chords};
use super::frame::{RelativeNote, WINDOW};
use crate::layout::Layout;
use crate::tape::{Network, Node, Tape};

/// Numbers of a step: onsets, length codes and velocity codes of the window.
pub const STEP_NUMBERS: usize = 3 * WINDOW;
/// The codes of lengths from 1 to 64 steps.
pub const LENGTH_CODES: std::ops::RangeInclusive<f32> = 0.25..=1.75;

/// The code of a length in steps.
#[must_use]
pub fn length_code(steps: f32) -> f32 {
    (steps.log2() + 1.0) / 4.0
}

/// The length in steps of a code, 1 to 64.
#[must_use]
pub fn length_of_code(code: f32) -> f32 {
    (code.clamp(*LENGTH_CODES.start(), *LENGTH_CODES.end()) * 4.0 - 1.0).exp2()
}

/// The code of a MIDI velocity.
#[must_use]
pub fn velocity_code(velocity: u8) -> f32 {
    f32::from(velocity) / 127.0
}

/// Writes the notes of a phrase into the cells of a batch of `phrases`, zero before:
/// `(5 * phrases * 64, STEP_NUMBERS)`. Notes that sound at a higher density alone are left out.
///
/// # Panics
/// When the cells are not so many, or there is no such phrase among them.
pub fn write_cells(notes: &[RelativeNote], cells: &mut [f32], phrase: usize, phrases: usize) {
    assert_eq!(cells.len(), Track::COUNT * phrases * STEPS_PER_PHRASE * STEP_NUMBERS);
    assert!(phrase < phrases);
    for note in notes.iter().filter(|note| note.strength > 0.5) {
        let row = (note.track.index() * phrases + phrase) * STEPS_PER_PHRASE + note.step.index();
        let step = &mut cells[row * STEP_NUMBERS..][..STEP_NUMBERS];
        let pitch = usize::from(note.pitch);
        step[pitch] = 1.0;
        step[WINDOW + pitch] = length_code(f32::from(note.length));
        step[2 * WINDOW + pitch] = velocity_code(note.velocity.value());
    }
}

/// What the decoder says of every cell, each `(5 * phrases * 64, WINDOW)` in track order.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// Logits of a note beginning.
    pub onsets: Node,
    /// Its length code.
    pub lengths: Node,
    /// Its velocity code.
    pub velocities: Node,
}

/// Mean and logarithm of the variance of a normal distribution.
#[derive(Clone, Copy, Debug)]
pub struct Gaussian {
    /// The mean.
    pub mean: Node,
    /// The logarithm of the variance, as the network gives it.
    pub log_variance: Node,
}

/// The codec's layers.
#[derive(Clone, Debug)]
pub struct Codec {
    layout: Layout,
    dimensions: Dimensions,
    chords: Chords,
    encode: [TrackLinear; 4],
    decode: [TrackLinear; 7],
    decoder: Range<usize>,
}

impl Codec {
    /// A codec of these dimensions.
    #[must_use]
    pub fn new(dimensions: &Dimensions) -> Self {
        let Dimensions { latent, step, hidden, decoded_step, .. } = *dimensions;
        let layout = &mut Layout::default();
        let chords = Chords::new(layout, "chords", dimensions.chord);
        let told = chords.columns();
        let mut layer = |name: &str, inputs, outputs, gain, bias| {
            TrackLinear::scaled(layout, name, [inputs, outputs], gain, bias)
        };
        let encode = [
            layer("encode.step", STEP_NUMBERS, step, 1.0, 0.0),
            layer("encode.bar", STEPS_PER_BAR * step + told, hidden, 1.0, 0.0),
            layer("encode.more", hidden, hidden, 1.0, 0.0),
            layer("encode.out", hidden, 2 * latent, 0.3, 0.0),
        ];
        let decode = [
            layer("decode.bar", latent + told, hidden, 1.0, 0.0),
            layer("decode.more", hidden, hidden, 1.0, 0.0),
            layer("decode.added", hidden, hidden, 0.5, 0.0),
            layer("decode.step", hidden, STEPS_PER_BAR * decoded_step, 1.0, 0.0),
            layer("decode.onsets", decoded_step, WINDOW, 0.5, -4.0),
            layer("decode.lengths", decoded_step, WINDOW, 0.5, 0.5),
            layer("decode.velocities", decoded_step, WINDOW, 0.5, 0.7),
        ];
        let start = layout.parameters().iter().find(|p| p.name.starts_with("decode."));
        let decoder = start.map_or(0, |p| p.range.start)..layout.len();
        Self { layout: layout.clone(), dimensions: *dimensions, chords, encode, decode, decoder }
    }

    /// Where its numbers lie.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where the decoder's numbers lie, which train on when the encoder is frozen.
    #[must_use]
    pub fn decoder(&self) -> Range<usize> {
        self.decoder.clone()
    }

    /// The chords of each bar as encoder and decoder want them, `(5 * bars, 4 * chord)`.
    pub fn chords(&self, tape: &mut Tape, network: Network, beats: &[Beat]) -> Node {
        let bars = self.chords.bars(tape, network, beats);
        tape.below(&[bars; Track::COUNT])
    }

    /// Cells `(5 * phrases * 64, STEP_NUMBERS)` to the latents of each bar, `(5 * bars, latent)`.
    pub fn encode(&self, tape: &mut Tape, network: Network, cells: Node, chords: Node) -> Gaussian {
        let [step, bar, more, out] = &self.encode;
        let bars = tape.rows(cells) / STEPS_PER_BAR;
        let h = step.of(tape, network, cells);
        let h = tape.gelu(h);
        let h = tape.reshape(h, bars, STEPS_PER_BAR * self.dimensions.step);
        let h = tape.beside(&[h, chords]);
        let h = bar.of(tape, network, h);
        let h = tape.gelu(h);
        let added = more.of(tape, network, h);
        let added = tape.gelu(added);
        let h = tape.add(h, added);
        let h = out.of(tape, network, h);
        let latent = self.dimensions.latent;
        Gaussian {
            mean: tape.columns_of(h, 0..latent),
            log_variance: tape.columns_of(h, latent..2 * latent),
        }
    }

    /// Latents `(5 * bars, latent)` to what is said of every cell.
    pub fn decode(
        &self,
        tape: &mut Tape,
        network: Network,
        latents: Node,
        chords: Node,
    ) -> Decoded {
        let [bar, more, added, step, onsets, lengths, velocities] = &self.decode;
        let rows = tape.rows(latents) * STEPS_PER_BAR;
        let h = tape.beside(&[latents, chords]);
        let h = bar.of(tape, network, h);
        let h = tape.gelu(h);
        let a = more.of(tape, network, h);
        let a = tape.gelu(a);
        let a = added.of(tape, network, a);
        let h = tape.add(h, a);
        let h = step.of(tape, network, h);
        let h = tape.gelu(h);
        let h = tape.reshape(h, rows, self.dimensions.decoded_step);
        Decoded {
            onsets: onsets.of(tape, network, h),
            lengths: lengths.of(tape, network, h),
            velocities: velocities.of(tape, network, h),
        }
    }
}

/// How the codec's latents are spread over a corpus, (track, number) each: the generator works in
/// these units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatentScale {
    /// Means over the bars in which the track sounds.
    pub mean: Vec<f32>,
    /// Standard deviations of the same, with what the encoder itself is unsure of.
    pub deviation: Vec<f32>,
    /// The encoder's mean standard deviation, in units of `deviation`.
    pub noise: Vec<f32>,
}

impl LatentScale {
    /// Tokens in the generator's units (phrase order) to latents for the decoder (track order).
    pub fn to_codec(&self, tape: &mut Tape, tokens: Node) -> Node {
        let [mean, deviation] = self.rows(tape, tokens);
        let x = super::blocks::to_track_order(tape, tokens, BARS_PER_PHRASE);
        let x = tape.mul(x, deviation);
        tape.add(x, mean)
    }

    /// Latents of the encoder (track order) to tokens in the generator's units (phrase order).
    pub fn to_tokens(&self, tape: &mut Tape, latents: Node) -> Node {
        let [mean, deviation] = self.rows(tape, latents);
        let inverse: Vec<f32> = tape.value(deviation).iter().map(|d| d.recip()).collect();
        let (rows, columns) = (tape.rows(latents), tape.columns(latents));
        let inverse = tape.constant(rows, columns, &inverse);
        let x = tape.sub(latents, mean);
        let x = tape.mul(x, inverse);
        super::blocks::to_phrase_order(tape, x, BARS_PER_PHRASE)
    }

    /// Mean and deviation for each row of a matrix like `x` in track order.
    fn rows(&self, tape: &mut Tape, x: Node) -> [Node; 2] {
        let (rows, columns) = (tape.rows(x), tape.columns(x));
        [&self.mean, &self.deviation].map(|of_tracks| {
            let of_tracks = of_tracks.chunks_exact(columns);
            let repeated = of_tracks.flat_map(|track| track.repeat(rows / Track::COUNT));
            tape.constant(rows, columns, &repeated.collect::<Vec<_>>())
        })
    }
}

#[cfg(test)]
mod tests;
