//! The shape of the networks: the one table of tensor names and shapes that weights files,
//! inference, training and import all read.
//!
//! Names and shapes are those of the 2019 MuseGAN tutorial's networks written in PyTorch, so that
//! a weights file opens in Python as a state dictionary of that module. Axes of a kernel are
//! (bar, step, pitch).
use std::fmt;

use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR};
use musegan_score::roll::{LOWEST_PITCH, PITCHES};
use serde::{Deserialize, Serialize};

use crate::band::Dimensions;

mod band;
mod numbers;

pub use band::{BandNetworks, MOST_BANK, PREFIXES};
pub use numbers::NumberType;

/// What the model `band` is called.
const BAND: &str = "band";

/// Numbers of the tutorial generator's input noise.
pub const LATENT: usize = 128;
/// Added to a variance before its square root, in batch and layer normalisation alike.
pub const NORM_EPSILON: f64 = 1e-5;

/// What a weights file says about the networks in it, stored as JSON in its metadata.
///
/// A file of either model, [`tutorial`](Self::tutorial) or [`band`](Self::band), has exactly these
/// numbers; any other description is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// The model: `tutorial` or `band`.
    pub name: String,
    /// Numbers of input noise.
    pub latent: usize,
    /// Tracks of a phrase.
    pub tracks: usize,
    /// Bars of a phrase.
    pub bars: usize,
    /// Steps of a bar.
    pub steps_per_bar: usize,
    /// Pitches of a track.
    pub pitches: usize,
    /// MIDI number of the lowest pitch.
    pub lowest_pitch: u8,
    /// What only the model `band` has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<BandNetworks>,
}

/// Which of the two models weights are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// The networks of the MuseGAN tutorial: noise in, a roll of activations out.
    Tutorial,
    /// The band: noise, chords and a style sheet in, notes out.
    Band,
}

impl Architecture {
    /// The tutorial generator: 128 numbers in, `(5, 64, 72)` activations out.
    #[must_use]
    pub fn tutorial() -> Self {
        Self {
            name: "tutorial".into(),
            latent: LATENT,
            tracks: Track::COUNT,
            bars: BARS_PER_PHRASE,
            steps_per_bar: STEPS_PER_BAR,
            pitches: PITCHES,
            lowest_pitch: LOWEST_PITCH,
            band: None,
        }
    }

    /// The networks of the band in these sizes, with a bank of so many entries.
    #[must_use]
    pub fn band(dimensions: Dimensions, bank: usize) -> Self {
        let band = BandNetworks { dimensions, bank };
        Self { name: BAND.into(), latent: band.noise(), band: Some(band), ..Self::tutorial() }
    }

    /// Which model it is.
    #[must_use]
    pub const fn model(&self) -> Model {
        if self.band.is_some() { Model::Band } else { Model::Tutorial }
    }

    /// The architecture that this program plays which is nearest to this one.
    pub(crate) fn expected(&self) -> Self {
        match &self.band {
            Some(band) => Self::band(band.dimensions, band.bank),
            None if self.name == BAND => Self::band(Dimensions::BAND, 1),
            None => Self::tutorial(),
        }
    }

    /// Every tensor a weights file stores, with its shape, in the network's order.
    pub fn parameters(&self) -> impl Iterator<Item = (String, Vec<usize>)> + use<> {
        let tutorial = (self.model() == Model::Tutorial).then(generator_blocks).into_iter();
        let band = self.band.as_ref().map(BandNetworks::parameters);
        tutorial.flatten().flat_map(|block| block.parameters()).chain(band.into_iter().flatten())
    }

    /// What kind of numbers a tensor's are stored as.
    #[must_use]
    pub fn number_type(&self, name: &str) -> NumberType {
        self.band.as_ref().map_or(NumberType::F32, |_| band::number_type(name))
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, latent, tracks, bars, steps_per_bar, pitches, lowest_pitch, band } = self;
        write!(
            f,
            "\"{name}\" with {latent} latents, {tracks} tracks, {bars} bars of {steps_per_bar} \
             steps and {pitches} pitches from MIDI {lowest_pitch}"
        )?;
        band.as_ref().map_or(Ok(()), |band| write!(f, ", {band}"))
    }
}

/// One block of the generator: transposed convolution, batch normalisation, ReLU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorBlock {
    /// What its tensors' names begin with, such as `transconv4.0`.
    pub prefix: String,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Kernel over (bar, step, pitch). The stride is the same, but one where the kernel is
    /// `(1, 1, 3)`.
    pub kernel: [usize; 3],
}

impl GeneratorBlock {
    fn new(prefix: impl Into<String>, inputs: usize, outputs: usize, kernel: [usize; 3]) -> Self {
        Self { prefix: prefix.into(), inputs, outputs, kernel }
    }

    /// Its tensors: weight `(in, out, bar, step, pitch)` and bias of the transposed convolution,
    /// then scale, shift, running mean and running variance of the normalisation.
    pub fn parameters(&self) -> impl Iterator<Item = (String, Vec<usize>)> + use<> {
        let Self { prefix, inputs, outputs, kernel: [bar, step, pitch] } = self;
        let outputs = *outputs;
        let convolution = [
            (format!("{prefix}.transconv.weight"), vec![*inputs, outputs, *bar, *step, *pitch]),
            (format!("{prefix}.transconv.bias"), vec![outputs]),
        ];
        let norm = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| (format!("{prefix}.batchnorm.{part}"), vec![outputs]));
        convolution.into_iter().chain(norm)
    }
}

