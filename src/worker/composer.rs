//! What the worker makes phrases with.
use super::loaded::Loaded;
use anyhow::anyhow;
use musegan_engine::PhraseKey;
use musegan_model::Band;
use musegan_model::device::{About, Choice, Devices, Playing};
use musegan_score::Phrase;
use std::sync::Arc;
use std::time::Duration;

/// How long a device may take to answer before the CPU goes on: a phrase takes a thousandth of it,
/// and is asked for four bars ahead.
const DEVICE_PATIENCE: Duration = Duration::from_secs(1);

/// Work for a thread of its own that brings back a `T`.
pub type Errand<T> = Box<dyn FnOnce() -> T + Send>;

/// What makes phrases: the networks, and in tests whatever fails in the right way.
pub trait Composer: Send + Sized + 'static {
    /// Takes other weights and gives their SHA-256 in hexadecimal. `source` is what an error calls
    /// them. The CPU plays them, so that they play at once.
    ///
    /// # Errors
    /// When they are no weights, with what was expected and found; those that were there stay.
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String>;

    /// The phrase of this key.
    ///
    /// # Errors
    /// When it cannot be made now, for lack of memory for example.
    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase>;

    /// Begins anew with the weights that were loaded last, on the CPU: it has failed.
    fn revive(&mut self);

    /// Which device plays, and why; `None` without weights. A device that fails is replaced by the
    /// CPU within the phrase in which it fails, and shows here.
    fn playing(&self) -> Option<&Playing> {
        None
    }

    /// Makes a composer of the same weights on the device chosen, or on the CPU if that is not to
    /// be had; `None` without weights, and where there is one device alone. May take seconds.
    fn on_device(&self, _: Choice) -> Option<Errand<Self>> {
        None
    }

    /// Looks which graphics cards there are. May take seconds.
    fn cards(&self) -> Errand<Result<Vec<About>, String>> {
        Box::new(|| Ok(Vec::new()))
    }
}

/// The networks of this project.
#[derive(Debug)]
pub struct Networks {
    weights: Option<Arc<Loaded>>,
    band: Option<Band>,
    devices: Devices,
}

impl Networks {
    /// Networks without weights yet, which look for other devices here.
    #[must_use]
    pub const fn new(devices: Devices) -> Self {
        Self { weights: None, band: None, devices }
    }
}

impl Default for Networks {
    /// With the library beside the plugin, and what was measured in the user's cache folder.
    fn default() -> Self {
        let cache = crate::state::cache_folder();
        Self::new(Devices { cache, patience: DEVICE_PATIENCE, ..Devices::default() })
    }
}

impl Composer for Networks {
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String> {
        let weights = Loaded::of(weights, source)?;
        let sha256 = weights.sha256().to_owned();
        self.band = Some(weights.band());
        self.weights = Some(weights);
        Ok(sha256)
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        let band = self.band.as_mut().ok_or_else(|| anyhow!("there are no weights"))?;
        Ok(band.phrase(&key.composition, key.index))
    }

    fn revive(&mut self) {
        self.band = self.weights.as_ref().map(|weights| weights.band());
    }

    fn playing(&self) -> Option<&Playing> {
        self.band.as_ref().map(Band::playing)
    }

    fn on_device(&self, choice: Choice) -> Option<Errand<Self>> {
        let weights = self.weights.clone()?;
        let devices = Devices { choice, ..self.devices.clone() };
        Some(Box::new(move || {
            let mut band = weights.band();
            band.choose(&devices);
            Self { weights: Some(weights), band: Some(band), devices }
        }))
    }

    fn cards(&self) -> Errand<Result<Vec<About>, String>> {
        let devices = self.devices.clone();
        Box::new(move || devices.cards().map_err(|unavailable| unavailable.to_string()))
    }
}
