//! The course of a run: its steps, phase after phase, and what is written down after them.
//!
//! What must stay true: what a step does depends on the state it finds and on nothing that this file
//! remembers, so that a run can be stopped after any checkpoint.
use super::beginning::Beginning;
use super::export;
use super::latents;
use super::networks::Networks;
use super::phase::adversarial::{AdversarialSteps, Players};
use super::phase::codec::CodecSteps;
use super::phase::second::SecondSteps;
use super::phase::{Phase, Run};
use super::repertoire::Repertoire;
use super::songbook::Songbook;
use super::state::{Adversarial, Second, State};
use super::watch::Watch;
use crate::dataset::Dataset;
use crate::evaluate;
use crate::train::checkpoint::{Checkpoints, Corpus};
use crate::train::config::{Config, Network};
use crate::train::error::TrainError;
use crate::train::log::Log;
use crate::train::objective::NotFinite;
use crate::train::yardstick::Yardstick;
use crate::train::{Arguments, open, pool, samples};
use musegan_model::Weights;
use musegan_model::device::{Choice, Devices};
use musegan_score::Phrase;
use std::path::{Path, PathBuf};

/// Training phrases that what is played is held against.
const YARDSTICK: usize = 1000;
/// Phrases of a sample.
const SAMPLES: usize = 4;

/// What steps measured, by name.
pub type Measured = Vec<(String, f64)>;

/// Trains the band on a dataset until the run has all its steps, or as many as were asked for.
///
/// # Errors
/// [`TrainError`]; finished checkpoints stay as they are.
pub fn run(dataset: &Dataset, corpus: &Corpus, arguments: &Arguments) -> Result<(), TrainError> {
    let book = Songbook::of(dataset)?;
    eprintln!("{} phrases to train on, {} held out", book.len(), dataset.len() - book.len());
    run_on(&book, corpus, arguments)
}

/// [`run`] on phrases from anywhere.
///
/// # Errors
/// As [`run`].
pub fn run_on(book: &Songbook, corpus: &Corpus, arguments: &Arguments) -> Result<(), TrainError> {
    let checkpoints = Checkpoints::of(&arguments.run);
    let Beginning { config, state, checkpoint } = Beginning::of(arguments, &checkpoints, corpus)?;
    let networks = state.networks();
    let threads = pool(config.threads)?;
    let until = arguments.steps.unwrap_or(u64::MAX).min(config.band.steps());
    let log = open(arguments, &config, &checkpoints, [state.step, until])?;
    let threads = &threads;
    let every = config.band.adversarial.evaluate_every;
    let yardstick = (every > 0).then(|| threads.install(|| yardstick(book)));
    let likeness = yardstick.as_ref().and_then(Yardstick::likeness);
    let mut course = Course {
        folder: &arguments.run,
        corpus,
        config: &config,
        checkpoints: &checkpoints,
        networks: &networks,
        book,
        log,
        last_good: checkpoint,
        since: Means::default(),
        watch: Watch::new(&networks.dimensions, likeness),
        yardstick: yardstick.as_ref(),
    };
    course.take(state, until, threads)
}

/// The network that a run trains or is to train.
///
/// # Errors
/// [`TrainError::Config`].
pub fn network(arguments: &Arguments) -> Result<Network, TrainError> {
    let started = arguments.run.join("config.toml");
    match arguments.settings()? {
        Some(given) => Ok(given.network),
        None if arguments.resume && started.exists() => Ok(Config::read(&started)?.network),
        None => Ok(Network::default()),
    }
}

/// A run on its way.
struct Course<'a> {
    folder: &'a Path,
    corpus: &'a Corpus,
    config: &'a Config,
    checkpoints: &'a Checkpoints,
    networks: &'a Networks,
    book: &'a Songbook,
    log: Log,
    /// The newest finished checkpoint.
    last_good: Option<PathBuf>,
    /// What was measured since the last line of the log.
    since: Means,
    watch: Watch,
    /// Training phrases that what is played is held against, if it is.
    yardstick: Option<&'a Yardstick>,
}

/// The memory of each phase's steps.
#[derive(Default)]
struct Steps {
    codec: CodecSteps,
    second: SecondSteps,
    adversarial: AdversarialSteps,
}

