//! What kind of host the deck is: its blocks, and its manners at a loop's end and at a change.
use crate::error::HostError;

/// How a plugin is activated.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Samples per second.
    pub sample_rate: f64,
    /// Lengths of the blocks, used in turn; at least one that is not 0.
    pub blocks: Vec<u32>,
    /// Whether this is an export, in which the plugin may take its time.
    pub offline: bool,
}

impl Setup {
    /// An export in blocks of one length.
    #[must_use]
    pub fn offline(sample_rate: f64, block: u32) -> Self {
        Self { sample_rate, blocks: vec![block], offline: true }
    }

    /// Live playing in blocks of one length.
    #[must_use]
    pub fn live(sample_rate: f64, block: u32) -> Self {
        Self { sample_rate, blocks: vec![block], offline: false }
    }

    pub(super) fn longest(&self) -> Result<u32, HostError> {
        let longest = self.blocks.iter().copied().max().filter(|&longest| longest > 0);
        longest.ok_or_else(|| HostError::Misuse("blocks need a length".into()))
    }
}

/// What a host does with the block in which the loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopEnd {
    /// It cuts the block there and says nothing of a loop; the position jumps between two blocks.
    Cut,
    /// It tells the loop and calls process twice for one callback: up to the end, and for what
    /// is left of the callback from the start on.
    Twice,
    /// It tells the loop and lets the block run across; the plugin has to wrap inside it.
    Cross,
    /// It tells the loop and cuts the block there, but only the block after the next has the
    /// jumped position; the one between is told to lie behind the loop's end.
    Late,
}

/// How the plugin learns of a metre or tempo that changes inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// The block is cut there.
    Split,
    /// By a transport event at that sample. CLAP only.
    Event,
    /// Not before the next block.
    NextBlock,
}
