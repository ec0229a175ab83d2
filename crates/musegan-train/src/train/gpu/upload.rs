//! What a device is given before the first step, and what it gives back. What must stay true: a
//! state that comes back without a step in between is the one that went, bit for bit.
use super::super::batches::{Facts, Phrases};
use super::super::config::Config;
use super::super::optimiser::Moments;
use super::super::state::State;
use super::places::{Network, PHRASE_WORDS, Places};
use musegan_device::{DeviceError, Gpu, Slice};
use musegan_model::trainable::{Critic, Generator};
use musegan_score::roll::CELLS;
use rayon::prelude::*;

/// Phrases that are packed at once.
const PORTION: usize = 1024;

/// Gives a state, and numbers that no step changes.
pub(super) fn state(
    gpu: &Gpu,
    places: &Places,
    config: &Config,
    state: &State,
) -> Result<(), DeviceError> {
    let networks = [
        (&places.generator, &state.generator, &state.generator_moments),
        (&places.critic, &state.critic, &state.critic_moments),
    ];
    for (network, weights, moments) in networks {
        gpu.write(network.weights, weights)?;
        gpu.write(network.moments[0], &moments.first)?;
        gpu.write(network.moments[1], &moments.second)?;
    }
    gpu.write(places.average, &state.average)?;
    gpu.write(places.statistics, &state.statistics)?;
    gpu.write(places.clock, &[state.step])?;
    gpu.write(places.critic.ranges, &places.critic.ranges_of(Critic::new().layout()))?;
    gpu.write(places.generator.ranges, &places.generator.ranges_of(Generator::new().layout()))?;
    let part = 1.0 / config.batch as f32;
    let repeated = |values: &[f32]| -> Vec<f32> {
        values.iter().flat_map(|&value| std::iter::repeat_n(value, config.batch)).collect()
    };
    gpu.write(places.d_scores, &repeated(&[-part, part, 1.0]))?;
    gpu.write(places.factors, &repeated(&[-part, part, 0.0, 0.0]))
}

/// Gives the phrases, packed, and what else drawing them needs.
pub(super) fn phrases(
    gpu: &Gpu,
    places: &Places,
    phrases: &dyn Phrases,
    threads: &rayon::ThreadPool,
) -> Result<(), DeviceError> {
    if let Some(songs) = places.songs {
        let words: Vec<u32> = phrases.songs().iter().flat_map(|song| song.words()).collect();
        gpu.write(songs, &words)?;
    }
    for first in (0..phrases.len()).step_by(PORTION) {
        let portion = first..phrases.len().min(first + PORTION);
        let mut bits = vec![0u8; portion.len() * PHRASE_WORDS * 4];
        let mut facts = vec![0u32; portion.len()];
        threads.install(|| {
            let each = bits.par_chunks_exact_mut(PHRASE_WORDS * 4).zip(&mut facts).zip(portion);
            let roll = || vec![0.0; CELLS];
            each.for_each_init(roll, |roll, ((bits, facts), phrase)| {
                phrases.fill(phrase, roll);
                *facts = Facts::of(roll).word();
                pack(roll, bits);
            });
        });
        gpu.write(places.bits.at(first * PHRASE_WORDS), &bits)?;
        gpu.write(places.facts.at(first), &facts)?;
    }
    Ok(())
}

/// A cell that sounds is a bit, most significant first.
fn pack(roll: &[f32], bits: &mut [u8]) {
    for (byte, cells) in bits.iter_mut().zip(roll.as_chunks::<8>().0) {
        *byte = cells.iter().fold(0, |byte, &cell| byte << 1 | u8::from(cell != 0.0));
    }
}

/// Takes the state back.
pub(super) fn download(gpu: &Gpu, places: &Places) -> Result<State, DeviceError> {
    let numbers = |at: Slice, len: usize| {
        let mut numbers = vec![0.0f32; len];
        gpu.read(at, &mut numbers).map(|()| numbers)
    };
    let moments = |network: &Network| {
        let [first, second] = network.moments;
        Ok(Moments { first: numbers(first, network.len)?, second: numbers(second, network.len)? })
    };
    let mut step = [0u64];
    gpu.read(places.clock, &mut step)?;
    let Places { generator, critic, .. } = places;
    Ok(State {
        step: step[0],
        generator: numbers(generator.weights, generator.len)?,
        statistics: numbers(places.statistics, Generator::new().statistics().len())?,
        average: numbers(places.average, generator.len)?,
        generator_moments: moments(generator)?,
        critic: numbers(critic.weights, critic.len)?,
        critic_moments: moments(critic)?,
        spectral: Vec::new(),
    })
}
