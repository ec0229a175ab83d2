//! Duplicates among all files of all journals: first a form that keeps everything.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::prepared::Prepared;
use crate::dataset::Shape;

/// What becomes of duplicates of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// They stay.
    Keep,
    /// All but one are dropped.
    #[default]
    Drop,
}

/// Which duplicates are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The same notes, whatever their velocities, twice in one song or in two: the later phrase.
    pub exact: Choice,
    /// The same but for pitched parts that lie some semitones higher or lower: the later phrase.
    pub transposed: Choice,
    /// A song whose phrases are nearly those of a song of another name: the one with fewer phrases,
    /// or the later.
    pub nearly: Choice,
}

/// A kind of duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// See [`Rules::exact`].
    Exact,
    /// See [`Rules::transposed`].
    Transposed,
    /// See [`Rules::nearly`].
    Nearly,
}

impl Rule {
    /// What the index and the report call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "phrases that came before",
            Self::Transposed => "phrases that came before in another key",
            Self::Nearly => "phrases of songs that are nearly another song",
        }
    }
}

/// What is compared of a file.
#[derive(Debug)]
pub(super) struct Facts {
    phrases: u64,
}

impl Facts {
    pub fn of(_: &Shape, _: Rules, prepared: &Prepared) -> Self {
        Self { phrases: prepared.outcome.as_ref().map_or(0, |c| c.phrases.len() as u64) }
    }
}

/// Collects facts, file by file.
pub(super) struct Detector {
    rules: Rules,
    phrases: u64,
}

impl Detector {
    pub fn new(_: &Path, rules: Rules) -> io::Result<Self> {
        Ok(Self { rules, phrases: 0 })
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    pub fn file(&mut self, _: &str, facts: Facts) -> io::Result<()> {
        self.phrases += facts.phrases;
        Ok(())
    }

    pub fn resolve(self) -> io::Result<Verdicts> {
        Ok(Verdicts)
    }
}

/// What becomes of each phrase, in order.
pub(super) struct Verdicts;

impl Verdicts {
    pub fn next(&mut self) -> io::Result<Option<Rule>> {
        Ok(None)
    }
}
