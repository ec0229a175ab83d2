//! The cards that the driver finds, without using any.
use super::code::{Code, done};
use super::functions::Functions;
use musegan_device::interface::About;
use std::ffi::{CStr, c_char, c_int};

/// Attributes of `cuda.h`: major and minor part of the compute capability.
const CAPABILITY: [u32; 2] = [75, 76];

/// A card that is there.
pub(super) struct Present {
    /// The driver's handle.
    pub(super) device: c_int,
    pub(super) about: About,
}

/// Starts the driver and counts the cards.
pub(super) fn initialised(driver: &Functions) -> Result<u32, String> {
    // SAFETY: the driver may be started any number of times, and 0 is the only flag.
    match done(unsafe { (driver.initialise)(0) }) {
        Ok(()) => (),
        Err(Code::NO_DEVICE) => return Ok(0),
        Err(code) => {
            return Err(format!("the NVIDIA driver does not start: {}", code.text(driver)));
        }
    }
    let mut count = 0;
    // SAFETY: the number is ours to be written.
    match done(unsafe { (driver.device_count)(&raw mut count) }) {
        Ok(()) => Ok(count.max(0) as u32),
        Err(Code::NO_DEVICE) => Ok(0),
        Err(code) => Err(format!("the NVIDIA driver finds no cards: {}", code.text(driver))),
    }
}

impl Present {
    /// The card of a number, if there is one; the driver was started.
    pub(super) fn of(driver: &Functions, number: u32) -> Result<Option<Self>, String> {
        if number >= initialised(driver)? {
            return Ok(None);
        }
        Self::ask(driver, number)
            .map(Some)
            .map_err(|code| format!("cuda:{number} does not answer: {}", code.text(driver)))
    }

    fn ask(driver: &Functions, number: u32) -> Result<Self, Code> {
        let mut device = 0;
        let mut name = [0 as c_char; 256];
        let (mut memory, mut version) = (0, 0);
        let mut capability = [0; 2];
        // SAFETY: everything is ours to be written, and the name has room for so many characters.
        unsafe {
            done((driver.device)(&raw mut device, number as c_int))?;
            done((driver.device_name)(name.as_mut_ptr(), name.len() as c_int - 1, device))?;
            done((driver.device_memory)(&raw mut memory, device))?;
            for (part, attribute) in capability.iter_mut().zip(CAPABILITY) {
                done((driver.device_attribute)(part, attribute, device))?;
            }
            done((driver.driver_version)(&raw mut version))?;
        }
        // SAFETY: the last character was not written, so the name ends.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
        let [major, minor] = capability;
        let about = About {
            number,
            name,
            memory: memory as u64,
            capability: format!("{major}.{minor}"),
            // 13000 is 13.0 and 12040 is 12.4.
            driver: format!("{}.{}", version / 1000, version % 1000 / 10),
        };
        Ok(Self { device, about })
    }
}
