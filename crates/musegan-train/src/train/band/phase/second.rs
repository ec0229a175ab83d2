//! The second phase: the generator as the decoder of a variational autoencoder on the codec's latents
//! (a second stage; Dai & Wipf, 2019), with any tracks given, and what it plays from noise held to the
//! style sheet that it was asked for.
use super::super::batch::{part_of, parts_of};
use super::super::config::SecondPhase;
use super::super::heard::style::LIKE;
use super::super::lesson::{Lesson, Plan};
use super::super::networks::Networks;
use super::super::stage::{self, Handles, Whole};
use super::super::state::{Second, SecondGradient};
use super::Run;
use crate::train::objective::NotFinite;
use crate::train::optimiser::Adam;
use musegan_model::band::SheetScale;
use musegan_model::tape::{Gradients, Rooms, Tape};
use rayon::prelude::*;

/// The name of the noise's divergence among what is measured.
pub const DIVERGENCE: &str = "second/divergence";
/// Steps in which the moving averages are the weights themselves.
const UNAVERAGED: u64 = 300;
/// The share of the divergence's weight that it begins with.
const FIRST_DIVERGENCE: f64 = 0.05;

/// What a step measured.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    /// Squared error of a reconstructed number, in the latents' units.
    pub reconstruction: f64,
    /// Nats of the noise of a phrase.
    pub divergence: f64,
    /// Error of each of the sheet's measures, where it was looked at.
    pub sheet: Option<[f64; LIKE]>,
}

impl Losses {
    /// The same by name.
    #[must_use]
    pub fn named(&self) -> Vec<(String, f64)> {
        let mut named = vec![
            ("second/reconstruction".to_owned(), self.reconstruction),
            (DIVERGENCE.to_owned(), self.divergence),
        ];
        for (measure, error) in self.sheet.iter().flatten().enumerate() {
            let name = musegan_model::band::sheet::NAMES[measure].replace(' ', "_");
            named.push((format!("sheet/{name}"), *error));
        }
        named
    }

    /// Adds what another part of the batch measured.
    pub fn add(&mut self, other: &Self) {
        self.reconstruction += other.reconstruction;
        self.divergence += other.divergence;
        if let Some(sheet) = other.sheet {
            let sum = self.sheet.get_or_insert_default();
            sum.iter_mut().zip(sheet).for_each(|(sum, error)| *sum += error);
        }
    }
}

/// A part of the batch, and the memory that its passes need.
#[derive(Default)]
struct Part {
    lesson: Lesson,
    rooms: Rooms,
}

/// Takes the steps of the second phase.
#[derive(Default)]
pub struct SecondSteps {
    parts: Vec<Part>,
    gradient: SecondGradient,
}

/// The weights of a step's losses.
#[derive(Clone, Copy)]
struct Weights {
    divergence: f64,
    /// `None` where the sheet is not looked at.
    sheet: Option<f64>,
}

impl SecondSteps {
    /// Takes one step.
    ///
    /// # Errors
    /// [`NotFinite`]; generator and encoder are as they were.
    pub fn step(
        &mut self,
        second: &mut Second,
        codec: &[f32],
        step: u64,
        run: Run,
    ) -> Result<Losses, NotFinite> {
        let (networks, settings) = (run.networks, &run.settings.second);
        let within = run.settings.phase(step).1;
        let whole = self.draw(run, step);
        let weights = weights(settings, within);
        let now = &*second;
        let passes: Vec<_> = self
            .parts
            .par_iter_mut()
            .map(|part| part.pass(networks, (codec, now), (run.book.scale(), whole), weights))
            .collect();
        let mut losses = Losses::default();
        passes.iter().for_each(|pass| losses.add(&pass.losses));
        if !passes.iter().map(|pass| pass.loss).sum::<f64>().is_finite() {
            return Err(NotFinite { what: "the second stage's loss".to_owned() });
        }
        let gradients: Vec<_> = passes.iter().map(|pass| (&pass.gradients, pass.handles)).collect();
        self.gradient.gather(networks, &gradients)?;
        let rise = ((within + 1) as f64 / settings.warm_up.max(1) as f64).min(1.0);
        let rate = settings.learning_rate * rise;
        second.descend(Adam { rate, betas: settings.betas, step: within + 1 }, &mut self.gradient);
        second.average(if within < UNAVERAGED { 0.0 } else { settings.average });
        for (part, pass) in self.parts.iter_mut().zip(passes) {
            part.rooms.reuse(pass.gradients);
        }
        Ok(losses)
    }

