//! The driver's codes, and what they come to here.
use super::functions::Functions;
use std::ffi::CStr;

/// A code that is not success. A newer driver may have some that are not named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub(super) i32);

impl Code {
    pub(super) const OUT_OF_MEMORY: Self = Self(2);
    pub(super) const NO_DEVICE: Self = Self(100);
    pub(super) const NOT_READY: Self = Self(600);
    /// What loading kernels gives where these do not fit the card or the driver: no binary for the
    /// card, an image or an intermediate form of a newer CUDA, no compiler for it in the driver.
    const UNFIT: [i32; 7] = [200, 209, 218, 221, 222, 223, 300];

    pub(super) const fn is_unfit(self) -> bool {
        let mut at = 0;
        while at < Self::UNFIT.len() {
            if Self::UNFIT[at] == self.0 {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The driver's own words for it.
    pub(super) fn text(self, driver: &Functions) -> String {
        let said = |say: unsafe extern "system" fn(i32, *mut *const std::ffi::c_char) -> i32| {
            let mut text = std::ptr::null();
            // SAFETY: the pointer is ours to be written.
            let answer = unsafe { say(self.0, &raw mut text) };
            let known = answer == 0 && !text.is_null();
            // SAFETY: the driver's text, which ends in 0 and stays for ever.
            known.then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        };
        match (said(driver.error_string), said(driver.error_name)) {
            (Some(text), Some(name)) => format!("{text} ({name})"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => format!("error {} of the driver", self.0),
        }
    }
}

/// A code as a result.
pub(super) const fn done(code: i32) -> Result<(), Code> {
    if code == 0 { Ok(()) } else { Err(Code(code)) }
}
