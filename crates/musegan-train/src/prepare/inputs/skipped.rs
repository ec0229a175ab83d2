//! Files that nothing here reads: counted by extension, with an example of each.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Extensions told apart; what comes beyond is counted together, so that memory stays bounded.
const MOST_EXTENSIONS: usize = 200;
const OTHERS: &str = "others";

/// What was left aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skipped {
    extensions: BTreeMap<String, Example>,
}

/// So many things, and the one that comes first by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// How many there are.
    pub count: u64,
    /// The path of one.
    pub example: String,
}

impl Skipped {
    /// Counts a file.
    pub fn add(&mut self, extension: String, path: &str) {
        let is_new = !self.extensions.contains_key(&extension);
        let is_full = is_new && self.extensions.len() >= MOST_EXTENSIONS;
        let extension = if is_full { OTHERS.to_owned() } else { extension };
        self.extensions.entry(extension).or_default().add(1, path);
    }

    /// Counts what another walk left aside.
    pub fn merge(&mut self, other: &Self) {
        for (extension, found) in &other.extensions {
            self.extensions.entry(extension.clone()).or_default().add(found.count, &found.example);
        }
    }

    /// By extension.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Example)> {
        self.extensions.iter().map(|(extension, found)| (extension.as_str(), found))
    }
}

impl Example {
    /// Counts so many more, one of which has this path. The order of counting does not matter.
    pub fn add(&mut self, count: u64, path: &str) {
        self.count += count;
        if self.example.is_empty() || path < self.example.as_str() {
            path.clone_into(&mut self.example);
        }
    }
}
