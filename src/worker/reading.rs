//! Reading a weights file without waiting for it, because a file on a network drive that died
//! answers never.
use super::errands::{Errands, Panicked};
use musegan_model::weights::{MAX_FILE_BYTES, Problem, WeightsError};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// What tells a file that was changed since: its length and when it was written; `None` where
/// there is no file.
pub(super) type Edition = Option<(u64, SystemTime)>;

/// What a reader found.
#[derive(Debug)]
pub(super) enum Found {
    /// The edition that was known.
    Unchanged,
    /// The file's bytes, or why there are none.
    Read(Edition, Result<Vec<u8>, WeightsError>),
}

/// Bytes of a weights file, looked at before so that writing to it while it is read shows later.
fn read(file: &Path, known: Option<Edition>) -> Found {
    let metadata = std::fs::metadata(file).ok();
    let edition = metadata.and_then(|metadata| Some((metadata.len(), metadata.modified().ok()?)));
    if known == Some(edition) {
        return Found::Unchanged;
    }
    let bytes = match musegan_score::file::read(file, MAX_FILE_BYTES) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Problem::TooLong),
        Err(error) => Err(Problem::Read(error)),
    };
    let source = || file.display().to_string();
    Found::Read(edition, bytes.map_err(|problem| WeightsError { file: source(), problem }))
}

/// The reader of the file that is chosen, and those of earlier choices that still hang.
#[derive(Debug, Default)]
pub(super) struct Reader(Errands<Found>);

impl Reader {
    /// Begins to read a file, unless it is still the edition that is known. What was being read
    /// is forgotten.
    ///
    /// # Errors
    /// When no more readers can be had.
    pub fn begin(&mut self, file: &Path, known: Option<Edition>) -> anyhow::Result<()> {
        let file = file.to_owned();
        self.0.begin("musegan-reader", move || read(&file, known))
    }

    /// Lets go of what is being read.
    pub fn forget(&mut self) {
        self.0.forget();
    }

    /// How long a file has been read, if one is.
    pub fn busy_for(&self) -> Option<Duration> {
        self.0.busy_for()
    }

    /// What was found, once.
    pub fn found(&mut self, file: &Path) -> Option<Found> {
        let found = self.0.brought()?;
        Some(found.unwrap_or_else(|Panicked| {
            let error = std::io::Error::other("reading it failed inside");
            let (file, problem) = (file.display().to_string(), Problem::Read(error));
            Found::Read(None, Err(WeightsError { file, problem }))
        }))
    }

    /// The threads of all that is being read.
    pub fn leave(self) -> Vec<JoinHandle<()>> {
        self.0.leave()
    }
}
