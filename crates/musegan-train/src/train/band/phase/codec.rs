//! The first phase: the codec learns to say every bar of every track in a few numbers and to read it
//! from them (Kingma & Welling, 2014), the bar's chords being known to both of its halves.
use super::super::batch::{Cells, Drawn, PARTS, part_of};
use super::super::config::{BandConfig, CodecPhase};
use super::super::descent;
use super::super::faithful::{self, Faithfulness};
use super::super::networks::Networks;
use super::super::songbook::Songbook;
use super::super::state::State;
use crate::train::objective::NotFinite;
use crate::train::optimiser::Adam;
use crate::train::random::{self, Purpose};
use musegan_model::band::codec::{Gaussian, STEP_NUMBERS};
use musegan_model::tape::{Gradients, Network, Node, Rooms, Tape};
use musegan_score::Track;
use musegan_score::grid::STEPS_PER_BAR;
use rayon::prelude::*;

/// What the learning rate sinks to.
const LEAST_RATE: f64 = 1e-5;
/// Between which the logarithm of a latent's variance is held.
const LOG_VARIANCE: [f32; 2] = [-8.0, 2.0];

/// What a step measured, of each track.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses {
    /// Of what was decoded.
    pub faithful: [Faithfulness; Track::COUNT],
    /// Nats in the latents of a bar.
    pub divergence: [f64; Track::COUNT],
}

impl Losses {
    /// The same by name.
    #[must_use]
    pub fn named(&self) -> Vec<(String, f64)> {
        let mut named = Vec::new();
        for track in Track::ALL {
            let faithful = &self.faithful[track.index()];
            let of_track = [
                ("onsets", faithful.onsets),
                ("lengths", faithful.lengths),
                ("velocities", faithful.velocities),
                ("divergence", self.divergence[track.index()]),
                ("onset_f1", faithful.f1()),
                ("kept", faithful.kept / faithful.real.max(1.0)),
            ];
            let track = track.name().to_lowercase();
            named.extend(of_track.map(|(name, value)| (format!("codec/{name}/{track}"), value)));
        }
        named
    }
}

/// A part of the batch, and the memory that its passes need.
#[derive(Default)]
struct Part {
    cells: Cells,
    noise: Vec<f32>,
    rooms: Rooms,
}

/// Takes the steps of the first phase.
#[derive(Default)]
pub struct CodecSteps {
    parts: Vec<Part>,
    gradient: Vec<f32>,
}

impl CodecSteps {
    /// Takes one step.
    ///
    /// # Errors
    /// [`NotFinite`]; the state is as it was.
    pub fn step(
        &mut self,
        state: &mut State,
        networks: &Networks,
        book: &Songbook,
        (config, seed): (&BandConfig, u64),
    ) -> Result<Losses, NotFinite> {
        let settings = &config.codec;
        let key = (seed, state.step);
        self.parts.resize_with(PARTS, Part::default);
        let latent = networks.dimensions.latent;
        self.parts.par_iter_mut().enumerate().for_each(|(number, part)| {
            let places = part_of(settings.batch, number);
            part.draw(book, key, places, config.transposed, latent);
        });
        let mut bars = [0; Track::COUNT];
        for part in &self.parts {
            for (sum, of_part) in bars.iter_mut().zip(part.cells.bars()) {
                *sum += of_part;
            }
        }
        let weights = faithful::bar_weights(bars);
        let progress = state.step as f64;
        let codec = &state.codec.weights;
        let passes: Vec<_> = self
            .parts
            .par_iter_mut()
            .filter(|part| !part.cells.beats.is_empty())
            .map(|part| part.pass(codec, networks, &weights, (settings, progress)))
            .collect();
        let mut losses = Losses::default();
        let mut total = 0.0;
        for pass in &passes {
            total += pass.loss;
            for track in 0..Track::COUNT {
                losses.faithful[track].add(&pass.losses.faithful[track]);
                losses.divergence[track] += pass.losses.divergence[track];
            }
        }
        if !total.is_finite() {
            return Err(NotFinite { what: "the codec's loss".to_owned() });
        }
        let gradients: Vec<_> = passes.iter().map(|p| p.gradients.of(p.network)).collect();
        let layout = networks.codec.layout();
        descent::gather(&gradients, 0..layout.len(), &mut self.gradient, ("codec", layout))?;
        let adam =
            Adam { rate: rate(settings, progress), betas: settings.betas, step: state.step + 1 };
        descent::descend(adam, &mut state.codec, 0..layout.len(), &self.gradient);
        let used = self.parts.iter_mut().filter(|part| !part.cells.beats.is_empty());
        for (part, pass) in used.zip(passes) {
            part.rooms.reuse(pass.gradients);
        }
        state.step += 1;
        Ok(losses)
    }
}

