//! What a training step has besides networks, on whatever device there is: chance, drawn phrases
//! and the optimiser, each against its definition.
#![cfg(any(feature = "cuda", feature = "emulated"))]
#![allow(clippy::unwrap_used)]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

mod chance;
mod device;
#[path = "../calls/opening.rs"]
mod opening;
mod optimiser;
mod phrases;

/// The stream that a key names.
fn stream(seed: u64, step: u64, purpose: u32, round: u32) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&step.to_le_bytes());
    key[16..20].copy_from_slice(&purpose.to_le_bytes());
    key[20..24].copy_from_slice(&round.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}
