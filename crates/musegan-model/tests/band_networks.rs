//! The band's networks give what their twins in PyTorch give (`bench/peers/band_fixture.py`), and
//! so do their gradients, within 1e-4 of each tensor's largest number.
#![allow(clippy::unwrap_used)]

use musegan_model::band::codec::{pitch, rhythm};
use musegan_model::band::generator::{Given, Noise, NoiseNodes};
use musegan_model::band::{
    Codec, Conditions, Critic, Dimensions, Encoder, Generator, chords, critic,
};
use musegan_model::layout::Layout;
use musegan_model::tape::{Network, Node, Rooms, Tape};

#[path = "fixture/read.rs"]
mod fixture;

const PHRASES: usize = 2;
const TOKENS: usize = PHRASES * 20;
const SMALL: Dimensions = Dimensions {
    latent: 5,
    rhythm: 2,
    chord: 3,
    rhythm_step: 3,
    rhythm_hidden: 7,
    rhythm_decoded_step: 3,
    step: 4,
    hidden: 9,
    decoded_step: 4,
    width: 8,
    heads: 2,
    expansion: 2,
    generator_blocks: 2,
    encoder_blocks: 1,
    critic_blocks: 1,
    phrase_noise: 4,
    bar_noise: 3,
    track_noise: 3,
    cell_noise: 2,
};

/// Numbers from 0 to 1 by a name, the formula of `band_fixture.py`.
fn of_unit(name: &str, len: usize) -> impl Iterator<Item = f32> + use<> {
    let byte = |place: u32, byte| place.wrapping_mul(31).wrapping_add(u32::from(byte));
    let key = u64::from(name.bytes().fold(0, byte));
    (0..len as u64).map(move |index| fixture::fraction(key + index))
}

/// Numbers from -1 to 1 by a name.
fn numbers(name: &str, len: usize) -> Vec<f32> {
    of_unit(name, len).map(|x| x * 2.0 - 1.0).collect()
}

fn weights(layout: &Layout) -> Vec<f32> {
    let scales = ["norm.weight", "before_attention.weight", "before_hidden.weight"];
    let find = |name: &str| {
        let p = layout.parameters().iter().find(|p| p.name == name).unwrap();
        let centre = if scales.iter().any(|end| name.ends_with(end)) { 1.0 } else { 0.0 };
        let values = numbers(name, p.range.len()).iter().map(|x| x * 0.3 + centre).collect();
        Some((p.shape.clone(), values))
    };
    layout.flat(find).unwrap()
}

fn conditions() -> Conditions {
    let on = |x: f32| f32::from(u8::from(f64::from(x) < 0.7));
    let sizes = chords::SIZES.iter().cycle();
    let beats = of_unit("beats", PHRASES * 16 * 5)
        .zip(sizes)
        .map(|(x, &size)| (f64::from(x) * size as f64) as u8);
    let beats: Vec<u8> = beats.collect();
    // A bar, or any before it.
    let up_to = [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0].into_iter().cycle();
    let sources = of_unit("sources", TOKENS * 2).zip(up_to);
    let sources: Vec<u8> =
        sources.map(|(x, up_to): (f32, f64)| (f64::from(x) * up_to) as u8).collect();
    Conditions {
        presence: of_unit("presence", TOKENS).map(on).collect(),
        measures: numbers("measures", PHRASES * 5 * 9),
        beats: beats.as_chunks().0.to_vec(),
        sources: sources.as_chunks().0.to_vec(),
    }
}

/// One network on a tape, with the inputs whose gradients are compared.
struct Trial<'w> {
    file: &'static str,
    tape: Tape<'w>,
    network: Network,
    inputs: Vec<(&'static str, Node)>,
}

impl<'w> Trial<'w> {
    fn new(file: &'static str, weights: &'w [f32], rooms: &'w mut Rooms) -> Self {
        let mut tape = Tape::new(rooms);
        let network = tape.network(weights, true);
        Self { file, tape, network, inputs: Vec::new() }
    }

    fn input(&mut self, name: &'static str, rows: usize, columns: usize, values: &[f32]) -> Node {
        let node = self.tape.input(rows, columns, values);
        self.inputs.push((name, node));
        node
    }

    fn leaf(&mut self, name: &'static str, rows: usize, columns: usize) -> Node {
        self.input(name, rows, columns, &numbers(name, rows * columns))
    }

    /// Compares the outputs, then every gradient of their sum weighed by the formula.
    fn assert_like_pytorch(mut self, layout: &Layout, outputs: &[Node]) {
        let mut loss = self.tape.constant(1, 1, &[0.0]);
        for (number, &out) in outputs.iter().enumerate() {
            let name = format!("out.{number}");
            assert_close(self.file, &name, self.tape.value(out));
            let (rows, columns) = (self.tape.rows(out), self.tape.columns(out));
            let weighed = self.tape.constant(rows, columns, &numbers(&name, rows * columns));
            let weighed = self.tape.mul(out, weighed);
            let sum = self.tape.sum(weighed);
            loss = self.tape.add(loss, sum);
        }
        let gradients = self.tape.backward(loss);
        for (name, _, gradient) in layout.tensors(gradients.of(self.network)) {
            assert_close(self.file, &format!("of.{name}"), &gradient);
        }
        for (name, node) in self.inputs {
            assert_close(self.file, &format!("at.{name}"), gradients.at(node));
        }
    }
}

