//! One step of WGAN-GP (Gulrajani et al., 2017; arXiv:1704.00028): the critic learns to score real
//! phrases above generated ones with gradients of norm 1 between them, then the generator learns
//! to be scored higher. What must stay true: a step is a function of state, configuration and
//! data; the batch is cut into shards of fixed size whose gradients are added in a fixed order, so
//! the number of threads changes nothing.
use super::batches::{self, Phrases};
use super::config::Config;
use super::optimiser::Adam;
use super::random::{self, Purpose};
use super::state::State;
use musegan_model::trainable::critic::{Cells, Flow, Tape, Want};
use musegan_model::trainable::generator::{LATENT, MOMENTUM, SharedTape, TrackTape};
use musegan_model::trainable::{Critic, Generator, Layout};
use musegan_score::Track;
use musegan_score::roll::{CELLS, TRACK_CELLS};
use rayon::prelude::*;

/// Phrases of a shard: their activations stay in a core's cache.
const SHARD: usize = 4;

/// What a step measured before its weights moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses {
    /// The critic's objective, penalty included.
    pub critic: f64,
    /// The generator's objective.
    pub generator: f64,
    /// The mean of (gradient norm − 1)², without its weight.
    pub penalty: f64,
    /// The mean score of real phrases.
    pub real: f64,
    /// The mean score of generated phrases.
    pub fake: f64,
}

/// A loss or a gradient is not finite; the state is as it was before the network's step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFinite {
    /// Which one, in words.
    pub what: String,
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
}

/// A batch of latents on its way through the generator.
pub(crate) struct Pass {
    latents: Vec<f32>,
    pub(crate) shared: SharedTape,
    pub(crate) tracks: Vec<TrackTape>,
}

/// A few phrases of the batch on their way through the critic.
struct Shard {
    first: usize,
    samples: usize,
    tapes: [Tape; 2],
    flows: [Flow; 2],
    mixed: [Vec<f32>; Track::COUNT],
    d_cells: [Vec<f32>; Track::COUNT],
    gradient: Vec<f32>,
    /// Sums of real scores, generated scores and penalties.
    sums: [f64; 3],
}

impl Objective {
    /// Networks and memory for batches of `batch` phrases and `critic_steps` critic steps a step.
    #[must_use]
    pub fn new(batch: usize, critic_steps: u32) -> Self {
        let (generator, critic) = (Generator::new(), Critic::new());
        let shards = (0..batch)
            .step_by(SHARD)
            .map(|first| Shard::new(first, SHARD.min(batch - first), critic.layout().len()))
            .collect();
        let passes = (0..critic_steps).map(|_| Pass::new(batch)).collect();
        let gradient = vec![0.0; generator.layout().len().max(critic.layout().len())];
        let (real, own_pass) = (vec![0.0; batch * CELLS], Pass::new(batch));
        Self { generator, critic, batch, real, passes, own_pass, shards, gradient }
    }

