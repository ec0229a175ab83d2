//! Checkpoints: one file each with everything that training changes, and beside the newest the one
//! that plays best. What must stay true: a file that has a checkpoint's name was written whole, or is
//! recognised as damaged by its checksum and passed over for the one before; equal states give equal
//! bytes.
mod file;

pub use file::{Contents, Reader, Vector};

use super::config::Config;
use super::error::TrainError;
use musegan_model::weights::{TEMPORARY_PREFIX, write_atomically};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A longer file is not read. The tutorial's has 7.5 MB.
const MAX_FILE_BYTES: u64 = 512 << 20;
/// The name of the checkpoint that plays best.
const BEST: &str = "best.safetensors";

/// The data that a run trains on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corpus {
    /// Names of the corpora.
    pub names: Vec<String>,
    /// Digest of the dataset, hexadecimal.
    pub sha256: String,
}

/// How good what a checkpoint plays is, by the yardstick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How far its measures lie from those of training phrases, in their standard deviations.
    pub mean_abs_z: f64,
    /// How alike two of its phrases are.
    pub likeness: Option<f64>,
}

/// A checkpoint as it was read.
#[derive(Clone, Debug)]
pub struct Checkpoint<S> {
    /// Its file.
    pub path: PathBuf,
    /// What training goes on from.
    pub state: S,
    /// What the run was trained on.
    pub corpus: Corpus,
    /// How good what it plays is, if that was measured.
    pub score: Option<Score>,
    /// What it says of its settings.
    pub settings: Settings,
}

/// What a checkpoint says of the settings that it was trained with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The digest of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings_sha256: Option<String>,
    /// Those that were used so far, by their names, as TOML says them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<BTreeMap<String, String>>,
}

impl Settings {
    /// None of a run's may change on its way, but for those that [`Config::digest`] leaves out.
    ///
    /// # Errors
    /// As [`Config::digest`].
    pub fn all(config: &Config) -> Result<Self, TrainError> {
        Ok(Self { settings_sha256: Some(config.digest()?), settings: None })
    }

    /// These may not change any more.
    #[must_use]
    pub const fn used(settings: BTreeMap<String, String>) -> Self {
        Self { settings_sha256: None, settings: Some(settings) }
    }

    /// Those that may not change any more, if they are told one by one.
    #[must_use]
    pub const fn named(&self) -> Option<&BTreeMap<String, String>> {
        self.settings.as_ref()
    }
}

impl<S> Checkpoint<S> {
    /// Checks that the run was trained on this corpus.
    ///
    /// # Errors
    /// [`TrainError::OtherRun`].
    pub fn check_corpus(&self, corpus: &Corpus, run: &Path) -> Result<(), TrainError> {
        if self.corpus.sha256 == corpus.sha256 {
            return Ok(());
        }
        let reason = format!(
            "the run was trained on another dataset (its digest is {}, this one's {})",
            self.corpus.sha256, corpus.sha256
        );
        Err(TrainError::OtherRun { run: run.to_owned(), reason })
    }

    /// Checks that these are the settings that the run was trained with so far. A checkpoint that
    /// does not tell is believed.
    ///
    /// # Errors
    /// [`TrainError::OtherRun`], which says what to do.
    pub fn check_settings(&self, config: &Config, run: &Path) -> Result<(), TrainError> {
        match &self.settings.settings_sha256 {
            Some(digest) if *digest != config.digest()? => {
                let reason = "its config.toml was changed after training began; undo the change \
                              (only steps and threads may differ), or start another run"
                    .to_owned();
                Err(TrainError::OtherRun { run: run.to_owned(), reason })
            }
            _ => Ok(()),
        }
    }
}