/// Large tensors are compared at every 31st number.
fn assert_close(file: &str, name: &str, ours: &[f32]) {
    let theirs = fixture::array(&format!("band/{file}.npz"), name);
    let every = if ours.len() <= 4096 { 1 } else { 31 };
    let ours: Vec<f32> = ours.iter().copied().step_by(every).collect();
    assert_eq!(ours.len(), theirs.len(), "{file}: {name}");
    let largest = theirs.iter().fold(0f32, |most, x| most.max(x.abs()));
    assert!(largest > 0.0, "{file}: {name} is compared with nothing");
    for (place, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        assert!((a - b).abs() <= 1e-4 * largest, "{file}: {name}[{place}] is {a}, not {b}");
    }
}

#[test]
fn the_codec_agrees_with_pytorch() {
    let codec = Codec::new(&SMALL);
    let (weights, mut rooms) = (weights(codec.layout()), Rooms::default());
    let mut trial = Trial::new("codec", &weights, &mut rooms);
    let steps = TOKENS * 16;
    let rhythms = trial.leaf("rhythms", steps, rhythm::STEP_NUMBERS);
    let pitches = trial.leaf("pitches", steps, pitch::STEP_NUMBERS);
    let latents = trial.leaf("latents", TOKENS, SMALL.latent);
    let told = trial.leaf("told", TOKENS, rhythm::TOLD);
    let (tape, network) = (&mut trial.tape, trial.network);
    let chords = codec.chords(tape, network, &conditions().beats);
    let encoded = codec.encode(tape, network, [rhythms, pitches], chords);
    let rhythm = codec.decode_rhythm(tape, network, latents);
    let pitch = codec.decode_pitch(tape, network, latents, chords, told);
    let outputs = [
        encoded.mean,
        encoded.log_variance,
        rhythm.onsets,
        rhythm.short,
        rhythm.long,
        pitch.onsets,
        pitch.velocities,
        pitch.long,
    ];
    trial.assert_like_pytorch(codec.layout(), &outputs);
}

#[test]
fn the_generator_agrees_with_pytorch() {
    let generator = Generator::new(&SMALL);
    let (weights, mut rooms) = (weights(generator.layout()), Rooms::default());
    let mut trial = Trial::new("generator", &weights, &mut rooms);
    let noise = NoiseNodes {
        phrase: trial.leaf("phrase", PHRASES, SMALL.phrase_noise),
        bars: trial.leaf("bars", PHRASES * 4, SMALL.bar_noise),
        tracks: trial.leaf("tracks", PHRASES * 5, SMALL.track_noise),
        cells: trial.leaf("cells", TOKENS, SMALL.cell_noise),
    };
    let latents = trial.leaf("given", TOKENS, SMALL.latent);
    let tracks = [0, 1, 0, 0, 0, 1, 0, 0, 1, 0].map(|given| given == 1);
    let given = Some(Given { latents, tracks: &tracks });
    let out = generator.latents(&mut trial.tape, trial.network, noise, given, &conditions());
    trial.assert_like_pytorch(generator.layout(), &[out]);
}

#[test]
fn the_encoder_agrees_with_pytorch() {
    let encoder = Encoder::new(&SMALL);
    let (weights, mut rooms) = (weights(encoder.layout()), Rooms::default());
    let mut trial = Trial::new("encoder", &weights, &mut rooms);
    let latents = trial.leaf("latents", TOKENS, SMALL.latent);
    let found = encoder.noise(&mut trial.tape, trial.network, latents, &conditions());
    let outputs = [found.phrase, found.bars, found.tracks, found.cells];
    let outputs: Vec<Node> = outputs.iter().flat_map(|g| [g.mean, g.log_variance]).collect();
    trial.assert_like_pytorch(encoder.layout(), &outputs);
}

#[test]
fn the_critic_agrees_with_pytorch() {
    let critic = Critic::new(&SMALL);
    let (weights, mut rooms) = (weights(critic.layout()), Rooms::default());
    let mut trial = Trial::new("critic", &weights, &mut rooms);
    let features = trial.leaf("features", TOKENS, critic.features());
    let harmony = trial.leaf("harmony", PHRASES * 4, critic::HARMONY);
    let scores = critic.scores(&mut trial.tape, trial.network, features, harmony, &conditions());
    trial.assert_like_pytorch(critic.layout(), &[scores]);
}

#[test]
fn a_given_track_comes_out_as_it_went_in_and_a_silent_one_as_nothing() {
    let generator = Generator::new(&SMALL);
    let (weights, mut rooms) = (weights(generator.layout()), Rooms::default());
    let mut tape = Tape::playing(&mut rooms);
    let network = tape.network(&weights, false);
    let noise = Noise {
        phrase: numbers("phrase", PHRASES * SMALL.phrase_noise),
        bars: numbers("bars", PHRASES * 4 * SMALL.bar_noise),
        tracks: numbers("tracks", PHRASES * 5 * SMALL.track_noise),
        cells: numbers("cells", TOKENS * SMALL.cell_noise),
    };
    let noise = noise.on(&mut tape, &SMALL, PHRASES);
    let known = numbers("given", TOKENS * SMALL.latent);
    let latents = tape.constant(TOKENS, SMALL.latent, &known);
    let tracks = [0, 1, 0, 0, 0, 1, 0, 0, 1, 0].map(|given| given == 1);
    let mut conditions = conditions();
    // The first phrase has no drums.
    conditions.presence[..4].fill(0.0);
    let given = Given { latents, tracks: &tracks };
    let out = generator.latents(&mut tape, network, noise, Some(given), &conditions);
    let of_track = 4 * SMALL.latent;
    let tracks_out = tape.value(out).chunks_exact(of_track).zip(known.chunks_exact(of_track));
    for (track, ((out, known), given)) in tracks_out.zip(tracks).enumerate() {
        let is_silent = track == 0;
        assert_eq!(out == known, given, "track {track}");
        assert_eq!(out.iter().all(|x| *x == 0.0), is_silent, "track {track}");
    }
}
