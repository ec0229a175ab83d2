//! The journal of a preparation: what each file gave, one record after another, so that a run that
//! was killed goes on where it was, and runs on several machines can be joined.
//!
//! A journal is one file, [`JOURNAL_FILE`], in a folder of its own: a header that says what is
//! being prepared and how, then records of length, checksum and content, and an end mark once all
//! files are in it. What must stay true: it is only ever appended to; whatever was whole when the
//! machine stopped is found again, and a torn last record is cut off; reading it holds one record
//! in memory.
//!
//! Whoever prepares works through the inputs in an order that depends on the inputs alone, so that
//! the number of files done says which they are.

mod codec;
mod reader;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::prepared::Prepared;
use crate::dataset::Shape;

pub(super) use codec::{decode, encode, names};
pub use reader::JournalReader;

/// Name of the journal in its folder.
pub const JOURNAL_FILE: &str = "journal";
/// The first bytes of every journal; the number is its version.
const MAGIC: &[u8; 18] = b"musegan-journal 2\n";
/// A longer header or record is damage. The largest file gives a fraction of it.
const MAX_RECORD_BYTES: u32 = 1 << 30;
/// Work that a power cut may cost.
const SYNC_BYTES: u64 = 32 << 20;
const SYNC_EVERY: Duration = Duration::from_secs(5);

/// What is being prepared, and how. A run goes on only where all of it is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// What the phrases are.
    pub shape: Shape,
    /// The resolved configuration; it must be the same in all journals that are joined, and is
    /// told by the dataset's index.
    pub config: serde_json::Value,
    /// What is prepared, as text or hash. It keeps a run from going on with other inputs, and the
    /// same inputs from being joined twice.
    pub inputs: String,
    /// Which part of the inputs: number, from 1, of how many. `(1, 1)` is all of them.
    pub share: (u32, u32),
}

/// Why a journal cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The folder holds work on something else.
    #[error(
        "{} holds the unfinished work of another preparation: {what} differ. Prepare that one \
         again as it was begun, add --force to begin anew, or remove the folder",
        .folder.display()
    )]
    OtherWork {
        /// The journal's folder.
        folder: PathBuf,
        /// "its settings", "its inputs", "its share".
        what: &'static str,
    },
    /// Another process is at it.
    #[error("{} is being written by another preparation; wait for it, or stop it", .0.display())]
    InUse(PathBuf),
    /// It is no journal, or not of this version, or it broke where no killed run breaks it.
    #[error("{}: {reason}", .file.display())]
    Damaged {
        /// The journal.
        file: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The folder has none.
    #[error("{} holds no share: name the folders that `prepare --shard` wrote", .0.display())]
    Missing(PathBuf),
    /// Not all files are in it.
    #[error(
        "{} is not finished: it has {files} files so far. Prepare it again, and it goes on there",
        .folder.display()
    )]
    Unfinished {
        /// The journal's folder.
        folder: PathBuf,
        /// Files in it.
        files: u64,
    },
}

impl JournalError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

/// How far a journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Files in it.
    pub files: u64,
    /// Whether those are all.
    pub finished: bool,
}

/// A journal being written. One process at a time has it.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    progress: Progress,
    /// Records that are not written yet.
    buffer: Vec<u8>,
    unsynced_bytes: u64,
    synced: Instant,
}

impl Journal {
    /// Opens the journal in this folder, or begins one there. What a killed run left goes on: the
    /// progress says how many of the files, in their order, need not be prepared again.
    ///
    /// # Errors
    /// If the folder holds other work, is in use, or cannot be written to.
    pub fn open(folder: &Path, header: &Header) -> Result<Self, JournalError> {
        fs::create_dir_all(folder).map_err(JournalError::io("create", folder))?;
        let path = folder.join(JOURNAL_FILE);
        let io = |action| JournalError::io(action, &path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(JournalError::InUse(path)),
            // Not every file system has locks.
            Err(fs::TryLockError::Error(_)) => {}
        }
        let mut progress = Progress { files: 0, finished: false };
        let whole = match reader::read_header(&mut file, &path) {
            Ok(found) => {
                refuse_other_work(folder, &found, header)?;
                let mut reader = JournalReader::after_header(&mut file, &path, found);
                while reader.next_payload()?.is_some() {
                    progress.files += 1;
                }
                progress.finished = reader.is_finished();
                reader.whole_bytes()
            }
            // Killed while it was begun.
            Err(_) if is_shorter_than_its_header(&mut file).map_err(io("read"))? => 0,
            Err(error) => return Err(error),
        };
        file.set_len(whole).map_err(io("write"))?;
        file.seek(SeekFrom::Start(whole)).map_err(io("write"))?;
        let mut journal = Self {
            path,
            file,
            progress,
            buffer: Vec::new(),
            unsynced_bytes: 0,
            synced: Instant::now(),
        };
        if whole == 0 {
            let text = serde_json::to_vec(header)
                .map_err(|e| JournalError::io("write", &journal.path)(e.into()))?;
            journal.buffer.extend_from_slice(MAGIC);
            journal.put(&text);
            journal.sync()?;
        }
        Ok(journal)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Adds what a file gave.
    ///
    /// # Errors
    /// If it cannot be written, for want of space for example; what was whole before stays.
    pub fn append(&mut self, prepared: &Prepared) -> Result<(), JournalError> {
        self.put(&encode(prepared));
        self.progress.files += 1;
        if self.unsynced_bytes + self.buffer.len() as u64 > SYNC_BYTES
            || self.synced.elapsed() > SYNC_EVERY
        {
            return self.sync();
        }
        if self.buffer.len() > 1 << 20 { self.flush() } else { Ok(()) }
    }

    /// Marks it as finished: all files are in it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<(), JournalError> {
        if !self.progress.finished {
            let files = self.progress.files.to_le_bytes();
            self.put(&[&[codec::END], &files[..]].concat());
        }
        self.sync()
    }

    fn put(&mut self, content: &[u8]) {
        self.buffer.extend_from_slice(&(content.len() as u32).to_le_bytes());
        self.buffer.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
        self.buffer.extend_from_slice(content);
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        self.file.write_all(&self.buffer).map_err(JournalError::io("write", &self.path))?;
        self.unsynced_bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.flush()?;
        self.file.sync_data().map_err(JournalError::io("write", &self.path))?;
        (self.unsynced_bytes, self.synced) = (0, Instant::now());
        Ok(())
    }
}

fn refuse_other_work(folder: &Path, found: &Header, expected: &Header) -> Result<(), JournalError> {
    let what = if found.shape != expected.shape || found.config != expected.config {
        "its settings"
    } else if found.inputs != expected.inputs {
        "its inputs"
    } else if found.share != expected.share {
        "its share of the files"
    } else {
        return Ok(());
    };
    Err(JournalError::OtherWork { folder: folder.to_owned(), what })
}

/// Whether a run was killed before the header was whole: nothing is lost then.
fn is_shorter_than_its_header(file: &mut File) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    Read::take(&mut *file, MAGIC.len() as u64 + 8).read_to_end(&mut start)?;
    let Some(rest) = start.get(MAGIC.len()..) else { return Ok(MAGIC.starts_with(&start)) };
    let Some(length) = rest.first_chunk() else { return Ok(start.starts_with(MAGIC)) };
    let header = (MAGIC.len() + 8) as u64 + u64::from(u32::from_le_bytes(*length));
    Ok(start.starts_with(MAGIC) && file.metadata()?.len() < header)
}

#[cfg(test)]
mod tests;
