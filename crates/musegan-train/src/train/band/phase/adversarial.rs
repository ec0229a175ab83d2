//! The third phase: the generator against the critic, which hears what is really played.
//!
//! The critic is relativistic (Jolicoeur-Martineau, 2018) on pairs that have their conditions in
//! common, with zero-centred penalties on real and on played phrases (Mescheder, Geiger & Nowozin,
//! 2018; Huang et al., 2024), measured across a little noise in place of a derivative. The second
//! stage's own loss goes on beside it. The codec's encoders, by which the critic reads, stay as they are,
//! and so does its decoder unless it is asked to learn with the generator.
mod contest;
mod rehearsal;

use super::super::audition::{self, Audition};
use super::super::batch::{part_of, parts_of};
use super::super::config::AdversarialPhase;
use super::super::descent;
use super::super::lesson::{Lesson, Plan};
use super::super::networks::Learner;
use super::super::stage::{self, Whole};
use super::super::state::{Adversarial, Second, SecondGradient};
use super::{Run, second};
use crate::train::objective::NotFinite;
use crate::train::optimiser::Adam;
use crate::train::random::{self, Purpose};
use musegan_model::tape::{Node, Rooms, Tape};
use musegan_score::Track;
use rayon::prelude::*;

/// Names among what is measured.
pub const CRITIC_LOSS: &str = "critic_loss";
/// As [`CRITIC_LOSS`].
pub const GAP: &str = "gap";
/// What the learning rates sink to at the end, as a share.
const FADED: f64 = 0.05;

/// What a step measured.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    /// The critic's, without its penalty.
    pub critic: f64,
    /// How much higher it scores real phrases.
    pub gap: f64,
    /// The squared slope of the critic, where it was measured.
    pub penalty: Option<f64>,
    /// What the critic makes the generator lose.
    pub generator: f64,
    /// Shares of clashing keys, real and played.
    pub clashes: [f64; 2],
    /// The loss of the codec's decoder on real bars, if it learns.
    pub codec: Option<f64>,
    /// The second stage's.
    pub second: second::Losses,
}

impl Losses {
    /// The same by name.
    #[must_use]
    pub fn named(&self) -> Vec<(String, f64)> {
        let mut named = self.second.named();
        let own = [
            (CRITIC_LOSS, Some(self.critic)),
            ("generator_loss", Some(self.generator)),
            ("penalty", self.penalty),
            (GAP, Some(self.gap)),
            ("clashes/real", Some(self.clashes[0])),
            ("clashes/played", Some(self.clashes[1])),
            ("codec/loss", self.codec),
        ];
        let measured = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
        named.extend(measured.map(|(name, value)| (name.to_owned(), value)));
        named
    }
}

/// Who learns.
pub struct Players<'a> {
    /// The codec, of which the decoder may.
    pub codec: &'a mut Learner,
    /// Generator and encoder.
    pub second: &'a mut Second,
    /// The critic.
    pub adversarial: &'a mut Adversarial,
}

/// A part of the batch: what it learns from, what is heard of it, and the memory that its passes need.
#[derive(Default)]
struct Part {
    /// The first place in the batch.
    first: usize,
    lesson: Lesson,
    /// Real and played.
    heard: [Audition; 2],
    rooms: Rooms,
}

/// Takes the steps of the third phase.
#[derive(Default)]
pub struct AdversarialSteps {
    parts: Vec<Part>,
    second: SecondGradient,
    critic: Vec<f32>,
    decoder: Vec<f32>,
}

/// What passes have to know of the whole step.
#[derive(Clone, Copy)]
struct Step<'a> {
    run: Run<'a>,
    /// Those of this phase.
    settings: &'a AdversarialPhase,
    key: (u64, u64),
    within: u64,
    whole: Whole,
    /// Bars that each track plays.
    bars: [usize; Track::COUNT],
    /// Shares of clashing keys in the batch, real and played.
    clashes: [f64; 2],
}

impl AdversarialSteps {
    /// Takes one step.
    ///
    /// # Errors
    /// [`NotFinite`]; the network that the error names is as it was.
    pub fn step(&mut self, mut players: Players, step: u64, run: Run) -> Result<Losses, NotFinite> {
        let within = run.settings.phase(step).1;
        let settings = &run.settings.adversarial;
        let mut step = Step {
            run,
            settings,
            key: (run.seed, step),
            within,
            whole: Whole { phrases: settings.batch, numbers: 0 },
            bars: [0; Track::COUNT],
            clashes: [0.0; 2],
        };
        self.draw(&step);
        self.listen(&players, &mut step);
        let mut losses = Losses { clashes: step.clashes, ..Losses::default() };
        self.contest(&mut players, &step, &mut losses)?;
        self.rehearse(players, &step, &mut losses)?;
        Ok(losses)
    }

    /// Draws the step's batch.
    fn draw(&mut self, step: &Step) {
        let settings = step.settings;
        let plan = Plan {
            transposed: step.run.settings.transposed,
            given: settings.given,
            crossed: settings.crossed,
            sheet_noise: settings.sheet_noise,
            heard: true,
        };
        let batch = settings.batch;
        self.parts.resize_with(parts_of(batch), Part::default);
        self.parts.par_iter_mut().enumerate().for_each(|(number, part)| {
            let places = part_of(batch, number);
            part.first = places.start;
            let dimensions = &step.run.networks.dimensions;
            part.lesson.draw(step.run.book, dimensions, step.key, places, &plan);
        });
    }

