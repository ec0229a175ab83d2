//! A prepared dataset on disk: packed phrases in safetensors shards beside one `index.json`.
//!
//! What must stay true: a directory that opens is whole. Every shard is checked against its
//! checksum and its shape before the first phrase is handed out, so that afterwards nothing can
//! fail while training. The shards stay in the files (mmap) and are unpacked phrase by phrase;
//! any thread may read. The format is described in `docs/formats.md`.

mod error;
mod index;
mod packed;
mod shard;
mod split;
mod writer;

use std::path::{Path, PathBuf};

use musegan_score::Phrase;

pub use error::DatasetError;
pub use index::{
    Corpus, FileNote, Index, OnsetSource, PhraseStride, PrepareConfig, ShardEntry, Song,
};
pub use packed::PackedPhrase;
pub use split::is_held_out;
pub use writer::DatasetWriter;

use shard::Shard;

/// Name of the index file in a dataset's directory.
pub const INDEX_FILE: &str = "index.json";

/// An opened dataset. Phrases are numbered `0..len()` in the order they were prepared.
#[derive(Debug)]
pub struct Dataset {
    path: PathBuf,
    index: Index,
    shards: Vec<Shard>,
    /// Number of the first phrase of each shard.
    shard_starts: Vec<usize>,
    /// Index into `index.songs` for each phrase.
    song_of: Vec<u32>,
}

impl Dataset {
    /// Opens the dataset in this directory and checks all of it: format, shapes, ranges and
    /// checksums.
    ///
    /// # Errors
    /// If the directory is no dataset, is of another format version, or is damaged.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let index = Index::read(&path.join(INDEX_FILE))?;
        let mut shards = Vec::new();
        let mut shard_starts = Vec::new();
        let mut phrases = 0;
        for entry in &index.shards {
            shard_starts.push(phrases);
            let shard = Shard::open(path, entry)?;
            phrases += shard.len();
            shards.push(shard);
        }
        if index.phrases != phrases {
            let reason = format!("it counts {} phrases, its shards hold {phrases}", index.phrases);
            return Err(DatasetError::Damaged { file: path.join(INDEX_FILE), reason });
        }
        let song_of = index
            .song_of_phrases(phrases)
            .map_err(|reason| DatasetError::Damaged { file: path.join(INDEX_FILE), reason })?;
        Ok(Self { path: path.to_owned(), index, shards, shard_starts, song_of })
    }

    /// The directory it was opened from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everything known about it besides the phrases.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// How many phrases it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.song_of.len()
    }

    /// Whether it has no phrase.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.song_of.is_empty()
    }

    /// The corpora its phrases come from.
    #[must_use]
    pub fn corpora(&self) -> &[Corpus] {
        &self.index.corpora
    }

    /// SHA-256 (hexadecimal) of all shards and of the song table with its split.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.index.sha256
    }

    /// The song that a phrase belongs to.
    ///
    /// # Panics
    /// If `phrase >= len()`.
    #[must_use]
    pub fn song(&self, phrase: usize) -> &Song {
        &self.index.songs[self.song_of[phrase] as usize]
    }

    /// Whether a phrase belongs to a song that no training may see.
    ///
    /// # Panics
    /// If `phrase >= len()`.
    #[must_use]
    pub fn is_held_out(&self, phrase: usize) -> bool {
        self.song(phrase).held_out
    }

    /// Writes the phrase as binary cells, row-major `(5, 64, 72)` (track, step, pitch): 1 where
    /// a note sounds, else 0.
    ///
    /// # Panics
    /// If `phrase >= len()` or `out` is not [`musegan_score::roll::CELLS`] long.
    pub fn fill_cells(&self, phrase: usize, out: &mut [f32]) {
        let (shard, row) = self.locate(phrase);
        packed::unpack_cells(shard.onset(row), shard.sustain(row), out);
    }

    /// The phrase with its onsets and, where the source has them, its velocities.
    ///
    /// # Panics
    /// If `phrase >= len()`.
    #[must_use]
    pub fn phrase(&self, phrase: usize) -> Phrase {
        let (shard, row) = self.locate(phrase);
        packed::unpack_phrase(shard.onset(row), shard.sustain(row), shard.velocities(row))
    }

    fn locate(&self, phrase: usize) -> (&Shard, usize) {
        assert!(phrase < self.len(), "phrase {phrase} of {}", self.len());
        let shard = self.shard_starts.partition_point(|&start| start <= phrase) - 1;
        (&self.shards[shard], phrase - self.shard_starts[shard])
    }
}
