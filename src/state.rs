//! What is saved beside the parameters, and what the audio thread, the worker and the editor
//! share. The audio thread touches nothing here but atomics.
use musegan_engine::{PhraseKey, Status};
use musegan_score::Phrase;
use nice_plug::params::persist::PersistentField;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

/// Which weights are meant to play. Each change has a revision number, so that a phrase asked for
/// under one choice is never answered under another. A handle: clones share the choice.
#[derive(Clone, Debug, Default)]
pub struct WeightsChoice(Arc<Chosen>);

#[derive(Debug, Default)]
struct Chosen {
    file: Mutex<(u32, String)>,
    revision: AtomicU32,
}

impl WeightsChoice {
    /// Chooses a weights file; `None` for the embedded weights. Any thread but the audio thread.
    pub fn choose(&self, file: Option<&Path>) {
        self.set_text(file.map(|path| path.display().to_string()).unwrap_or_default());
    }

    /// The revision and the file chosen, `None` for the embedded weights. Not for the audio
    /// thread.
    #[must_use]
    pub fn chosen(&self) -> (u32, Option<PathBuf>) {
        let chosen = self.0.file.lock();
        let file = (!chosen.1.is_empty()).then(|| PathBuf::from(&chosen.1));
        (chosen.0, file)
    }

    /// The revision of the newest choice; 0 for the embedded weights a plugin starts with.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.0.revision.load(Relaxed)
    }

    fn set_text(&self, file: String) {
        let mut chosen = self.0.file.lock();
        if chosen.1 != file {
            chosen.0 = chosen.0.wrapping_add(1);
            chosen.1 = file;
            self.0.revision.store(chosen.0, Relaxed);
        }
    }
}

impl PersistentField<'_, String> for WeightsChoice {
    fn set(&self, file: String) {
        self.set_text(file);
    }

    fn map<F: Fn(&String) -> R, R>(&self, f: F) -> R {
        f(&self.0.file.lock().1)
    }
}

/// Where a user puts weights files for the editor to offer, if the system has such a place.
#[must_use]
pub fn weights_folder() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("musegan").join("weights"))
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

/// Phrases kept for showing: more than the engine keeps for playing.
const SHOWN: usize = 24;

/// What the worker and the audio thread tell the editor.
#[derive(Debug, Default)]
pub struct Stage {
    playing: AtomicBool,
    pos_beats: AtomicU64,
    model: AtomicU32,
    seed: AtomicU64,
    temperature: AtomicU32,
    index: AtomicI64,
    rested_steps: AtomicU64,
    composed: Mutex<VecDeque<(PhraseKey, Arc<Phrase>)>>,
    news: Mutex<News>,
}

/// What the worker has to say, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Which weights play.
    pub weights: String,
    /// What went wrong last, if it still holds.
    pub trouble: Option<String>,
}

impl Stage {
    /// Tells where the player stands. Audio thread: stores atomics, nothing else. A reader may
    /// see fields of two neighbouring blocks, which only shows a picture a block too early.
    pub fn tell(&self, status: &Status) {
        self.playing.store(status.playing, Relaxed);
        self.pos_beats.store(status.pos_beats.to_bits(), Relaxed);
        self.model.store(status.key.model, Relaxed);
        self.seed.store(status.key.seed, Relaxed);
        self.temperature.store(status.key.temperature.to_bits(), Relaxed);
        self.index.store(status.key.index, Relaxed);
        self.rested_steps.store(status.rested_steps, Relaxed);
    }

    /// Where the player stands.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            playing: self.playing.load(Relaxed),
            pos_beats: f64::from_bits(self.pos_beats.load(Relaxed)),
            key: PhraseKey {
                model: self.model.load(Relaxed),
                seed: self.seed.load(Relaxed),
                temperature: f32::from_bits(self.temperature.load(Relaxed)),
                index: self.index.load(Relaxed),
            },
            rested_steps: self.rested_steps.load(Relaxed),
        }
    }

    /// Keeps a phrase for showing. Worker thread.
    pub fn show(&self, key: PhraseKey, phrase: Arc<Phrase>) {
        let mut composed = self.composed.lock();
        composed.retain(|(shown, _)| *shown != key);
        if composed.len() == SHOWN {
            composed.pop_front();
        }
        composed.push_back((key, phrase));
    }

    /// The phrase of this key, if it was composed lately.
    #[must_use]
    pub fn phrase(&self, key: &PhraseKey) -> Option<Arc<Phrase>> {
        let composed = self.composed.lock();
        composed.iter().find(|(shown, _)| shown == key).map(|(_, phrase)| phrase.clone())
    }

    /// What the worker has to say.
    #[must_use]
    pub fn news(&self) -> News {
        self.news.lock().clone()
    }

    /// Changes what the worker has to say. Worker thread.
    pub fn report(&self, change: impl FnOnce(&mut News)) {
        change(&mut self.news.lock());
    }
}
