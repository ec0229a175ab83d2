//! Programs on a device: checked once, run again and again.
use super::{DeviceError, Gpu};
use crate::Program;

/// A program that a device has checked and made ready, let go when this is dropped. It keeps the
/// device open, but not the buffers it works on: without them it is refused.
#[derive(Debug)]
pub struct Prepared {
    gpu: Gpu,
    number: u64,
}

/// What one run of a program launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launches {
    /// Kernels on the device.
    pub kernels: u64,
    /// Launches that the host makes for them.
    pub by_host: u64,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: numbers are checked by the library.
        unsafe { (self.gpu.interface().discard)(self.gpu.number(), self.number) };
    }
}

impl Gpu {
    /// Has a program checked and made ready.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] if it would touch what is not there, with the operation;
    /// [`DeviceError::OutOfMemory`].
    pub fn prepare(&self, program: &Program) -> Result<Prepared, DeviceError> {
        let json = serde_json::to_vec(program)
            .map_err(|error| DeviceError::Refused(format!("a program without JSON: {error}")))?;
        let mut number = 0;
        self.ask(|interface, context, text| {
            let (bytes, len) = (json.as_ptr(), json.len() as u64);
            // SAFETY: there are `len` bytes to be read; the other pointers are valid for the call.
            unsafe { (interface.prepare)(context, bytes, len, &raw mut number, text) }
        })?;
        Ok(Prepared { gpu: self.clone(), number })
    }

    /// Has the device run a program `times` over. Does not wait for it.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] if one of its buffers is gone, or it is another device's;
    /// [`DeviceError::Lost`].
    pub fn run(&self, prepared: &Prepared, times: u32) -> Result<(), DeviceError> {
        let program = self.own(prepared)?;
        self.ask(|interface, context, text| {
            // SAFETY: `text` is valid for the call.
            unsafe { (interface.run)(context, program, times, text) }
        })
    }

    /// Waits until all that was run is done.
    ///
    /// # Errors
    /// [`DeviceError::Lost`].
    pub fn wait(&self) -> Result<(), DeviceError> {
        self.ask(|interface, context, text| {
            // SAFETY: `text` is valid for the call.
            unsafe { (interface.wait)(context, text) }
        })
    }

    /// What one run of a program launches.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] if it is another device's.
    pub fn launches(&self, prepared: &Prepared) -> Result<Launches, DeviceError> {
        let program = self.own(prepared)?;
        let [mut kernels, mut by_host] = [0; 2];
        self.ask(|interface, context, text| {
            let (kernels, by_host) = (&raw mut kernels, &raw mut by_host);
            // SAFETY: all pointers are valid for the call.
            unsafe { (interface.launches)(context, program, kernels, by_host, text) }
        })?;
        Ok(Launches { kernels, by_host })
    }

    /// A program's number on this device: the same number may be another program elsewhere.
    fn own(&self, prepared: &Prepared) -> Result<u64, DeviceError> {
        if self.same(&prepared.gpu) {
            Ok(prepared.number)
        } else {
            Err(DeviceError::Refused("the program was prepared on another device".into()))
        }
    }
}
