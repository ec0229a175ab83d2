//! What a step makes of each part of the objective, against the same loss written out in candle, in
//! double precision, which differentiates it, twice where needed.
#![allow(clippy::unwrap_used)]
use candle_core::{DType, Device, Result, Tensor, Var};
use musegan_model::trainable::{Layout, cells, plain};
use musegan_score::roll::{CELLS, PITCHES};
use musegan_train::train::Config;
use musegan_train::train::batches::{self, Phrases};
use musegan_train::train::config::{Loss, ObjectiveConfig, Penalty};
use musegan_train::train::objective::Objective;
use musegan_train::train::random::{self, Purpose};
use musegan_train::train::state::State;
use std::collections::HashMap;

/// Not whole shards.
const BATCH: usize = 5;
const LATENT: usize = 128;
/// Of a step's first weights: with some, an activation lies so near zero that single precision takes
/// it to the other side of the kink.
const SEEDS: std::ops::Range<u64> = 0..8;

struct Patterns;

impl Phrases for Patterns {
    fn len(&self) -> usize {
        5
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        for (cell, value) in roll.iter_mut().enumerate() {
            *value = if cell % (29 + 4 * index) == index { 1.0 } else { 0.0 };
        }
    }
}

fn double(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).unwrap().to_dtype(DType::F64).unwrap()
}

fn rolls(batch: &[f32]) -> Tensor {
    let rolls: Vec<f32> = (0..BATCH).flat_map(|n| cells::read_roll(batch, n, BATCH)).collect();
    double(&rolls, &[BATCH, 5, 64, PITCHES])
}

/// A network's weights as candle has them, and as they are used.
struct Network {
    variables: HashMap<String, Var>,
    used: plain::Tensors,
}

impl Network {
    fn new(layout: &Layout, weights: &[f32]) -> Self {
        let variables = plain::variables(layout, weights, DType::F64).unwrap();
        Self { used: plain::tensors(&variables), variables }
    }

    /// A critic with what the objective makes of its weights. `vectors` are its singular vectors,
    /// each layer's after the other.
    fn critic(config: &Config, layout: &Layout, weights: &[f32], vectors: &mut [f64]) -> Self {
        let mut network = Self::new(layout, weights);
        if let Some(weight) = network.used.get_mut("spread.weight") {
            *weight = (&*weight * config.objective.minibatch_statistics).unwrap();
        }
        let mut rest = vectors;
        for p in layout.parameters().iter().filter(|_| config.objective.spectral_norm) {
            let used = &network.used[&p.name];
            let used = if p.name.ends_with(".gamma") {
                used.ones_like().unwrap()
            } else if p.name.ends_with("conv.weight") || p.name == "dense.weight" {
                let (own, others) = rest.split_at_mut(p.shape[0]);
                rest = others;
                divided(used, own).unwrap()
            } else {
                continue;
            };
            network.used.insert(p.name.clone(), used);
        }
        network
    }

    /// How far Adam's first moments are from the gradient of a loss, at worst, relative to the largest
    /// of the tensor's, or to a hundredth of the largest of all.
    fn distance(&self, layout: &Layout, loss: &Tensor, moments: &[f32]) -> f64 {
        let gradients = loss.backward().unwrap();
        let theirs = |name: &str, len: usize| match gradients.get(&self.variables[name]) {
            Some(g) => g.flatten_all().unwrap().to_vec1::<f64>().unwrap(),
            None => vec![0.0; len],
        };
        let largest = |numbers: &[f64]| numbers.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let all = layout.tensors(moments).into_iter();
        let all: Vec<_> = all.map(|(name, _, ours)| (theirs(&name, ours.len()), ours)).collect();
        let least = 1e-2 * all.iter().fold(0.0f64, |m, (theirs, _)| m.max(largest(theirs)));
        assert!(least > 0.0, "the reference has a gradient");
        let of_tensor = |(theirs, ours): &(Vec<f64>, Vec<f32>)| {
            // Adam keeps half of the first gradient, as its first decay is one half.
            let off = ours.iter().zip(theirs).map(|(a, b)| (2.0 * f64::from(*a) - b).abs());
            off.fold(0.0, f64::max) / largest(theirs).max(least)
        };
        all.iter().map(of_tensor).fold(0.0, f64::max)
    }
}

