//! (being written)
use crate::launch::Launches;
use musegan_device::Operation;

/// Adds what an operation comes to.
pub(super) fn add(_operation: &Operation, _launches: &mut Launches) {}
