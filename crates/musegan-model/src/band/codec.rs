//! The bar codec: one bar of one track, in the frame, to two codes and back. Each track has weights
//! of its own.
//!
//! The first numbers of a bar's latents are its [`rhythm`], whatever the chords; the others its
//! [`pitch`]es, which are read and said knowing the chords, and said knowing the rhythm. Lengths
//! are counted in the absolute frame and past the bar line. Rows lie in track order, (track, bar)
//! or (track, bar, step), where the bars of a phrase follow each other. What must stay true: a bar
//! is decoded knowing nothing of the bars beside it, so that a bar that comes again over the same
//! chords has the same notes.
use std::ops::Range;

use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_BAR};
use serde::{Deserialize, Serialize};

use super::Dimensions;
use super::chords::{self, Beat, Chords};
use crate::layout::Layout;
use crate::tape::{Network, Node, Tape};

pub mod bars;
pub mod lengths;
pub mod pitch;
pub mod rhythm;

pub use bars::{BarNodes, Bars};
pub use pitch::velocity_code;

/// Mean and logarithm of the variance of a normal distribution.
#[derive(Clone, Copy, Debug)]
pub struct Gaussian {
    /// The mean.
    pub mean: Node,
    /// The logarithm of the variance, as the network gives it.
    pub log_variance: Node,
}

impl Gaussian {
    /// The means in the first half of the columns, the logarithms in the second.
    pub(super) fn halves(tape: &mut Tape, both: Node) -> Self {
        let columns = tape.columns(both);
        Self {
            mean: tape.columns_of(both, 0..columns / 2),
            log_variance: tape.columns_of(both, columns / 2..columns),
        }
    }
}

/// The codec's layers.
#[derive(Clone, Debug)]
pub struct Codec {
    layout: Layout,
    dimensions: Dimensions,
    chords: Chords,
    encode_rhythm: rhythm::Encoding,
    encode_pitch: pitch::Encoding,
    decode_rhythm: rhythm::Decoding,
    decode_pitch: pitch::Decoding,
    decoder: Range<usize>,
}

impl Codec {
    /// A codec of these dimensions.
    #[must_use]
    pub fn new(dimensions: &Dimensions) -> Self {
        let layout = &mut Layout::default();
        let chords = Chords::new(layout, "chords", dimensions.chord);
        let told = chords.columns();
        let encode_rhythm = rhythm::Encoding::new(layout, dimensions);
        let encode_pitch = pitch::Encoding::new(layout, dimensions, told);
        let start = layout.len();
        let decode_rhythm = rhythm::Decoding::new(layout, dimensions);
        let decode_pitch = pitch::Decoding::new(layout, dimensions, told);
        let decoder = start..layout.len();
        Self {
            layout: layout.clone(),
            dimensions: *dimensions,
            chords,
            encode_rhythm,
            encode_pitch,
            decode_rhythm,
            decode_pitch,
            decoder,
        }
    }

    /// Where its numbers lie.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where the decoders' numbers lie, which train on when the encoders are frozen.
    #[must_use]
    pub fn decoder(&self) -> Range<usize> {
        self.decoder.clone()
    }

    /// The chords of each bar of phrases in which all tracks play over the same,
    /// `(5 * bars, 4 * chord)`.
    pub fn chords(&self, tape: &mut Tape, network: Network, beats: &[Beat]) -> Node {
        let bars = self.chords_of_bars(tape, network, beats);
        tape.below(&[bars; Track::COUNT])
    }

    /// The chords of bars that have each their own, `(beats / 4, 4 * chord)`.
    pub fn chords_of_bars(&self, tape: &mut Tape, network: Network, beats: &[Beat]) -> Node {
        let alone = |(number, beat): (usize, &Beat)| match number % BEATS_PER_BAR {
            0 => chords::first(*beat),
            _ => *beat,
        };
        let beats: Vec<Beat> = beats.iter().enumerate().map(alone).collect();
        self.chords.bars(tape, network, &beats)
    }

    /// The latents of each bar, `(5 * bars, latent)`: its rhythm's code, then its pitches'.
    pub fn encode(
        &self,
        tape: &mut Tape,
        network: Network,
        [rhythms, pitches]: [Node; 2],
        chords: Node,
    ) -> Gaussian {
        let rhythm = self.encode_rhythm.of(tape, network, rhythms);
        let pitch = self.encode_pitch.of(tape, network, pitches, chords);
        Gaussian {
            mean: tape.beside(&[rhythm.mean, pitch.mean]),
            log_variance: tape.beside(&[rhythm.log_variance, pitch.log_variance]),
        }
    }

    /// What latents `(5 * bars, latent)` say of the rhythm.
    pub fn decode_rhythm(&self, tape: &mut Tape, network: Network, latents: Node) -> rhythm::Said {
        let codes = tape.columns_of(latents, self.dimensions.rhythm_code());
        self.decode_rhythm.of(tape, network, codes)
    }

    /// What latents `(5 * bars, latent)` say of the pitches in bars of this rhythm, which is
    /// [`told`](rhythm::told): `(5 * bars, TOLD)`.
    pub fn decode_pitch(
        &self,
        tape: &mut Tape,
        network: Network,
        latents: Node,
        chords: Node,
        told: Node,
    ) -> pitch::Said {
        let codes = tape.columns_of(latents, self.dimensions.pitch_code());
        self.decode_pitch.of(tape, network, [codes, chords, told])
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
