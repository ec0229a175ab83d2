//! The first phase: the codec learns to say every bar of every track in a few numbers and to read it
//! from them (Kingma & Welling, 2014), the bar's chords being known to both of its halves.
use super::super::batch::{DrawnBars, part_of, parts_of};
use super::super::config::CodecPhase;
use super::super::descent;
use super::super::faithful::{self, Faithfulness};
use super::super::latents::LOG_VARIANCE;
use super::super::networks::{Learner, Networks};
use super::super::stage;
use super::Run;
use crate::train::objective::NotFinite;
use crate::train::optimiser::Adam;
use crate::train::random::{self, Purpose};
use musegan_model::tape::{Gradients, Network, Rooms, Tape};
use musegan_score::Track;
use rayon::prelude::*;
use std::ops::Range;

/// What the learning rate sinks to.
const LEAST_RATE: f64 = 1e-5;

/// What a step measured, of each track.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses {
    /// Of what was decoded.
    pub faithful: [Faithfulness; Track::COUNT],
    /// Nats in the latents of a bar.
    pub divergence: [f64; Track::COUNT],
}

impl Losses {
    fn add(&mut self, other: &Self) {
        for track in 0..Track::COUNT {
            self.faithful[track].add(&other.faithful[track]);
            self.divergence[track] += other.divergence[track];
        }
    }

    /// The same by name.
    #[must_use]
    pub fn named(&self) -> Vec<(String, f64)> {
        let mut named = Vec::new();
        for track in Track::ALL {
            let of_track = self.faithful[track.index()].named(track);
            let of_track = of_track.chain([("divergence", self.divergence[track.index()])]);
            let track = track.name().to_lowercase();
            named.extend(of_track.map(|(name, value)| (format!("codec/{name}/{track}"), value)));
        }
        named
    }
}

/// A part of the batch, and the memory that its passes need.
#[derive(Default)]
struct Part {
    drawn: DrawnBars,
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
    /// [`NotFinite`]; the codec is as it was.
    pub fn step(&mut self, codec: &mut Learner, step: u64, run: Run) -> Result<Losses, NotFinite> {
        let Run { networks, settings, .. } = run;
        let settings = &settings.codec;
        self.parts.resize_with(parts_of(settings.batch), Part::default);
        let weights = &codec.weights;
        let passes: Vec<_> = self
            .parts
            .par_iter_mut()
            .enumerate()
            .map(|(number, part)| {
                let places = part_of(settings.batch, number);
                part.draw(run, step, places);
                part.pass(weights, networks, (settings, step))
            })
            .collect();
        let mut losses = Losses::default();
        let mut total = 0.0;
        for pass in &passes {
            total += pass.loss;
            losses.add(&pass.losses);
        }
        if !total.is_finite() {
            return Err(NotFinite { what: "the codec's loss".to_owned() });
        }
        let gradients: Vec<_> = passes.iter().map(|p| p.gradients.of(p.network)).collect();
        let layout = networks.codec.layout();
        descent::gather(&gradients, &mut self.gradient, ("codec", layout))?;
        let adam = Adam { rate: rate(settings, step), betas: settings.betas, step: step + 1 };
        descent::descend(adam, codec, 0..layout.len(), &mut self.gradient);
        for (part, pass) in self.parts.iter_mut().zip(passes) {
            part.rooms.reuse(pass.gradients);
        }
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
    fn draw(&mut self, run: Run, step: u64, places: Range<usize>) {
        let Run { networks, book, settings, seed } = run;
        self.drawn.draw(book, (seed, step), places.clone(), settings.transposed);
        self.noise.resize(Track::COUNT * places.len() * networks.dimensions.latent, 0.0);
        let stream = random::generator(seed, step, Purpose::BandPosterior, places.start as u32);
        random::normals(stream, &mut self.noise);
    }

    fn pass(
        &mut self,
        codec_weights: &[f32],
        networks: &Networks,
        (settings, step): (&CodecPhase, u64),
    ) -> Pass {
        let Self { drawn, noise, rooms } = self;
        let codec = &networks.codec;
        let mut tape = Tape::new(rooms);
        let t = &mut tape;
        let network = t.network(codec_weights, true);
        let bars = drawn.bars.on(t);
        let chords = codec.chords_of_bars(t, network, &drawn.beats);
        let posterior = codec.encode(t, network, [bars.rhythms, bars.pitches], chords);
        let posterior = stage::held(t, posterior, LOG_VARIANCE);
        let latents = stage::sampled(t, posterior, noise);
        let rhythm = codec.decode_rhythm(t, network, latents);
        let pitch = codec.decode_pitch(t, network, latents, chords, bars.told);
        // Every bar counts alike, and so does every track.
        let share = 1.0 / (settings.batch * Track::COUNT) as f64;
        let weights = vec![share as f32; Track::COUNT * drawn.bars.bars()];
        let said = (rhythm, pitch);
        let (faithful, measured) = faithful::loss(t, said, &drawn.bars, &weights, settings);
        let nats = stage::nats(t, posterior);
        let divergence = of_tracks(t.value(nats), settings.batch);
        let rise = (step as f64 / settings.divergence_warm_up.max(1) as f64).min(1.0);
        let nats = t.sum(nats);
        let nats = t.scale(nats, (settings.divergence * rise * share) as f32);
        let loss = t.add(faithful, nats);
        let losses = Losses { faithful: measured, divergence };
        let value = f64::from(t.value(loss)[0]);
        Pass { gradients: tape.backward(loss), network, losses, loss: value }
    }
}

/// Sums of each track's rows, of a batch of so many bars of each.
fn of_tracks(rows: &[f32], batch: usize) -> [f64; Track::COUNT] {
    let of_track = rows.len() / Track::COUNT;
    std::array::from_fn(|track| {
        let rows = rows[track * of_track..][..of_track].iter();
        rows.map(|nats| f64::from(*nats)).sum::<f64>() / batch as f64
    })
}

/// The learning rate after so many steps of the phase.
fn rate(settings: &CodecPhase, step: u64) -> f64 {
    let progress = step as f64;
    let rise = ((progress + 1.0) / settings.warm_up.max(1) as f64).min(1.0);
    let share = (progress / settings.steps as f64).min(1.0);
    settings.learning_rate * rise * (0.5 + 0.5 * (std::f64::consts::PI * share).cos()) + LEAST_RATE
}
