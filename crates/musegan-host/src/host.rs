//! The one interface to a loaded plugin, whatever its format, and the words it is spoken in.
//!
//! Values of parameters are normalised to `0.0..=1.0` in both formats; a stepped parameter with
//! `steps` steps has the values `i / steps`.
use std::path::Path;

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

/// A new value of a parameter at one sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterChange {
    /// Sample in the block.
    pub at: u32,
    /// [`Parameter::id`].
    pub id: u32,
    /// Normalised value.
    pub value: f64,
}

/// Whether a note begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The note ends.
    Off,
    /// The note begins.
    On,
}

/// A note on or off at one sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteEvent {
    /// Sample in the block.
    pub at: u32,
    /// On or off.
    pub kind: Kind,
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key, `0..128`.
    pub key: u8,
    /// `0.0..=1.0`.
    pub velocity: f32,
}

/// Where the song is at a block's first sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Whether the song runs.
    pub playing: bool,
    /// Song position in quarter notes; negative in a count-in.
    pub position_beats: f64,
    /// Quarter notes per minute; `None` where a host has no tempo.
    pub tempo: Option<f64>,
    /// Time signature; `None` where a host has none.
    pub meter: Option<(u16, u16)>,
    /// Position of the bar line at or before this block, in quarter notes. CLAP always carries
    /// one; `None` stands for the bar line of a song that has had this meter from its start.
    /// The VST3 library cannot carry it, and plugins reconstruct it from the meter.
    pub bar_start_beats: Option<f64>,
    /// The loop that is switched on, in quarter notes. CLAP only.
    pub loop_beats: Option<(f64, f64)>,
}

/// What goes into one call of process.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Samples; 0 is allowed and moves nothing.
    pub frames: u32,
    /// The song, or `None` where the host has no transport at all (CLAP only).
    pub transport: Option<Transport>,
    /// Parameter changes, sorted by sample.
    pub changes: &'a [ParameterChange],
    /// Notes played into the plugin, sorted by sample.
    pub notes: &'a [NoteEvent],
}

/// What one call of process gave, in the order the plugin sent it.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// Notes on and off.
    pub notes: Vec<NoteEvent>,
    /// How many events were no notes (controllers, expressions, parameter changes).
    pub others: usize,
}

/// One loaded plugin, held by a host of its format.
pub trait Host {
    /// The plugin's format.
    fn format(&self) -> Format;

    /// The plugin's own name.
    fn name(&self) -> &str;

    /// All parameters with their present values.
    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError>;

    /// Sets a parameter outside of process, as a generic editor does. Normalised value.
    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError>;

    /// Makes ready to process blocks of at most `max_block` samples. `offline` is an export:
    /// the plugin may take its time. Deactivates first if it was active.
    fn activate(
        &mut self,
        sample_rate: f64,
        max_block: u32,
        offline: bool,
    ) -> Result<(), HostError>;

    /// The way back; does nothing when inactive.
    fn deactivate(&mut self);

    /// Forgets everything that sounds or rings on, as hosts do on their panic button.
    fn reset(&mut self) -> Result<(), HostError>;

    /// Processes one block of silent stereo and gives what the plugin emitted into `emitted`,
    /// which is cleared first.
    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError>;

    /// The plugin's state as bytes for [`Self::load_state`] of the same format.
    fn save_state(&mut self) -> Result<Vec<u8>, HostError>;

    /// Restores a state. An error says that the plugin refused the bytes.
    fn load_state(&mut self, state: &[u8]) -> Result<(), HostError>;
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
