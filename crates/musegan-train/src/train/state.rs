//! Everything that training changes. What must stay true: together with the configuration and the
//! data it determines every later step, bit for bit.
use super::checkpoint::{Contents, Reader, Settings, Vector};
use super::config::Config;
use super::error::TrainError;
use super::objective::Objective;
use super::optimiser::Moments;
use super::random::{self, Purpose};
use musegan_model::trainable::critic::Form;
use musegan_model::trainable::{Critic, Generator, Initial, Layout};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// The name of the singular vectors in a checkpoint.
const SPECTRAL: &str = "critic.spectral";

/// The networks in training.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps finished. It is also the position of the random numbers, which are keyed by it.
    pub step: u64,
    /// The generator's weights.
    pub generator: Vec<f32>,
    /// Its running batch statistics.
    pub statistics: Vec<f32>,
    /// The moving average of its weights.
    pub average: Vec<f32>,
    /// Adam's memory for the generator.
    pub generator_moments: Moments,
    /// The critic's weights.
    pub critic: Vec<f32>,
    /// Adam's memory for the critic.
    pub critic_moments: Moments,
    /// The critic's singular vectors; none without spectral norm.
    pub spectral: Vec<f32>,
}

impl State {
    /// The networks before the first step.
    #[must_use]
    pub fn start(config: &Config, generator: &Generator, critic: &Critic) -> Self {
        let stream = |purpose| random::generator(config.seed, 0, purpose, 0);
        let generator_start = weights(generator.layout(), stream(Purpose::GeneratorStart));
        let critic_start = weights(critic.layout(), stream(Purpose::CriticStart));
        Self {
            step: 0,
            statistics: weights(generator.statistics(), stream(Purpose::Statistics)),
            average: generator_start.clone(),
            generator_moments: Moments::zero(generator_start.len()),
            generator: generator_start,
            critic_moments: Moments::zero(critic_start.len()),
            critic: critic_start,
            spectral: Objective::spectral_start(config, critic),
        }
    }
}

impl Contents for State {
    const KIND: &'static str = "tutorial";

    fn step(&self) -> u64 {
        self.step
    }

    fn settings(&self, config: &Config) -> Result<Settings, TrainError> {
        Settings::all(config)
    }

    fn vectors(&self) -> Vec<Vector<'_>> {
        let has_spread = self.critic.len() > Critic::new().layout().len();
        let (generator, critic) = (Generator::new(), critic(has_spread));
        let (g, s, c) = (generator.layout(), generator.statistics(), critic.layout());
        let (gm, cm) = (&self.generator_moments, &self.critic_moments);
        let mut vectors = vec![
            Vector::of("generator", g, &self.generator),
            Vector::of("generator.statistics", s, &self.statistics),
            Vector::of("generator.average", g, &self.average),
            Vector::of("generator.adam.first", g, &gm.first),
            Vector::of("generator.adam.second", g, &gm.second),
            Vector::of("critic", c, &self.critic),
            Vector::of("critic.adam.first", c, &cm.first),
            Vector::of("critic.adam.second", c, &cm.second),
        ];
        if !self.spectral.is_empty() {
            vectors.push(Vector::plain(SPECTRAL, &self.spectral));
        }
        vectors
    }

    fn assemble(step: u64, reader: &mut Reader<'_>) -> Result<Self, String> {
        let has_spread = reader.has("critic", Some("spread.weight"));
        let (generator, critic) = (Generator::new(), critic(has_spread));
        let (g, s, c) = (generator.layout(), generator.statistics(), critic.layout());
        // In the order of `vectors`.
        let mut vector = |name: &str, layout: &Layout| reader.vector(name, layout);
        let mut state = Self {
            step,
            generator: vector("generator", g)?,
            statistics: vector("generator.statistics", s)?,
            average: vector("generator.average", g)?,
            generator_moments: Moments {
                first: vector("generator.adam.first", g)?,
                second: vector("generator.adam.second", g)?,
            },
            critic: vector("critic", c)?,
            critic_moments: Moments {
                first: vector("critic.adam.first", c)?,
                second: vector("critic.adam.second", c)?,
            },
            spectral: Vec::new(),
        };
        if reader.has(SPECTRAL, None) {
            state.spectral = reader.plain(SPECTRAL)?;
        }
        Ok(state)
    }
}

/// A critic with the layout of one that hears its batch's spread, or does not.
fn critic(spread: bool) -> Critic {
    Critic::of(Form { spread, ..Form::default() })
}

/// A network's first weights.
pub(super) fn weights(layout: &Layout, mut rng: impl Rng) -> Vec<f32> {
    let mut flat = vec![0.0; layout.len()];
    for parameter in layout.parameters() {
        let values = &mut flat[parameter.range.clone()];
        match parameter.initial {
            Initial::Constant(value) => values.fill(value),
            Initial::Normal(deviation) => {
                for value in values {
                    let normal: f32 = StandardNormal.sample(&mut rng);
                    *value = deviation * normal;
                }
            }
            Initial::Uniform(low, high) => {
                for value in values {
                    *value = low + (high - low) * rng.random::<f32>();
                }
            }
        }
    }
    flat
}
