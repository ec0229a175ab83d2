//! Which weights are chosen: what is saved of that, and how worker, editor and audio thread agree on
//! it. The audio thread reads an atomic, nothing else.
use etcetera::BaseStrategy;
use nice_plug::params::persist::PersistentField;
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Which weights are meant to play. Each choice has a revision number, so that a phrase asked for
/// under one choice is never answered under another. A handle: clones share the choice.
///
/// Saved as the file's path, empty for the embedded weights. Not for the audio thread, but for
/// [`revision`](Self::revision).
#[derive(Clone, Debug, Default)]
pub struct WeightsChoice(Arc<Chosen>);

#[derive(Debug, Default)]
struct Chosen {
    choice: Mutex<Choice>,
    revision: AtomicU32,
}

#[derive(Debug, Default)]
struct Choice {
    revision: u32,
    file: String,
    /// Digest of the weights that the song was saved with; empty where it is not known.
    saved_sha256: String,
    /// Digest of the weights that were loaded for this choice.
    loaded_sha256: Option<String>,
}

impl WeightsChoice {
    /// Chooses a weights file; `None` for the embedded weights. The same file is read anew.
    pub fn choose(&self, file: Option<&Path>) {
        let file = file.map(|path| path.display().to_string()).unwrap_or_default();
        self.change(|choice| {
            *choice =
                Choice { revision: choice.revision.wrapping_add(1), file, ..Choice::default() };
        });
    }

    /// The revision and the file chosen, `None` for the embedded weights.
    #[must_use]
    pub fn chosen(&self) -> (u32, Option<PathBuf>) {
        let choice = self.0.choice.lock();
        let file = (!choice.file.is_empty()).then(|| PathBuf::from(&choice.file));
        (choice.revision, file)
    }

    /// The revision of the newest choice; 0 for the embedded weights a plugin starts with. Reads
    /// an atomic; any thread.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.0.revision.load(Relaxed)
    }

    /// Gives a choice another revision, if there has been no other choice since, because its
    /// weights have only now been had. Worker thread.
    #[must_use]
    pub fn renew(&self, revision: u32) -> Option<u32> {
        let mut renewed = None;
        self.change(|choice| {
            if choice.revision == revision {
                choice.revision = revision.wrapping_add(1);
                renewed = Some(choice.revision);
            }
        });
        renewed
    }

    /// Notes which weights were loaded for a choice.
    pub fn loaded(&self, revision: u32, sha256: &str) {
        self.change(|choice| {
            if choice.revision == revision {
                choice.loaded_sha256 = Some(sha256.to_owned());
            }
        });
    }

    /// Whether other weights play than those that the song was saved with: a file that was
    /// replaced, or a newer plugin with other embedded weights.
    #[must_use]
    pub fn differs_from_saved(&self) -> bool {
        let choice = self.0.choice.lock();
        let loaded = choice.loaded_sha256.as_ref();
        !choice.saved_sha256.is_empty() && loaded.is_some_and(|sha| *sha != choice.saved_sha256)
    }

    fn change(&self, change: impl FnOnce(&mut Choice)) {
        let mut choice = self.0.choice.lock();
        change(&mut choice);
        self.0.revision.store(choice.revision, Relaxed);
    }
}

impl PersistentField<'_, String> for WeightsChoice {
    fn set(&self, file: String) {
        self.change(|choice| {
            if choice.file != file {
                choice.revision = choice.revision.wrapping_add(1);
                choice.file = file;
                choice.loaded_sha256 = None;
            }
        });
    }

    fn map<F: Fn(&String) -> R, R>(&self, f: F) -> R {
        f(&self.0.choice.lock().file)
    }
}

/// The digest of the weights of a [`WeightsChoice`], saved beside it.
#[derive(Clone, Debug)]
pub struct WeightsDigest(pub WeightsChoice);

impl PersistentField<'_, String> for WeightsDigest {
    fn set(&self, sha256: String) {
        self.0.change(|choice| choice.saved_sha256 = sha256);
    }

    fn map<F: Fn(&String) -> R, R>(&self, f: F) -> R {
        let choice = self.0.0.choice.lock();
        f(choice.loaded_sha256.as_ref().unwrap_or(&choice.saved_sha256))
    }
}

/// Where a user puts weights files for the editor to offer, if the system has such a place.
#[must_use]
pub fn weights_folder() -> Option<PathBuf> {
    let folders = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(folders.data_dir().join("musegan").join("weights"))
}

/// The user's folder for what programs may forget, if the system has such a place.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    Some(etcetera::base_strategy::choose_native_strategy().ok()?.cache_dir())
}

/// The weights files that the editor offers, sorted by name. Not for the audio thread.
#[must_use]
pub fn weights_files() -> Vec<PathBuf> {
    let entries = weights_folder().and_then(|folder| std::fs::read_dir(folder).ok());
    let mut files: Vec<_> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
        .collect();
    files.sort();
    files
}
