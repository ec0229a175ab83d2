//! `index.json`: what a dataset holds, where it came from, and what was left behind.
//!
//! What must stay true: it says nothing about when, where or on how many threads or machines it
//! was prepared, so that the same input gives the same bytes; and it stays small: what grows with
//! the number of files and songs lies in tables of its own (see [`super::tables`]).

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::DatasetError;
use super::shape::Shape;
use super::split::HELD_OUT_BELOW;

/// Value of `format` in every index.
const FORMAT: &str = "musegan-dataset";
/// The version of the format that this program reads and writes.
const FORMAT_VERSION: u32 = 2;
/// An index larger than this is not read: a hundred million phrases need a twentieth of it.
const MAX_INDEX_BYTES: u64 = 1 << 26;

/// The whole index.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Index {
    /// Always "musegan-dataset".
    pub format: String,
    /// Version of the format.
    pub format_version: u32,
    /// Phrases in all shards.
    pub phrases: usize,
    /// Phrases of held-out songs among them.
    pub held_out_phrases: usize,
    /// SHA-256 (hexadecimal) of all that training depends on.
    pub sha256: String,
    /// What the rows of the shards are.
    pub layout: Shape,
    /// Which songs are held out.
    pub split: Split,
    /// The resolved configuration, as `prepare` has it.
    pub config: serde_json::Value,
    /// Numbers of the report.
    pub report: serde_json::Value,
    /// Where the phrases come from.
    pub corpora: Vec<Corpus>,
    /// `songs.jsonl`: every song that gave a phrase.
    pub songs: TableEntry,
    /// `files.jsonl`: every file that was found, and what became of it.
    pub files: TableEntry,
    /// `nearly-same.jsonl`: songs that were left out because they are nearly another.
    pub nearly_same: TableEntry,
    /// The files that hold the phrases, in order.
    pub shards: Vec<ShardEntry>,
}

/// Which songs are held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Those whose name's SHA-256 begins with a byte below this.
    pub held_out_below: u8,
}

/// One collection of music.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Corpus {
    /// Name of the folder, archive or pack, without the path to it, or what a manifest says.
    pub name: String,
    /// How onsets are known.
    pub onsets: OnsetSource,
    /// Whether any of its phrases carries velocities.
    pub velocities: bool,
    /// Files that were read.
    pub files: u64,
    /// Bars of music in them.
    pub bars: u64,
    /// Songs that gave at least one phrase.
    pub songs: u64,
    /// Phrases in the dataset.
    pub phrases: u64,
    /// Those of held-out songs among them.
    pub held_out_phrases: u64,
    /// The others, each counted with the weight of its song: the corpus's share of what training
    /// draws, beside those of the other corpora.
    pub draws: f64,
    /// What was left behind, by rule.
    pub dropped: BTreeMap<String, Tally>,
    /// Files that could not be read.
    pub unreadable: Tally,
    /// Files that are damaged but gave some music.
    pub damaged: Tally,
    /// Who made the music, by source, licence and attribution; the most frequent where there are
    /// very many. `files.jsonl` has all.
    pub origins: Vec<OriginCount>,
}

/// How often something was met, and where for example.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first file in the dataset's order, as `files.jsonl` names it; empty where there is none.
    pub example: String,
}

/// Where songs come from, and how many files do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginCount {
    /// The collection.
    pub source: String,
    /// An SPDX identifier where there is one.
    pub licence: String,
    /// Who is to be named.
    pub attribution: String,
    /// Files that gave a phrase.
    pub files: u64,
}

/// Where the onsets of a corpus come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnsetSource {
    /// The source has notes.
    #[default]
    Notes,
    /// Cells only, in the source or by the preset: each run of cells was taken for one note.
    Runs,
}

/// One table beside the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// File name inside the dataset's directory.
    pub file: String,
    /// Lines in it.
    pub rows: u64,
    /// SHA-256 (hexadecimal) of the whole file.
    pub sha256: String,
}

