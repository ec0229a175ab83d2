//! A prepared dataset on disk: packed phrases in safetensors shards beside one `index.json`.
//!
//! What must stay true: a directory that opens is whole. Every file in it is checked against its
//! checksum, and every shard against its shape, before the first phrase is handed out, so that
//! afterwards nothing can fail while training. The shards stay in the files (mmap) and are unpacked
//! phrase by phrase; the names of the songs are held in memory. Any thread may read. The format is
//! described in `docs/formats.md`.

mod error;
mod index;
mod labels;
mod packed;
mod shape;
mod shard;
mod split;
mod tables;
mod writer;

use std::path::{Path, PathBuf};

use musegan_score::layout::PlacedNote;
use musegan_score::{Chord, Key, Layout, Phrase};
use rayon::prelude::*;

pub use error::DatasetError;
pub use index::{Corpus, Index, OnsetSource, OriginCount, ShardEntry, Split, TableEntry, Tally};
pub use labels::{Labels, midinet_chord};
pub use packed::PackedPhrase;
pub use shape::Shape;
pub use split::is_held_out;
pub use tables::{FileEntry, NearlySame, Song, is_weight};
pub use writer::DatasetWriter;

use labels::CHORD_BYTES;
use shard::Shard;

/// Name of the index file in a dataset's directory.
pub const INDEX_FILE: &str = "index.json";

/// An opened dataset. Phrases are numbered `0..len()`.
#[derive(Debug)]
pub struct Dataset {
    path: PathBuf,
    index: Index,
    shards: Vec<Shard>,
    /// Number of the first phrase of each shard.
    shard_starts: Vec<usize>,
    /// In the order of their phrases.
    songs: Vec<Song>,
}

