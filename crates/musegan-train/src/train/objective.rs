//! One step: the critic learns to tell real phrases from generated ones, then the generator learns to
//! be taken for real. By default this is WGAN-GP (Gulrajani et al., 2017; arXiv:1704.00028); the
//! settings choose other [parts](super::config::ObjectiveConfig). What must stay true: a step is a
//! function of state, configuration and data; the batch is cut into shards of fixed size whose
//! gradients are added in a fixed order, so the number of threads changes nothing.
mod batchwide;
mod broken;
mod pass;
mod shard;
mod spectral;
mod worth;

pub use broken::NotFinite;
pub(crate) use pass::Pass;

use super::batches::{self, Phrases};
use super::config::{Config, Learning, Penalty};
use super::optimiser::Adam;
use super::random::{self, Purpose};
use super::state::State;
use batchwide::Setting;
use broken::Culprit;
use musegan_model::trainable::generator::MOMENTUM;
use musegan_model::trainable::{Critic, Generator, Layout};
use musegan_score::roll::{CELLS, TRACK_CELLS};
use rayon::prelude::*;
use shard::{FAKE, PENALTY, Penalised, REAL, Shard, Sums, WORTH};
use spectral::Spectral;
use worth::Worth;

/// Phrases of a shard: their activations stay in a core's cache.
const SHARD: usize = 4;

/// What a step measured before its weights moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses {
    /// The critic's objective, penalty included.
    pub critic: f64,
    /// The same without the penalty.
    pub worth: f64,
    /// The generator's objective.
    pub generator: f64,
    /// The mean of (gradient norm − 1)², or of the squared norm for R1, without its weight, when it
    /// was last taken.
    pub penalty: f64,
    /// The mean score of real phrases.
    pub real: f64,
    /// The mean score of generated phrases.
    pub fake: f64,
}

/// The two networks with the memory that their passes need, which is used again in every step.
pub struct Objective {
    /// The generator's structure.
    pub generator: Generator,
    /// The critic's structure.
    pub critic: Critic,
    batch: usize,
    real: Vec<f32>,
    /// A pass per critic step.
    passes: Vec<Pass>,
    /// The pass that the generator learns from.
    own_pass: Pass,
    shards: Vec<Shard>,
    gradient: Vec<f32>,
    spectral: Option<Spectral>,
    /// The penalty when it was last taken.
    penalty: f64,
}