/// One file of phrases.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShardEntry {
    /// File name inside the dataset's directory.
    pub file: String,
    /// Phrases in it.
    pub phrases: usize,
    /// SHA-256 (hexadecimal) of the whole file.
    pub sha256: String,
}

impl Tally {
    /// Counts `count` more, met in `file`.
    pub fn add(&mut self, count: u64, file: &str) {
        if self.count == 0 && count > 0 {
            file.clone_into(&mut self.example);
        }
        self.count += count;
    }
}

impl Corpus {
    /// A corpus of which nothing is known yet.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            onsets: OnsetSource::Notes,
            velocities: false,
            files: 0,
            bars: 0,
            songs: 0,
            phrases: 0,
            held_out_phrases: 0,
            draws: 0.0,
            dropped: BTreeMap::new(),
            unreadable: Tally::default(),
            damaged: Tally::default(),
            origins: Vec::new(),
        }
    }
}

impl Index {
    pub(super) fn new(
        layout: Shape,
        corpora: Vec<Corpus>,
        [songs, files, nearly_same]: [TableEntry; 3],
        shards: Vec<ShardEntry>,
    ) -> Self {
        let sum = |of: fn(&Corpus) -> u64| corpora.iter().map(of).sum::<u64>() as usize;
        let mut index = Self {
            format: FORMAT.into(),
            format_version: FORMAT_VERSION,
            phrases: sum(|corpus| corpus.phrases),
            held_out_phrases: sum(|corpus| corpus.held_out_phrases),
            sha256: String::new(),
            layout,
            split: Split { held_out_below: HELD_OUT_BELOW },
            config: serde_json::Value::Null,
            report: serde_json::Value::Null,
            corpora,
            songs,
            files,
            nearly_same,
            shards,
        };
        index.sha256 = index.content_sha256();
        index
    }

    /// Reads and checks the index alone; the shards and tables are not looked at.
    ///
    /// # Errors
    /// If there is none, it is of another version, or it contradicts itself.
    pub fn read(file: &Path) -> Result<Self, DatasetError> {
        let opened = musegan_score::file::open(file).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                DatasetError::NotADataset(file.parent().unwrap_or(file).to_owned())
            }
            _ => DatasetError::io("read", file)(source),
        })?;
        let damaged = |reason: String| DatasetError::Damaged { file: file.to_owned(), reason };
        let mut text = String::new();
        BufReader::new(opened)
            .take(MAX_INDEX_BYTES)
            .read_to_string(&mut text)
            .map_err(DatasetError::io("read", file))?;
        let header: Header = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        if header.format != FORMAT {
            return Err(damaged(format!("its format is {:?}, not {FORMAT:?}", header.format)));
        }
        if header.format_version != FORMAT_VERSION {
            return Err(DatasetError::Version {
                file: file.to_owned(),
                found: header.format_version,
                expected: FORMAT_VERSION,
            });
        }
        let index: Self = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        if index.sha256 != index.content_sha256() {
            return Err(damaged("its parts do not give its checksum".into()));
        }
        Ok(index)
    }

    /// SHA-256 over lines: the layout, the checksum of each shard, and that of the songs.
    fn content_sha256(&self) -> String {
        let mut hash = Sha256::new();
        let Shape { preset, layout, binary } = &self.layout;
        hash.update(format!(
            "{preset} {} {} {} {} {} {binary}\n",
            layout.parts.names().len(),
            layout.bars,
            layout.steps_per_beat,
            layout.lowest_pitch,
            layout.pitches
        ));
        for shard in &self.shards {
            hash.update(format!("{}\n", shard.sha256));
        }
        hash.update(format!("{}\n", self.songs.sha256));
        hexadecimal(&hash.finalize())
    }
}

/// Enough of the index to tell its version, whatever else a later one holds.
#[derive(Deserialize)]
struct Header {
    format: String,
    format_version: u32,
}

/// Lower-case hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