/// A matrix by its largest singular value, as one step of power iteration has it, which moves the
/// singular vector on the side of the outputs.
fn divided(weight: &Tensor, vector: &mut [f64]) -> Result<Tensor> {
    let matrix = weight.flatten_from(1)?;
    let unit = |x: Tensor| x.broadcast_div(&x.sqr()?.sum_all()?.sqrt()?);
    let outputs = Tensor::from_slice(vector, (1, vector.len()), &Device::Cpu)?;
    let inputs = unit(outputs.matmul(&matrix)?)?.detach();
    let outputs = unit(inputs.matmul(&matrix.t()?)?)?.detach();
    vector.copy_from_slice(&outputs.flatten_all()?.to_vec1::<f64>()?);
    let value = outputs.matmul(&matrix)?.matmul(&inputs.t()?)?.reshape(())?;
    weight.broadcast_div(&value)
}

fn softplus(x: &Tensor) -> Result<Tensor> {
    (x.exp()? + 1.0)?.log()
}

/// What the scores are worth to the critic, and to the generator.
fn worth(objective: &ObjectiveConfig, real: &Tensor, fake: &Tensor) -> Result<[Tensor; 2]> {
    let label = 1.0 - objective.label_smoothing;
    let (critic, generator) = match objective.loss {
        Loss::Wasserstein => ((fake - real)?, fake.neg()?),
        Loss::Hinge => (((1.0 - real)?.relu()? + (fake + 1.0)?.relu()?)?, fake.neg()?),
        Loss::NonSaturating | Loss::Bce => {
            let of_real =
                ((softplus(&real.neg()?)? * label)? + (softplus(real)? * (1.0 - label))?)?;
            ((of_real + softplus(fake)?)?, softplus(&fake.neg()?)?)
        }
        Loss::Relativistic => (softplus(&(fake - real)?)?, softplus(&(real - fake)?)?),
    };
    Ok([critic.mean_all()?, generator.mean_all()?])
}

/// How far a step's gradients are from those of the plain objective: the critic's, the generator's,
/// and the two losses.
fn distances(config: &Config) -> Result<[f64; 3]> {
    let ObjectiveConfig { penalty, penalty_every, feature_matching, .. } = config.objective;
    let mut objective = Objective::new(config);
    let start = State::start(config, &objective.generator, &objective.critic);
    let mut state = start.clone();
    let losses = objective.step(&mut state, &Patterns, config).unwrap();

    let norm = !config.objective.spectral_norm;
    let (g, c) = (objective.generator.layout(), objective.critic.layout());
    let generator = Network::new(g, &start.generator);
    let generate = |purpose, round| {
        let mut latents = vec![0.0; BATCH * LATENT];
        random::normals(random::generator(config.seed, 0, purpose, round), &mut latents);
        plain::generator(&generator.used, &double(&latents, &[BATCH, LATENT]))
    };
    let mut real = vec![0.0; BATCH * CELLS];
    batches::draw(&Patterns, (config.seed, 0, 0), config.keys, &mut real);
    let (real, fake) = (rolls(&real), generate(Purpose::CriticLatents, 0)?.detach());
    let mut vectors: Vec<f64> = start.spectral.iter().map(|&x| x.into()).collect();
    let critic = Network::critic(config, c, &start.critic, &mut vectors);
    let features = |x: &Tensor| plain::features(&critic.used, x, norm);
    let score = |x: &Tensor| plain::scores(&critic.used, &features(x)?);
    let [loss, _] = worth(&config.objective, &score(&real)?, &score(&fake)?)?;
    let penalty = match penalty {
        Penalty::None => Tensor::zeros((), DType::F64, &Device::Cpu)?,
        Penalty::R1 => (plain::squared_norms(&critic.used, &real, norm)?.mean_all()? * 0.5)?,
        Penalty::Gradient => {
            let mut mix = vec![0.0; BATCH];
            random::uniforms(random::generator(config.seed, 0, Purpose::Mix, 0), &mut mix);
            let mix = double(&mix, &[BATCH, 1, 1, 1]);
            let (a, b) = (real.broadcast_mul(&mix)?, fake.broadcast_mul(&(1.0 - mix)?)?);
            let squares = plain::squared_norms(&critic.used, &(a + b)?, norm)?;
            (squares.sqrt()? - 1.0)?.sqr()?.mean_all()?
        }
    };
    let loss = (loss + (penalty * (config.penalty * f64::from(penalty_every)))?)?;
    let critic_off = critic.distance(c, &loss, &state.critic_moments.first);
    let mut losses_off = (loss.to_scalar::<f64>()? - losses.critic).abs();

    let critic = Network::critic(config, c, &state.critic, &mut vectors);
    let features = |x: &Tensor| plain::features(&critic.used, x, norm);
    let score = |features: &Tensor| plain::scores(&critic.used, features);
    let fake = features(&generate(Purpose::GeneratorLatents, 1)?)?;
    let real = features(&real)?;
    let [_, loss] = worth(&config.objective, &score(&real)?, &score(&fake)?)?;
    let matched = (fake.mean(0)? - real.mean(0)?)?.sqr()?.sum_all()?;
    let loss = (loss + (matched * feature_matching)?)?;
    losses_off = losses_off.max((loss.to_scalar::<f64>()? - losses.generator).abs());
    let generator_off = generator.distance(g, &loss, &state.generator_moments.first);
    Ok([critic_off, generator_off, losses_off])
}

