//! The normalisations and what the gradient penalty needs, on whatever device there is, against
//! forward passes in double precision and their exact derivatives.
#![cfg(any(feature = "cuda", feature = "emulated"))]
#![allow(clippy::unwrap_used)]

mod arena;
mod batch;
#[path = "../matrix/device.rs"]
mod device;
mod hyper;
mod layer;
#[path = "../calls/opening.rs"]
mod opening;
mod penalty;

use proptest::prelude::ProptestConfig;

/// Numbers that depend on their place alone, between -1 and 1.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mix = |i: u32| (i ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    let mix = |i: u32| mix(mix(i) ^ mix(i) >> 15);
    (0..len as u32).map(|i| (mix(i) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
}

/// Fails where a number is further from the expected one than `tolerance` times the largest.
#[track_caller]
fn assert_near(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    assert_within(what, found, expected, tolerance * largest);
}

/// Fails where a number is further from the expected one than `distance`.
#[track_caller]
fn assert_within(what: &str, found: &[f32], expected: &[f64], distance: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (&found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(
            error <= distance,
            "{what}, element {i}: {found}, not {expected}; off by {error:e}, more than {distance:e}"
        );
    }
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}
