//! A library that was built without kernels opens, lists nothing and says why.
#![cfg(not(any(feature = "cuda", feature = "emulated")))]
#![allow(clippy::unwrap_used)]

#[path = "calls/table.rs"]
mod table;

use musegan_device::interface::{BAD_ARGUMENT, NO_DEVICE};
use table::own;

#[test]
fn a_library_without_kernels_opens_and_says_so() {
    let table = own();
    let reason = table.devices().unwrap_err();
    assert!(reason.contains("built without kernels"), "{reason}");
    assert_eq!(table.open(0, 1000), Err((NO_DEVICE, reason)));
    assert_eq!(table.wait(1).unwrap_err().0, BAD_ARGUMENT);
    assert_eq!(table.close(1), Err(BAD_ARGUMENT));
}