    /// Takes one step and counts it.
    ///
    /// # Errors
    /// [`NotFinite`] when a loss or gradient is not; the step is not counted.
    ///
    /// # Panics
    /// When `config` has another batch size or number of critic steps than [`new`](Self::new) got.
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
        // The generator does not change before its own step, so all passes through it can be made
        // at once, while another thread unpacks phrases.
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
        losses.generator = self.generator_step(state, config)?;
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
        let mut mix = vec![0.0; self.batch];
        let stream = random::generator(config.seed, state.step, Purpose::Mix, round);
        random::uniforms(stream, &mut mix);
        let Self { critic, shards, real, passes, batch, .. } = self;
        let pass = &passes[round as usize];
        shards.par_iter_mut().for_each(|shard| {
            let (first, samples) = (shard.first, shard.samples);
            let part = first * TRACK_CELLS..(first + samples) * TRACK_CELLS;
            let real = std::array::from_fn(|t| &real[t * *batch * TRACK_CELLS..][part.clone()]);
            let fake = std::array::from_fn(|t| &pass.tracks[t].cells()[part.clone()]);
            let mix = &mix[first..first + samples];
            shard.critic_gradient(critic, &state.critic, (real, fake, mix), *batch, config.penalty);
        });
        let gradient = &mut self.gradient[..state.critic.len()];
        gradient.fill(0.0);
        let mut sums = [0.0; 3];
        for shard in shards.iter() {
            gradient.iter_mut().zip(&shard.gradient).for_each(|(sum, part)| *sum += part);
            sums.iter_mut().zip(shard.sums).for_each(|(sum, part)| *sum += part);
        }
        let [real, fake, penalty] = sums.map(|sum| sum / n);
        let loss = fake - real + config.penalty * penalty;
        let losses = Losses { critic: loss, generator: 0.0, penalty, real, fake };
        check("the critic's loss", loss, "critic", self.critic.layout(), gradient)?;
        let step = state.step * u64::from(config.critic_steps) + u64::from(round) + 1;
        let adam = Adam { rate: rate(config, state.step), betas: config.betas, step };
        adam.apply(&mut state.critic, gradient, &mut state.critic_moments);
        Ok(losses)
    }

    fn generator_step(&mut self, state: &mut State, config: &Config) -> Result<f64, NotFinite> {
        let Self { generator, critic, shards, own_pass: pass, gradient, batch, .. } = self;
        let scale = 1.0 / *batch as f32;
        let tracks = &pass.tracks;
        shards.par_iter_mut().for_each(|shard| {
            let part = shard.first * TRACK_CELLS..(shard.first + shard.samples) * TRACK_CELLS;
            let fake = std::array::from_fn(|t| &tracks[t].cells()[part.clone()]);
            shard.cells_gradient(critic, &state.critic, fake, -scale);
        });
        let loss = -shards.iter().map(|s| s.sums[1]).sum::<f64>() / *batch as f64;
        let gradient = &mut gradient[..state.generator.len()];
        gradient.fill(0.0);
        let (shared_gradient, track_gradients) = generator.split(gradient);
        let Pass { latents, shared, tracks } = pass;
        let (weights, shards) = (&state.generator, &*shards);
        Track::ALL.into_par_iter().zip(&mut *tracks).zip(track_gradients).for_each(
            |((track, tape), gradient)| {
                let index = track.index();
                let d_cells: Vec<f32> =
                    shards.iter().flat_map(|s| &s.d_cells[index]).copied().collect();
                generator.backward_track(track, weights, shared, tape, &d_cells, gradient);
            },
        );
        generator.backward_shared(weights, latents, shared, tracks, shared_gradient);
        check("the generator's loss", loss, "generator", generator.layout(), gradient)?;
        let adam =
            Adam { rate: rate(config, state.step), betas: config.betas, step: state.step + 1 };
        adam.apply(&mut state.generator, gradient, &mut state.generator_moments);
        // The first averages would otherwise be of the random start.
        let steps = state.step as f64;
        let keep = config.average.min((1.0 + steps) / (10.0 + steps)) as f32;
        for (average, weight) in state.average.iter_mut().zip(&state.generator) {
            *average += (1.0 - keep) * (weight - *average);
        }
        Ok(loss)
    }
}

/// The learning rate of a step, `0..steps`.
fn rate(config: &Config, step: u64) -> f64 {
    let done = (step as f64 / config.steps as f64).min(1.0);
    config.learning_rate * (1.0 - done * (1.0 - config.learning_rate_end))
}

fn check(
    loss_name: &str,
    loss: f64,
    network: &str,
    layout: &Layout,
    gradient: &[f32],
) -> Result<(), NotFinite> {
    if !loss.is_finite() {
        return Err(NotFinite { what: loss_name.to_owned() });
    }
    let broken = |range: std::ops::Range<usize>| !gradient[range].iter().sum::<f32>().is_finite();
    match layout.parameters().iter().find(|p| broken(p.range.clone())) {
        None => Ok(()),
        Some(p) => Err(NotFinite { what: format!("the {network}'s gradient of `{}`", p.name) }),
    }
}

impl Pass {
    pub(crate) fn new(batch: usize) -> Self {
        Self {
            latents: vec![0.0; batch * LATENT],
            shared: SharedTape::new(batch),
            tracks: (0..Track::COUNT).map(|_| TrackTape::new(batch)).collect(),
        }
    }

    pub(crate) fn draw(&mut self, seed: u64, step: u64, purpose: Purpose, round: u32) {
        random::normals(random::generator(seed, step, purpose, round), &mut self.latents);
    }

    pub(crate) fn forward(&mut self, generator: &Generator, weights: &[f32]) {
        generator.forward_shared(weights, &self.latents, &mut self.shared);
        let shared = &self.shared;
        Track::ALL
            .into_par_iter()
            .zip(&mut self.tracks)
            .for_each(|(track, tape)| generator.forward_track(track, weights, shared, tape));
    }

