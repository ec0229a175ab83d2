//! The tables beside the index, one JSON object a line: `songs.jsonl`, which says what belongs to
//! which song, `files.jsonl`, which says what became of every file, and `nearly-same.jsonl`, which
//! says which songs were left out for the sake of which.
//!
//! What must stay true: they are written and read line by line, so that a million files cost no
//! memory; only the songs are held when a dataset is open.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use musegan_score::file;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::index::{TableEntry, hexadecimal};
use super::shard::check_name;
use super::{DatasetError, Index};

/// A longer line is not read.
const MAX_LINE_BYTES: u64 = 1 << 24;

/// One song of one corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Song {
    /// The name that decides its side of the split.
    pub name: String,
    /// Index into the index's `corpora`.
    pub corpus: usize,
    /// Whether no training may see it.
    pub held_out: bool,
    /// How often training draws one of its phrases for each time that it draws one of weight 1.
    pub weight: f64,
    /// Its phrases: `[first, end)` of phrase numbers.
    pub phrases: [usize; 2],
}

/// Whether a song may have this weight: between a thousandth and a thousand.
#[must_use]
pub fn is_weight(weight: f64) -> bool {
    (1e-3..=1e3).contains(&weight)
}

/// One file that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path below the given folder, `archive.zip!inner/path.mid` inside archives.
    pub file: String,
    /// Index into the index's `corpora`.
    pub corpus: usize,
    /// The song's name.
    pub song: String,
    /// Its phrases: `[first, end)` of phrase numbers, empty where it gave none.
    pub phrases: [usize; 2],
    /// Bars of music in it.
    #[serde(default)]
    pub bars: u64,
    /// Why it could not be read, if so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unreadable: String,
    /// The first damaged place, if there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub damage: String,
    /// What was left behind: rule, count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, u64>,
    /// Which part was given to which track, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// The sections that its phrases begin in, where markers name them: name, and how many phrases
    /// in a row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<(String, usize)>,
    /// The collection it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// An SPDX identifier where there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// Who is to be named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub attribution: String,
}

/// A song that was left out because it is nearly another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearlySame {
    /// The name of the song that was left out.
    pub song: String,
    /// The name of the other, which is better but may be left out for the sake of a third.
    pub of: String,
    /// About the share of bars that both have among those that either has.
    pub likeness: f64,
}

/// A table being written.
#[derive(Debug)]
pub(super) struct TableWriter {
    name: &'static str,
    out: BufWriter<File>,
    hash: Sha256,
    rows: u64,
}

impl TableWriter {
    pub fn create(folder: &Path, name: &'static str) -> io::Result<Self> {
        let out = BufWriter::new(File::create(folder.join(name))?);
        Ok(Self { name, out, hash: Sha256::new(), rows: 0 })
    }

    pub fn push(&mut self, row: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(row)?;
        line.push(b'\n');
        self.hash.update(&line);
        self.rows += 1;
        self.out.write_all(&line)
    }

    pub fn finish(self) -> io::Result<TableEntry> {
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(TableEntry {
            file: self.name.to_owned(),
            rows: self.rows,
            sha256: hexadecimal(&self.hash.finalize()),
        })
    }
}

/// Hands every line of a table to `each`, then checks the table against its entry.
pub(super) fn read<T: for<'a> Deserialize<'a>>(
    dataset: &Path,
    entry: &TableEntry,
    mut each: impl FnMut(T) -> Result<(), String>,
) -> Result<(), DatasetError> {
    let path = dataset.join(&entry.file);
    let damaged = |reason: String| DatasetError::Damaged { file: path.clone(), reason };
    check_name(&entry.file).map_err(&damaged)?;
    let io = |e| DatasetError::io("read", &path)(e);
    let mut lines = BufReader::new(file::open(&path).map_err(io)?);
    let mut hash = Sha256::new();
    let mut rows = 0u64;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = io::Read::take(&mut lines, MAX_LINE_BYTES).read_until(b'\n', &mut line);
        if read.map_err(io)? == 0 {
            break;
        }
        hash.update(&line);
        rows += 1;
        let at = |reason: String| damaged(format!("line {rows}: {reason}"));
        let row = serde_json::from_slice(&line).map_err(|e| at(e.to_string()))?;
        each(row).map_err(at)?;
    }
    if rows != entry.rows || hexadecimal(&hash.finalize()) != entry.sha256 {
        return Err(damaged("its content does not give the checksum in the index".into()));
    }
    Ok(())
}

/// All songs, checked to cover the phrases of the index one after another.
pub(super) fn read_songs(dataset: &Path, index: &Index) -> Result<Vec<Song>, DatasetError> {
    let mut songs = Vec::new();
    let (mut next, mut held_out) = (0, 0);
    read(dataset, &index.songs, |song: Song| {
        let [first, end] = song.phrases;
        if first != next || end <= first || end > index.phrases {
            return Err(format!("song {:?} has not the phrases from {next} on", song.name));
        }
        if song.corpus >= index.corpora.len() {
            return Err(format!("song {:?} belongs to no corpus", song.name));
        }
        if !is_weight(song.weight) {
            return Err(format!("song {:?} has the weight {}", song.name, song.weight));
        }
        next = end;
        held_out += if song.held_out { end - first } else { 0 };
        songs.push(song);
        Ok(())
    })?;
    if (next, held_out) != (index.phrases, index.held_out_phrases) {
        let reason = format!(
            "it has {next} phrases, {held_out} of them held out; the index counts {} and {}",
            index.phrases, index.held_out_phrases
        );
        return Err(DatasetError::Damaged { file: dataset.join(&index.songs.file), reason });
    }
    Ok(songs)
}
