//! Zip archives: the list of files, and each file's bytes.
//!
//! What must stay true: a file is looked at only when asked for; nothing is believed of the list
//! that the bytes do not bear out; and names that lead outside the archive are refused.
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use zip::ZipArchive;

use super::compressed::{Entry, Promise};
use super::kind::{self, Kind};
use super::{Beside, Bytes, Content, Found, Ledger, Place, Source, companions};
use crate::prepare::numpy::unfit;
use crate::prepare::read::{LARGEST_MIDI, LARGEST_PIANOROLL};

/// An archive that inflates to more than this many times its size, and to more than
/// [`PLENTY`], is a bomb.
const MOST_TIMES: u64 = 200;
/// Bytes that any archive may inflate to.
const PLENTY: u64 = 1 << 30;

/// The most bytes that may come out of an archive of so many.
pub(super) fn most_inflated(archive_bytes: u64) -> u64 {
    archive_bytes.saturating_mul(MOST_TIMES).max(PLENTY)
}

/// Why an archive is not read any further.
pub(super) fn bomb(most: u64) -> String {
    format!(
        "the archive inflates to more than {} MiB, which no collection of its size does; if it \
         is sound, unpack it and name the folder",
        most >> 20
    )
}

/// The files of a zip archive.
pub(in crate::prepare) struct ZipEntries<R> {
    archive: ZipArchive<R>,
}

impl<R: Read + Seek> ZipEntries<R> {
    /// Reads the list of files.
    pub fn open(file: R) -> io::Result<Self> {
        let archive = ZipArchive::new(file).map_err(|e| unfit(format!("no zip archive: {e}")))?;
        Ok(Self { archive })
    }

    /// How many files and folders there are.
    pub fn len(&self) -> usize {
        self.archive.len()
    }

    /// The name of a file, where it is text.
    pub fn name(&self, entry: usize) -> Option<String> {
        Some(self.archive.name_for_index(entry)?.ok()?.into_owned())
    }

    /// The number of the file of this name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.archive.index_for_name(name)
    }

    /// The bytes of a file.
    pub fn read(&mut self, entry: usize) -> io::Result<Entry<impl Read + '_>> {
        let found = self.archive.by_index_raw(entry).map_err(damaged)?;
        let promise = promise(&found)?;
        Entry::new(found, promise)
    }

    /// The bytes of a file, from the archive's own reader.
    pub fn into_reader(mut self, entry: usize) -> io::Result<Entry<io::Take<R>>> {
        let found = self.archive.by_index_raw(entry).map_err(damaged)?;
        let (promise, packed) = (promise(&found)?, found.compressed_size());
        let start = found.data_start().ok_or_else(|| unfit("the archive is damaged"))?;
        drop(found);
        let mut reader = self.archive.into_inner();
        reader.seek(SeekFrom::Start(start))?;
        Entry::new(reader.take(packed), promise)
    }

    /// The bytes of a file as they lie in the archive.
    fn packed(&mut self, entry: usize, most: u64) -> io::Result<Bytes> {
        let mut found = self.archive.by_index_raw(entry).map_err(damaged)?;
        let promise = promise(&found)?;
        if promise.size > most {
            return Err(unfit(format!("larger than {} MiB, which no song is", most >> 20)));
        }
        // No way of packing makes a small file much larger.
        let most_packed = promise.size.saturating_add(promise.size / 8).saturating_add(1 << 16);
        let mut bytes = Vec::new();
        found.by_ref().take(most_packed).read_to_end(&mut bytes)?;
        let held = bytes.len();
        Ok(Bytes::Packed(Box::new(Entry::new(Cursor::new(bytes), promise)?), held))
    }
}

fn promise<R: Read>(found: &zip::read::ZipFile<'_, R>) -> io::Result<Promise> {
    if found.encrypted() {
        return Err(unfit("encrypted; unpack the archive"));
    }
    Ok(Promise { method: found.compression(), size: found.size(), crc32: found.crc32() })
}

fn damaged(error: zip::result::ZipError) -> io::Error {
    unfit(format!("damaged in the archive: {error}"))
}

/// An archive as something that holds songs.
pub(super) struct Zip {
    entries: ZipEntries<BufReader<File>>,
    /// Where the archive lies, and its path.
    outside: (Place, String),
    place: Place,
    next: usize,
    /// Bytes that may still come out of it.
    left: u64,
    most: u64,
}

impl Zip {
    pub(super) fn open(path: &Path, file: &str, place: &Place) -> io::Result<Self> {
        let archive = musegan_score::file::open(path)?;
        let most = most_inflated(archive.metadata()?.len());
        let entries = ZipEntries::open(BufReader::new(archive))?;
        let outside = (place.clone(), file.to_owned());
        Ok(Self { entries, outside, place: place.inside(file), next: 0, left: most, most })
    }

    /// The content of a file that is read.
    fn content(&mut self, entry: usize, kind: Kind) -> io::Result<Content> {
        if kind == Kind::Npz {
            return Ok(Content::Pianoroll(self.entries.packed(entry, LARGEST_PIANOROLL)?));
        }
        let bytes = self.entries.packed(entry, LARGEST_MIDI)?;
        let song = self.entries.name(entry).unwrap_or_default();
        let mut beside = Vec::new();
        for path in companions::paths_beside(&song) {
            let Some(entry) = self.entries.index_of(&path) else { continue };
            if companions::is_plausible(self.size(entry)) {
                let mut bytes = Vec::new();
                self.entries.read(entry)?.read_to_end(&mut bytes)?;
                beside.push((companions::split(&path).1.to_owned(), bytes));
            }
        }
        Ok(Content::Midi(bytes, Beside::Held(beside)))
    }

    fn size(&mut self, entry: usize) -> u64 {
        self.entries.archive.by_index_raw(entry).map_or(0, |found| found.size())
    }
}

impl Source for Zip {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Found> {
        while self.next < self.entries.len() {
            let entry = self.next;
            self.next += 1;
            let Some(name) = self.entries.name(entry).filter(|name| !name.ends_with('/')) else {
                continue;
            };
            // Some programs write the names of Windows.
            let path = name.replace('\\', "/");
            match kind::of(&path) {
                Some(kind @ (Kind::Midi | Kind::Npz)) => {
                    // All files count, whosever share they are, so that shares see one archive.
                    let Some(left) = self.left.checked_sub(self.size(entry)) else {
                        self.next = self.entries.len();
                        return ledger.unreadable(&self.place, &path, bomb(self.most));
                    };
                    self.left = left;
                    if !ledger.takes(&self.place, &path) {
                        continue;
                    }
                    let content = if leads_outside(&name) {
                        Content::Unreadable("its name leads outside the archive".into())
                    } else {
                        self.content(entry, kind)
                            .unwrap_or_else(|e| Content::Unreadable(e.to_string()))
                    };
                    return Some(Found::work(self.place.work(&path, content)));
                }
                _ => ledger.skip(&self.place, &path),
            }
        }
        None
    }

    fn origin(&self) -> (&Place, &str) {
        (&self.outside.0, &self.outside.1)
    }
}

/// Whether a name in an archive is anything but a path below it.
pub(super) fn leads_outside(name: &str) -> bool {
    name.contains('\0')
        || name.starts_with(['/', '\\'])
        || name.as_bytes().get(1) == Some(&b':')
        || name.split(['/', '\\']).any(|part| part == "..")
}
