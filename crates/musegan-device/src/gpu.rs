//! A device that is open, its buffers and its prepared programs, without `unsafe` for whoever uses
//! them.
//!
//! What must stay true: whoever has a buffer or a program keeps the device open, and everything is
//! given back exactly once. A device that is lost stays lost; open it anew.
use crate::interface::{About, BAD_ARGUMENT, DONE, Interface, OUT_OF_MEMORY, Text};
use crate::library::{Answer, Library, Unavailable};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

mod memory;
mod running;

pub use memory::{Buffer, Word};
pub use running::{Launches, Prepared};

/// How long any call may wait for the device where nobody says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Why a device did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// Its memory does not suffice. Nothing happened.
    #[error("{0}")]
    OutOfMemory(String),
    /// It failed or did not answer in time. It answers nothing any more.
    #[error("{0}")]
    Lost(String),
    /// What was asked for is wrong. Nothing happened.
    #[error("{0}")]
    Refused(String),
}

/// Memory of a device in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What nobody uses.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

/// A device that is open. A clone is the same; when the last is gone, and all buffers and
/// programs, it is closed.
#[derive(Clone, Debug)]
pub struct Gpu(Arc<Context>);

#[derive(Debug)]
struct Context {
    library: Library,
    number: u64,
    about: About,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: numbers are checked by the library.
        unsafe { (self.library.interface().close)(self.number) };
    }
}

impl Gpu {
    /// Opens a device, whose calls may each wait for [`PATIENCE`]. Can take a second.
    ///
    /// # Errors
    /// [`Unavailable::Device`]: no driver, no such device, or one that does not start.
    pub fn open(library: &Library, number: u32) -> Result<Self, Unavailable> {
        Self::open_within(library, number, PATIENCE)
    }

    /// Opens a device that counts as lost if it does not answer a call within `patience`.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn open_within(
        library: &Library,
        number: u32,
        patience: Duration,
    ) -> Result<Self, Unavailable> {
        let devices = library.devices()?;
        let Some(about) = devices.iter().find(|about| about.number == number) else {
            return Err(Unavailable::Device(match devices.len() {
                0 => "there is no graphics card that can compute".into(),
                count => format!("there is no device cuda:{number}; devices there are: {count}"),
            }));
        };
        let patience = patience.as_millis().clamp(1, u32::MAX.into()) as u32;
        let mut context = 0;
        let answer = Answer::once(|text| {
            let open = library.interface().open;
            // SAFETY: both pointers are valid for the call.
            unsafe { open(number, patience, &raw mut context, text) }
        });
        if answer.code != DONE {
            return Err(Unavailable::Device(answer.sentence("the device does not open")));
        }
        let about = about.clone();
        Ok(Self(Arc::new(Context { library: library.clone(), number: context, about })))
    }

    /// What the device is.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.0.about
    }

    /// How much memory it has.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub fn memory(&self) -> Result<Memory, DeviceError> {
        let [mut free, mut total] = [0; 2];
        self.ask(|interface, context, text| {
            // SAFETY: all pointers are valid for the call.
            unsafe { (interface.memory)(context, &raw mut free, &raw mut total, text) }
        })?;
        Ok(Memory { free, total })
    }

    fn interface(&self) -> &Interface {
        self.0.library.interface()
    }

    fn number(&self) -> u64 {
        self.0.number
    }

    fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Calls the library on this context.
    fn ask(&self, call: impl FnOnce(&Interface, u64, *mut Text) -> i32) -> Result<(), DeviceError> {
        let answer = Answer::once(|text| call(self.interface(), self.number(), text));
        let error = match answer.code {
            DONE => return Ok(()),
            OUT_OF_MEMORY => DeviceError::OutOfMemory,
            BAD_ARGUMENT => DeviceError::Refused,
            // A library that panicked or says what nobody knows is not to be trusted with more.
            _ => DeviceError::Lost,
        };
        Err(error(answer.sentence("the device failed")))
    }
}
