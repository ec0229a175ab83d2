//! What came out of a plugin: the stream of its notes, and what was wrong with it.

use crate::block::Kind;

/// One event of the stream, placed in time and song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Sample counted from activation.
    pub at_sample: u64,
    /// Song position in quarter notes.
    pub at_beats: f64,
    /// On or off.
    pub kind: Kind,
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, `0..=127`; 0 of an off without one.
    pub velocity: u8,
}

/// A note from its on to its off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, `1..=127`.
    pub velocity: u8,
    /// First sample, counted from activation.
    pub start_sample: u64,
    /// Sample at which it has ended.
    pub end_sample: u64,
    /// Song position of its on in quarter notes.
    pub start_beats: f64,
    /// Song position of its off; not after `start_beats` where the song jumped meanwhile.
    pub end_beats: f64,
}

/// A broken promise of the stream.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// An event beyond the block it came in.
    #[error("an event at sample {at} of a block of {frames} (block begins at {at_sample})")]
    OutsideBlock {
        /// Sample in the block.
        at: u32,
        /// The block's length.
        frames: u32,
        /// First sample of the block.
        at_sample: u64,
    },
    /// An event before the one sent ahead of it.
    #[error("events out of order at sample {at_sample}")]
    Unsorted {
        /// Sample of the later-sent, earlier event.
        at_sample: u64,
    },
    /// An off after an on at one sample.
    #[error("an on before an off at sample {at_sample}")]
    OnBeforeOff {
        /// The sample.
        at_sample: u64,
    },
    /// An on for a key that still sounds.
    #[error("channel {channel} key {key} struck while sounding at sample {at_sample}")]
    StruckTwice {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// The sample.
        at_sample: u64,
    },
    /// An off for a key that does not sound.
    #[error("channel {channel} key {key} ended without sounding at sample {at_sample}")]
    NothingToEnd {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// The sample.
        at_sample: u64,
    },
    /// An on with velocity 0, which MIDI takes for an off, or a key or channel MIDI has not.
    #[error("channel {channel} key {key} is no MIDI note at sample {at_sample}")]
    NotMidi {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// The sample.
        at_sample: u64,
    },
    /// A note that still sounds at the end.
    #[error("channel {channel} key {key} sounds since sample {since} and was never ended")]
    Stuck {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// Sample of its on.
        since: u64,
    },
}

/// What came out of a plugin, complete.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// All events in the order of emission.
    pub events: Vec<Event>,
    /// All notes that ended, sorted by start, channel, key.
    pub notes: Vec<Note>,
    /// What was wrong, in order; empty for a right stream.
    pub faults: Vec<Fault>,
    /// Events that were no notes.
    pub others: usize,
    /// Events that the host had no room for; they are in none of the lists.
    pub refused: usize,
}

impl Recording {
    /// How many ons there were.
    #[must_use]
    pub fn ons(&self) -> usize {
        self.events.iter().filter(|e| e.kind == Kind::On).count()
    }

    /// How many offs there were.
    #[must_use]
    pub fn offs(&self) -> usize {
        self.events.len() - self.ons()
    }
}