/// A run's folder of checkpoints.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// Those of a run directory. Nothing is created.
    #[must_use]
    pub fn of(run: &Path) -> Self {
        Self { folder: run.join("checkpoints") }
    }

    /// Finished checkpoints, newest first.
    ///
    /// # Errors
    /// [`TrainError::Io`] when the folder exists and cannot be read.
    pub fn list(&self) -> Result<Vec<PathBuf>, TrainError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(TrainError::io("read", &self.folder)(e)),
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| step_of(path).is_some())
            .collect();
        paths.sort_by_key(|path| std::cmp::Reverse(step_of(path)));
        Ok(paths)
    }

    /// Writes a checkpoint and removes all but as many of the newest as the settings keep.
    ///
    /// # Errors
    /// [`TrainError::Io`]; checkpoints that were finished before are still there.
    pub fn write<S: Contents>(
        &self,
        state: &S,
        corpus: &Corpus,
        config: &Config,
    ) -> Result<PathBuf, TrainError> {
        let path = self.folder.join(format!("step-{:08}.safetensors", state.step()));
        self.write_to(&path, state, corpus, config, None)?;
        for old in self.list()?.iter().skip(config.checkpoints) {
            std::fs::remove_file(old).map_err(TrainError::io("remove", old))?;
        }
        Ok(path)
    }

    /// Writes the best checkpoint, unless the one that is there is as good, and says whether it did.
    /// A score that is not a number is never good.
    ///
    /// # Errors
    /// [`TrainError::Io`]; the best one before is still there.
    pub fn write_if_best<S: Contents>(
        &self,
        state: &S,
        corpus: &Corpus,
        config: &Config,
        score: Score,
    ) -> Result<bool, TrainError> {
        let path = self.folder.join(BEST);
        let before = read(&path).and_then(|bytes| file::about(&bytes)).ok();
        let before = before.and_then(|about| about.score).map_or(f64::INFINITY, |s| s.mean_abs_z);
        let better = score.mean_abs_z < before;
        if better {
            self.write_to(&path, state, corpus, config, Some(score))?;
        }
        Ok(better)
    }

    fn write_to<S: Contents>(
        &self,
        path: &Path,
        state: &S,
        corpus: &Corpus,
        config: &Config,
        score: Option<Score>,
    ) -> Result<(), TrainError> {
        std::fs::create_dir_all(&self.folder).map_err(TrainError::io("create", &self.folder))?;
        let bytes = file::to_bytes(state, corpus, state.settings(config)?, score)
            .map_err(|e| TrainError::io("write", path)(std::io::Error::other(e)))?;
        write_atomically(path, &bytes).map_err(TrainError::io("write", path))
    }

    /// Removes what writes that were killed left behind. Only the run itself may do that, for what
    /// another process is writing looks the same.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn sweep(&self) -> Result<(), TrainError> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(TEMPORARY_PREFIX) {
                std::fs::remove_file(&path).map_err(TrainError::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// The newest checkpoint that is whole.
    ///
    /// # Errors
    /// [`TrainError::NoCheckpoint`], which says why the newest was refused.
    pub fn newest<S: Contents>(&self) -> Result<Checkpoint<S>, TrainError> {
        let mut refused = None;
        for path in self.list()? {
            match checkpoint(&path) {
                Ok(checkpoint) => return Ok(checkpoint),
                Err(reason) => {
                    eprintln!("{} is damaged and passed over: {reason}", path.display());
                    refused.get_or_insert(format!("{}: {reason}", path.display()));
                }
            }
        }
        let run = self.folder.parent().unwrap_or(&self.folder).to_owned();
        Err(TrainError::NoCheckpoint { run, refused })
    }

    /// The checkpoint that plays best, where one was measured and is whole.
    #[must_use]
    pub fn best<S: Contents>(&self) -> Option<Checkpoint<S>> {
        let path = self.folder.join(BEST);
        if !path.exists() {
            return None;
        }
        let refused =
            |reason: &String| eprintln!("{} is damaged and passed over: {reason}", path.display());
        checkpoint(&path).inspect_err(refused).ok()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = musegan_score::file::read(path, MAX_FILE_BYTES).map_err(|e| e.to_string())?;
    bytes.ok_or("it is longer than any checkpoint".to_owned())
}

fn checkpoint<S: Contents>(path: &Path) -> Result<Checkpoint<S>, String> {
    let (state, about) = file::from_bytes(&read(path)?)?;
    let file::About { corpus, settings, score, .. } = about;
    Ok(Checkpoint { path: path.to_owned(), state, corpus, score, settings })
}

/// The step in a checkpoint's file name.
fn step_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()
}
