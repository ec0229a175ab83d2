//! Writes a dataset: phrases go into shards as they come, the index last, and the whole directory
//! appears under its name only when complete.
//!
//! What must stay true: whatever interrupts a preparation, no directory is left that opens as a
//! dataset and lacks something. Memory holds one shard at a time.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::index::hexadecimal;
use super::packed::PLANE_BYTES;
use super::shard::{ONSET, SUSTAIN, VELOCITY, VELOCITY_START};
use super::{
    Corpus, DatasetError, INDEX_FILE, Index, OnsetSource, PackedPhrase, PrepareConfig, ShardEntry,
    Song, is_held_out,
};

/// Phrases in a full shard; its two planes of bits are then 23.6 MB.
const SHARD_PHRASES: usize = 4096;

/// A dataset being written.
#[derive(Debug)]
pub struct DatasetWriter {
    output: PathBuf,
    replace: bool,
    staging: TempDir,
    shard: ShardBuffer,
    shards: Vec<ShardEntry>,
    corpora: Vec<Corpus>,
    songs: Vec<Song>,
    song_numbers: HashMap<(usize, String), usize>,
    phrases: usize,
}

impl DatasetWriter {
    /// Begins a dataset that will appear at `output`. What lies there must be nothing, an empty
    /// folder, or, with `replace`, an older dataset, which stays until the new one is complete.
    ///
    /// # Errors
    /// If the place is taken or cannot be written to.
    pub fn create(output: &Path, replace: bool) -> Result<Self, DatasetError> {
        refuse_if_taken(output, replace)?;
        let parent = parent(output);
        fs::create_dir_all(parent).map_err(DatasetError::io("create", parent))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".musegan-prepare-");
        #[cfg(unix)]
        {
            // The temporary folder becomes the dataset, which others may read as usual.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        let staging = builder.tempdir_in(parent).map_err(DatasetError::io("create", output))?;
        Ok(Self {
            output: output.to_owned(),
            replace,
            staging,
            shard: ShardBuffer::default(),
            shards: Vec::new(),
            corpora: Vec::new(),
            songs: Vec::new(),
            song_numbers: HashMap::new(),
            phrases: 0,
        })
    }

    /// Begins a corpus; the phrases that follow belong to it.
    pub fn begin_corpus(
        &mut self,
        name: &str,
        onsets: OnsetSource,
        velocities: bool,
    ) -> &mut Corpus {
        self.corpora.push(Corpus {
            name: name.to_owned(),
            onsets,
            velocities,
            files: 0,
            songs: 0,
            phrases: 0,
            dropped: BTreeMap::new(),
            unreadable: Vec::new(),
            damaged: Vec::new(),
        });
        let last = self.corpora.len() - 1;
        &mut self.corpora[last]
    }

    /// The corpus begun last, to count what was read and dropped.
    pub fn corpus(&mut self) -> Option<&mut Corpus> {
        self.corpora.last_mut()
    }

    /// Appends a phrase of the song to the corpus begun last.
    ///
    /// # Errors
    /// If a full shard cannot be written.
    pub fn push(&mut self, song: &str, phrase: &PackedPhrase) -> Result<(), DatasetError> {
        let number = self.phrases;
        let corpus = self.corpora.len().saturating_sub(1);
        let song = match self.song_numbers.get(&(corpus, song.to_owned())) {
            Some(&index) => &mut self.songs[index],
            None => {
                self.song_numbers.insert((corpus, song.to_owned()), self.songs.len());
                self.songs.push(Song {
                    name: song.to_owned(),
                    corpus,
                    held_out: is_held_out(song),
                    ranges: Vec::new(),
                });
                if let Some(corpus) = self.corpora.last_mut() {
                    corpus.songs += 1;
                }
                let last = self.songs.len() - 1;
                &mut self.songs[last]
            }
        };
        match song.ranges.last_mut() {
            Some([_, end]) if *end == number => *end += 1,
            _ => song.ranges.push([number, number + 1]),
        }
        if let Some(corpus) = self.corpora.last_mut() {
            corpus.phrases += 1;
        }
        self.phrases += 1;
        self.shard.push(phrase);
        if self.shard.phrases == SHARD_PHRASES { self.flush() } else { Ok(()) }
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

    /// Writes the rest and the index, and gives the directory its name.
    ///
    /// # Errors
    /// If something cannot be written; an older dataset then stays as it was.
    pub fn finish(mut self, config: PrepareConfig) -> Result<Index, DatasetError> {
        self.flush()?;
        let index = Index::new(config, self.corpora, self.shards, self.songs);
        let file = self.staging.path().join(INDEX_FILE);
        let mut text = serde_json::to_vec_pretty(&index)
            .map_err(|e| DatasetError::io("write", &file)(io::Error::other(e)))?;
        text.push(b'\n');
        write_synced(&file, &text).map_err(DatasetError::io("write", &file))?;
        appear(self.staging, &self.output, self.replace)?;
        Ok(index)
    }

    fn flush(&mut self) -> Result<(), DatasetError> {
        if self.shard.phrases == 0 {
            return Ok(());
        }
        let name = format!("shard-{:05}.safetensors", self.shards.len());
        let file = self.staging.path().join(&name);
        let bytes = self.shard.serialize().map_err(DatasetError::io("write", &file))?;
        write_synced(&file, &bytes).map_err(DatasetError::io("write", &file))?;
        self.shards.push(ShardEntry {
            file: name,
            phrases: self.shard.phrases,
            sha256: hexadecimal(&Sha256::digest(&bytes)),
        });
        self.shard = ShardBuffer::default();
        Ok(())
    }
}

/// The shard that is being filled.
#[derive(Debug, Default)]
struct ShardBuffer {
    phrases: usize,
    onset: Vec<u8>,
    sustain: Vec<u8>,
    velocity: Vec<u8>,
    /// Little-endian u64: where the velocities of each phrase after the first begin.
    velocity_ends: Vec<u8>,
}

impl ShardBuffer {
    fn push(&mut self, phrase: &PackedPhrase) {
        let (onset, sustain, velocities) = phrase.planes();
        self.onset.extend_from_slice(onset);
        self.sustain.extend_from_slice(sustain);
        self.velocity.extend_from_slice(velocities);
        self.velocity_ends.extend_from_slice(&(self.velocity.len() as u64).to_le_bytes());
        self.phrases += 1;
    }

