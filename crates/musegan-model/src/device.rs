//! Where a network runs: which device was asked for, finding and opening it, and the sentence that
//! says what came of it. Runs wherever weights are loaded; never on the audio thread.
//!
//! The major components are
//!
//! * [`Devices`]: what was asked for, and what is needed to find it;
//! * [`Device`]: one that is open;
//! * [`Playing`]: which device plays, and why that one;
//! * `measuring` and `verdicts`: how `auto` chooses, once per model and machine.
//!
//! What must stay true: where anything is missing or fails, the CPU plays and a sentence says why.
use std::path::PathBuf;
use std::time::Duration;

pub use musegan_device::interface::About;
pub use musegan_device::{Choice, DeviceError, Gpu, Launches, Library, Unavailable};

mod measuring;
mod playing;
mod verdicts;

pub(crate) use measuring::{Timer, median_ms, wall_clock};
pub use playing::{Playing, Reason, Verdict, Work};
#[cfg(test)]
pub(crate) use verdicts::Kept;
pub(crate) use verdicts::{Key, Verdicts};

/// How long a call may wait for a device before it counts as lost, unless somebody says otherwise:
/// a phrase takes a thousandth of it.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// A device that a [`Generator`](crate::Generator) runs on.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Device {
    /// The calling thread, and no other: no pool is started. Results are bit-equal run to run.
    #[default]
    Cpu,
    /// A graphics card, through the library beside the program.
    Gpu(Gpu),
    /// A device of candle's: on macOS Metal. Its CPU is for tests alone, as it starts threads.
    Tensors(candle_core::Device),
}

impl Device {
    /// What a sentence calls it, such as `NVIDIA H200 (cuda:0)`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Cpu => CPU.into(),
            Self::Gpu(gpu) => name(gpu.about()),
            Self::Tensors(device) if device.is_metal() => METAL.into(),
            Self::Tensors(_) => "candle's CPU".into(),
        }
    }
}

/// What a sentence calls the CPU.
pub(crate) const CPU: &str = "CPU";
const METAL: &str = "Metal";

/// What a sentence calls a card.
#[must_use]
pub fn name(about: &About) -> String {
    format!("{} (cuda:{})", about.name, about.number)
}

/// Which device was asked for, and what is needed to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// What was asked for.
    pub choice: Choice,
    /// The file of the library for graphics cards; `None` for the one beside the file that holds
    /// this code.
    pub library: Option<PathBuf>,
    /// The user's folder for what programs may forget, in which auto's verdicts are kept; `None`
    /// keeps them until the process ends.
    pub cache: Option<PathBuf>,
    /// Whether auto measures even if it has a verdict.
    pub anew: bool,
    /// How long a call may wait for the device before it counts as lost.
    pub patience: Duration,
}

impl Default for Devices {
    fn default() -> Self {
        Self::new(Choice::default())
    }
}

impl Devices {
    /// This choice, with the library beside the program, and verdicts in memory.
    #[must_use]
    pub const fn new(choice: Choice) -> Self {
        Self { choice, library: None, cache: None, anew: false, patience: PATIENCE }
    }

    /// Opens the device that was asked for; for `auto` the one that is measured against the CPU:
    /// the first card, or Metal. Can take a second.
    ///
    /// # Errors
    /// [`Unavailable`] with the reason, which for `auto` is one to go on with the CPU.
    pub fn open(&self) -> Result<Device, Unavailable> {
        match self.choice {
            Choice::Cpu => Ok(Device::Cpu),
            Choice::Metal => metal(),
            Choice::Auto if cfg!(target_os = "macos") => metal(),
            Choice::Auto => self.card(0).map(Device::Gpu),
            Choice::Cuda(number) => self.card(number).map(Device::Gpu),
        }
    }

    /// Opens the card that was asked for, for what runs on cards alone; for `auto` the first.
    ///
    /// # Errors
    /// [`Unavailable`] with the reason, also where the choice is the CPU or Metal.
    pub fn gpu(&self) -> Result<Gpu, Unavailable> {
        match self.choice {
            Choice::Auto => self.card(0),
            Choice::Cuda(number) => self.card(number),
            Choice::Cpu | Choice::Metal => {
                Err(Unavailable::Device(format!("{} is no graphics card of CUDA's", self.choice)))
            }
        }
    }

    /// The cards there are.
    ///
    /// # Errors
    /// [`Unavailable`]: no library or no driver.
    pub fn cards(&self) -> Result<Vec<About>, Unavailable> {
        self.library()?.devices()
    }

    /// What `auto` measures against the CPU, without opening it.
    ///
    /// # Errors
    /// [`Unavailable`]: there is nothing but the CPU.
    pub(crate) fn rival(&self) -> Result<Rival, Unavailable> {
        if cfg!(target_os = "macos") {
            return Ok(Rival { name: METAL.into(), driver: String::new() });
        }
        let none = || Unavailable::Device("there is no graphics card that can compute".into());
        let first = self.cards()?.into_iter().min_by_key(|about| about.number);
        first.map(|about| Rival { name: name(&about), driver: about.driver }).ok_or_else(none)
    }

    fn card(&self, number: u32) -> Result<Gpu, Unavailable> {
        Gpu::open_within(&self.library()?, number, self.patience)
    }

    fn library(&self) -> Result<Library, Unavailable> {
        self.library.as_deref().map_or_else(Library::find, Library::open)
    }
}

/// A device that is not open yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rival {
    /// As [`Device::name`].
    pub name: String,
    /// The version of its driver, empty where nobody tells.
    pub driver: String,
}

#[cfg(target_os = "macos")]
fn metal() -> Result<Device, Unavailable> {
    // candle panics where a Mac has no such device, as a virtual one may.
    match std::panic::catch_unwind(|| candle_core::Device::new_metal(0)) {
        Ok(Ok(device)) => Ok(Device::Tensors(device)),
        Ok(Err(error)) => Err(Unavailable::Device(format!("Metal does not open: {error}"))),
        Err(_) => Err(Unavailable::Device("there is no graphics card that Metal knows".into())),
    }
}

#[cfg(not(target_os = "macos"))]
fn metal() -> Result<Device, Unavailable> {
    Err(Unavailable::Device("Metal is on macOS alone".into()))
}
