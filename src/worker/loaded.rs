//! Weights that are ready to play, once in a process however many instances play them: a band's
//! take tens of megabytes and a tenth of a second, and a project may have it on many tracks.
//!
//! Nothing is kept that nobody plays. What must stay true: weights are the same where their bytes
//! are, wherever those come from.
use musegan_model::band::Player;
use musegan_model::weights::{WeightsError, hex_sha256};
use musegan_model::{Band, Device, Weights};
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// See above.
#[derive(Debug)]
pub(super) struct Loaded {
    sha256: String,
    ready: Ready,
}

/// What a new band is made of.
#[derive(Debug)]
enum Ready {
    Tutorial(Box<Weights>),
    Band(Player),
}

/// What is being played in this process.
static SHARED: Mutex<Vec<Weak<Loaded>>> = Mutex::new(Vec::new());

impl Loaded {
    /// The weights of these bytes. `source` is what an error calls them.
    ///
    /// # Errors
    /// When they are no weights.
    pub fn of(bytes: &[u8], source: &str) -> Result<Arc<Self>, WeightsError> {
        let sha256 = hex_sha256(bytes);
        // Held while they are read, so that of instances that come together one reads them.
        let mut shared = SHARED.lock();
        shared.retain(|loaded| loaded.strong_count() > 0);
        let known = shared.iter().filter_map(Weak::upgrade).find(|known| known.sha256 == sha256);
        if let Some(known) = known {
            return Ok(known);
        }
        let weights = Weights::from_bytes(bytes, source)?;
        let ready = match Player::new(&weights) {
            Some(player) => Ready::Band(player),
            None => Ready::Tutorial(Box::new(weights)),
        };
        let loaded = Arc::new(Self { sha256, ready });
        shared.push(Arc::downgrade(&loaded));
        Ok(loaded)
    }

    /// SHA-256 of their file, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// A band that plays them on the CPU.
    pub fn band(&self) -> Band {
        match &self.ready {
            Ready::Tutorial(weights) => Band::new(weights, Device::Cpu),
            Ready::Band(player) => player.clone().into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TUTORIAL: &[u8] = include_bytes!("../../tests/tutorial.safetensors");

    #[test]
    fn weights_are_loaded_once_for_all_who_play_them_and_are_gone_with_the_last() {
        let [one, other] = ["one", "other"].map(|source| Loaded::of(TUTORIAL, source).unwrap());
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(one.sha256(), Weights::from_bytes(TUTORIAL, "").unwrap().sha256());
        let left = Arc::downgrade(&one);
        drop((one, other));
        assert!(left.upgrade().is_none());
        assert!(Loaded::of(b"no weights", "a file").unwrap_err().to_string().contains("a file"));
    }
}