impl Course<'_> {
    fn run(&self) -> Run<'_> {
        let Self { networks, book, config, .. } = *self;
        Run { networks, book, settings: &config.band, seed: config.seed }
    }

    fn take(
        &mut self,
        mut state: State,
        until: u64,
        threads: &rayon::ThreadPool,
    ) -> Result<(), TrainError> {
        let mut steps = Steps::default();
        while state.step < until {
            let measured = threads.install(|| steps.take(&mut state, self));
            let measured = measured.map_err(|broken| TrainError::NotFinite {
                step: state.step + 1,
                what: broken.what,
                last_good: self.last_good.clone(),
            })?;
            self.since.add(measured);
            self.write(&state, state.step == until, threads)?;
        }
        self.log.finish();
        if let Some(path) = &self.last_good {
            let (step, path) = (state.step, path.display());
            self.log.say(&format!("trained {step} steps; the last checkpoint is {path}"));
        }
        Ok(())
    }

    /// Writes down what is due after a step; after the last everything is. The best checkpoint is
    /// written first, so that whoever goes on from this step's finds that it was measured.
    fn write(
        &mut self,
        state: &State,
        last: bool,
        threads: &rayon::ThreadPool,
    ) -> Result<(), TrainError> {
        let Config { log_every, checkpoint_every, sample_every, .. } = *self.config;
        let (band, step) = (&self.config.band, state.step);
        let (phase, within) = band.phase(step);
        let (before, finished) = band.phase(step - 1);
        let due = |every: u64| every > 0 && (step.is_multiple_of(every) || last || phase != before);
        if due(log_every) {
            let measured = self.since.take();
            self.log.named(step, &measured, &format!("{before} {}", finished + 1))?;
            if let Some(verdict) = self.watch.look(band, step, &measured) {
                self.log.verdict(step, verdict, Network::Band)?;
            }
        }
        let evaluates = phase == Phase::Adversarial
            && (within.is_multiple_of(band.adversarial.evaluate_every) || last);
        let yardstick = self.yardstick.filter(|_| evaluates);
        let samples = due(sample_every) && state.second.is_some();
        if yardstick.is_some() || samples {
            let weights = export::weights(self.networks, state, self.corpus)?;
            if let Some(yardstick) = yardstick {
                self.evaluate(yardstick, state, &weights, threads)?;
            }
            if samples {
                let phrases = threads.install(|| played(&weights, SAMPLES))?;
                samples::write_phrases(self.folder, step, &phrases)?;
            }
        }
        if due(checkpoint_every) {
            self.last_good = Some(self.checkpoints.write(state, self.corpus, self.config)?);
        }
        Ok(())
    }

    /// Measures what is played, and keeps the checkpoint that plays best.
    fn evaluate(
        &mut self,
        yardstick: &Yardstick,
        state: &State,
        weights: &Weights,
        threads: &rayon::ThreadPool,
    ) -> Result<(), TrainError> {
        let Self { config, corpus, checkpoints, .. } = *self;
        let score = threads.install(|| -> Result<_, TrainError> {
            let phrases = played(weights, config.band.adversarial.evaluate_phrases)?;
            Ok(yardstick.score(&phrases))
        })?;
        let is_best = checkpoints.write_if_best(state, corpus, config, score)?;
        self.watch.listen(&score);
        self.log.score(state.step, &score, is_best)
    }
}

impl Steps {
    fn take(&mut self, state: &mut State, course: &Course) -> Result<Measured, NotFinite> {
        let run = course.run();
        let State { step, codec, second, adversarial, .. } = state;
        let (phase, _) = run.settings.phase(*step);
        let measured = match phase {
            Phase::Codec => self.codec.step(codec, *step, run)?.named(),
            Phase::Second => {
                let second = second.get_or_insert_with(|| begin(run, &codec.weights));
                self.second.step(second, &codec.weights, *step, run)?.named()
            }
            Phase::Adversarial => {
                let second = second.get_or_insert_with(|| begin(run, &codec.weights));
                let adversarial = adversarial.get_or_insert_with(|| {
                    // The decoder goes on at another pace, and the encoders not at all.
                    codec.forget();
                    Adversarial::start(run.networks, codec, run.seed)
                });
                let players = Players { codec, second, adversarial };
                self.adversarial.step(players, *step, run)?.named()
            }
        };
        *step += 1;
        Ok(measured)
    }
}

/// What the second phase begins with.
fn begin(run: Run, codec: &[f32]) -> Second {
    let Run { networks, book, settings, seed } = run;
    let scale = latents::scale(book, networks, codec);
    let repertoire = Repertoire::of(book, settings.bank);
    Second::start(networks, (scale, repertoire), seed)
}

/// Training phrases, spread evenly.
fn yardstick(book: &Songbook) -> Yardstick {
    let count = book.len().min(YARDSTICK);
    let phrase = |i: usize| book.phrase(i * book.len() / count, 0).0;
    Yardstick::of_phrases((0..count).map(phrase).collect())
}

/// The first phrases of so many songs that weights play by themselves.
fn played(weights: &Weights, count: usize) -> Result<Vec<Phrase>, TrainError> {
    let devices = Devices::new(Choice::Cpu);
    let played = evaluate::generated(weights, weights.thresholds(), count, &devices);
    let (music, _) = played.map_err(|e| TrainError::Export(e.to_string()))?;
    Ok(music.phrases)
}

/// Means of what several steps measured.
#[derive(Default)]
struct Means {
    sums: Vec<(String, f64, u32)>,
}

impl Means {
    fn add(&mut self, measured: Measured) {
        for (name, value) in measured {
            match self.sums.iter_mut().find(|(known, ..)| *known == name) {
                Some((_, sum, count)) => (*sum, *count) = (*sum + value, *count + 1),
                None => self.sums.push((name, value, 1)),
            }
        }
    }

    fn take(&mut self) -> Measured {
        let sums = std::mem::take(&mut self.sums);
        sums.into_iter().map(|(name, sum, count)| (name, sum / f64::from(count))).collect()
    }
}