/// What came of a part of the batch.
struct Pass {
    gradients: Gradients,
    network: Network,
    losses: Losses,
    loss: f64,
}

impl Part {
    fn draw(
        &mut self,
        book: &Songbook,
        (seed, step): (u64, u64),
        places: std::ops::Range<usize>,
        transposed: f64,
        latent: usize,
    ) {
        let draw = |place| Drawn::at(book, (seed, step), place, transposed);
        let phrases: Vec<_> = places.clone().map(draw).collect();
        self.cells.fill(&phrases);
        self.noise.resize(self.cells.begins.len() * latent, 0.0);
        let stream = random::generator(seed, step, Purpose::BandPosterior, places.start as u32);
        random::normals(stream, &mut self.noise);
    }

    fn pass(
        &mut self,
        codec: &[f32],
        networks: &Networks,
        weights: &[f32; Track::COUNT],
        (settings, progress): (&CodecPhase, f64),
    ) -> Pass {
        let Self { cells, noise, rooms } = self;
        let mut tape = Tape::new(rooms);
        let network = tape.network(codec, true);
        let rows = cells.begins.len() * STEPS_PER_BAR;
        let bars = tape.constant(rows, STEP_NUMBERS, &cells.cells);
        let chords = networks.codec.chords(&mut tape, network, &cells.beats);
        let posterior = networks.codec.encode(&mut tape, network, bars, chords);
        let posterior = held(&mut tape, posterior);
        let latents = sampled(&mut tape, posterior, noise);
        let decoded = networks.codec.decode(&mut tape, network, latents, chords);
        let (faithful, measured) = faithful::loss(&mut tape, decoded, cells, weights, settings);
        let nats = nats(&mut tape, posterior);
        let weight: Vec<f32> = cells.bar_weights(weights).collect();
        let weight = tape.constant(weight.len(), 1, &weight);
        let nats = tape.mul(nats, weight);
        let of_track = cells.begins.len() / Track::COUNT;
        let in_tracks = tape.value(nats).chunks_exact(of_track);
        let divergence = in_tracks.map(|track| track.iter().map(|x| f64::from(*x)).sum());
        let divergence: Vec<f64> = divergence.collect();
        let rise = (progress / settings.divergence_warm_up.max(1) as f64).min(1.0);
        let sum = tape.sum(nats);
        let divergence_weight = settings.divergence * rise / Track::COUNT as f64;
        let sum = tape.scale(sum, divergence_weight as f32);
        let loss = tape.add(faithful, sum);
        let divergence = std::array::from_fn(|track| divergence[track]);
        let losses = Losses { faithful: measured, divergence };
        let value = f64::from(tape.value(loss)[0]);
        Pass { gradients: tape.backward(loss), network, losses, loss: value }
    }
}

/// The distribution with its variance within [`LOG_VARIANCE`].
pub(super) fn held(tape: &mut Tape, of: Gaussian) -> Gaussian {
    let [low, high] = LOG_VARIANCE;
    Gaussian { mean: of.mean, log_variance: tape.clamp(of.log_variance, low, high) }
}

/// The distribution's values at these standard normal numbers.
pub(super) fn sampled(tape: &mut Tape, of: Gaussian, noise: &[f32]) -> Node {
    let (rows, columns) = (tape.rows(of.mean), tape.columns(of.mean));
    let deviation = tape.scale(of.log_variance, 0.5);
    let deviation = tape.exp(deviation);
    let noise = tape.constant(rows, columns, noise);
    let away = tape.mul(deviation, noise);
    tape.add(of.mean, away)
}

/// The divergence of each row from the standard normal distribution.
pub(super) fn nats(tape: &mut Tape, of: Gaussian) -> Node {
    let square = tape.square(of.mean);
    let variance = tape.exp(of.log_variance);
    let sum = tape.add(square, variance);
    let sum = tape.sub(sum, of.log_variance);
    let sum = tape.offset(sum, -1.0);
    let sum = tape.sum_columns(sum);
    tape.scale(sum, 0.5)
}

/// The learning rate after so many steps of the phase.
fn rate(settings: &CodecPhase, progress: f64) -> f64 {
    let rise = ((progress + 1.0) / settings.warm_up.max(1) as f64).min(1.0);
    let share = (progress / settings.steps as f64).min(1.0);
    settings.learning_rate * rise * (0.5 + 0.5 * (std::f64::consts::PI * share).cos()) + LEAST_RATE
}
