//! Phrases with the same notes, as they are or in another key: sorted by outline, those of one
//! outline lie together.

use std::io;
use std::path::Path;

use super::facts::PhraseFacts;
use super::{Choice, Rule, Rules, Table};
use crate::prepare::join::sorter::{Key, Sorter};

/// Different phrases of one outline that are remembered: there are twelve keys, and octaves.
const MAX_KEYS: usize = 128;

/// All phrases, on their way into the order of their outlines.
#[derive(Debug)]
pub struct SamePhrases {
    sorter: Sorter,
}

/// The phrases of one outline so far.
#[derive(Default)]
struct Outline {
    key: Option<Key>,
    /// Notes of those that were met, whether they stay or not.
    met: Vec<u128>,
}

impl SamePhrases {
    pub fn new(work: &Path, sort_bytes: usize) -> io::Result<Self> {
        Ok(Self { sorter: Sorter::new(work, sort_bytes)? })
    }

    /// Takes the facts of the phrase of this number.
    pub fn phrase(&mut self, number: u64, facts: &PhraseFacts) -> io::Result<()> {
        // Big-endian, so that the phrases of an outline come in their order.
        let mut record = [0; 24];
        record[..8].copy_from_slice(&number.to_be_bytes());
        record[8..].copy_from_slice(&facts.notes.to_be_bytes());
        self.sorter.push(facts.outline, &record)
    }

    /// Passes judgement on all that still stay.
    pub(super) fn resolve(self, rules: Rules, table: &mut Table) -> io::Result<()> {
        let mut outline = Outline::default();
        self.sorter.finish(&mut |key, record: &[u8]| {
            let (Some(number), Some(notes)) = (record.first_chunk(), record.last_chunk()) else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            if outline.key != Some(key) {
                outline = Outline { key: Some(key), met: Vec::new() };
            }
            let number = u64::from_be_bytes(*number);
            if !table.stays(number)? {
                return Ok(());
            }
            match outline.rule(u128::from_be_bytes(*notes), rules) {
                Some(rule) => table.set(number, 1, rule),
                None => Ok(()),
            }
        })
    }
}

impl Outline {
    /// The rule against the next phrase, which has these notes.
    fn rule(&mut self, notes: u128, rules: Rules) -> Option<Rule> {
        if self.met.contains(&notes) {
            return (rules.exact == Choice::Drop).then_some(Rule::Exact);
        }
        let is_first = self.met.is_empty();
        if self.met.len() < MAX_KEYS {
            self.met.push(notes);
        }
        (!is_first && rules.transposed == Choice::Drop).then_some(Rule::Transposed)
    }
}
