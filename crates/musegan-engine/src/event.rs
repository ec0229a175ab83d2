//! What leaves the engine and what it hears: note-ons and note-offs at samples of one block.

/// A note begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A note begins.
    On {
        /// MIDI velocity, `1..=127`.
        velocity: u8,
    },
    /// A note ends.
    Off,
}

/// One event of a block. Events come sorted by sample; at one sample the off of a key precedes
/// its on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Sample offset in the block, less than its length.
    pub at_sample: u32,
    /// On or off.
    pub kind: EventKind,
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key, `0..128`.
    pub key: u8,
}

/// A key pressed or released by whoever plays into the band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Sample offset in the block; at or past its end counts as the last sample.
    pub at_sample: u32,
    /// MIDI key, `0..128`; others are ignored.
    pub key: u8,
    /// Pressed or released.
    pub pressed: bool,
}
