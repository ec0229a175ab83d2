//! The five networks of the band, and what training changes of each.
use crate::train::optimiser::Moments;
use crate::train::random::{self, Purpose};
use crate::train::state::weights;
use musegan_model::band::Dimensions;
use musegan_model::band::codec::Codec;
use musegan_model::band::critic::Critic;
use musegan_model::band::encoder::Encoder;
use musegan_model::band::generator::Generator;
use musegan_model::layout::Layout;

/// What the networks compute; their weights are elsewhere.
#[derive(Clone, Debug)]
pub struct Networks {
    /// Their sizes.
    pub dimensions: Dimensions,
    /// A bar of one track to latents and back.
    pub codec: Codec,
    /// Noise to the latents of a phrase.
    pub generator: Generator,
    /// The latents of a phrase to noise.
    pub encoder: Encoder,
    /// What is played to how real it is.
    pub critic: Critic,
}

impl Networks {
    /// Networks of these sizes.
    #[must_use]
    pub fn new(dimensions: &Dimensions) -> Self {
        Self {
            dimensions: *dimensions,
            codec: Codec::new(dimensions),
            generator: Generator::new(dimensions),
            encoder: Encoder::new(dimensions),
            critic: Critic::new(dimensions),
        }
    }
}

/// The sizes as numbers, in which a checkpoint keeps them.
#[must_use]
pub fn numbers(dimensions: &Dimensions) -> Vec<f32> {
    let mut dimensions = *dimensions;
    fields(&mut dimensions).map(|field| *field as f32).to_vec()
}

/// The sizes that these numbers stand for.
///
/// # Errors
/// If no networks can have them.
pub fn of_numbers(numbers: &[f32]) -> Result<Dimensions, String> {
    let mut dimensions = Dimensions::BAND;
    let fields = fields(&mut dimensions);
    if numbers.len() != fields.len() {
        return Err(format!("{} sizes of networks, not {}", numbers.len(), fields.len()));
    }
    for (field, number) in fields.into_iter().zip(numbers) {
        *field = *number as usize;
    }
    dimensions.check().map_err(|e| e.to_string())?;
    Ok(dimensions)
}

/// The order in which checkpoints have them, which may only grow at its end.
fn fields(d: &mut Dimensions) -> [&mut usize; 19] {
    [
        &mut d.latent,
        &mut d.chord,
        &mut d.step,
        &mut d.hidden,
        &mut d.decoded_step,
        &mut d.width,
        &mut d.heads,
        &mut d.expansion,
        &mut d.generator_blocks,
        &mut d.encoder_blocks,
        &mut d.critic_blocks,
        &mut d.phrase_noise,
        &mut d.bar_noise,
        &mut d.track_noise,
        &mut d.cell_noise,
        &mut d.rhythm,
        &mut d.rhythm_step,
        &mut d.rhythm_hidden,
        &mut d.rhythm_decoded_step,
    ]
}

/// A network in training.
#[derive(Clone, Debug, PartialEq)]
pub struct Learner {
    /// Its weights.
    pub weights: Vec<f32>,
    /// Adam's memory.
    pub moments: Moments,
}

impl Learner {
    /// A network before its first step; `number` tells the networks of a run apart.
    #[must_use]
    pub fn start(layout: &Layout, seed: u64, number: u32) -> Self {
        let weights = weights(layout, random::generator(seed, 0, Purpose::BandStart, number));
        Self::of(weights)
    }

    /// These weights, without any memory of how they came to be.
    #[must_use]
    pub fn of(weights: Vec<f32>) -> Self {
        Self { moments: Moments::zero(weights.len()), weights }
    }

    /// Forgets how the weights came to be.
    pub fn forget(&mut self) {
        self.moments = Moments::zero(self.weights.len());
    }
}
