//! Every sounding note, so that each on gets exactly one off. Audio thread; fixed size.
use crate::SongStep;
use musegan_score::{Pitch, Track};

/// Notes that can sound at once. All five tracks on every pitch of a roll are 360.
pub(crate) const CAPACITY: usize = 384;

/// A note whose off is still owed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sounding {
    pub track: Track,
    /// The pitch of the phrase, before octaves.
    pub pitch: Pitch,
    pub channel: u8,
    pub key: u8,
    /// The step at which it has ended.
    pub end: SongStep,
}

/// The notes that sound, in no order. Never holds two of one channel and key.
#[derive(Debug)]
pub(crate) struct Ledger {
    notes: Vec<Sounding>,
}

impl Ledger {
    pub fn new() -> Self {
        Self { notes: Vec::with_capacity(CAPACITY) }
    }

    pub fn len(&self) -> usize {
        self.notes.len()
    }

    /// Books a note; false when the ledger is full, then it must not sound.
    pub fn book(&mut self, note: Sounding) -> bool {
        if self.notes.len() >= CAPACITY {
            return false;
        }
        self.notes.push(note);
        true
    }

    /// Strikes out and returns one note for which `ended` holds. Called until it gives `None`.
    pub fn take_one(&mut self, ended: impl Fn(&Sounding) -> bool) -> Option<Sounding> {
        let index = self.notes.iter().position(ended)?;
        Some(self.notes.swap_remove(index))
    }
}
