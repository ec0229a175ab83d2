//! What a host does to the engine, as data that can be cut, simplified and printed.
use musegan_engine::{Block, Controls, KeyChange};

/// One call of the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Whether the host resets the plugin before it.
    pub reset: bool,
    pub block: Block,
    pub controls: Controls,
    /// Sorted by sample.
    pub keys: Vec<KeyChange>,
}

impl Call {
    /// The sample a key change counts at.
    pub fn sample_of(&self, key: &KeyChange) -> u32 {
        key.at_sample.min(self.block.samples.saturating_sub(1))
    }
}