/// The generator's blocks: four shared, then two private to each track (all first ones, then all
/// second ones).
#[must_use]
pub fn generator_blocks() -> Vec<GeneratorBlock> {
    let mut blocks = vec![
        GeneratorBlock::new("transconv0", LATENT, 256, [4, 1, 1]),
        GeneratorBlock::new("transconv1", 256, 128, [1, 4, 1]),
        GeneratorBlock::new("transconv2", 128, 64, [1, 1, 4]),
        GeneratorBlock::new("transconv3", 64, 32, [1, 1, 3]),
    ];
    let private = |block: usize, inputs, outputs, kernel| {
        (0..Track::COUNT).map(move |track| {
            GeneratorBlock::new(format!("transconv{block}.{track}"), inputs, outputs, kernel)
        })
    };
    blocks.extend(private(4, 32, 16, [1, 4, 1]));
    blocks.extend(private(5, 16, 1, [1, 1, 12]));
    blocks
}

/// Whether a generator's tensor is a running statistic, which no gradient trains.
#[must_use]
pub fn is_running_statistic(name: &str) -> bool {
    name.ends_with(".running_mean") || name.ends_with(".running_var")
}

/// One block of the critic: convolution, layer normalisation over the whole sample with a scale
/// and shift per channel, leaky ReLU of slope 0.01.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriticBlock {
    /// What its tensors' names begin with, such as `a.0` or `trunk.2`.
    pub prefix: String,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Kernel over (bar, step, pitch).
    pub kernel: [usize; 3],
    /// Stride over (bar, step, pitch).
    pub stride: [usize; 3],
}

impl CriticBlock {
    /// A block whose windows do not overlap.
    fn tiling(prefix: String, inputs: usize, outputs: usize, kernel: [usize; 3]) -> Self {
        Self { prefix, inputs, outputs, kernel, stride: kernel }
    }

    /// A block whose window moves by one.
    fn sliding(prefix: String, inputs: usize, outputs: usize, kernel: [usize; 3]) -> Self {
        Self { prefix, inputs, outputs, kernel, stride: [1, 1, 1] }
    }

    /// Its tensors: weight `(out, in, bar, step, pitch)` and bias of the convolution, then scale
    /// and shift of the normalisation.
    pub fn parameters(&self) -> impl Iterator<Item = (String, Vec<usize>)> + use<> {
        let Self { prefix, inputs, outputs, kernel: [bar, step, pitch], .. } = self;
        [
            (format!("{prefix}.conv.weight"), vec![*outputs, *inputs, *bar, *step, *pitch]),
            (format!("{prefix}.conv.bias"), vec![*outputs]),
            (format!("{prefix}.gamma"), vec![*outputs]),
            (format!("{prefix}.beta"), vec![*outputs]),
        ]
        .into_iter()
    }
}

/// The critic's blocks: two private to each track (all first ones, then all second ones), then
/// the shared trunk on all of them together.
#[must_use]
pub fn critic_blocks() -> Vec<CriticBlock> {
    let tracks = 0..Track::COUNT;
    let mut blocks = Vec::new();
    blocks.extend(tracks.clone().map(|t| CriticBlock::tiling(format!("a.{t}"), 1, 16, [1, 1, 12])));
    blocks.extend(tracks.map(|t| CriticBlock::tiling(format!("b.{t}"), 16, 16, [1, 4, 1])));
    blocks.extend([
        CriticBlock::sliding("trunk.0".into(), 16 * Track::COUNT, 64, [1, 1, 3]),
        CriticBlock::tiling("trunk.1".into(), 64, 64, [1, 1, 4]),
        CriticBlock::tiling("trunk.2".into(), 64, 128, [1, 4, 1]),
        CriticBlock::sliding("trunk.3".into(), 128, 128, [2, 1, 1]),
        CriticBlock::sliding("trunk.4".into(), 128, 256, [3, 1, 1]),
    ]);
    blocks
}

/// Every tensor of the critic with its shape, in the network's order: its blocks, then the dense
/// layer that gives the score.
pub fn critic_parameters() -> impl Iterator<Item = (String, Vec<usize>)> {
    let dense = [("dense.weight".to_string(), vec![1, 256]), ("dense.bias".to_string(), vec![1])];
    critic_blocks().into_iter().flat_map(|block| block.parameters()).chain(dense)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(parameters: impl Iterator<Item = (String, Vec<usize>)>) -> usize {
        parameters.map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    #[test]
    fn the_networks_have_as_many_trainable_numbers_as_the_tutorials() {
        let generator = Architecture::tutorial().parameters();
        assert_eq!(numbers(generator.filter(|(name, _)| !is_running_statistic(name))), 313_951);
        assert_eq!(numbers(critic_parameters()), 204_321);
    }

    #[test]
    fn the_description_in_a_weights_file_never_changes() {
        let json = serde_json::to_string(&Architecture::tutorial()).ok();
        assert_eq!(
            json.as_deref(),
            Some(
                r#"{"name":"tutorial","latent":128,"tracks":5,"bars":4,"steps_per_bar":16,"pitches":72,"lowest_pitch":24}"#
            )
        );
    }
}
