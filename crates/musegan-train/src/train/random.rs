//! All the chance in a training run: a counter-based generator for each (seed, step, purpose).
//! What must stay true: nothing is drawn from a stream that lives longer than a step, so that the
//! step number is the whole random state of a checkpoint.
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What numbers are drawn for. The values are part of what makes a run repeatable.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The generator's first weights.
    GeneratorStart = 1,
    /// The critic's first weights.
    CriticStart = 2,
    /// Which phrases a batch has, and their transposition.
    Phrases = 3,
    /// Latents of the phrases that the critic learns to tell from real ones.
    CriticLatents = 4,
    /// Where between a real and a generated phrase the gradient is penalised.
    Mix = 5,
    /// Latents of the phrases that the generator learns from.
    GeneratorLatents = 6,
    /// Latents of the sample pictures.
    Samples = 7,
    /// Latents for measuring batch statistics.
    Statistics = 8,
}

/// The generator of one purpose in one step; `round` counts the critic's steps within it.
#[must_use]
pub fn generator(seed: u64, step: u64, purpose: Purpose, round: u32) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&step.to_le_bytes());
    key[16..20].copy_from_slice(&(purpose as u32).to_le_bytes());
    key[20..24].copy_from_slice(&round.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}
