//! Memory of a card, and of the host where the card reaches it.
use super::card::{Card, Taken};
use crate::failure::Failure;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

/// Bytes of the host's memory through which all copies go. From other memory the driver would copy
/// while the caller waits without a limit.
const STAGE: usize = 4 << 20;

/// Memory of a card, given back when this is dropped: whoever does has waited for its users.
pub(crate) struct Memory {
    card: Arc<Card>,
    pub(super) at: u64,
}

impl Memory {
    /// Takes memory of a card whose context is current; it is not cleared.
    pub(super) fn take(card: &Arc<Card>, bytes: usize) -> Result<Self, Failure> {
        let mut at = 0;
        // SAFETY: the address is ours to be written.
        let taken = unsafe { (card.driver.memory_take)(&raw mut at, bytes) };
        card.ask_for_room("taking memory", taken)?;
        Ok(Self { card: Arc::clone(card), at })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.card.give_back(Taken::Cards(self.at));
    }
}

/// Memory of the host that the card copies from and to.
pub(super) struct Stage {
    card: Arc<Card>,
    start: *mut u8,
    /// Bytes from the beginning that the card may still have to read.
    used: usize,
}

// SAFETY: the memory is this value's and the card's alone.
unsafe impl Send for Stage {}

impl Stage {
    /// The most that goes through at once.
    pub(super) const ROOM: usize = STAGE;

    /// Takes it; the card's context is current.
    pub(super) fn take(card: &Arc<Card>) -> Result<Self, Failure> {
        let mut start = null_mut::<c_void>();
        // SAFETY: the pointer is ours to be written.
        let taken = unsafe { (card.driver.host_take)(&raw mut start, STAGE) };
        card.ask_for_room("taking memory of the host", taken)?;
        Ok(Self { card: Arc::clone(card), start: start.cast(), used: 0 })
    }

    /// Lays bytes where the card can read them, unless there is no room until it has read what is
    /// there.
    pub(super) fn lay(&mut self, bytes: &[u8]) -> Option<*const c_void> {
        let end = self.used.checked_add(bytes.len()).filter(|&end| end <= STAGE)?;
        // SAFETY: there is room, and the card reads what was laid before only.
        let place = unsafe { self.start.add(self.used) };
        // SAFETY: as above; the bytes are the caller's.
        unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.used = end.next_multiple_of(64).min(STAGE);
        Some(place.cast())
    }

    /// Where the card writes, after it has read what was laid.
    pub(super) fn answer(&self) -> *mut c_void {
        self.start.cast()
    }

    /// Takes what the card has written, and finished writing.
    pub(super) fn take_answer(&self, bytes: &mut [u8]) {
        assert!(bytes.len() <= STAGE, "answers come in parts");
        // SAFETY: there are so many bytes, and the card is done.
        unsafe { self.start.copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len()) };
    }

    /// The card has read everything.
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.card.give_back(Taken::Hosts(self.start));
    }
}
