//! A folder, or one file: walked in the order of names, links followed.
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::kind::{self, Kind};
use super::pack::Pack;
use super::phrases::Phrases;
use super::tar::Tar;
use super::zip::Zip;
use super::{BROKE, Beside, Bytes, Content, Found, Ledger, Place, Source};
use crate::prepare::numpy::Npz;

/// What lies below one given path.
pub(super) struct Folder {
    root: PathBuf,
    entries: walkdir::IntoIter,
    place: Place,
}

impl Folder {
    pub(super) fn open(root: &Path, place: Place) -> Self {
        let entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
        Self { root: root.to_owned(), entries, place }
    }

    /// Path below the root, with `/` between the parts; of the root itself, its name.
    fn below(&self, path: &Path) -> String {
        let below = match path.strip_prefix(&self.root) {
            Ok(below) if !below.as_os_str().is_empty() => below,
            _ => Path::new(path.file_name().unwrap_or_default()),
        };
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    }

    fn found(&self, path: &Path, ledger: &mut Ledger) -> Option<Found> {
        let file = self.below(path);
        let Some(kind) = kind::of(&file) else {
            ledger.skip(&self.place, &file);
            return None;
        };
        let opened = catch_unwind(AssertUnwindSafe(|| self.open_file(path, &file, kind, ledger)));
        match opened {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => ledger.unreadable(&self.place, &file, error.to_string()),
            Err(_) => ledger.unreadable(&self.place, &file, BROKE.to_owned()),
        }
    }

    fn open_file(
        &self,
        path: &Path,
        file: &str,
        kind: Kind,
        ledger: &mut Ledger,
    ) -> io::Result<Option<Found>> {
        let place = &self.place;
        let work = |content| Ok(Some(Found::work(place.work(file, content))));
        let bytes = || Bytes::File(path.to_owned());
        let source: Box<dyn Source> = match kind {
            Kind::Zip => Box::new(Zip::open(path, file, place)?),
            Kind::Tar => Box::new(Tar::open(path, file, place, false)?),
            Kind::TarGz => Box::new(Tar::open(path, file, place, true)?),
            Kind::Midi if ledger.takes(place, file) => {
                return work(Content::Midi(bytes(), Beside::File(path.to_owned())));
            }
            Kind::Midi => return Ok(None),
            Kind::Npz => {
                let archive = Npz::of_file(path)?;
                if archive.contains("info.json") {
                    let takes = ledger.takes(place, file);
                    return if takes { work(Content::Pianoroll(bytes())) } else { Ok(None) };
                }
                let place = pack_place(file);
                let source: io::Result<Box<dyn Source>> = if archive.contains("song.npy") {
                    Pack::open(path, file, &place).map(|pack| Box::new(pack) as _)
                } else {
                    Phrases::open_npz(path, file, &place).map(|phrases| Box::new(phrases) as _)
                };
                match source {
                    Ok(source) => source,
                    Err(error) => return Ok(ledger.unreadable(&place, file, error.to_string())),
                }
            }
            Kind::Npy => {
                let place = pack_place(file);
                match Phrases::open_npy(path, file, &place) {
                    Ok(phrases) => Box::new(phrases),
                    Err(error) => return Ok(ledger.unreadable(&place, file, error.to_string())),
                }
            }
        };
        Ok(Some(Found::Source(source)))
    }
}

impl Source for Folder {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Found> {
        loop {
            let found = match self.entries.next()? {
                Ok(entry) if entry.file_type().is_dir() => {
                    if ledger.aside.iter().any(|aside| aside == entry.path()) {
                        self.entries.skip_current_dir();
                    }
                    None
                }
                Ok(entry) if !is_first_time(&entry, ledger) => None,
                Ok(entry) => self.found(entry.path(), ledger),
                // A link to a folder that it lies in leads to nothing new.
                Err(error) if error.loop_ancestor().is_some() => None,
                Err(error) => {
                    let file = self.below(error.path().unwrap_or(&self.root));
                    let reason = error.io_error().map_or("not readable".into(), reason_of);
                    ledger.unreadable(&self.place, &file, reason)
                }
            };
            if found.is_some() {
                return found;
            }
        }
    }

    fn origin(&self) -> (&Place, &str) {
        (&self.place, "")
    }
}

fn reason_of(error: &io::Error) -> String {
    error.to_string()
}

/// A pack is a corpus of its own.
fn pack_place(file: &str) -> Place {
    let name = file.rsplit('/').next().unwrap_or(file);
    Place {
        corpus: kind::without_extension(name).to_owned(),
        manifest: Arc::default(),
        archive: None,
    }
}

/// Whether no path has led to this file before.
fn is_first_time(entry: &DirEntry, ledger: &mut Ledger) -> bool {
    let identity = entry.metadata().ok().and_then(|metadata| identity(&metadata));
    let identity = identity.unwrap_or_else(|| {
        let path = entry.path().canonicalize().unwrap_or_else(|_| entry.path().to_owned());
        let hash = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            (salt, &path).hash(&mut hasher);
            hasher.finish()
        };
        (hash(0), hash(1))
    });
    ledger.seen.insert(identity)
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