impl Dataset {
    /// Opens the dataset in this directory and checks all of it: format, shapes, ranges and
    /// checksums.
    ///
    /// # Errors
    /// If the directory is no dataset, is of another format version, or is damaged.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let index = Index::read(&path.join(INDEX_FILE))?;
        // Checking is reading: all cores are at it.
        let open = |entry| Shard::open(path, &index.layout, entry);
        let shards = index.shards.par_iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let mut phrases = 0;
        let shard_starts = shards.iter().map(|shard: &Shard| {
            phrases += shard.len();
            phrases - shard.len()
        });
        let shard_starts = shard_starts.collect();
        if index.phrases != phrases {
            let reason = format!("it counts {} phrases, its shards hold {phrases}", index.phrases);
            return Err(DatasetError::Damaged { file: path.join(INDEX_FILE), reason });
        }
        let songs = tables::read_songs(path, &index)?;
        tables::read(path, &index.files, |_: FileEntry| Ok(()))?;
        tables::read(path, &index.nearly_same, |_: NearlySame| Ok(()))?;
        Ok(Self { path: path.to_owned(), index, shards, shard_starts, songs })
    }

    /// The directory it was opened from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everything known about it besides phrases, songs and files.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The axes of its phrases.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.index.layout.layout
    }

    /// Checks that the networks here can play it.
    ///
    /// # Errors
    /// [`DatasetError::OtherLayout`] unless it has the band's layout.
    pub fn expect_band(&self) -> Result<(), DatasetError> {
        if self.layout() == Layout::BAND {
            return Ok(());
        }
        let preset = self.index.layout.preset.clone();
        Err(DatasetError::OtherLayout { path: self.path.clone(), preset })
    }

    /// How many phrases it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.phrases
    }

    /// Whether it has no phrase.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The corpora its phrases come from.
    #[must_use]
    pub fn corpora(&self) -> &[Corpus] {
        &self.index.corpora
    }

    /// Its songs, in the order of their phrases.
    #[must_use]
    pub fn songs(&self) -> &[Song] {
        &self.songs
    }

    /// Hands what became of every file to `each`, in the order of their songs.
    ///
    /// # Errors
    /// If the table has changed since the dataset was opened.
    pub fn for_each_file(&self, mut each: impl FnMut(FileEntry)) -> Result<(), DatasetError> {
        tables::read(&self.path, &self.index.files, |entry| {
            each(entry);
            Ok(())
        })
    }

    /// Hands every pair of songs of which one was left out because it is nearly the other to `each`.
    ///
    /// # Errors
    /// If the table has changed since the dataset was opened.
    pub fn for_each_nearly_same(
        &self,
        mut each: impl FnMut(NearlySame),
    ) -> Result<(), DatasetError> {
        tables::read(&self.path, &self.index.nearly_same, |pair| {
            each(pair);
            Ok(())
        })
    }

    /// SHA-256 (hexadecimal) of layout, shards, songs with their split, and weights.
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
        assert!(phrase < self.len(), "phrase {phrase} of {}", self.len());
        &self.songs[self.songs.partition_point(|song| song.phrases[1] <= phrase)]
    }

    /// Whether a phrase belongs to a song that no training may see.
    ///
    /// # Panics
    /// If `phrase >= len()`.
    #[must_use]
    pub fn is_held_out(&self, phrase: usize) -> bool {
        self.song(phrase).held_out
    }

    /// Writes the phrase as binary cells, row-major (part, step, pitch): 1 where a note sounds,
    /// else 0. In the band's layout that is `(5, 64, 72)`.
    ///
    /// # Panics
    /// If `phrase >= len()` or `out` has not as many numbers as the layout cells.
    pub fn fill_cells(&self, phrase: usize, out: &mut [f32]) {
        assert_eq!(out.len(), self.layout().cells(), "one number for each cell");
        let (shard, row) = self.locate(phrase);
        packed::unpack_cells(shard.onset(row), shard.sustain(row), out);
    }

    /// The notes of a phrase, sorted by part, onset, pitch, with velocity 0 where the source has
    /// none.
    ///
    /// # Panics
    /// If `phrase >= len()`.
    #[must_use]
    pub fn notes(&self, phrase: usize) -> Vec<PlacedNote> {
        let (shard, row) = self.locate(phrase);
        let layout = self.layout();
        packed::unpack_notes(layout, shard.onset(row), shard.sustain(row), shard.velocities(row))
    }

    /// What is known about a phrase besides its notes.
    ///
    /// # Panics
    /// If `phrase >= len()`.
    #[must_use]
    pub fn labels(&self, phrase: usize) -> Labels {
        let (shard, row) = self.locate(phrase);
        let chords = shard.chords(row).chunks_exact(CHORD_BYTES).map(labels::chord_of);
        Labels { bar: shard.bar(row), key: Key::of_code(shard.key(row)), chords: chords.collect() }
    }

    /// The chord that MidiNet would be given for a phrase: that of its last bar.
    ///
    /// # Panics
    /// If `phrase >= len()`.
    #[must_use]
    pub fn midinet_chord(&self, phrase: usize) -> [f32; 13] {
        let chords: Vec<Option<Chord>> = self.labels(phrase).chords;
        let last_bar = chords.rchunks(musegan_score::grid::BEATS_PER_BAR).next();
        midinet_chord(last_bar.unwrap_or_default())
    }

    /// The phrase of the band with its onsets and, where the source has them, its velocities.
    ///
    /// # Panics
    /// If `phrase >= len()`, or the layout is not the band's: see
    /// [`expect_band`](Self::expect_band).
    #[must_use]
    pub fn phrase(&self, phrase: usize) -> Phrase {
        assert_eq!(self.layout(), Layout::BAND, "phrases are the band's");
        packed::phrase_of(&self.notes(phrase))
    }

    fn locate(&self, phrase: usize) -> (&Shard, usize) {
        assert!(phrase < self.len(), "phrase {phrase} of {}", self.len());
        let shard = self.shard_starts.partition_point(|&start| start <= phrase) - 1;
        (&self.shards[shard], phrase - self.shard_starts[shard])
    }
}
