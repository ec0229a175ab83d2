//! Which device is chosen, as text: what is saved of that, and how worker and editor agree on it.
//! Main, GUI and worker threads; never the audio thread.
//!
//! What must stay true: a text that only a newer version understands is kept and saved as it came.
use musegan_model::device::Choice;
use nice_plug::params::persist::PersistentField;
use parking_lot::Mutex;
use std::sync::Arc;

/// Which device is meant to play. Which one does play does not show in the music, so unlike the
/// choice of weights it concerns no phrase's key. A handle: clones share the choice.
///
/// Saved as text: `auto`, `cpu`, `cuda:N`, `metal`.
#[derive(Clone, Debug, Default)]
pub struct DeviceChoice(Arc<Mutex<Chosen>>);

#[derive(Debug)]
struct Chosen {
    revision: u32,
    text: String,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { revision: 0, text: Choice::default().to_string() }
    }
}

impl DeviceChoice {
    /// Chooses a device. The same one is tried anew.
    pub fn choose(&self, choice: Choice) {
        let mut chosen = self.0.lock();
        *chosen = Chosen { revision: chosen.revision.wrapping_add(1), text: choice.to_string() };
    }

    /// The number of the newest choice, and the device; or, where a newer version knew others, a
    /// sentence that says so.
    pub fn chosen(&self) -> (u32, Result<Choice, String>) {
        let chosen = self.0.lock();
        let choice = chosen.text.parse::<Choice>();
        (chosen.revision, choice.map_err(|unknown| unknown.to_string()))
    }
}

impl PersistentField<'_, String> for DeviceChoice {
    fn set(&self, text: String) {
        let mut chosen = self.0.lock();
        if chosen.text != text {
            *chosen = Chosen { revision: chosen.revision.wrapping_add(1), text };
        }
    }

    fn map<F: Fn(&String) -> R, R>(&self, f: F) -> R {
        f(&self.0.lock().text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_versions_device_is_kept_and_known_to_be_unknown() {
        let choice = DeviceChoice::default();
        assert_eq!(choice.chosen(), (0, Ok(Choice::Auto)));
        choice.set("npu:3".into());
        let (revision, chosen) = choice.chosen();
        assert!(revision == 1 && chosen.is_err_and(|error| error.contains("npu:3")));
        assert_eq!(choice.map(String::clone), "npu:3");
        choice.set("npu:3".into());
        assert_eq!(choice.chosen().0, 1, "what is loaded again is no other choice");
        choice.choose(Choice::Cuda(1));
        choice.choose(Choice::Cuda(1));
        assert_eq!(choice.chosen(), (3, Ok(Choice::Cuda(1))), "who chooses it again means it");
        assert_eq!(choice.map(String::clone), "cuda:1");
    }
}