impl Objective {
    /// Networks and memory for these settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let (generator, critic) = (Generator::new(), Critic::of(config.form()));
        let (batch, weights) = (config.batch, critic.layout().len());
        let keeps = is_batchwide(config);
        let shards = (0..batch)
            .step_by(SHARD)
            .map(|first| Shard::new(first, SHARD.min(batch - first), weights, keeps))
            .collect();
        let passes = (0..config.critic_steps).map(|_| Pass::new(batch)).collect();
        let gradient = vec![0.0; generator.layout().len().max(weights)];
        let (real, own_pass) = (vec![0.0; batch * CELLS], Pass::new(batch));
        let spectral = config.objective.spectral_norm.then(|| Spectral::new(critic.layout()));
        let penalty = 0.0;
        Self {
            generator,
            critic,
            batch,
            real,
            passes,
            own_pass,
            shards,
            gradient,
            spectral,
            penalty,
        }
    }

    /// What the spectral norm remembers before the first step; nothing without it.
    #[must_use]
    pub(super) fn spectral_start(config: &Config, critic: &Critic) -> Vec<f32> {
        let norm = config.objective.spectral_norm;
        if norm { Spectral::start(critic.layout(), config.seed) } else { Vec::new() }
    }

    /// Takes one step and counts it.
    ///
    /// # Errors
    /// [`NotFinite`] when a loss or gradient is not; the step is not counted.
    ///
    /// # Panics
    /// When `config` is not what [`new`](Self::new) got.
    pub fn step(
        &mut self,
        state: &mut State,
        phrases: &dyn Phrases,
        config: &Config,
    ) -> Result<Losses, NotFinite> {
        assert!(config.batch == self.batch && config.critic_steps as usize == self.passes.len());
        let (seed, step) = (config.seed, state.step);
        let Self { generator, real, passes, own_pass, .. } = self;
        let weights = &state.generator;
        let mut passes: Vec<_> = passes.iter_mut().chain([own_pass]).collect();
        // The generator does not change before its own first step, so all passes through it up to
        // there can be made at once, while another thread unpacks phrases.
        rayon::join(
            || batches::draw(phrases, (seed, step, 0), config.keys, real),
            || {
                passes.par_iter_mut().enumerate().for_each(|(round, pass)| {
                    let purpose = if round < config.critic_steps as usize {
                        Purpose::CriticLatents
                    } else {
                        Purpose::GeneratorLatents
                    };
                    pass.draw(seed, step, purpose, round as u32);
                    pass.forward(generator, weights);
                });
            },
        );
        for pass in passes {
            pass.update_statistics(generator, weights, MOMENTUM, &mut state.statistics);
        }
        let mut losses = Losses::default();
        for round in 0..config.critic_steps {
            if round > 0 {
                batches::draw(phrases, (seed, step, round), config.keys, &mut self.real);
            }
            losses = self.critic_step(state, round, config)?;
        }
        for round in 0..config.generator_steps {
            if round > 0 {
                self.generate_again(state, round, config);
            }
            losses.generator = self.generator_step(state, round, config)?;
        }
        state.step += 1;
        Ok(losses)
    }

    fn critic_step(
        &mut self,
        state: &mut State,
        round: u32,
        config: &Config,
    ) -> Result<Losses, NotFinite> {
        let n = self.batch as f64;
        let step = state.step * u64::from(config.critic_steps) + u64::from(round);
        let mut mix = vec![0.0; self.batch];
        let stream = random::generator(config.seed, state.step, Purpose::Mix, round);
        random::uniforms(stream, &mut mix);
        let Self { critic, shards, real, passes, batch, spectral, .. } = self;
        let weights = match spectral {
            Some(spectral) => spectral.apply(&state.critic, &mut state.spectral),
            None => &state.critic,
        };
        let pass = &passes[round as usize];
        let sides = |shard: &Shard| {
            let (part, mix) = (shard.part(), &mix[shard.first..shard.first + shard.samples]);
            let real = std::array::from_fn(|t| &real[t * *batch * TRACK_CELLS..][part.clone()]);
            let fake = std::array::from_fn(|t| &pass.tracks[t].cells()[part.clone()]);
            ([real, fake], mix)
        };
        let penalised = penalised(config, step);
        let worth = Worth::of(&config.objective);
        if is_batchwide(config) {
            let spread = config.objective.minibatch_statistics as f32;
            let (batch, matching) = (*batch, 0.0);
            let setting = Setting { critic, weights, batch, worth, penalised, spread, matching };
            setting.critic_gradient(shards, sides);
        } else {
            shards.par_iter_mut().for_each(|shard| {
                let sides = sides(shard);
                shard.critic_gradient(critic, weights, sides, *batch, (worth, penalised));
            });
        }
        let means = self.add_up(state.critic.len()).map(|sum| sum / n);
        if penalised.is_some() {
            self.penalty = means[PENALTY];
        }
        let critic = means[WORTH] + penalised.map_or(0.0, |p| p.value(means[PENALTY]));
        let losses = Losses {
            critic,
            worth: means[WORTH],
            generator: 0.0,
            penalty: self.penalty,
            real: means[REAL],
            fake: means[FAKE],
        };
        let gradient = &self.gradient[..state.critic.len()];
        let culprit = self.culprit(state, Some(&self.real), &self.passes[round as usize]);
        culprit.check("critic", critic, self.critic.layout(), gradient)?;
        let gradient = &mut self.gradient[..state.critic.len()];
        if let Some(spectral) = &self.spectral {
            spectral.pull_back(&state.spectral, gradient);
        }
        let adam = adam(config, &config.critic, state.step, step + 1);
        adam.apply(&mut state.critic, gradient, &mut state.critic_moments);
        Ok(losses)
    }

    /// Adds up the critic's gradient, of so many weights, and the sums, shard by shard.
    fn add_up(&mut self, weights: usize) -> Sums {
        let gradient = &mut self.gradient[..weights];
        gradient.fill(0.0);
        let mut sums = Sums::default();
        for shard in &self.shards {
            gradient.iter_mut().zip(&shard.gradient).for_each(|(sum, part)| *sum += part);
            sums.iter_mut().zip(shard.sums).for_each(|(sum, part)| *sum += part);
        }
        sums
    }

    fn culprit<'a>(
        &'a self,
        state: &'a State,
        real: Option<&'a [f32]>,
        generated: &'a Pass,
    ) -> Culprit<'a> {
        let networks = [
            ("critic", self.critic.layout(), &state.critic[..]),
            ("generator", self.generator.layout(), &state.generator[..]),
        ];
        Culprit { networks, real, generated }
    }

    /// Has the generator play again after it has learned in this step.
    fn generate_again(&mut self, state: &mut State, round: u32, config: &Config) {
        let Self { generator, own_pass, .. } = self;
        let round = config.critic_steps + round;
        own_pass.draw(config.seed, state.step, Purpose::GeneratorLatents, round);
        own_pass.forward(generator, &state.generator);
        own_pass.update_statistics(generator, &state.generator, MOMENTUM, &mut state.statistics);
    }

    fn generator_step(
        &mut self,
        state: &mut State,
        round: u32,
        config: &Config,
    ) -> Result<f64, NotFinite> {
        let Self { critic, shards, own_pass: pass, real, gradient, batch, spectral, .. } = self;
        let weights = match spectral {
            Some(spectral) => spectral.apply(&state.critic, &mut state.spectral),
            None => &state.critic,
        };
        let worth = Worth::of(&config.objective);
        let fake = |shard: &Shard| {
            let part = shard.part();
            std::array::from_fn(|t| &pass.tracks[t].cells()[part.clone()])
        };
        let matched = if is_batchwide(config) {
            let (spread, matching) =
                (config.objective.minibatch_statistics as f32, config.objective.feature_matching);
            let (batch, penalised) = (*batch, None);
            let setting = Setting { critic, weights, batch, worth, penalised, spread, matching };
            setting.cells_gradient(shards, |shard| {
                let part = shard.part();
                let real = |t: usize| &real[t * batch * TRACK_CELLS..][part.clone()];
                [std::array::from_fn(real), fake(shard)]
            })
        } else {
            shards.par_iter_mut().for_each(|shard| {
                let fake = fake(shard);
                shard.cells_gradient(critic, weights, fake, (worth, *batch));
            });
            0.0
        };
        let loss = shards.iter().map(|s| s.sums[WORTH]).sum::<f64>() / *batch as f64 + matched;
        let len = state.generator.len();
        let gradient = &mut gradient[..len];
        let d_cells = |track: musegan_score::Track| {
            shards.iter().flat_map(|s| &s.d_cells[track.index()]).copied().collect()
        };
        pass.backward(&self.generator, &state.generator, d_cells, gradient);
        let gradient = &self.gradient[..len];
        let culprit = self.culprit(state, None, &self.own_pass);
        culprit.check("generator", loss, self.generator.layout(), gradient)?;
        let step = state.step * u64::from(config.generator_steps) + u64::from(round);
        let adam = adam(config, &config.generator, state.step, step + 1);
        adam.apply(&mut state.generator, gradient, &mut state.generator_moments);
        // The first averages would otherwise be of the random start.
        let steps = step as f64;
        let keep = config.average.min((1.0 + steps) / (10.0 + steps)) as f32;
        for (average, weight) in state.average.iter_mut().zip(&state.generator) {
            *average += (1.0 - keep) * (weight - *average);
        }
        Ok(loss)
    }
}

/// Whether a phrase's part of a gradient depends on other phrases of its batch.
fn is_batchwide(config: &Config) -> bool {
    let objective = &config.objective;
    Worth::of(objective).is_of_pairs()
        || objective.minibatch_statistics > 0.0
        || objective.feature_matching > 0.0
}

/// What is penalised in a critic step, counted from 0 over the whole run.
fn penalised(config: &Config, critic_step: u64) -> Option<Penalised> {
    let objective = &config.objective;
    let every = u64::from(objective.penalty_every);
    let due = objective.penalty != Penalty::None && critic_step.is_multiple_of(every);
    let weight = config.penalty * every as f64;
    due.then_some(Penalised { kind: objective.penalty, weight })
}

/// Adam for the `count`th update of a network, in the step `step`.
fn adam(config: &Config, learning: &Learning, step: u64, count: u64) -> Adam {
    let share = learning.share(step, config.steps, config.learning_rate_end);
    Adam { rate: config.learning_rate * share, betas: config.betas, step: count }
}
