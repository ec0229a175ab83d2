//! What can go wrong while hosting, each with the plugin's path or the call that failed.
use std::path::PathBuf;

/// A failure of loading or driving a plugin.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The path's extension is neither `.clap` nor `.vst3`.
    #[error("{path}: not a plugin; expected a path ending in .clap or .vst3")]
    UnknownFormat {
        /// The path as given.
        path: PathBuf,
    },
    /// Nothing is at the path.
    #[error("{path}: no such plugin; build it with `cargo xtask bundle musegan --release`")]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The library could not be opened, or holds no plugin.
    #[error("{path}: could not be loaded: {reason}")]
    Load {
        /// The path as given.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// The plugin refused a call.
    #[error("the plugin failed to {call}: {reason}")]
    Plugin {
        /// The call, as a verb: "activate", "save its state".
        call: &'static str,
        /// What it answered.
        reason: String,
    },
    /// A parameter was named that the plugin does not have.
    #[error("the plugin has no parameter {0}")]
    NoParameter(u32),
    /// The plugin's format has no way to say this.
    #[error("VST3 has no {0}")]
    NotInFormat(&'static str),
    /// `process` was called with a block longer than the plugin was activated for.
    #[error("a block of {frames} samples, activated for at most {most}")]
    TooLong {
        /// Samples of the block.
        frames: usize,
        /// Samples at most.
        most: usize,
    },
    /// The host was asked for something that makes no sense, such as to process while inactive.
    #[error("{0}")]
    Misuse(String),
}

impl HostError {
    pub(crate) fn plugin(call: &'static str, reason: impl ToString) -> Self {
        Self::Plugin { call, reason: reason.to_string() }
    }
}
