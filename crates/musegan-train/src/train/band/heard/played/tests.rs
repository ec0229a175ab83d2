//! What is played in training against what is played anywhere else.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::train::random::{self, Purpose};
use crate::train::state::weights;
use musegan_model::band::codec::Bars;
use musegan_model::band::frame::relative;
use musegan_model::band::{Codec, Dimensions, chords, decoding};
use musegan_model::tape::{Network, Rooms};
use musegan_score::chord::Quality;
use musegan_score::{Chord, Phrase as Notes};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

const PHRASES: usize = 2;

/// A codec as training begins with it, but louder, and latents of two phrases for it.
fn codec() -> (Codec, Vec<f32>, Vec<f32>) {
    let codec = Codec::new(&Dimensions::BAND);
    let mut rng = random::generator(5, 0, Purpose::BandNoise, 0);
    let mut weights = weights(codec.layout(), &mut rng);
    for parameter in codec.layout().parameters() {
        if parameter.name.starts_with("decode") && parameter.name.ends_with("weight") {
            weights[parameter.range.clone()].iter_mut().for_each(|weight| *weight *= 1.8);
        }
    }
    let latents = Track::COUNT * PHRASES * BARS_PER_PHRASE * Dimensions::BAND.latent;
    let latents = (0..latents).map(|_| StandardNormal.sample(&mut rng)).collect();
    (codec, weights, latents)
}

/// Over these chords no note leaves the keys of a roll.
fn harmony() -> Harmony {
    Harmony { chords: [Some(Chord::new(0, Quality::Minor, 0)); 16], key: None }
}

fn decoded(
    tape: &mut Tape,
    codec: &Codec,
    network: Network,
    latents: &[f32],
    presence: &[f32],
) -> Played {
    let latent = Dimensions::BAND.latent;
    let latents = tape.constant(latents.len() / latent, latent, latents);
    let beats: Vec<_> = (0..PHRASES).flat_map(|_| chords::beats(&harmony())).collect();
    let chords = codec.chords(tape, network, &beats);
    let rhythm = codec.decode_rhythm(tape, network, latents);
    let told = tell(tape, rhythm, presence);
    let pitch = codec.decode_pitch(tape, network, latents, chords, told);
    play(tape, (rhythm, pitch), presence, &[harmony(); PHRASES])
}

#[test]
fn the_notes_are_those_that_are_played_anywhere_else() {
    let (codec, weights, latents) = codec();
    let mut rng = random::generator(6, 0, Purpose::BandNoise, 0);
    let plays: [decoding::Present; PHRASES] =
        std::array::from_fn(|_| std::array::from_fn(|_| std::array::from_fn(|_| rng.random())));
    let presence = plays.as_flattened().as_flattened().iter();
    let presence: Vec<f32> = presence.map(|plays| f32::from(u8::from(*plays))).collect();
    let mut rooms = Rooms::new();
    let mut tape = Tape::playing(&mut rooms);
    let network = tape.network(&weights, false);
    let played = decoded(&mut tape, &codec, network, &latents, &presence);

    let latent = Dimensions::BAND.latent;
    let nodes = tape.constant(latents.len() / latent, latent, &latents);
    let beats: Vec<_> = (0..PHRASES).flat_map(|_| chords::beats(&harmony())).collect();
    let chords = codec.chords(&mut tape, network, &beats);
    let phrases = plays.map(|plays| (plays, harmony()));
    let phrases: Vec<Notes> = decoding::play(&codec, &mut tape, network, [nodes, chords], &phrases);
    let mut bars = Bars::default();
    bars.clear(PHRASES * BARS_PER_PHRASE);
    for (number, phrase) in phrases.iter().enumerate() {
        bars.write_phrase(&relative(phrase, &harmony()).0, number);
    }
    let mut notes = 0;
    let steps = tape.value(played.pitches).chunks_exact(pitch::STEP_NUMBERS);
    for (here, there) in steps.zip(bars.pitches.chunks_exact(pitch::STEP_NUMBERS)) {
        assert_eq!(here[..WINDOW], there[..WINDOW], "onsets");
        notes += here[..WINDOW].iter().filter(|onset| **onset > 0.0).count();
        for (here, there) in here[WINDOW..2 * WINDOW].iter().zip(&there[WINDOW..2 * WINDOW]) {
            assert!((here - there).abs() < 0.51 / 127.0, "velocities: {here}, not {there}");
        }
    }
    let steps = tape.value(played.rhythms).chunks_exact(rhythm::STEP_NUMBERS);
    for (here, there) in steps.zip(bars.rhythms.chunks_exact(rhythm::STEP_NUMBERS)) {
        assert_eq!(here[0], there[0], "steps in which notes begin");
    }
    assert!(notes > 100, "hardly anything is played: {notes} notes");
}

#[test]
fn a_likelier_note_is_played_louder_where_that_is_wanted() {
    let (codec, weights, latents) = codec();
    let presence = [1.0; PHRASES * Track::COUNT * BARS_PER_PHRASE];
    let loudness = |weights: &[f32], gradient: bool| {
        let mut rooms = Rooms::new();
        let mut tape = Tape::new(&mut rooms);
        let network = tape.network(weights, true);
        let played = decoded(&mut tape, &codec, network, &latents, &presence);
        let velocities = tape.columns_of(played.pitches, WINDOW..2 * WINDOW);
        let sum = tape.sum(velocities);
        let value = tape.value(sum)[0];
        let gradient = gradient.then(|| tape.backward(sum).of(network).to_vec());
        (value, gradient)
    };
    let (before, gradient) = loudness(&weights, true);
    let gradient = gradient.unwrap();
    let length = gradient.iter().map(|x| x * x).sum::<f32>().sqrt();
    assert!(length.is_finite() && length > 0.0);
    let moved: Vec<f32> =
        weights.iter().zip(&gradient).map(|(weight, g)| weight + 0.3 * g / length).collect();
    let (after, _) = loudness(&moved, false);
    assert!(after > before + 1.0, "{before} became {after}");
}
