//! The networks of a weights file, ready to play: what a tape needs of them, and the bank.
use std::borrow::Cow;

use super::Dimensions;
use super::bank::Bank;
use super::codec::{Codec, LatentScale};
use super::encoder::Encoder;
use super::generator::Generator;
use super::sheet::{MEASURES, SheetScale};
use crate::Weights;
use crate::architecture::PREFIXES;
use crate::layout::{Layout, Misfit};

/// Layers and numbers of the band's networks.
#[derive(Debug)]
pub(super) struct Networks {
    pub dimensions: Dimensions,
    pub codec: Codec,
    pub codec_numbers: Vec<f32>,
    pub generator: Generator,
    pub generator_numbers: Vec<f32>,
    pub encoder: Encoder,
    pub encoder_numbers: Vec<f32>,
    pub latents: LatentScale,
    pub sheets: SheetScale,
    pub bank: Bank,
}

impl Networks {
    /// The networks of these weights, or `None` if they are not the band's.
    pub fn of(weights: &Weights) -> Option<Self> {
        let dimensions = weights.architecture().band.as_ref()?.dimensions;
        let codec = Codec::new(&dimensions);
        let generator = Generator::new(&dimensions);
        let encoder = Encoder::new(&dimensions);
        let [of_codec, of_generator, of_encoder] = PREFIXES;
        // Weights are complete, so that none of these is ever missing.
        let numbers = |layout: &Layout, prefix| flat(weights, layout, prefix).ok();
        let vector = |name| weights.get(name).to_vec();
        Some(Self {
            codec_numbers: numbers(codec.layout(), of_codec)?,
            generator_numbers: numbers(generator.layout(), of_generator)?,
            encoder_numbers: numbers(encoder.layout(), of_encoder)?,
            latents: LatentScale {
                mean: vector("latents.mean"),
                deviation: vector("latents.deviation"),
                noise: vector("latents.noise"),
            },
            sheets: SheetScale {
                mean: by_track(weights.get("sheet.mean")),
                deviation: by_track(weights.get("sheet.deviation")),
            },
            bank: Bank::read(|name| weights.get(name)),
            dimensions,
            codec,
            generator,
            encoder,
        })
    }
}

/// A network's flat vector.
fn flat(weights: &Weights, layout: &Layout, prefix: &str) -> Result<Vec<f32>, Misfit> {
    layout.flat(|name| {
        let shape = layout.parameters().iter().find(|p| p.name == name)?.shape.clone();
        Some((shape, Cow::Borrowed(weights.get(&format!("{prefix}{name}")))))
    })
}

fn by_track(numbers: &[f32]) -> [[f32; MEASURES]; 5] {
    let rows = numbers.as_chunks::<MEASURES>().0;
    std::array::from_fn(|track| rows.get(track).copied().unwrap_or([0.0; MEASURES]))
}
