//! Prints the milliseconds that a phrase takes on one thread, or on a graphics card: the network's
//! pass alone and as one of 64, then the band's whole work, plain and with everything a composition
//! can ask for.
//!
//! `cargo bench -p musegan-model --bench phrase -- [--device DEVICE] [--library FILE] [WEIGHTS]`,
//! where weights are a `.safetensors` or a `.pth` file, or `untrained` for untrained ones of the
//! model `band`; without them the tests' fixture plays, and it is what passes are always those of
//! where the weights are the band's. The library for graphics cards is the one beside this program
//! unless another is named. The columns of the first two lines are those of
//! `bench/peers/generate.py`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Instant;

use musegan_model::architecture::Model;
use musegan_model::band::Dimensions;
use musegan_model::device::{Choice, Devices, Reason};
use musegan_model::sampling::latent;
use musegan_model::{Band, Device, Generator, Weights, import};
use musegan_score::{Composition, Form, Take, Track};

fn main() {
    let (mut file, mut devices) = (None, Devices::new(Choice::Cpu));
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--device" => devices.choice = arguments.next().unwrap().parse().unwrap(),
            "--library" => devices.library = arguments.next().map(Into::into),
            // What cargo says to every benchmark.
            "--bench" => (),
            _ => file = Some(argument),
        }
    }
    let device = devices.open().unwrap_or_else(|reason| panic!("{reason}"));
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture/plain.pth");
    let fixture = || import::generator(fixture.as_ref()).unwrap();
    let weights = file.map_or_else(fixture, |file| match file.as_str() {
        "untrained" => Weights::untrained(Dimensions::BAND, 4096, 0).unwrap(),
        file if file.ends_with(".pth") => import::generator(file.as_ref()).unwrap(),
        file => Weights::read(file.as_ref()).unwrap(),
    });
    let is_band = weights.architecture().model() == Model::Band;
    let tutorial = if is_band { fixture() } else { weights.clone() };
    let mut generator = Generator::new(&tutorial, device.clone());
    for (batch, repeats) in [(1, 4000), (64, 100)] {
        let latents: Vec<f32> = (0..batch).flat_map(|index| latent(0, index, 1.0)).collect();
        let pass = |_| drop(std::hint::black_box(generator.rolls(&latents).unwrap()));
        report(&format!("batch {batch:>2}"), measured(repeats, batch as f64, pass));
    }
    let plain = Composition::default();
    let form = Composition { form: Form::A, section_bars: 4, morph: 0.5, ..plain };
    let fill = Composition { fill_every_bars: 4, ..form };
    let take = Take { number: 1, locked: None };
    let take = Composition { takes: plain.takes.with(Track::Piano, take), ..plain };
    let songs =
        [("plain", plain), ("form, morph", form), ("form, morph, fill", fill), ("a take", take)];
    let device = if is_band { Device::Cpu } else { device };
    let mut band = Band::new(&weights, device);
    let played = band.playing().clone();
    assert_eq!(played.reason, Reason::Chosen, "{played}");
    for (name, song) in songs.iter().take(if is_band { 4 } else { 3 }) {
        let phrase = |index| drop(std::hint::black_box(band.phrase(song, index)));
        report(&format!("band {name}"), measured(if is_band { 400 } else { 4000 }, 1.0, phrase));
    }
    assert_eq!(band.playing(), &played, "the device did not play to the end");
    println!("device: {played}");
}

/// The sorted milliseconds of each repeat's phrases, after a tenth as many to warm up.
fn measured(repeats: i64, phrases: f64, mut work: impl FnMut(i64)) -> Vec<f64> {
    let mut milliseconds: Vec<f64> = (-repeats / 10..repeats)
        .map(|number| {
            let start = Instant::now();
            work(number);
            start.elapsed().as_secs_f64() * 1e3 / phrases
        })
        .skip(repeats as usize / 10)
        .collect();
    milliseconds.sort_by(f64::total_cmp);
    milliseconds
}

fn report(what: &str, milliseconds: Vec<f64>) {
    let count = milliseconds.len();
    let (median, p99) = (milliseconds[count / 2], milliseconds[count * 99 / 100]);
    println!("musegan {what}: {median:.4} ms per phrase median, {p99:.4} p99");
}
