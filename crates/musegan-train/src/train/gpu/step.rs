//! A whole training step as one program. What must stay true: it is
//! [`Objective`](super::super::objective::Objective)'s, operation by operation: the same chance, the
//! same formulas, the same order of updates.
use super::super::config::{self, Config, Learning, Schedule};
use super::super::random::Purpose;
use super::places::{Data, Network, Places};
use musegan_device::operation::{Adam, Draw, Key, Keys};
use musegan_device::{Operation, Program, Slice};
use musegan_model::trainable::critic::operations::{self as critic, Summed};
use musegan_model::trainable::generator::operations as generator;
use musegan_model::trainable::generator::{LATENT, MOMENTUM};
use musegan_model::trainable::{Critic, Generator, Rooms};
use musegan_score::Track;
use musegan_score::roll::TRACK_CELLS;

/// The critic's batches: real, generated and mixed phrases, and the directions of the penalty.
const REAL: usize = 0;
const GENERATED: usize = 1;
const MIXED: usize = 2;
const DIRECTIONS: usize = 3;

/// A step's program and where it finds what.
pub(super) struct Step {
    pub(super) places: Places,
    pub(super) program: Program,
}

impl Step {
    /// The step for these settings in these rooms.
    pub(super) fn new(config: &Config, data: &Data, rooms: &mut Rooms) -> Self {
        let networks = (&Generator::new(), &Critic::new());
        let places = Places::new(networks, config, data, rooms);
        let n = config.batch;
        let assembly = Assembly {
            config,
            data,
            generator: networks.0.passes(n, places.generator.weights, places.latents, rooms),
            critic: networks.1.passes(n, places.critic.weights, rooms),
            places: &places,
        };
        let mut program = Program::default();
        for round in 0..config.critic_steps {
            assembly.critic_round(&mut program, round);
        }
        assembly.generator_round(&mut program);
        Self { program, places }
    }
}

/// What the rounds of a step are made of.
struct Assembly<'a> {
    config: &'a Config,
    data: &'a Data,
    places: &'a Places,
    generator: generator::Passes<'a>,
    critic: critic::Passes<'a>,
}