/// A fault shows with every seed; a kink does not.
#[track_caller]
fn assert_plain(objective: ObjectiveConfig) {
    // SAFETY: nothing in this process reads the environment except through Rust's own lock.
    unsafe { musegan_train::train::derivatives::enable() };
    let mut nearest = [f64::INFINITY; 3];
    for seed in SEEDS {
        let config =
            Config { batch: BATCH, seed, objective: objective.clone(), ..Config::default() };
        config.check().unwrap();
        let found = distances(&config).unwrap();
        nearest.iter_mut().zip(found).for_each(|(least, off)| *least = least.min(off));
        let [critic, generator, losses] = nearest;
        if critic <= 3e-5 && generator <= 3e-5 && losses <= 1e-4 {
            return;
        }
    }
    panic!("{objective:?}: off by {nearest:?}");
}

fn parts(loss: Loss, penalty: Penalty) -> ObjectiveConfig {
    ObjectiveConfig { loss, penalty, ..ObjectiveConfig::default() }
}

#[test]
fn every_loss_has_the_gradients_of_its_plain_formulation() {
    assert_plain(parts(Loss::Wasserstein, Penalty::Gradient));
    assert_plain(parts(Loss::Hinge, Penalty::None));
    assert_plain(parts(Loss::NonSaturating, Penalty::Gradient));
    let smooth = ObjectiveConfig { label_smoothing: 0.1, ..parts(Loss::Bce, Penalty::None) };
    assert_plain(smooth);
    assert_plain(parts(Loss::Relativistic, Penalty::Gradient));
}

#[test]
fn r1_has_the_gradients_of_the_double_backward_pass_and_weighs_more_where_it_is_rare() {
    assert_plain(parts(Loss::Hinge, Penalty::R1));
    let rare = ObjectiveConfig { penalty_every: 4, ..parts(Loss::Relativistic, Penalty::R1) };
    assert_plain(rare);
}

#[test]
fn spectral_norm_has_the_gradients_of_the_division() {
    let norm = |loss, penalty| ObjectiveConfig { spectral_norm: true, ..parts(loss, penalty) };
    assert_plain(norm(Loss::Wasserstein, Penalty::None));
    assert_plain(norm(Loss::Hinge, Penalty::R1));
}

#[test]
fn the_spread_of_a_batch_and_matched_features_have_the_plain_gradients() {
    let spread = |parts| ObjectiveConfig { minibatch_statistics: 2.0, ..parts };
    assert_plain(spread(parts(Loss::Wasserstein, Penalty::Gradient)));
    assert_plain(spread(parts(Loss::NonSaturating, Penalty::R1)));
    let matched = |parts| ObjectiveConfig { feature_matching: 3.0, ..parts };
    assert_plain(matched(parts(Loss::Bce, Penalty::None)));
    let all = ObjectiveConfig { spectral_norm: true, ..parts(Loss::Relativistic, Penalty::R1) };
    assert_plain(matched(spread(all)));
}
