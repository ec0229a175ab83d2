//! The music at a song position is a pure function of weights, composition and position; here the
//! endless form, in `composing.rs` all others.
#![allow(clippy::unwrap_used)]

use musegan_model::sampling::latent;
use musegan_model::{Band, Device};
use musegan_score::Composition;
use proptest::prelude::*;

#[path = "fixture/read.rs"]
mod fixture;

#[test]
fn a_position_gives_the_same_phrase_however_it_is_reached() {
    let weights = fixture::weights();
    let mut forwards = Band::new(&weights, Device::Cpu);
    let mut backwards = Band::new(&weights, Device::Cpu);
    let positions = -3..5;
    let song = Composition { seed: 7, ..Composition::default() };
    let played: Vec<_> = positions.clone().map(|i| forwards.phrase(&song, i)).collect();
    let mut sought: Vec<_> = positions.rev().map(|i| backwards.phrase(&song, i)).collect();
    sought.reverse();
    assert_eq!(played, sought);
    assert!(played.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn seed_and_temperature_change_the_music() {
    let mut band = Band::new(&fixture::weights(), Device::Cpu);
    let song = Composition::default();
    let phrase = band.phrase(&song, 0);
    assert_ne!(band.phrase(&Composition { seed: 1, ..song }, 0), phrase);
    assert_ne!(band.phrase(&Composition { temperature: 1.5, ..song }, 0), phrase);
    assert!(phrase.notes().all(|(_, note)| note.strength() > 0.25));
}

/// These numbers never change: songs are stored as seeds.
#[test]
fn latents_are_what_they_have_always_been() {
    let begins = |seed, index, temperature| latent(seed, index, temperature)[..4].to_vec();
    assert_eq!(begins(0, 0, 1.0), [-0.07632112, 0.65975195, 0.38918203, -2.0400503]);
    assert_eq!(begins(42, -1, 1.0), [1.9708998, 0.24906139, -0.38349062, 0.7378984]);
    assert_eq!(begins(u64::MAX, i64::MAX, 0.5), [0.28883493, -0.11747518, 0.22962719, 0.19122685]);
}

#[test]
fn latents_are_normally_distributed() {
    let numbers: Vec<f64> =
        (0..400).flat_map(|index| latent(3, index, 1.0)).map(f64::from).collect();
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let within_one = numbers.iter().filter(|x| x.abs() < 1.0).count() as f64 / n;
    assert!(mean.abs() < 0.02, "{mean}");
    assert!((variance - 1.0).abs() < 0.03, "{variance}");
    assert!((within_one - 0.6827).abs() < 0.01, "{within_one}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn different_positions_have_unrelated_latents(
        seed: u64, index: i64, other_seed: u64, other_index: i64,
    ) {
        prop_assume!((seed, index) != (other_seed, other_index));
        let (a, b) = (latent(seed, index, 1.0), latent(other_seed, other_index, 1.0));
        let correlation = a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>() / 128.0;
        prop_assert!(correlation.abs() < 0.55, "{}", correlation);
    }

    #[test]
    fn temperature_scales_the_latent(seed: u64, index: i64, temperature in 0.0f32..4.0) {
        let (plain, scaled) = (latent(seed, index, 1.0), latent(seed, index, temperature));
        for (x, y) in plain.iter().zip(scaled) {
            prop_assert_eq!(x * temperature, y);
        }
    }
}

#[test]
fn a_temperature_that_is_no_number_counts_as_one() {
    assert_eq!(latent(5, 5, f32::NAN), latent(5, 5, 1.0));
    assert_eq!(latent(5, 5, f32::INFINITY), latent(5, 5, 1.0));
}
