//! Duplicates among all files of all journals, found on disk.
//!
//! Three rules, one after another, each on what the one before has left:
//!
//! * *nearly*: of two songs of different names whose bars are nearly the same, the one with fewer
//!   phrases is dropped whole, or the later one where both have as many; also when the better one
//!   is dropped in favour of a third. Songs of one name, which are arrangements of one song, are
//!   not compared. How alike songs are is estimated: see `similar`.
//! * *exact*: of phrases with the same notes, the first in the order of the dataset stays.
//!   Velocities and labels are not compared.
//! * *transposed*: the same, of phrases whose pitched parts would have the same notes some semitones
//!   higher or lower, all by as many, and whose drums are the same.
//!
//! Since all three look at all songs, nothing that is trained on is nearly, or in another key, a
//! phrase of a held-out song that the rules would have found.
//!
//! What must stay true: verdicts depend on the files and their order alone. Memory holds one bucket
//! of a sorter, and phrases or songs of one equal hash a few at a time; on disk lie 40 bytes for
//! each phrase and one more for its verdict, and about 1.5 KB for each song.

mod facts;
mod same;
mod similar;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::dataset::NearlySame;
pub(super) use facts::Facts;
use same::SamePhrases;
use similar::SimilarSongs;

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
            Self::Exact => "phrases with the notes of an earlier one",
            Self::Transposed => "phrases with the notes of an earlier one in another key",
            Self::Nearly => "phrases of songs that are nearly another song",
        }
    }

    /// The byte of a verdict; 0 is for phrases that stay.
    const fn code(self) -> u8 {
        match self {
            Self::Exact => 1,
            Self::Transposed => 2,
            Self::Nearly => 3,
        }
    }

    const fn of_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Exact),
            2 => Some(Self::Transposed),
            3 => Some(Self::Nearly),
            _ => None,
        }
    }
}

/// Collects facts, file by file in the order of the dataset.
#[derive(Debug)]
pub(super) struct Detector {
    rules: Rules,
    /// Phrases so far.
    phrases: u64,
    verdicts: File,
    same: SamePhrases,
    similar: SimilarSongs,
}

impl Detector {
    /// A detector that keeps in `work` what does not fit into memory, and sorts so many bytes in it.
    pub fn new(work: &Path, sort_bytes: usize, rules: Rules) -> io::Result<Self> {
        Ok(Self {
            rules,
            phrases: 0,
            verdicts: scratch(&work.join("verdicts"))?,
            same: SamePhrases::new(work, sort_bytes)?,
            similar: SimilarSongs::new(work, sort_bytes)?,
        })
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Takes the facts of the next file, which belongs to this song.
    pub fn file(&mut self, song: &str, facts: &Facts) -> io::Result<()> {
        if self.rules.nearly == Choice::Drop {
            self.similar.file(song, self.phrases, facts)?;
        }
        for phrase in &facts.phrases {
            if self.rules != (Rules { nearly: self.rules.nearly, ..KEEP_ALL }) {
                self.same.phrase(self.phrases, phrase)?;
            }
            self.phrases += 1;
        }
        Ok(())
    }

    /// Compares everything, and tells `each` pair of songs that are nearly the same.
    pub fn resolve(
        self,
        each: &mut dyn FnMut(NearlySame) -> io::Result<()>,
    ) -> io::Result<Verdicts> {
        let mut table = Table { file: self.verdicts };
        table.file.set_len(self.phrases)?;
        self.similar.resolve(&mut table, each)?;
        self.same.resolve(self.rules, &mut table)?;
        let mut file = table.file;
        file.seek(SeekFrom::Start(0))?;
        Ok(Verdicts { input: BufReader::with_capacity(1 << 16, file) })
    }
}

const KEEP_ALL: Rules =
    Rules { exact: Choice::Keep, transposed: Choice::Keep, nearly: Choice::Keep };

/// A file of our own that can be read and written.
fn scratch(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).open(path)
}

/// A byte for each phrase, on disk.
struct Table {
    file: File,
}

impl Table {
    fn set(&mut self, phrase: u64, count: u64, rule: Rule) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(phrase))?;
        io::copy(&mut io::repeat(rule.code()).take(count), &mut self.file)?;
        Ok(())
    }

    fn stays(&mut self, phrase: u64) -> io::Result<bool> {
        let mut code = [0];
        self.file.seek(SeekFrom::Start(phrase))?;
        self.file.read_exact(&mut code)?;
        Ok(Rule::of_code(code[0]).is_none())
    }
}

/// What becomes of each phrase, in order.
#[derive(Debug)]
pub(super) struct Verdicts {
    input: BufReader<File>,
}

impl Verdicts {
    /// The rule by which the next phrase is dropped, or `None` where it stays.
    pub fn next(&mut self) -> io::Result<Option<Rule>> {
        let mut code = [0];
        self.input.read_exact(&mut code)?;
        Ok(Rule::of_code(code[0]))
    }
}

#[cfg(test)]
mod tests;
