//! Training: from a dataset to a run directory with configuration, log, samples and checkpoints.
//! Runs on the calling thread and a pool of its own, or on a graphics card.
//!
//! A run is `config.toml` (every setting, resolved), `log.jsonl`, `samples/` and `checkpoints/`.
//! What must stay true: a run that was stopped anywhere and resumed on the same device ends with the
//! same checkpoint, byte for byte, as one that was not; and what cannot be trained is refused before
//! anything is written.
pub mod batches;
pub mod checkpoint;
pub mod config;
pub mod derivatives;
mod engine;
pub mod error;
pub mod export;
pub mod gpu;
pub mod log;
pub mod objective;
pub mod optimiser;
pub mod random;
mod samples;
pub mod state;

pub use config::{Config, Keys};
pub use error::TrainError;
pub use export::export;

use crate::dataset::Dataset;
use batches::{Phrases, TrainingPhrases};
use checkpoint::{Checkpoints, Corpus};
use engine::{Cpu, Engine};
use gpu::Card;
use log::Log;
use musegan_model::device::{Choice, Devices};
use musegan_model::trainable::{Critic, Generator};
use musegan_model::weights::write_atomically;
use state::State;
use std::path::{Path, PathBuf};

/// What to train, and where.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The dataset that `prepare` wrote
    #[arg(long, value_name = "DATASET")]
    pub data: PathBuf,
    /// The run's directory: configuration, log, samples and checkpoints
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// Settings; what it leaves out is as in the MuseGAN tutorial
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Steps of the whole run, in place of the setting
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub steps: Option<u64>,
    /// Go on from the newest checkpoint of the run
    #[arg(long)]
    pub resume: bool,
}

/// Trains on a dataset until the run has all its steps, on the device that is asked for.
///
/// [`derivatives::enable`] must have been called before.
///
/// # Errors
/// [`TrainError`]; finished checkpoints stay as they are.
pub fn run(arguments: &Arguments, devices: &Devices) -> Result<(), TrainError> {
    let dataset = Dataset::open(&arguments.data)?;
    let phrases = TrainingPhrases::of(&dataset)?;
    let corpus = Corpus {
        names: dataset.corpora().iter().map(|c| c.name.clone()).collect(),
        sha256: dataset.sha256().to_owned(),
    };
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
    derivatives::prove(&Critic::new(), &state.critic)?;
    let threads = pool(config.threads)?;
    let begun_at = state.step;
    let engine = engine(devices, state, phrases, &config, &threads)?;
    std::fs::create_dir_all(run).map_err(TrainError::io("create", run))?;
    if arguments.resume {
        checkpoints.sweep()?;
    }
    let path = run.join("config.toml");
    write_atomically(&path, config.to_toml()?.as_bytes())
        .map_err(TrainError::io("write", &path))?;
    let log = Log::open(run, begun_at, config.steps)?;
    if arguments.resume {
        log.say(&format!("resuming {} after step {begun_at}", run.display()));
    }
    let place = Place { run, corpus, config: &config, checkpoints: &checkpoints };
    place.train(engine, log, &threads, begun_at, last_good)
}

/// The state that a run begins with, and the checkpoint that it is from.
fn beginning(
    arguments: &Arguments,
    checkpoints: &Checkpoints,
    config: &Config,
    corpus: &Corpus,
) -> Result<(State, Option<PathBuf>), TrainError> {
    if !arguments.resume {
        return Ok((State::start(config, &Generator::new(), &Critic::new()), None));
    }
    let run = &arguments.run;
    let checkpoint = checkpoints.newest()?;
    checkpoint.check_settings(config, run)?;
    let trained_on = checkpoint.corpus;
    if trained_on.sha256 != corpus.sha256 {
        let reason = format!(
            "the run was trained on another dataset (its digest is {}, this one's {})",
            trained_on.sha256, corpus.sha256
        );
        return Err(TrainError::OtherRun { run: run.clone(), reason });
    }
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

/// Where a run writes, and under which names.
struct Place<'a> {
    run: &'a Path,
    corpus: &'a Corpus,
    config: &'a Config,
    checkpoints: &'a Checkpoints,
}

impl Place<'_> {
    /// Takes the steps that are left after `step`, and writes down what is due.
    fn train(
        &self,
        mut engine: Box<dyn Engine + '_>,
        mut log: Log,
        threads: &rayon::ThreadPool,
        mut step: u64,
        mut last_good: Option<PathBuf>,
    ) -> Result<(), TrainError> {
        let Self { run, corpus, config, checkpoints } = *self;
        let stopped = |step, last_good: &Option<PathBuf>| {
            let last_good = last_good.clone();
            move |stopped| TrainError::stopped(stopped, step, last_good.as_deref())
        };
        if step < config.steps {
            engine.start(self.next_stop(step)).map_err(stopped(step, &last_good))?;
        }
        while step < config.steps {
            let losses = engine.finish().map_err(stopped(step, &last_good))?;
            step = self.next_stop(step);
            let is_sampled = config.sample_every > 0 && self.due(step, config.sample_every);
            let is_kept = self.due(step, config.checkpoint_every);
            let state = (is_sampled || is_kept).then(|| engine.state()).transpose();
            let state = state.map_err(stopped(step, &last_good))?;
            // Whatever is written now, a card goes on meanwhile.
            let goes_on =
                if step < config.steps { engine.start(self.next_stop(step)) } else { Ok(()) };
            log.step(step, &losses, self.due(step, config.log_every))?;
            if let Some(state) = state {
                if is_kept {
                    last_good = Some(checkpoints.write(&state, corpus, config)?);
                }
                if is_sampled {
                    let export = || export::weights(&Generator::new(), &state, config, corpus);
                    samples::write(run, step, config.seed, &threads.install(export)?)?;
                }
            }
            goes_on.map_err(stopped(step, &last_good))?;
        }
        log.finish();
        if let Some(path) = last_good {
            log.say(&format!("trained {step} steps; the last checkpoint is {}", path.display()));
        }
        Ok(())
    }

    /// Whether something that happens every so many steps happens after this one.
    fn due(&self, step: u64, every: u64) -> bool {
        every > 0 && step.is_multiple_of(every) || step == self.config.steps
    }

    /// The first step after this one after which something is written down.
    fn next_stop(&self, step: u64) -> u64 {
        let Config { steps, log_every, checkpoint_every, sample_every, .. } = *self.config;
        let next =
            |every: u64| step.checked_div(every).map(|past| (past + 1).saturating_mul(every));
        let stops = [log_every, checkpoint_every, sample_every].into_iter().filter_map(next);
        stops.fold(steps, u64::min)
    }
}

/// The settings of a new run, or those that a run to be resumed was started with. Only the number
/// of steps may change then.
fn settings(arguments: &Arguments, checkpoints: &Checkpoints) -> Result<Config, TrainError> {
    let run = &arguments.run;
    let given = arguments.config.as_deref().map(Config::read).transpose()?;
    let mut config = if arguments.resume {
        let started = Config::read(&run.join("config.toml"))?;
        let same = |given: &Config| Config { steps: started.steps, ..given.clone() } == started;
        if given.as_ref().is_some_and(|given| !same(given)) {
            let reason = "its config.toml has other settings than --config; resume without \
                          --config, or start another run"
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
