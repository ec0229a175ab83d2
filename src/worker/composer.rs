//! What the worker makes phrases with.
use anyhow::anyhow;
use musegan_engine::PhraseKey;
use musegan_model::{Band, Device, Weights};
use musegan_score::Phrase;

/// What makes phrases: the networks, and in tests whatever fails in the right way.
pub trait Composer: Send + 'static {
    /// Takes other weights and gives their SHA-256 in hexadecimal. `source` is what an error calls
    /// them.
    ///
    /// # Errors
    /// When they are no weights, with what was expected and found; those that were there stay.
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String>;

    /// The phrase of this key.
    ///
    /// # Errors
    /// When it cannot be made now, for lack of memory on a device for example.
    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase>;

    /// Begins anew with the weights that were loaded last: it has failed.
    fn revive(&mut self);
}

/// The networks of this project.
#[derive(Debug, Default)]
pub struct Networks {
    weights: Option<Weights>,
    band: Option<Band>,
}

impl Composer for Networks {
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String> {
        let weights = Weights::from_bytes(weights, source)?;
        let sha256 = weights.sha256().to_owned();
        self.band = Some(Band::new(&weights, Device::default()));
        self.weights = Some(weights);
        Ok(sha256)
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        let band = self.band.as_mut().ok_or_else(|| anyhow!("there are no weights"))?;
        Ok(band.phrase(&key.composition, key.index))
    }

    fn revive(&mut self) {
        self.band = self.weights.as_ref().map(|weights| Band::new(weights, Device::default()));
    }
}
