//! From a song position to music: the latent that belongs to (seed, phrase index), and the
//! [`Band`] that turns it into a phrase. Runs on the worker thread.
//!
//! What must stay true: a phrase is a pure function of weights, seed, phrase index and
//! temperature. Random numbers come from a generator keyed by exactly these, never from a stream
//! that something else also draws from, so phrases may be asked for in any order. The mapping
//! from key to latent never changes: songs are stored as seeds.
use musegan_score::{Composition, Phrase};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::architecture::LATENT;
use crate::weights::Thresholds;
use crate::{Device, Generator, Weights};

/// What random numbers are drawn for. The numbers are part of every key and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Purpose {
    /// The latent shared by all tracks and bars of a phrase.
    PhraseLatent = 0,
}

/// What one independent stream of random numbers belongs to.
///
/// Track and bar are for latents of their own that later models have; whatever concerns the
/// whole phrase has zero in both.
#[derive(Clone, Copy, Debug)]
struct Key {
    seed: u64,
    phrase_index: i64,
    purpose: Purpose,
    track: u16,
    bar: u16,
}

impl Key {
    /// ChaCha8 under a key that is these fields in little-endian order and a constant, so that
    /// two different keys give unrelated numbers.
    fn rng(self) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[0..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.phrase_index.to_le_bytes());
        key[16..20].copy_from_slice(&(self.purpose as u32).to_le_bytes());
        key[20..22].copy_from_slice(&self.track.to_le_bytes());
        key[22..24].copy_from_slice(&self.bar.to_le_bytes());
        key[24..32].copy_from_slice(b"musegan1");
        ChaCha8Rng::from_seed(key)
    }
}

/// The generator's input for a phrase: [`LATENT`] numbers from the normal distribution of mean 0
/// and standard deviation `temperature`.
///
/// `phrase_index` counts phrases from the song's beginning and may be negative. A temperature
/// that is not finite counts as 1. This mapping never changes.
#[must_use]
pub fn latent(seed: u64, phrase_index: i64, temperature: f32) -> [f32; LATENT] {
    let temperature = if temperature.is_finite() { temperature } else { 1.0 };
    let key = Key { seed, phrase_index, purpose: Purpose::PhraseLatent, track: 0, bar: 0 };
    let mut rng = key.rng();
    std::array::from_fn(|_| {
        let number: f32 = StandardNormal.sample(&mut rng);
        number * temperature
    })
}

/// A generator that plays: song position in, phrase out.
#[derive(Clone, Debug)]
pub struct Band {
    generator: Generator,
    thresholds: Thresholds,
}

impl Band {
    /// A band that plays these weights on this device.
    #[must_use]
    pub fn new(weights: &Weights, device: Device) -> Self {
        Self { generator: Generator::new(weights, device), thresholds: weights.thresholds() }
    }

    /// The phrase at this position, with every [candidate](musegan_score::Roll::candidates) and
    /// its strength; density decides later which of them sound. Those stronger than 0.5 lie above
    /// the weights' thresholds. Calls in any order give the same phrases.
    pub fn phrase(&mut self, composition: &Composition, phrase_index: i64) -> Phrase {
        let (seed, temperature) = (composition.seed, composition.temperature);
        self.generator.roll(&latent(seed, phrase_index, temperature)).candidates(self.thresholds)
    }
}
