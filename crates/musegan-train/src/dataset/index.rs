//! `index.json`: what a dataset holds, where it came from, and what was left behind.
//!
//! What must stay true: it says nothing about when, where or on how many threads it was prepared,
//! so that the same input gives the same bytes.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::Path;

use musegan_score::quantise::Stride;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::DatasetError;

/// Value of `format` in every index.
const FORMAT: &str = "musegan-dataset";
/// The version of the format that this program reads and writes.
const FORMAT_VERSION: u32 = 1;
/// An index larger than this is not read: a million songs need about a tenth of it.
const MAX_INDEX_BYTES: u64 = 1 << 30;

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
    /// SHA-256 (hexadecimal) of the shards' checksums and the song table.
    pub sha256: String,
    /// How it was prepared.
    pub config: PrepareConfig,
    /// Where the phrases come from.
    pub corpora: Vec<Corpus>,
    /// The files that hold the phrases, in order.
    pub shards: Vec<ShardEntry>,
    /// Every song that gave a phrase, in the order in which they were prepared.
    pub songs: Vec<Song>,
}

/// The choices that shaped a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepareConfig {
    /// A phrase with fewer sounding tracks was dropped.
    pub min_tracks: usize,
    /// How far apart the phrases of a `.mid` file begin; packs are cut already.
    pub stride: PhraseStride,
}

/// How far apart the phrases of a song begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PhraseStride {
    /// Every four bars: no bar is in two phrases.
    Phrase,
    /// Every bar: four times the phrases, overlapping.
    Bar,
}

impl From<PhraseStride> for Stride {
    fn from(stride: PhraseStride) -> Self {
        match stride {
            PhraseStride::Phrase => Self::Phrase,
            PhraseStride::Bar => Self::Bar,
        }
    }
}

/// One source: a pack, or a folder of `.mid` files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Corpus {
    /// Name of the pack or folder, without the path to it.
    pub name: String,
    /// How onsets are known.
    pub onsets: OnsetSource,
    /// Whether its phrases carry velocities.
    pub velocities: bool,
    /// Files that were read.
    pub files: usize,
    /// Songs that gave at least one phrase.
    pub songs: usize,
    /// Phrases in the dataset.
    pub phrases: usize,
    /// What was left behind: reason, count.
    pub dropped: BTreeMap<String, u64>,
    /// Files that could not be read.
    pub unreadable: Vec<FileNote>,
    /// Files that are damaged but gave some music, with the first damaged place.
    #[serde(default)]
    pub damaged: Vec<FileNote>,
}

/// Where the onsets of a corpus come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnsetSource {
    /// The source has notes.
    Notes,
    /// The source has cells only: each run of cells was taken for one note.
    Runs,
}

/// What was wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileNote {
    /// Path below the given folder.
    pub file: String,
    /// Why, as a sentence.
    pub reason: String,
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

/// One song.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Song {
    /// The name that decides its side of the split.
    pub name: String,
    /// Index into `corpora`.
    pub corpus: usize,
    /// Whether no training may see it.
    pub held_out: bool,
    /// Its phrases: ranges `[first, end)` of phrase numbers, ascending.
    pub ranges: Vec<[usize; 2]>,
}

impl Index {
    pub(super) fn new(
        config: PrepareConfig,
        corpora: Vec<Corpus>,
        shards: Vec<ShardEntry>,
        songs: Vec<Song>,
    ) -> Self {
        let phrases_of = |song: &Song| song.ranges.iter().map(|[a, b]| b - a).sum::<usize>();
        Self {
            format: FORMAT.into(),
            format_version: FORMAT_VERSION,
            phrases: songs.iter().map(phrases_of).sum(),
            held_out_phrases: songs.iter().filter(|s| s.held_out).map(phrases_of).sum(),
            sha256: content_sha256(&shards, &songs),
            config,
            corpora,
            shards,
            songs,
        }
    }

    /// Reads and checks the index alone; the shards are not looked at.
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
        if index.sha256 != content_sha256(&index.shards, &index.songs) {
            return Err(damaged("its shards and songs do not give its checksum".into()));
        }
        if let Some(song) = index.songs.iter().find(|s| s.corpus >= index.corpora.len()) {
            return Err(damaged(format!("song {:?} belongs to no corpus", song.name)));
        }
        Ok(index)
    }

    /// For each of `phrases` phrases the index of its song, or why the table cannot be right.
    pub(super) fn song_of_phrases(&self, phrases: usize) -> Result<Vec<u32>, String> {
        const NO_SONG: u32 = u32::MAX;
        let mut song_of = vec![NO_SONG; phrases];
        for (number, song) in self.songs.iter().enumerate() {
            let number = u32::try_from(number).map_err(|e| e.to_string())?;
            for &[first, end] in &song.ranges {
                let range = song_of
                    .get_mut(first..end)
                    .ok_or_else(|| format!("song {:?} lies outside the shards", song.name))?;
                if range.iter().any(|&taken| taken != NO_SONG) {
                    return Err(format!("song {:?} overlaps another", song.name));
                }
                range.fill(number);
            }
        }
        match song_of.iter().position(|&song| song == NO_SONG) {
            Some(phrase) => Err(format!("phrase {phrase} belongs to no song")),
            None => Ok(song_of),
        }
    }
}

/// Enough of the index to tell its version, whatever else a later one holds.
#[derive(Deserialize)]
struct Header {
    format: String,
    format_version: u32,
}

/// SHA-256 over one line per shard (its checksum) and one per song (range ends, split, name).
fn content_sha256(shards: &[ShardEntry], songs: &[Song]) -> String {
    let mut hash = Sha256::new();
    for shard in shards {
        hash.update(format!("{}\n", shard.sha256));
    }
    for song in songs {
        let ranges: Vec<_> = song.ranges.iter().map(|[a, b]| format!("{a}-{b}")).collect();
        let split = if song.held_out { "held-out" } else { "training" };
        hash.update(format!("{} {split} {}\n", ranges.join(","), song.name));
    }
    hexadecimal(&hash.finalize())
}

/// Lower-case hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
