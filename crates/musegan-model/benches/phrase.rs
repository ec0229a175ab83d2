//! Prints the milliseconds that a phrase takes on one thread, alone and as one of 64.
//!
//! `cargo bench -p musegan-model --bench phrase -- [WEIGHTS]`, where weights are a `.safetensors`
//! or a `.pth` file; without them the tests' fixture plays. The columns are those of
//! `bench/peers/generate.py`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::time::Instant;

use musegan_model::sampling::latent;
use musegan_model::{Device, Generator, Weights, import};

fn main() {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture/plain.pth");
    let path = Path::new(file.as_deref().unwrap_or(fixture));
    let weights = match path.extension().is_some_and(|extension| extension == "pth") {
        true => import::generator(path),
        false => Weights::read(path),
    };
    let mut generator = Generator::new(&weights.unwrap(), Device::Cpu);
    for (batch, repeats) in [(1, 4000), (64, 100)] {
        let latents: Vec<f32> = (0..batch).flat_map(|index| latent(0, index, 1.0)).collect();
        let mut milliseconds: Vec<f64> = (0..repeats + repeats / 10)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(generator.rolls(&latents).unwrap());
                start.elapsed().as_secs_f64() * 1e3 / batch as f64
            })
            .skip(repeats / 10)
            .collect();
        milliseconds.sort_by(f64::total_cmp);
        let (median, p99) = (milliseconds[repeats / 2], milliseconds[repeats * 99 / 100]);
        println!("musegan batch {batch:>2}: {median:.4} ms per phrase median, {p99:.4} p99");
    }
}
