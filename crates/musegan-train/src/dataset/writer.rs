//! Writes a dataset: phrases go into shards as they come, the index last, and the whole directory
//! appears under its name only when complete.
//!
//! What must stay true: whatever interrupts a preparation, no directory is left that opens as a
//! dataset and lacks something. Memory holds one shard at a time, the names and counts of the
//! corpora, and a line for every shard written.

mod buffer;
mod place;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::index::hexadecimal;
use super::shape::Shape;
use super::tables::{FileEntry, NearlySame, Song, TableWriter};
use super::{
    Corpus, DatasetError, INDEX_FILE, Index, PackedPhrase, ShardEntry, is_held_out, is_weight,
};
use buffer::ShardBuffer;

/// Phrases in a full shard; the two planes of bits of the band are then 23.6 MB.
const SHARD_PHRASES: usize = 4096;
const SONGS_FILE: &str = "songs.jsonl";
const FILES_FILE: &str = "files.jsonl";
const NEARLY_SAME_FILE: &str = "nearly-same.jsonl";

/// A dataset being written.
#[derive(Debug)]
pub struct DatasetWriter {
    output: PathBuf,
    replace: bool,
    staging: TempDir,
    shape: Shape,
    shard: ShardBuffer,
    shards: Vec<ShardEntry>,
    corpora: Vec<Corpus>,
    songs: TableWriter,
    files: TableWriter,
    nearly_same: TableWriter,
    /// The song that phrases belong to now; it has its line once it has ended.
    song: Option<Song>,
    phrases: usize,
}

impl DatasetWriter {
    /// Begins a dataset of rows of this shape that will appear at `output`. What lies there must be
    /// nothing, an empty folder, or, with `replace`, an older dataset, which stays until the new
    /// one is complete.
    ///
    /// # Errors
    /// If the place is taken or cannot be written to.
    pub fn create(output: &Path, replace: bool, shape: Shape) -> Result<Self, DatasetError> {
        Self::create_in(place::parent(output), output, replace, shape)
    }