    /// Draws the step's batch.
    fn draw(&mut self, run: Run, step: u64) -> Whole {
        let Run { networks, book, settings, seed } = run;
        let SecondPhase { batch, given, sheet_noise, .. } = settings.second;
        let transposed = settings.transposed;
        let plan = Plan { transposed, given, crossed: 0.0, sheet_noise, heard: false };
        self.parts.resize_with(parts_of(batch), Part::default);
        self.parts.par_iter_mut().enumerate().for_each(|(number, part)| {
            let places = part_of(batch, number);
            part.lesson.draw(book, &networks.dimensions, (seed, step), places, &plan);
        });
        let numbers = self.parts.iter().map(|part| stage::numbers(&part.lesson, networks));
        Whole { phrases: batch, numbers: numbers.sum::<usize>().max(1) }
    }
}

fn weights(settings: &SecondPhase, within: u64) -> Weights {
    let rise = within as f64 / settings.divergence_warm_up.max(1) as f64;
    let looks = within >= settings.sheet_from && within.is_multiple_of(settings.sheet_every);
    Weights {
        divergence: settings.divergence * (FIRST_DIVERGENCE + rise).min(1.0),
        sheet: (looks && settings.sheet > 0.0).then_some(settings.sheet),
    }
}

/// What came of a part of the batch.
struct Pass {
    gradients: Gradients,
    handles: Handles,
    losses: Losses,
    loss: f64,
}

impl Part {
    fn pass(
        &mut self,
        networks: &Networks,
        (codec, second): (&[f32], &Second),
        (sheets, whole): (&SheetScale, Whole),
        weights: Weights,
    ) -> Pass {
        let Self { lesson, rooms } = self;
        let mut tape = Tape::new(rooms);
        let t = &mut tape;
        let handles = Handles::on(t, second, codec);
        let tokens = stage::tokens(t, networks, handles.codec, (lesson, &second.scale));
        let found = stage::posterior(t, networks, handles.encoder, (tokens.blurred, &lesson.own));
        let noise = stage::drawn(t, &found, &lesson.found);
        let given = stage::given(lesson, &tokens);
        let said = networks.generator.latents(t, handles.generator, noise, given, &lesson.own);
        let real = tokens.clear;
        let (error, squares) =
            stage::reconstruction(t, networks, handles.spread, (said, real), lesson);
        let nats = stage::divergence(t, &found, &lesson.own.presence);
        let mut losses = Losses {
            reconstruction: squares / whole.numbers as f64,
            divergence: f64::from(t.value(nats)[0]) / whole.phrases as f64,
            sheet: None,
        };
        let nats = t.scale(nats, weights.divergence as f32);
        let loss = t.add(error, nats);
        let mut loss = t.scale(loss, 1.0 / whole.numbers as f32);
        if let Some(weight) = weights.sheet {
            let noise = lesson.noise.on(t, &networks.dimensions, lesson.phrases());
            let played =
                networks.generator.latents(t, handles.generator, noise, given, &lesson.asked);
            let codec = [handles.codec; 2];
            let conditions = (&*lesson, &lesson.asked);
            let played =
                stage::performance(t, networks, codec, (played, &second.scale), conditions);
            let (error, measured) = stage::sheet_error(t, played.style, lesson, (sheets, whole));
            let error = t.scale(error, weight as f32);
            loss = t.add(loss, error);
            losses.sheet = Some(measured);
        }
        let value = f64::from(t.value(loss)[0]);
        Pass { gradients: tape.backward(loss), handles, losses, loss: value }
    }
}