    /// Listens to real phrases and to what the generator plays now.
    fn listen(&mut self, players: &Players, step: &mut Step) {
        let (networks, second) = (step.run.networks, &*players.second);
        let codec = &players.codec.weights[..];
        self.parts.par_iter_mut().for_each(|part| {
            let Part { lesson, rooms, heard, .. } = part;
            *heard = audition::played(rooms, networks, (second, codec), lesson);
        });
        let mut clashes = [0.0; 2];
        for part in &self.parts {
            step.whole.numbers += stage::numbers(&part.lesson, networks);
            for (sum, heard) in clashes.iter_mut().zip(&part.heard) {
                *sum += heard.clashes / step.whole.phrases as f64;
            }
            let tokens = part.lesson.own.presence.iter().enumerate();
            for (token, _) in tokens.filter(|(_, presence)| **presence > 0.0) {
                step.bars[token / 4 % Track::COUNT] += 1;
            }
        }
        step.whole.numbers = step.whole.numbers.max(1);
        step.clashes = clashes;
    }

    /// The critic learns to tell what is real.
    fn contest(
        &mut self,
        players: &mut Players,
        step: &Step,
        losses: &mut Losses,
    ) -> Result<(), NotFinite> {
        let Players { second, adversarial, .. } = players;
        let scale = &second.scale;
        let weights = &adversarial.critic.weights;
        let passes: Vec<_> = self
            .parts
            .par_iter_mut()
            .map(|part| contest::pass(part, step, weights, scale))
            .collect();
        for pass in &passes {
            losses.critic += pass.critic;
            losses.gap += pass.gap;
            if let Some(penalty) = pass.penalty {
                *losses.penalty.get_or_insert(0.0) += penalty;
            }
        }
        if !(losses.critic + losses.penalty.unwrap_or(0.0)).is_finite() {
            return Err(NotFinite { what: "the critic's loss".to_owned() });
        }
        let gradients: Vec<_> = passes.iter().map(|p| p.gradients.of(p.network)).collect();
        let layout = step.run.networks.critic.layout();
        descent::gather(&gradients, &mut self.critic, ("critic", layout))?;
        let settings = step.settings;
        let rate = settings.critic_learning_rate * step.pace();
        let adam = Adam { rate, betas: settings.critic_betas, step: step.within + 1 };
        descent::descend(adam, &mut adversarial.critic, 0..layout.len(), &mut self.critic);
        for (part, pass) in self.parts.iter_mut().zip(passes) {
            part.rooms.reuse(pass.gradients);
        }
        Ok(())
    }

    /// Generator, encoder and decoder learn to play what sounds real.
    fn rehearse(
        &mut self,
        players: Players,
        step: &Step,
        losses: &mut Losses,
    ) -> Result<(), NotFinite> {
        let Players { codec, second, adversarial } = players;
        let (now, critic, weights) =
            (&*second, &adversarial.critic.weights[..], &codec.weights[..]);
        let passes: Vec<_> = self
            .parts
            .par_iter_mut()
            .map(|part| rehearsal::pass(part, step, now, (weights, critic)))
            .collect();
        for pass in &passes {
            losses.generator += pass.critic;
            if let Some(loss) = pass.codec {
                *losses.codec.get_or_insert(0.0) += loss;
            }
            losses.second.add(&pass.second);
        }
        if !passes.iter().map(|pass| pass.loss).sum::<f64>().is_finite() {
            return Err(NotFinite { what: "the generator's loss".to_owned() });
        }
        let (settings, networks) = (step.settings, step.run.networks);
        let gradients: Vec<_> = passes.iter().map(|pass| (&pass.gradients, pass.handles)).collect();
        self.second.gather(networks, &gradients)?;
        let (layout, range) = (networks.codec.layout(), networks.codec.decoder());
        let of_decoder = passes.iter().filter_map(|p| Some(p.gradients.of(p.decoder?)));
        let of_decoder: Vec<_> = of_decoder.collect();
        if !of_decoder.is_empty() {
            let named = ("decoder", layout);
            descent::gather_part(&of_decoder, range.clone(), &mut self.decoder, named)?;
        }
        let adam = |rate: f64, before: u64| Adam {
            rate: rate * step.pace(),
            betas: settings.betas,
            step: before + step.within + 1,
        };
        let before = step.run.settings.second.steps;
        second.descend(adam(settings.learning_rate, before), &mut self.second);
        second.average(settings.average);
        if !of_decoder.is_empty() {
            let adam = adam(settings.decoder_learning_rate, 0);
            descent::descend(adam, codec, range.clone(), &mut self.decoder);
            let average = &mut adversarial.codec_average;
            descent::average(average, &codec.weights, range, settings.average);
        }
        for (part, pass) in self.parts.iter_mut().zip(passes) {
            part.rooms.reuse(pass.gradients);
        }
        Ok(())
    }
}

impl Step<'_> {
    /// The share of the learning rates.
    fn pace(&self) -> f64 {
        let AdversarialPhase { steps, warm_up, fade, .. } = *self.settings;
        let rise = ((self.within + 1) as f64 / warm_up.max(1) as f64).min(1.0);
        let left = 1.0 - self.within as f64 / steps as f64;
        let share = if fade > 0.0 { (left / fade).min(1.0) } else { 1.0 };
        rise * (FADED + (1.0 - FADED) * share)
    }

    /// The stream of numbers of a part of the batch.
    fn stream(&self, part: &Part, round: u32) -> impl rand::Rng + use<> {
        let (seed, step) = self.key;
        random::generator(seed, step, Purpose::BandBlur, part.first as u32 * 2 + round)
    }
}

/// The first half of the rows, and the second.
fn halves(tape: &mut Tape, x: Node) -> [Node; 2] {
    let rows: Vec<u32> = (0..tape.rows(x) as u32).collect();
    let (first, second) = rows.split_at(rows.len() / 2);
    [tape.gather(x, first), tape.gather(x, second)]
}
