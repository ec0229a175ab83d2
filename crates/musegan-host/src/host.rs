//! The one interface to a loaded plugin, whatever its format.
//!
//! A plugin has two halves, as in both formats: a [`Controller`] for the main thread and a
//! [`Processor`] for the audio thread. [`Host`] is both for whoever has one thread only;
//! [`Host::halves`] takes them apart for whoever lets them run in parallel, as real hosts do.
//!
//! Values of parameters are normalised to `0.0..=1.0` in both formats; a stepped parameter with
//! `steps` steps has the values `i / steps`.
use std::path::Path;

use clack_host::entry::EntryDescriptor;

use crate::block::{Block, Emitted};
use crate::clap_host::ClapHost;
use crate::error::HostError;
use crate::vst3_host::Vst3Host;

/// A plugin format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CLAP.
    Clap,
    /// VST3.
    Vst3,
}

/// A parameter as the plugin describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The stable number that automation and state refer to.
    pub id: u32,
    /// The name shown to people.
    pub name: String,
    /// Normalised default.
    pub default: f64,
    /// Normalised present value.
    pub value: f64,
    /// Steps between lowest and highest, 1 for a switch; `None` for a continuous one.
    pub steps: Option<u32>,
}

/// The half for the main thread; may be used while another thread processes.
pub trait Controller {
    /// All parameters with their present values.
    ///
    /// # Errors
    /// If the plugin fails to describe one.
    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError>;

    /// Sets a parameter outside of process, as a generic editor does. Normalised value. While
    /// the plugin processes it takes effect with the next block.
    ///
    /// # Errors
    /// If the plugin has no such parameter.
    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError>;

    /// The plugin's state as bytes for [`Self::load_state`] of the same format.
    ///
    /// # Errors
    /// If the plugin keeps no state or fails to give it.
    fn save_state(&mut self) -> Result<Vec<u8>, HostError>;

    /// Restores a state.
    ///
    /// # Errors
    /// If the plugin refused the bytes.
    fn load_state(&mut self, state: &[u8]) -> Result<(), HostError>;

    /// What a host's message loop does now and then: answers what the plugin asked of it.
    fn idle(&mut self) {}
}

/// The half for the audio thread.
pub trait Processor: Send {
    /// Processes one block of silent stereo and gives what the plugin emitted into `emitted`,
    /// which is cleared first.
    ///
    /// # Errors
    /// If the plugin is not active or fails, or the block is longer than it was activated for.
    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError>;

    /// Forgets everything that sounds or rings on, as hosts do on their panic button.
    ///
    /// # Errors
    /// If the plugin fails.
    fn reset(&mut self) -> Result<(), HostError>;
}

/// One loaded plugin, held by a host of its format.
pub trait Host {
    /// The plugin's format.
    fn format(&self) -> Format;

    /// The plugin's own name.
    fn name(&self) -> &str;

    /// Makes ready to process blocks of at most `max_block` samples. `offline` is an export:
    /// the plugin may take its time. Deactivates first if it was active.
    ///
    /// # Errors
    /// If the plugin refuses.
    fn activate(
        &mut self,
        sample_rate: f64,
        max_block: u32,
        offline: bool,
    ) -> Result<(), HostError>;

    /// The way back; does nothing when inactive.
    fn deactivate(&mut self);

    /// The two halves, for two threads.
    fn halves(&mut self) -> (&mut dyn Controller, &mut dyn Processor);

    /// As [`Controller::parameters`].
    ///
    /// # Errors
    /// As there.
    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError> {
        self.halves().0.parameters()
    }

    /// As [`Controller::set_parameter`].
    ///
    /// # Errors
    /// As there.
    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        self.halves().0.set_parameter(id, value)
    }

    /// As [`Controller::save_state`].
    ///
    /// # Errors
    /// As there.
    fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        self.halves().0.save_state()
    }

    /// As [`Controller::load_state`].
    ///
    /// # Errors
    /// As there.
    fn load_state(&mut self, state: &[u8]) -> Result<(), HostError> {
        self.halves().0.load_state(state)
    }

    /// As [`Processor::process`].
    ///
    /// # Errors
    /// As there.
    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError> {
        let (controller, processor) = self.halves();
        controller.idle();
        processor.process(block, emitted)
    }

    /// As [`Processor::reset`].
    ///
    /// # Errors
    /// As there.
    fn reset(&mut self) -> Result<(), HostError> {
        self.halves().1.reset()
    }
}

/// Loads the first plugin of a `.clap` or `.vst3` bundle.
///
/// # Errors
/// If the path is no bundle, is not there, or its library cannot be loaded.
pub fn load(path: &Path) -> Result<Box<dyn Host>, HostError> {
    let format = match path.extension().and_then(|e| e.to_str()) {
        Some("clap") => Format::Clap,
        Some("vst3") => Format::Vst3,
        _ => return Err(HostError::UnknownFormat { path: path.to_owned() }),
    };
    if !path.exists() {
        return Err(HostError::Missing { path: path.to_owned() });
    }
    Ok(match format {
        Format::Clap => Box::new(ClapHost::load(path)?),
        Format::Vst3 => Box::new(Vst3Host::load(path)?),
    })
}

/// The first plugin of a CLAP entry that is linked into this program, so that whatever was done
/// to the program while it was compiled was done to the plugin.
///
/// # Safety
/// The entry must be what the plugin exports as `clap_entry`.
///
/// # Errors
/// If it holds no plugin.
#[allow(unsafe_code)]
pub unsafe fn linked(entry: &'static EntryDescriptor) -> Result<Box<dyn Host>, HostError> {
    // SAFETY: as the caller promises.
    Ok(Box::new(unsafe { ClapHost::linked(entry) }?))
}
