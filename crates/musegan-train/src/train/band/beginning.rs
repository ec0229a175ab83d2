//! What a run begins with: settings and state, new ones or those of the newest checkpoint.
//!
//! What must stay true: a setting that has made the state what it is cannot change any more, whether
//! the run's `config.toml` or a command line says something else; one of a phase to come can.
use super::config::BandConfig;
use super::networks::Networks;
use super::phase::Phase;
use super::state::State;
use crate::train::Arguments;
use crate::train::checkpoint::{Checkpoints, Corpus};
use crate::train::config::Config;
use crate::train::error::TrainError;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a run begins with.
pub(super) struct Beginning {
    pub config: Config,
    pub state: State,
    /// The checkpoint that the state is from.
    pub checkpoint: Option<PathBuf>,
}

impl Beginning {
    /// Of a new run, or where one goes on. Nothing is written.
    pub fn of(
        arguments: &Arguments,
        checkpoints: &Checkpoints,
        corpus: &Corpus,
    ) -> Result<Self, TrainError> {
        let given = arguments.settings()?;
        if arguments.resume {
            return Self::resumed(arguments, given, (checkpoints, corpus));
        }
        if !checkpoints.list()?.is_empty() {
            return Err(TrainError::RunExists(arguments.run.clone()));
        }
        let config = given.unwrap_or_default();
        let networks = Networks::new(&config.band.dimensions);
        let state = State::start(&networks, config.seed);
        Ok(Self { config, state, checkpoint: None })
    }

    fn resumed(
        arguments: &Arguments,
        given: Option<Config>,
        (checkpoints, corpus): (&Checkpoints, &Corpus),
    ) -> Result<Self, TrainError> {
        let started = Config::read(&arguments.run.join("config.toml"))?;
        let checkpoint = checkpoints.newest::<State>()?;
        checkpoint.check_corpus(corpus, &arguments.run)?;
        let other = |reason| TrainError::OtherRun { run: arguments.run.clone(), reason };
        let state = checkpoint.state;
        let before = match checkpoint.settings.named() {
            Some(told) => told.clone(),
            // It does not tell, so its configuration is believed.
            None => used(&started, &state)?,
        };
        let what = match given {
            Some(_) => "other settings are given than it was trained with",
            None => "its config.toml was changed after training began",
        };
        let config = given.unwrap_or(started);
        if let Some(change) = changed(&before, &used(&config, &state)?) {
            return Err(other(format!(
                "{what}: {change}; undo the change (only settings of phases to come, and the steps of \
                 the last, may differ), or start another run"
            )));
        }
        if !fits(&config.band, &state) {
            let reason = format!(
                "its checkpoint, after step {}, is of another phase than its config.toml says; give \
                 the phases that are finished the steps that they had, or start another run",
                state.step
            );
            return Err(other(reason));
        }
        Ok(Self { config, state, checkpoint: Some(checkpoint.path) })
    }
}

/// The settings that a state would not be what it is without, by their names.
///
/// # Errors
/// [`TrainError::Config`] for a number that TOML cannot hold.
pub(super) fn used(config: &Config, state: &State) -> Result<BTreeMap<String, String>, TrainError> {
    let mut settings = config.named()?;
    settings.retain(|name, _| {
        let Some(of_band) = name.strip_prefix("band.") else { return name == "seed" };
        match of_band.split_once('.') {
            // How long the last phase is to be; and what is only looked at.
            Some(("adversarial", "steps" | "evaluate_every")) => false,
            Some(("adversarial", _)) => state.adversarial.is_some(),
            Some(("second", _)) => state.second.is_some(),
            None if of_band == "bank" => state.second.is_some(),
            _ => true,
        }
    });
    Ok(settings)
}

/// The first setting with another value, in words. One that only the other program knew is none.
fn changed(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Option<String> {
    before.iter().find_map(|(name, was)| {
        let is = now.get(name).filter(|is| *is != was)?;
        Some(format!("`{name}` is {is} and was {was}"))
    })
}

/// Whether what has begun is what the settings say of the step that was taken last.
fn fits(config: &BandConfig, state: &State) -> bool {
    let (last, _) = config.phase(state.step.saturating_sub(1));
    let begun = [state.second.is_some(), state.adversarial.is_some()];
    begun == [last >= Phase::Second, last >= Phase::Adversarial]
}
