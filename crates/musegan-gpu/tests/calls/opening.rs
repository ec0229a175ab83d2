//! Opening the device that there is.
use musegan_device::interface::{DONE, Interface, NO_DEVICE, Text};

/// A context on the first device, whose calls may take ten minutes each. Where a library for cards
/// finds no driver nothing can be tested, and the process ends.
pub fn open(interface: &Interface) -> u64 {
    let mut context = 0;
    let mut bytes = vec![0u8; 512];
    let mut text = Text { bytes: bytes.as_mut_ptr(), capacity: bytes.len() as u64, length: 0 };
    // SAFETY: `context` is there to be written, and so is the text.
    let code = unsafe { (interface.open)(0, 600_000, &raw mut context, &raw mut text) };
    bytes.truncate(text.length as usize);
    let sentence = String::from_utf8_lossy(&bytes);
    let may_be_absent = !cfg!(any(feature = "emulated", feature = "standin"));
    if code == NO_DEVICE && may_be_absent {
        eprintln!("nothing is tested: {sentence}");
        std::process::exit(0);
    }
    assert_eq!(code, DONE, "{sentence}");
    context
}