    /// The same, growing in the folder `work`, which must lie on the same file system.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_in(
        work: &Path,
        output: &Path,
        replace: bool,
        shape: Shape,
    ) -> Result<Self, DatasetError> {
        place::refuse_if_taken(output, replace)?;
        let parent = place::parent(output);
        for folder in [parent, work] {
            fs::create_dir_all(folder).map_err(DatasetError::io("create", folder))?;
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".musegan-prepare-");
        #[cfg(unix)]
        {
            // The temporary folder becomes the dataset, which others may read as usual.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        let staging = builder.tempdir_in(work).map_err(DatasetError::io("create", output))?;
        let table = |name| {
            TableWriter::create(staging.path(), name).map_err(DatasetError::io("create", output))
        };
        Ok(Self {
            output: output.to_owned(),
            replace,
            songs: table(SONGS_FILE)?,
            files: table(FILES_FILE)?,
            nearly_same: table(NEARLY_SAME_FILE)?,
            staging,
            shape,
            shard: ShardBuffer::default(),
            shards: Vec::new(),
            corpora: Vec::new(),
            song: None,
            phrases: 0,
        })
    }

    /// Adds a corpus and returns its number.
    pub fn add_corpus(&mut self, name: &str) -> usize {
        self.corpora.push(Corpus::new(name));
        self.corpora.len() - 1
    }

    /// A corpus, to count what was read and dropped. Songs and phrases are counted here.
    ///
    /// # Panics
    /// If no corpus has this number.
    pub fn corpus(&mut self, number: usize) -> &mut Corpus {
        &mut self.corpora[number]
    }

    /// The phrases that follow belong to this song of this corpus, which has this weight. One song's
    /// phrases are expected together; its first weight counts.
    ///
    /// # Errors
    /// If the table of songs cannot be written.
    ///
    /// # Panics
    /// If no corpus has this number, or no song can have this weight (see [`is_weight`]).
    pub fn begin_song(
        &mut self,
        corpus: usize,
        name: &str,
        weight: f64,
    ) -> Result<(), DatasetError> {
        assert!(corpus < self.corpora.len(), "corpus {corpus} of {}", self.corpora.len());
        assert!(is_weight(weight), "a song of weight {weight}");
        if self.song.as_ref().is_some_and(|song| song.corpus == corpus && song.name == name) {
            return Ok(());
        }
        self.end_song()?;
        self.song = Some(Song {
            name: name.to_owned(),
            corpus,
            held_out: is_held_out(name),
            weight,
            phrases: [self.phrases; 2],
        });
        Ok(())
    }

    /// Appends a phrase of the song begun last.
    ///
    /// # Errors
    /// If a full shard cannot be written.
    ///
    /// # Panics
    /// If no song was begun or the phrase is of another shape.
    pub fn push(&mut self, phrase: &PackedPhrase) -> Result<(), DatasetError> {
        assert_eq!(phrase.onset.len(), self.shape.plane_bytes(), "a phrase of another shape");
        let Some(song) = &mut self.song else { panic!("a phrase without a song") };
        let corpus = &mut self.corpora[song.corpus];
        corpus.phrases += 1;
        corpus.held_out_phrases += u64::from(song.held_out);
        corpus.velocities |= !phrase.velocities.is_empty();
        self.phrases += 1;
        song.phrases[1] = self.phrases;
        self.shard.push(phrase);
        if self.shard.phrases == SHARD_PHRASES { self.flush() } else { Ok(()) }
    }

    /// Notes what became of a file.
    ///
    /// # Errors
    /// If the table of files cannot be written.
    pub fn note_file(&mut self, entry: &FileEntry) -> Result<(), DatasetError> {
        self.files.push(entry).map_err(DatasetError::io("write", self.staging.path()))
    }

    /// Notes a song that is left out because it is nearly another.
    ///
    /// # Errors
    /// If the table of such pairs cannot be written.
    pub fn note_nearly_same(&mut self, pair: &NearlySame) -> Result<(), DatasetError> {
        self.nearly_same.push(pair).map_err(DatasetError::io("write", self.staging.path()))
    }

    /// How many phrases it has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.phrases
    }

    /// Whether it has no phrase yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phrases == 0
    }

    /// The corpora so far.
    #[must_use]
    pub fn corpora(&self) -> &[Corpus] {
        &self.corpora
    }

    /// The folder that becomes the dataset, for further files such as pictures.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.staging.path()
    }

    /// Writes the rest and the index, which is to tell this configuration and these numbers, and
    /// gives the directory its name.
    ///
    /// # Errors
    /// If something cannot be written; an older dataset then stays as it was.
    pub fn finish(
        mut self,
        config: serde_json::Value,
        report: serde_json::Value,
    ) -> Result<Index, DatasetError> {
        self.flush()?;
        self.end_song()?;
        let folder = self.staging.path();
        let songs = self.songs.finish().map_err(DatasetError::io("write", folder))?;
        let files = self.files.finish().map_err(DatasetError::io("write", folder))?;
        let nearly_same = self.nearly_same.finish().map_err(DatasetError::io("write", folder))?;
        let tables = [songs, files, nearly_same];
        let mut index = Index::new(self.shape, self.corpora, tables, self.shards);
        (index.config, index.report) = (config, report);
        let file = self.staging.path().join(INDEX_FILE);
        let mut text = serde_json::to_vec_pretty(&index)
            .map_err(|e| DatasetError::io("write", &file)(io::Error::other(e)))?;
        text.push(b'\n');
        write_synced(&file, &text).map_err(DatasetError::io("write", &file))?;
        place::appear(self.staging, &self.output, self.replace)?;
        Ok(index)
    }

    fn end_song(&mut self) -> Result<(), DatasetError> {
        let Some(song) = self.song.take() else { return Ok(()) };
        if song.phrases[0] == song.phrases[1] {
            return Ok(());
        }
        let corpus = &mut self.corpora[song.corpus];
        corpus.songs += 1;
        if !song.held_out {
            corpus.draws += song.weight * (song.phrases[1] - song.phrases[0]) as f64;
        }
        self.songs.push(&song).map_err(DatasetError::io("write", self.staging.path()))
    }

    fn flush(&mut self) -> Result<(), DatasetError> {
        if self.shard.phrases == 0 {
            return Ok(());
        }
        let name = format!("shard-{:05}.safetensors", self.shards.len());
        let file = self.staging.path().join(&name);
        let full = std::mem::take(&mut self.shard);
        let bytes = full.serialize(&self.shape).map_err(DatasetError::io("write", &file))?;
        write_synced(&file, &bytes).map_err(DatasetError::io("write", &file))?;
        self.shards.push(ShardEntry {
            file: name,
            phrases: full.phrases,
            sha256: hexadecimal(&Sha256::digest(&bytes)),
        });
        Ok(())
    }
}

fn write_synced(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}
