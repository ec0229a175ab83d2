//! The three phases of a run, one after the other.
pub mod adversarial;
pub mod codec;
pub mod second;

use super::config::BandConfig;
use super::networks::Networks;
use super::songbook::Songbook;
use std::fmt;

/// What all steps of a run have in common.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What is trained.
    pub networks: &'a Networks,
    /// What it is trained on.
    pub book: &'a Songbook,
    /// How, in each of the phases.
    pub settings: &'a BandConfig,
    /// The key of all randomness.
    pub seed: u64,
}

/// What is trained in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The bar codec.
    Codec,
    /// The generator on the codec's latents.
    Second,
    /// The generator against the critic.
    Adversarial,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Codec, Self::Second, Self::Adversarial];

    /// The name of its table in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Codec => "codec",
            Self::Second => "second",
            Self::Adversarial => "adversarial",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