impl Assembly<'_> {
    fn critic_round(&self, program: &mut Program, round: u32) {
        let Self { config, places, critic, .. } = self;
        let n = config.batch;
        self.draw(program, round);
        self.generate(program, Purpose::CriticLatents, round, GENERATED);
        self.mix(program, round);
        critic.forward(program, REAL..MIXED + 1);
        critic.score(program, REAL..MIXED, places.critic.measured);
        critic.backward(program, REAL..MIXED + 1, places.d_scores);
        critic.cells_gradient(program, MIXED, critic.cells(DIRECTIONS));
        program.push(Operation::Direction {
            cells: critic.cells(DIRECTIONS),
            groups: Track::COUNT as u32,
            samples: n as u32,
            len: TRACK_CELLS as u32,
            norms: places.critic.measured.at(2 * n),
            rates: places.factors.at(DIRECTIONS * n),
            factor: config.penalty as f32 * 2.0 / n as f32,
        });
        critic.tangent(program, MIXED);
        critic.backward_tangent(program, MIXED, places.factors.at(MIXED * n));
        let summed = Summed {
            batches: REAL..DIRECTIONS + 1,
            values: REAL..MIXED + 1,
            d_scores: places.factors,
            one: places.d_scores.at(MIXED * n),
        };
        critic.weights_gradient(program, &summed, places.critic.gradient);
        let network = (&places.critic, &config.critic);
        self.learn(program, network, places.broken, (config.critic_steps, round));
    }

    fn generator_round(&self, program: &mut Program) {
        let Self { config, places, critic, generator, .. } = self;
        // In the place of real phrases, whose gradients at the scores are what is needed here.
        let (cells, d_cells) = (critic.cells(REAL), critic.cells(GENERATED));
        self.generate(program, Purpose::GeneratorLatents, config.critic_steps, REAL);
        critic.forward(program, REAL..REAL + 1);
        critic.score(program, REAL..REAL + 1, places.generator.measured);
        critic.backward(program, REAL..REAL + 1, places.d_scores);
        critic.cells_gradient(program, REAL, d_cells);
        let gradient = (places.generator.gradient, places.generator.len);
        generator.backward(program, (cells, d_cells), gradient);
        let broken = places.broken.at(places.critic.ranges_len);
        self.learn(program, (&places.generator, &self.config.generator), broken, (1, 0));
        let (clock, broken_count) = (places.clock, places.broken_len() as u32);
        program.push(Operation::Average {
            average: places.average,
            weights: places.generator.weights,
            len: places.generator.len as u32,
            decay: config.average,
            clock,
            broken: places.broken,
            broken_count,
        });
        program.push(Operation::Advance { clock, broken: places.broken, broken_count });
    }

    fn key(&self, purpose: Purpose, round: u32) -> Key {
        Key { seed: self.config.seed, clock: self.places.clock, purpose: purpose as u32, round }
    }

    fn draw(&self, program: &mut Program, round: u32) {
        let Self { config, data, places, .. } = self;
        program.push(Operation::Draw(Draw {
            key: self.key(Purpose::Phrases, round),
            bits: places.bits,
            facts: places.facts,
            phrases: data.phrases as u32,
            songs: places.songs,
            songs_count: data.songs as u32,
            weights_total: data.weights_total,
            keys: match config.keys {
                config::Keys::AsWritten => Keys::AsWritten,
                config::Keys::Random => Keys::Random,
                config::Keys::White => Keys::White,
            },
            out: self.critic.cells(REAL),
            group_stride: self.track_stride(),
            samples: config.batch as u32,
        }));
    }

    /// Generates phrases into a batch of the critic's, and notes their statistics.
    fn generate(&self, program: &mut Program, purpose: Purpose, round: u32, batch: usize) {
        program.push(Operation::Normals {
            key: self.key(purpose, round),
            out: self.places.latents,
            samples: self.config.batch as u32,
            per_sample: LATENT as u32,
        });
        self.generator.forward(program, self.critic.cells(batch));
        self.generator.update_statistics(program, self.places.statistics, MOMENTUM);
    }

    fn mix(&self, program: &mut Program, round: u32) {
        let (share, samples) = (self.places.shares, self.config.batch as u32);
        program.push(Operation::Uniforms {
            key: self.key(Purpose::Mix, round),
            out: share,
            samples,
        });
        program.push(Operation::Mix {
            a: self.critic.cells(REAL),
            a_group_stride: self.track_stride(),
            b: self.critic.cells(GENERATED),
            b_group_stride: self.track_stride(),
            share,
            out: self.critic.cells(MIXED),
            groups: Track::COUNT as u32,
            samples,
            len: TRACK_CELLS as u32,
        });
    }

    /// Looks whether everything is finite, and moves the weights against the gradient.
    fn learn(
        &self,
        program: &mut Program,
        (network, learning): (&Network, &Learning),
        broken: Slice,
        (per_step, round): (u32, u32),
    ) {
        let Self { config, places, .. } = self;
        program.push(Operation::Guard {
            values: network.gradient,
            ranges: network.ranges,
            count: network.ranges_len as u32,
            reach: (network.len + network.measured_len) as u32,
            broken,
            clock: places.clock,
        });
        program.push(Operation::Adam(Adam {
            weights: network.weights,
            gradient: network.gradient,
            first: network.moments[0],
            second: network.moments[1],
            len: network.len as u32,
            clock: places.clock,
            per_step,
            round,
            rate: config.learning_rate * learning.rate,
            rate_end: match learning.schedule {
                Schedule::Constant => 1.0,
                Schedule::Linear | Schedule::Cosine => config.learning_rate_end,
            },
            steps: config.steps,
            betas: config.betas,
            broken: places.broken,
            broken_count: places.broken_len() as u32,
        }));
    }

    fn track_stride(&self) -> u32 {
        (self.config.batch * TRACK_CELLS) as u32
    }
}
