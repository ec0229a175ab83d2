//! What can be wrong with a dataset, in sentences that name the file and what to do.

use std::io;
use std::path::PathBuf;

/// Why a dataset cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The operating system refused.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried, as a verb: "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no index, so the folder was not written by `prepare`.
    #[error(
        "{} is not a dataset: it has no index.json; make one with `musegan-train prepare`",
        .0.display()
    )]
    NotADataset(PathBuf),
    /// The index is of a format that this program does not know.
    #[error(
        "{} has format version {found}, this program reads {expected}; prepare the dataset again",
        .file.display()
    )]
    Version {
        /// The index file.
        file: PathBuf,
        /// The version it states.
        found: u32,
        /// The version that is read here.
        expected: u32,
    },
    /// A file contradicts itself or the index.
    #[error("{} is damaged: {reason}; prepare the dataset again", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is made for other networks than those here.
    #[error(
        "{} has the layout of preset `{preset}`; the networks here play `band`: prepare a dataset \
         with that preset",
        .path.display()
    )]
    OtherLayout {
        /// The dataset.
        path: PathBuf,
        /// The preset it was prepared with.
        preset: String,
    },
    /// The place for a new dataset is taken.
    #[error("{} {reason}", .path.display())]
    OutputTaken {
        /// The folder asked for.
        path: PathBuf,
        /// What is there and what to do.
        reason: &'static str,
    },
}

impl DatasetError {
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
