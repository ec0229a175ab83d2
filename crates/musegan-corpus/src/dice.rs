//! Chance that can be called again: every decision has a generator of its own, named by the song,
//! the arrangement and what is decided.
//!
//! What must stay true: a decision depends on its own name alone, never on how many others were
//! taken before it, so that changing one rule leaves the others as they were.
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The chance of one arrangement of one song.
#[derive(Clone, Debug)]
pub struct Dice {
    key: [u8; 32],
}

impl Dice {
    /// Those of a song's arrangement of this number.
    #[must_use]
    pub fn new(seed: u64, song: &str, arrangement: u32) -> Self {
        let digest = Sha256::new()
            .chain_update(seed.to_le_bytes())
            .chain_update(arrangement.to_le_bytes())
            .chain_update(song.as_bytes());
        Self { key: digest.finalize().into() }
    }

    /// The generator of a decision: what is decided ("bass pattern") and where (a bar, a section).
    #[must_use]
    pub fn about(&self, what: &str, place: usize) -> ChaCha8Rng {
        let digest = Sha256::new()
            .chain_update(self.key)
            .chain_update((place as u64).to_le_bytes())
            .chain_update(what.as_bytes());
        ChaCha8Rng::from_seed(digest.finalize().into())
    }

    /// Whether something of this probability happens.
    #[must_use]
    pub fn happens(&self, probability: f64, what: &str, place: usize) -> bool {
        self.about(what, place).random::<f64>() < probability
    }

    /// One of the options, each as likely as its weight; `None` of none.
    #[must_use]
    pub fn choose<'a, T>(
        &self,
        options: &'a [(T, f64)],
        what: &str,
        place: usize,
    ) -> Option<&'a T> {
        let sum: f64 = options.iter().map(|(_, weight)| weight).sum();
        let mut left = self.about(what, place).random::<f64>() * sum;
        for (option, weight) in options {
            left -= weight;
            if left < 0.0 {
                return Some(option);
            }
        }
        options.last().map(|(option, _)| option)
    }
}
