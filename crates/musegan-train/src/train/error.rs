//! What can stop a training run, each with a sentence that says where and what to do.
use super::engine::Stopped;
use crate::dataset::DatasetError;
use musegan_device::{DeviceError, Unavailable};
use std::path::{Path, PathBuf};

/// Why a run could not begin, go on or be exported. No finished checkpoint is lost by any of them.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The configuration cannot be read, names an unknown key or has a value out of range.
    #[error("{}: {reason}", file.display())]
    Config {
        /// The configuration file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The dataset cannot be opened.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// There is nothing to train on.
    #[error(
        "the dataset has no phrase to train on: all of its {0} phrases are held out; prepare more songs"
    )]
    NoPhrases(usize),
    /// The run directory has a run in it.
    #[error("{} already holds a run: continue it with --resume, or name another directory", .0.display())]
    RunExists(PathBuf),
    /// There is nothing to resume or to export.
    #[error("{} has no checkpoint that can be read{}; train without --resume first", run.display(), refused.as_ref().map_or(String::new(), |r| format!(" ({r})")))]
    NoCheckpoint {
        /// The run directory.
        run: PathBuf,
        /// Why the newest one was refused, if there was one.
        refused: Option<String>,
    },
    /// A resumed run was given other data or settings.
    #[error("{}: {reason}", run.display())]
    OtherRun {
        /// The run directory.
        run: PathBuf,
        /// What differs.
        reason: String,
    },
    /// Something could not be read or written.
    #[error("could not {doing} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A number is not finite any more.
    #[error("step {step}: {what} is not finite; {}. A lower learning_rate or a higher penalty may help", last_good.as_ref().map_or("there is no checkpoint yet".to_owned(), |p| format!("the last good checkpoint is {}", p.display())))]
    NotFinite {
        /// The step that failed; its weights were not written.
        step: u64,
        /// Which loss or tensor.
        what: String,
        /// The newest finished checkpoint.
        last_good: Option<PathBuf>,
    },
    /// The device that was asked for cannot be had.
    #[error("{reason}; --device cpu needs no card")]
    NoDevice {
        /// Why not.
        reason: Unavailable,
    },
    /// The settings ask for what no card does.
    #[error("{0}; --device cpu trains it")]
    NotOnCards(String),
    /// The device has too little memory; nothing was begun.
    #[error("{0}")]
    Memory(String),
    /// The device failed.
    #[error("{source}, after step {step}; {}", match last_good {
        Some(path) => format!("the last checkpoint is {}: go on from it with --resume", path.display()),
        None => "there is no checkpoint yet".to_owned(),
    })]
    Device {
        /// What it said.
        source: DeviceError,
        /// Steps that were finished for certain.
        step: u64,
        /// The newest finished checkpoint.
        last_good: Option<PathBuf>,
    },
    /// The system starts no threads.
    #[error("could not start threads: {0}")]
    Threads(String),
    /// The derivatives failed their proof at start-up.
    #[error("the gradient penalty cannot be trusted on this machine: {0}")]
    Derivatives(String),
    /// What was trained does not make a weights file.
    #[error("the trained weights cannot be exported: {0}")]
    Export(String),
}

impl TrainError {
    /// What a device said after so many steps.
    pub(crate) fn of_device(source: DeviceError, step: u64, last_good: Option<&Path>) -> Self {
        match source {
            DeviceError::OutOfMemory(reason) => Self::Memory(reason),
            source => Self::Device { source, step, last_good: last_good.map(Path::to_owned) },
        }
    }

    /// Why an engine stopped after so many steps.
    pub(crate) fn stopped(stopped: Stopped, step: u64, last_good: Option<&Path>) -> Self {
        match stopped {
            Stopped::Device(source) => Self::of_device(source, step, last_good),
            Stopped::NotFinite { step, what } => {
                Self::NotFinite { step, what, last_good: last_good.map(Path::to_owned) }
            }
        }
    }

    /// For `map_err` on file operations.
    pub(crate) fn io(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
