//! Training: from a dataset to a run directory with configuration, log, samples and checkpoints.
//! Runs on the calling thread and a pool of its own.
//!
//! A run is `config.toml` (every setting, resolved), `log.jsonl`, `samples/` and `checkpoints/`.
//! What must stay true: a run that was stopped anywhere and resumed ends with the same checkpoint,
//! byte for byte, as one that was not.
pub mod batches;
pub mod checkpoint;
pub mod config;
pub mod derivatives;
pub mod error;
pub mod export;
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
use log::Log;
use musegan_model::weights::write_atomically;
use objective::Objective;
use state::State;
use std::path::PathBuf;

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

/// Trains on a dataset until the run has all its steps.
///
/// [`derivatives::enable`] must have been called before.
///
/// # Errors
/// [`TrainError`]; finished checkpoints stay as they are.
pub fn run(arguments: &Arguments) -> Result<(), TrainError> {
    let dataset = Dataset::open(&arguments.data)?;
    let phrases = TrainingPhrases::of(&dataset)?;
    let corpus = Corpus {
        names: dataset.corpora().iter().map(|c| c.name.clone()).collect(),
        sha256: dataset.sha256().to_owned(),
    };
    eprintln!("{} phrases to train on, {} held out", phrases.len(), dataset.len() - phrases.len());
    run_on(&phrases, &corpus, arguments)
}

/// [`run`] on phrases from anywhere.
///
/// # Errors
/// As [`run`].
pub fn run_on(
    phrases: &dyn Phrases,
    corpus: &Corpus,
    arguments: &Arguments,
) -> Result<(), TrainError> {
    let run = &arguments.run;
    let checkpoints = Checkpoints::of(run);
    let config = settings(arguments, &checkpoints)?;
    let mut objective = Objective::new(config.batch, config.critic_steps);
    let (mut state, mut last_good) = if arguments.resume {
        let checkpoint = checkpoints.newest()?;
        checkpoints.sweep()?;
        checkpoint.check_settings(&config, run)?;
        let trained_on = checkpoint.corpus;
        if trained_on.sha256 != corpus.sha256 {
            let reason = format!(
                "the run was trained on another dataset (its digest is {}, this one's {})",
                trained_on.sha256, corpus.sha256
            );
            return Err(TrainError::OtherRun { run: run.clone(), reason });
        }
        (checkpoint.state, Some(checkpoint.path))
    } else {
        (State::start(&config, &objective.generator, &objective.critic), None)
    };
    derivatives::prove(&objective.critic, &state.critic)?;
    std::fs::create_dir_all(run).map_err(TrainError::io("create", run))?;
    let path = run.join("config.toml");
    write_atomically(&path, config.to_toml()?.as_bytes())
        .map_err(TrainError::io("write", &path))?;
    let mut log = Log::open(run, state.step, config.steps)?;
    if arguments.resume {
        log.say(&format!("resuming {} after step {}", run.display(), state.step));
    }
    let threads = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build();
    let threads =
        threads.map_err(|e| TrainError::io("start threads for", run)(std::io::Error::other(e)))?;
    while state.step < config.steps {
        let losses = threads.install(|| objective.step(&mut state, phrases, &config));
        let losses = losses.map_err(|broken| TrainError::NotFinite {
            step: state.step + 1,
            what: broken.what,
            last_good: last_good.clone(),
        })?;
        let is_last = state.step == config.steps;
        let due = |every: u64| every > 0 && state.step.is_multiple_of(every) || is_last;
        log.step(state.step, &losses, due(config.log_every))?;
        if due(config.checkpoint_every) {
            last_good = Some(checkpoints.write(&state, corpus, &config)?);
        }
        if config.sample_every > 0 && due(config.sample_every) {
            let export = || export::weights(&objective.generator, &state, &config, corpus);
            samples::write(run, state.step, config.seed, &threads.install(export)?)?;
        }
    }
    log.finish();
    if let Some(path) = last_good {
        log.say(&format!(
            "trained {} steps; the last checkpoint is {}",
            state.step,
            path.display()
        ));
    }
    Ok(())
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