    pub(crate) fn update_statistics(
        &self,
        generator: &Generator,
        weights: &[f32],
        share: f32,
        statistics: &mut [f32],
    ) {
        generator.update_statistics(weights, &self.shared, &self.tracks, share, statistics);
    }
}

impl Shard {
    fn new(first: usize, samples: usize, weights: usize) -> Self {
        let cells = || std::array::from_fn(|_| vec![0.0; samples * TRACK_CELLS]);
        Self {
            first,
            samples,
            tapes: std::array::from_fn(|_| Tape::new(samples)),
            flows: std::array::from_fn(|_| Flow::new(samples)),
            mixed: cells(),
            d_cells: cells(),
            gradient: vec![0.0; weights],
            sums: [0.0; 3],
        }
    }

    /// The shard's part of the critic's gradient.
    fn critic_gradient(
        &mut self,
        critic: &Critic,
        weights: &[f32],
        (real, fake, mix): (Cells<'_>, Cells<'_>, &[f32]),
        batch: usize,
        penalty: f64,
    ) {
        let Self { tapes: [tape, tangents], flows: [flow, flow_t], gradient, .. } = self;
        let n = self.samples;
        gradient.fill(0.0);
        self.sums = [0.0; 3];
        for (sum, (cells, sign)) in [(real, -1.0), (fake, 1.0)].into_iter().enumerate() {
            critic.forward(weights, cells, tape);
            self.sums[sum] = tape.scores().iter().copied().map(f64::from).sum();
            let d_scores = vec![sign / batch as f32; n];
            critic.backward(weights, cells, tape, (&d_scores, None), flow, Want::Weights(gradient));
        }
        for ((mixed, real), fake) in self.mixed.iter_mut().zip(real).zip(fake) {
            for (sample, &share) in mix.iter().enumerate() {
                let own = sample * TRACK_CELLS..(sample + 1) * TRACK_CELLS;
                let pair = real[own.clone()].iter().zip(&fake[own.clone()]);
                for (mixed, (real, fake)) in mixed[own].iter_mut().zip(pair) {
                    *mixed = share * real + (1.0 - share) * fake;
                }
            }
        }
        let mixed = self.mixed.each_ref().map(|track| &track[..]);
        critic.forward(weights, mixed, tape);
        let want = Want::Cells(&mut self.d_cells);
        critic.backward(weights, mixed, tape, (&vec![1.0; n], None), flow, want);
        let mut d_tangents = vec![0.0; n];
        for (sample, d) in d_tangents.iter_mut().enumerate() {
            let norm = normalise(&mut self.d_cells, sample);
            self.sums[2] += f64::from(norm - 1.0).powi(2);
            *d = penalty as f32 * 2.0 * (norm - 1.0) / batch as f32;
        }
        let direction = self.d_cells.each_ref().map(|track| &track[..]);
        critic.tangent(weights, direction, tape, tangents);
        let (cells, tapes) = ((mixed, direction), (&*tape, &*tangents));
        critic.backward_tangent(
            weights,
            cells,
            tapes,
            (&d_tangents, None),
            (flow, flow_t),
            gradient,
        );
    }

    /// Scores generated cells and leaves the gradient of `scale · Σ scores` at them.
    fn cells_gradient(&mut self, critic: &Critic, weights: &[f32], fake: Cells<'_>, scale: f32) {
        let [tape, _] = &mut self.tapes;
        critic.forward(weights, fake, tape);
        self.sums[1] = tape.scores().iter().copied().map(f64::from).sum();
        let want = Want::Cells(&mut self.d_cells);
        critic.backward(
            weights,
            fake,
            tape,
            (&vec![scale; self.samples], None),
            &mut self.flows[0],
            want,
        );
    }
}

/// Scales one sample's cells to length 1 and returns the length they had.
fn normalise(cells: &mut [Vec<f32>; Track::COUNT], sample: usize) -> f32 {
    let own = sample * TRACK_CELLS..(sample + 1) * TRACK_CELLS;
    let mut squares = 0.0f64;
    for track in cells.iter() {
        let mut lanes = [0.0f32; 16];
        for chunk in track[own.clone()].as_chunks::<16>().0 {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += x * x;
            }
        }
        squares += lanes.iter().copied().map(f64::from).sum::<f64>();
    }
    let norm = squares.sqrt() as f32;
    let scale = 1.0 / norm.max(1e-12);
    for track in cells {
        track[own.clone()].iter_mut().for_each(|x| *x *= scale);
    }
    norm
}
