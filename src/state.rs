//! What is saved beside the parameters, and what the audio thread, the worker and the editor
//! share. The audio thread touches nothing here but atomics.
mod asked;
mod chart;
mod device;
mod news;
mod packed;
mod saved;
mod told;
mod weights;

pub(crate) use asked::is_ignored;
pub use chart::{Chart, ChartReader};
pub use device::DeviceChoice;
use musegan_engine::{PhraseKey, Status};
use musegan_score::Phrase;
pub use news::{DeviceNews, News};
use parking_lot::Mutex;
pub use saved::{Unknown, migrate};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use told::Told;
pub use weights::{WeightsChoice, WeightsDigest, cache_folder, weights_files, weights_folder};

/// Phrases kept for showing: as many as the engine keeps for playing.
const SHOWN: usize = 48;

/// What the worker and the audio thread tell the editor.
#[derive(Debug, Default)]
pub struct Stage {
    told: Told,
    composed: Mutex<VecDeque<(PhraseKey, Arc<Phrase>)>>,
    news: Mutex<News>,
    /// Whether the editor wants to know which graphics cards there are.
    curious: AtomicBool,
}

impl Stage {
    /// Tells where the player stands. Audio thread: stores atomics, nothing else.
    pub fn tell(&self, status: &Status) {
        self.told.write(status);
    }

    /// Where the player stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.told.read()
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

    /// Asks the worker which graphics cards there are. Looking may start a driver, so nobody does
    /// it unasked. GUI thread.
    pub fn ask_for_cards(&self) {
        self.curious.store(true, Relaxed);
    }

    /// Whether that was asked since it was last looked at. Worker thread.
    pub fn is_asked_for_cards(&self) -> bool {
        self.curious.swap(false, Relaxed)
    }
}
