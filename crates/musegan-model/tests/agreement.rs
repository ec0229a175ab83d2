//! The generator here and PyTorch's give the same output.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use musegan_model::{Device, Generator, Weights, import};

#[path = "fixture/read.rs"]
mod fixture;

/// The furthest that two outputs may be apart.
const TOLERANCE: f32 = 1e-5;
/// Where cells are cut into notes; none may fall on the other side.
const THRESHOLDS: [f32; 2] = [0.04, 0.5];

fn output(weights: &Weights, latents: &[f32]) -> Vec<f32> {
    let rolls = Generator::new(weights, Device::Cpu).rolls(latents).unwrap();
    rolls.iter().flat_map(|roll| roll.cells().to_vec()).collect()
}

/// The largest difference, and for each threshold the cells that differ.
fn difference(ours: &[f32], theirs: &[f32]) -> (f32, [usize; 2]) {
    assert_eq!(ours.len(), theirs.len());
    let pairs = || ours.iter().zip(theirs);
    let largest = pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let differing = THRESHOLDS.map(|t| pairs().filter(|&(&a, &b)| (a > t) != (b > t)).count());
    (largest, differing)
}

#[test]
fn the_generator_gives_what_pytorch_gives_from_every_layout_people_save() {
    let latents = fixture::array("generator.npz", "latents");
    let theirs = fixture::array("generator.npz", "activations");
    for layout in ["plain.pth", "state_dict.pth", "model_state_dict.pth"] {
        let weights = import::generator(&fixture::path(layout)).unwrap();
        let (largest, differing) = difference(&output(&weights, &latents), &theirs);
        assert!(largest < TOLERANCE, "{layout}: {largest}");
        assert_eq!(differing, [0, 0], "{layout}");
    }
}

#[test]
fn a_latent_gives_the_same_bits_alone_and_among_others() {
    let weights = fixture::weights();
    let latents = fixture::array("generator.npz", "latents");
    let together = output(&weights, &latents);
    let apart: Vec<f32> =
        latents.chunks(128).rev().map(|latent| output(&weights, latent)).rev().flatten().collect();
    assert!(together.iter().zip(&apart).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn latents_that_are_no_whole_number_of_phrases_are_refused() {
    let error = Generator::new(&fixture::weights(), Device::Cpu).rolls(&[0.0; 200]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "latents come 128 numbers to a phrase; 200 numbers are no whole number of them"
    );
}

/// The environment's `MUSEGAN_REFERENCE` names a folder with `generator_final2.pth`,
/// `latents.npy` (n, 128) and `activations.npy` (n, 5, 64, 72), which cannot be shipped here.
/// `MUSEGAN_REFERENCE=FOLDER cargo test -p musegan-model -- --ignored --nocapture`
#[test]
#[ignore = "needs MUSEGAN_REFERENCE, a folder with a published generator and what it gives"]
fn a_published_generator_gives_what_pytorch_gives() {
    let folder = std::env::var("MUSEGAN_REFERENCE").unwrap();
    let array = |name: &str| -> Vec<f32> {
        let file = std::fs::read(Path::new(&folder).join(name)).unwrap();
        npyz::NpyFile::new(&file[..]).unwrap().into_vec().unwrap()
    };
    let weights = import::generator(&Path::new(&folder).join("generator_final2.pth")).unwrap();
    let ours = output(&weights, &array("latents.npy"));
    let (largest, differing) = difference(&ours, &array("activations.npy"));
    println!("largest difference {largest:e}, cells that differ at .04 and .5: {differing:?}");
    assert!(largest < TOLERANCE, "{largest}");
    assert_eq!(differing, [0, 0]);
}
