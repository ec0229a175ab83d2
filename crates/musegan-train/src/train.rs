//! Training: from a dataset to a run directory with configuration, log, samples and checkpoints.
//! Runs on the calling thread, one beside it and a pool of its own, or on a graphics card.
//!
//! A run is `config.toml` (every setting, resolved), `log.jsonl`, `samples/` and `checkpoints/`.
//! What must stay true: a run that was stopped anywhere and resumed on the same device ends with the
//! same checkpoint, byte for byte, as one that was not; and what cannot be trained is refused before
//! anything is written.
pub mod band;
pub mod batches;
pub mod checkpoint;
pub mod config;
mod course;
pub mod derivatives;
mod engine;
pub mod error;
pub mod export;
pub mod gpu;
pub mod health;
pub mod log;
pub mod objective;
pub mod optimiser;
pub mod presets;
pub mod random;
mod samples;
pub mod state;
pub mod yardstick;

pub use config::{Config, Keys};
pub use error::TrainError;
pub use export::{Which, export};

use crate::dataset::Dataset;
use batches::{Phrases, TrainingPhrases};
use checkpoint::{Checkpoints, Corpus};
use course::Course;
use engine::{Cpu, Engine};
use gpu::Card;
use log::Log;
use musegan_model::device::{Choice, Devices};
use musegan_model::trainable::{Critic, Generator};
use musegan_model::weights::write_atomically;
use presets::Preset;
use state::State;
use std::path::PathBuf;
use yardstick::Yardstick;

/// What to train, and where.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Arguments {
    /// The dataset that `prepare` wrote
    #[arg(long, value_name = "DATASET")]
    pub data: PathBuf,
    /// The run's directory: configuration, log, samples and checkpoints
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// Settings that go well together
    #[arg(long, value_name = "NAME", value_parser = presets::parser())]
    pub preset: Option<Preset>,
    /// Settings of your own, over those of the preset; what neither names is as in the MuseGAN
    /// tutorial
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Steps of the whole run, in place of the setting
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub steps: Option<u64>,
    /// Go on from the newest checkpoint of the run
    #[arg(long)]
    pub resume: bool,
}

