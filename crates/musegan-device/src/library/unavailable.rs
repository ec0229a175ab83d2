//! Why nothing but the CPU computes, in one sentence: what file, what was found, what to do.
use crate::interface::VERSION;
use std::path::PathBuf;
use thiserror::Error;

/// Why no device of a library's computes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unavailable {
    /// No such file.
    #[error("graphics cards need {}, which is not there", .0.display())]
    Missing(PathBuf),
    /// The file that holds this code is not known, so nothing is beside it.
    #[error("graphics cards need a library beside this program, whose place cannot be told ({0})")]
    Nowhere(String),
    /// The file cannot be read.
    #[error("cannot read the graphics library {}: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file is something else.
    #[error(
        "{} is no graphics library: {found}; install the one that came with this version",
        path.display()
    )]
    NotALibrary {
        /// Which.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// It was built for other machines.
    #[error(
        "the graphics library {} was built for {found}, and this machine is {needed}; \
         install the one for {needed}",
        path.display()
    )]
    Architecture {
        /// Which.
        path: PathBuf,
        /// What it was built for.
        found: String,
        /// What this machine is.
        needed: String,
    },
    /// The system's loader does not take it.
    #[error("the graphics library {} does not open: {reason}", path.display())]
    Loader {
        /// Which.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// It speaks another version of the interface.
    #[error(
        "the graphics library {} is of another version ({found}, and {VERSION} is needed); \
         install the one that came with this version",
        path.display()
    )]
    Version {
        /// Which.
        path: PathBuf,
        /// What it speaks.
        found: String,
    },
    /// The library opened but has no device: no driver, one that is too old, no such card.
    #[error("{0}")]
    Device(String),
}