    fn serialize(&self) -> io::Result<Vec<u8>> {
        let starts = [&[0; 8], self.velocity_ends.as_slice()].concat();
        let planes = || vec![self.phrases, PLANE_BYTES];
        let tensors = [
            (ONSET, Dtype::U8, planes(), self.onset.as_slice()),
            (SUSTAIN, Dtype::U8, planes(), &self.sustain),
            (VELOCITY, Dtype::U8, vec![self.velocity.len()], &self.velocity),
            (VELOCITY_START, Dtype::U64, vec![self.phrases + 1], &starts),
        ];
        let views = tensors
            .into_iter()
            .map(|(name, dtype, shape, data)| Ok((name, TensorView::new(dtype, shape, data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
        views.and_then(|views| safetensors::serialize(views, None)).map_err(io::Error::other)
    }
}

fn write_synced(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The folder that a dataset lies in.
fn parent(output: &Path) -> &Path {
    match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What an older dataset is called while the new one takes its name.
fn old_name(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".old");
    output.with_file_name(name)
}

fn refuse_if_taken(output: &Path, replace: bool) -> Result<(), DatasetError> {
    let refuse =
        |path: &Path, reason| Err(DatasetError::OutputTaken { path: path.to_owned(), reason });
    let taken = |reason| refuse(output, reason);
    if output.file_name().is_none() {
        return taken("has no name that a new folder could take; name the dataset's folder");
    }
    let mut entries = match fs::read_dir(output) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
            return taken("cannot be a dataset's folder: a file is in the way");
        }
        Err(e) => return Err(DatasetError::io("read", output)(e)),
    };
    let aside = || {
        let old = old_name(output);
        match fs::symlink_metadata(&old) {
            Err(_) => Ok(()),
            Ok(_) => refuse(
                &old,
                "is in the way: a preparation that was killed may have left it, or it is yours; \
                 rename or remove it",
            ),
        }
    };
    if entries.next().is_none() {
        return aside();
    }
    // Only what prepare wrote may be replaced: a mistyped path must not cost anyone their files.
    let is_dataset = !matches!(
        Index::read(&output.join(INDEX_FILE)),
        Err(DatasetError::NotADataset(_) | DatasetError::Io { .. })
    );
    match (is_dataset, replace) {
        (true, true) => aside(),
        (true, false) => taken("already holds a dataset; choose another folder or add --force"),
        (false, _) => taken("is a folder with other files in it; choose a new or an empty one"),
    }
}

/// Moves the complete directory to its name. An older dataset is moved aside first, under a name
/// that says what it is should we be killed here, and back if the new one cannot take its place.
fn appear(staging: TempDir, output: &Path, replace: bool) -> Result<(), DatasetError> {
    let rename =
        |from: &Path, to: &Path| fs::rename(from, to).map_err(DatasetError::io("write", to));
    refuse_if_taken(output, replace)?;
    sync_folder(staging.path());
    let old = fs::symlink_metadata(output).is_ok().then(|| old_name(output));
    if let Some(old) = &old {
        rename(output, old)?;
    }
    if let Err(error) = rename(staging.path(), output) {
        if let Some(old) = &old {
            rename(old, output)?;
        }
        return Err(error);
    }
    // From here on the folder is the dataset, no longer ours to delete.
    let _ = staging.keep();
    sync_folder(parent(output));
    match old {
        Some(old) => fs::remove_dir_all(&old).map_err(DatasetError::io("remove", &old)),
        None => Ok(()),
    }
}

/// Lets new names in a folder survive a power cut. Not every file system can do this to a folder,
/// and without it the files are complete all the same.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = File::open(folder) {
        folder.sync_all().ok();
    }
    #[cfg(not(unix))]
    let _ = folder;
}
