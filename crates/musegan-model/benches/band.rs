//! Prints how many numbers each of the band's networks has, and the milliseconds that a phrase takes
//! on one thread: generator, decoder and the rules of playing, apart and together, with weights that
//! are as large as at the beginning of a training.
//!
//! `cargo bench -p musegan-model --bench band`
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use musegan_model::band::decoding;
use musegan_model::band::generator::Noise;
use musegan_model::band::style::Style;
use musegan_model::band::{
    Codec, Conditions, Critic, Dimensions, Encoder, Generator, Harmony, LatentScale,
};
use musegan_model::layout::{Initial, Layout};
use musegan_model::tape::{Node, Rooms, Tape};

const PRESENT: [[bool; 4]; 5] = [[true; 4]; 5];

/// Networks and weights of a band.
struct Band {
    codec: Codec,
    generator: Generator,
    scale: LatentScale,
    weights: [Vec<f32>; 2],
    noise: Noise,
    conditions: Conditions,
}

fn main() {
    let band = Band::new(Dimensions::BAND);
    for (name, layout) in [
        ("codec", band.codec.layout()),
        ("generator", band.generator.layout()),
        ("encoder", Encoder::new(&Dimensions::BAND).layout()),
        ("critic", Critic::new(&Dimensions::BAND).layout()),
    ] {
        println!("{name}: {} numbers", layout.len());
    }
    println!("of the codec the decoder's: {} numbers", band.codec.decoder().len());
    let mut rooms = Rooms::default();
    report("generator", || {
        let mut tape = Tape::playing(&mut rooms);
        let latents = band.latents(&mut tape);
        black_box(tape.value(latents));
    });
    report("a phrase", || band.play(&mut rooms));
    for (what, logit) in [("a phrase of all cells that there are", 1.0), ("all weak", -1.0)] {
        let band = Band::new(Dimensions::BAND).in_all_cells(logit);
        report(what, || band.play(&mut rooms));
    }
}

impl Band {
    fn new(dimensions: Dimensions) -> Self {
        let (codec, generator) = (Codec::new(&dimensions), Generator::new(&dimensions));
        let weights = [weights(codec.layout()), weights(generator.layout())];
        let of_tracks = |value| vec![value; 5 * dimensions.latent];
        let scale =
            LatentScale { mean: of_tracks(0.0), deviation: of_tracks(1.0), noise: of_tracks(0.1) };
        let noise = Noise {
            phrase: drawn(dimensions.phrase_noise),
            bars: drawn(4 * dimensions.bar_noise),
            tracks: drawn(5 * dimensions.track_noise),
            cells: drawn(20 * dimensions.cell_noise),
        };
        let mut conditions = Conditions::default();
        let style = Style { present: PRESENT, measures: [[0.5; 9]; 5], ..Style::default() };
        conditions.push(&style, &Harmony::default());
        Self { codec, generator, scale, weights, noise, conditions }
    }

    /// The same that begins notes in all steps, and with this logit in all cells.
    fn in_all_cells(mut self, logit: f32) -> Self {
        for (name, logit) in [("decode.rhythm.onsets", 1.0), ("decode.pitch.onsets", logit)] {
            let of_layer = self.codec.layout().parameters().iter();
            for p in of_layer.filter(|p| p.name.starts_with(name)) {
                let value = if p.name.ends_with(".bias") { logit } else { 0.0 };
                self.weights[0][p.range.clone()].fill(value);
            }
        }
        self
    }

    fn latents<'w>(&'w self, tape: &mut Tape<'w>) -> Node {
        let network = tape.network(&self.weights[1], false);
        let noise = self.noise.on(tape, &Dimensions::BAND, 1);
        self.generator.latents(tape, network, noise, None, &self.conditions)
    }

    fn play(&self, rooms: &mut Rooms) {
        let mut tape = Tape::playing(rooms);
        let latents = self.latents(&mut tape);
        let network = tape.network(&self.weights[0], false);
        let latents = self.scale.to_codec(&mut tape, latents);
        let chords = self.codec.chords(&mut tape, network, &self.conditions.beats);
        let phrases = [(PRESENT, Harmony::default())];
        let both = [latents, chords];
        black_box(decoding::play(&self.codec, &mut tape, network, both, &phrases));
    }
}

/// Numbers between -1.7 and 1.7, whose standard deviation is 1.
fn drawn(len: usize) -> Vec<f32> {
    let number = |index: usize| {
        let bits = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((bits >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * 3f32.sqrt()
    };
    (0..len).map(number).collect()
}

/// Weights as a training begins with them.
fn weights(layout: &Layout) -> Vec<f32> {
    let mut weights = drawn(layout.len());
    for p in layout.parameters() {
        for x in &mut weights[p.range.clone()] {
            *x = match p.initial {
                Initial::Constant(value) => value,
                Initial::Normal(deviation) => *x * deviation,
                Initial::Uniform(low, high) => low + (high - low) * (*x / 3f32.sqrt() + 1.0) / 2.0,
            };
        }
    }
    weights
}

fn report(what: &str, mut work: impl FnMut()) {
    let mut milliseconds: Vec<f64> = (0..1000)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .skip(100)
        .collect();
    milliseconds.sort_by(f64::total_cmp);
    let (median, p99) = (milliseconds[450], milliseconds[890]);
    println!("musegan {what}: {median:.4} ms per phrase median, {p99:.4} p99");
}