impl Arguments {
    /// The settings that are asked for, if any are.
    ///
    /// # Errors
    /// [`TrainError::Config`].
    pub fn settings(&self) -> Result<Option<Config>, TrainError> {
        match (self.preset, &self.config) {
            (Some(preset), config) => preset.with(config.as_deref()).map(Some),
            (None, Some(config)) => Config::read(config).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Trains on a dataset until the run has all its steps, on the device that is asked for.
///
/// [`derivatives::enable`] must have been called before.
///
/// # Errors
/// [`TrainError`]; finished checkpoints stay as they are.
pub fn run(arguments: &Arguments, devices: &Devices) -> Result<(), TrainError> {
    let dataset = Dataset::open(&arguments.data)?;
    let corpus = Corpus {
        names: dataset.corpora().iter().map(|c| c.name.clone()).collect(),
        sha256: dataset.sha256().to_owned(),
    };
    if band::course::network(arguments)? == config::Network::Band {
        if !matches!(devices.choice, Choice::Cpu | Choice::Auto) {
            let reason = "the model `band` trains on the CPU alone";
            return Err(TrainError::NotOnCards(reason.into()));
        }
        return band::course::run(&dataset, &corpus, arguments);
    }
    let phrases = TrainingPhrases::of(&dataset)?;
    eprintln!("{} phrases to train on, {} held out", phrases.len(), dataset.len() - phrases.len());
    run_on(&phrases, &corpus, arguments, devices)
}

/// [`run`] on phrases from anywhere.
///
/// # Errors
/// As [`run`].
pub fn run_on(
    phrases: &dyn Phrases,
    corpus: &Corpus,
    arguments: &Arguments,
    devices: &Devices,
) -> Result<(), TrainError> {
    let run = &arguments.run;
    let checkpoints = Checkpoints::of(run);
    let config = settings(arguments, &checkpoints)?;
    let (state, last_good) = beginning(arguments, &checkpoints, &config, corpus)?;
    if config.objective.penalty != config::Penalty::None {
        derivatives::prove(config.form(), &state.critic)?;
    }
    let threads = pool(config.threads)?;
    let begun_at = state.step;
    let mut engine = engine(devices, state, phrases, &config, &threads)?;
    let mut log = open(arguments, &config, &checkpoints, [begun_at, config.steps])?;
    let yardstick = (config.evaluate_every > 0).then(|| Yardstick::of(phrases));
    let (config, checkpoints, threads) = (&config, &checkpoints, &threads);
    let yardstick = yardstick.as_ref();
    let course = Course { run, corpus, config, checkpoints, threads, yardstick };
    course.take(&mut *engine, &mut log, begun_at, last_good)
}

/// Makes a run's directory what it is while the run goes on from the first of two steps to the second.
fn open(
    arguments: &Arguments,
    config: &Config,
    checkpoints: &Checkpoints,
    [step, until]: [u64; 2],
) -> Result<Log, TrainError> {
    let run = &arguments.run;
    std::fs::create_dir_all(run).map_err(TrainError::io("create", run))?;
    if arguments.resume {
        checkpoints.sweep()?;
    }
    let path = run.join("config.toml");
    write_atomically(&path, config.to_toml()?.as_bytes())
        .map_err(TrainError::io("write", &path))?;
    let log = Log::open(run, step, until)?;
    if arguments.resume {
        log.say(&format!("resuming {} after step {step}", run.display()));
    }
    Ok(log)
}

/// The state that a run begins with, and the checkpoint that it is from.
fn beginning(
    arguments: &Arguments,
    checkpoints: &Checkpoints,
    config: &Config,
    corpus: &Corpus,
) -> Result<(State, Option<PathBuf>), TrainError> {
    if !arguments.resume {
        let critic = Critic::of(config.form());
        return Ok((State::start(config, &Generator::new(), &critic), None));
    }
    let run = &arguments.run;
    let checkpoint = checkpoints.newest::<State>()?;
    checkpoint.check_settings(config, run)?;
    checkpoint.check_corpus(corpus, run)?;
    Ok((checkpoint.state, Some(checkpoint.path)))
}

/// What takes the steps. Where the choice is left to it, it says what it chose.
fn engine<'a>(
    devices: &Devices,
    state: State,
    phrases: &'a dyn Phrases,
    config: &'a Config,
    threads: &'a rayon::ThreadPool,
) -> Result<Box<dyn Engine + 'a>, TrainError> {
    let card = || {
        if let Some(reason) = config.not_on_cards() {
            return Err(TrainError::NotOnCards(reason));
        }
        let gpu = devices.gpu().map_err(|reason| TrainError::NoDevice { reason })?;
        let card = Card::new(&gpu, &state, phrases, config, threads)?;
        eprintln!("training on {}", musegan_model::device::name(gpu.about()));
        Ok(card)
    };
    match devices.choice {
        Choice::Cpu => {}
        Choice::Cuda(_) | Choice::Metal => return Ok(Box::new(card()?)),
        Choice::Auto => match card() {
            Ok(card) => return Ok(Box::new(card)),
            Err(TrainError::NoDevice { reason }) => eprintln!("training on the CPU: {reason}"),
            Err(TrainError::NotOnCards(reason)) => eprintln!("training on the CPU: {reason}"),
            Err(error) => eprintln!("training on the CPU: {error}"),
        },
    }
    Ok(Box::new(Cpu::new(state, phrases, config, threads)))
}

/// Threads for what a card does not do; 0 takes as many as there are processors.
fn pool(threads: usize) -> Result<rayon::ThreadPool, TrainError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|e| TrainError::Threads(e.to_string()))
}

/// The settings of a new run, or those that a run to be resumed was started with. Only the number
/// of steps may change then.
fn settings(arguments: &Arguments, checkpoints: &Checkpoints) -> Result<Config, TrainError> {
    let run = &arguments.run;
    let given = arguments.settings()?;
    let mut config = if arguments.resume {
        let started = Config::read(&run.join("config.toml"))?;
        let Config { steps, threads, evaluate_every, .. } = started;
        let same =
            |given: &Config| Config { steps, threads, evaluate_every, ..given.clone() } == started;
        if given.as_ref().is_some_and(|given| !same(given)) {
            let reason = "its config.toml has other settings than were given; resume without \
                          --config and --preset, or start another run"
                .to_owned();
            return Err(TrainError::OtherRun { run: run.clone(), reason });
        }
        Config { steps: given.map_or(started.steps, |given| given.steps), ..started }
    } else if checkpoints.list()?.is_empty() {
        given.unwrap_or_default()
    } else {
        return Err(TrainError::RunExists(run.clone()));
    };
    config.steps = arguments.steps.unwrap_or(config.steps);
    Ok(config)
}
