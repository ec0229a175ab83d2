//! What there is to prepare below the given paths, one piece of work at a time, in an order that
//! depends on names alone.
//!
//! What must stay true: the walk is the same on every machine; it reads of an archive only what is
//! asked for; and memory holds what is open, never a list of what was found (but for 16 bytes a
//! file, so that one that is reached twice counts once).
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

mod companions;
mod compressed;
mod folder;
mod gzip;
mod kind;
mod manifest;
mod pack;
mod phrases;
mod share;
mod skipped;
mod tar;
mod work;
mod zip;

pub(super) use companions::{Beside, Companion};
pub(super) use compressed::Entry;
pub(super) use kind::KINDS;
pub use share::Share;
pub(super) use skipped::Skipped;
pub(super) use work::{Bytes, Cells, Content, Grid, Name, Rows, Work};
pub(super) use zip::ZipEntries;

use folder::Folder;
use manifest::Manifest;

/// What is said of a file over which there was a panic.
pub(super) const BROKE: &str = "this program broke on it; please report it together with the file";

/// Something that holds more: a folder, an archive, a pack.
trait Source: Send {
    /// The next thing in it, or `None` at its end.
    fn next(&mut self, ledger: &mut Ledger) -> Option<Found>;

    /// Where it lies, and its path.
    fn origin(&self) -> (&Place, &str);
}

/// What a source gives.
enum Found {
    /// Something to prepare.
    Work(Box<Work>),
    /// Something that holds more.
    Source(Box<dyn Source>),
}

impl Found {
    fn work(work: Work) -> Self {
        Self::Work(Box::new(work))
    }
}

/// What the whole walk keeps account of.
struct Ledger {
    share: Share,
    skipped: Skipped,
    /// Files that were reached.
    seen: HashSet<(u64, u64)>,
    /// Folders that are not looked into.
    aside: Vec<PathBuf>,
}

/// Whose corpus files belong to, and what a manifest says of them.
#[derive(Clone)]
struct Place {
    corpus: String,
    manifest: Arc<Manifest>,
    /// Path of the archive or pack that the files are in, below the given folder.
    archive: Option<String>,
}

/// Everything to prepare, in order.
pub(super) struct Walk {
    /// Paths that were not begun yet, the first one last.
    inputs: Vec<(PathBuf, Place)>,
    /// What is open, the innermost last.
    sources: Vec<Box<dyn Source>>,
    ledger: Ledger,
}

impl Walk {
    /// A walk over these paths that gives what belongs to this share, and does not look into the
    /// folders `aside`.
    ///
    /// # Errors
    /// If a path does not exist, or is a file of a kind that is not read.
    pub fn new(inputs: &[PathBuf], share: Share, aside: &[PathBuf]) -> Result<Self> {
        let mut roots = Vec::new();
        for input in inputs.iter().rev() {
            let root = input
                .canonicalize()
                .with_context(|| format!("cannot read the input {}", input.display()))?;
            if root.is_file() && kind::of(&root.to_string_lossy()).is_none() {
                bail!("{} is of no kind that is read; {}", input.display(), kind::KINDS);
            }
            let manifest = Arc::new(Manifest::of(&root)?);
            let place = Place { corpus: stem(&root), manifest, archive: None };
            roots.push((root, place));
        }
        let (skipped, seen) = (Skipped::default(), HashSet::new());
        let ledger = Ledger { share, skipped, seen, aside: aside.to_owned() };
        Ok(Self { inputs: roots, sources: Vec::new(), ledger })
    }

    /// What was left aside because nothing here reads it; complete when the walk has ended.
    pub fn skipped(&self) -> &Skipped {
        &self.ledger.skipped
    }
}

impl Iterator for Walk {
    type Item = Work;

    fn next(&mut self) -> Option<Work> {
        loop {
            let Some(source) = self.sources.last_mut() else {
                let (root, place) = self.inputs.pop()?;
                self.sources.push(Box::new(Folder::open(&root, place)));
                continue;
            };
            let next = catch_unwind(AssertUnwindSafe(|| source.next(&mut self.ledger)));
            let Ok(found) = next else {
                // Whatever broke on it, the rest of the walk goes on without it.
                let Some(broken) = self.sources.pop() else { continue };
                let (place, path) = broken.origin();
                match self.ledger.unreadable(place, path, BROKE.to_owned()) {
                    Some(Found::Work(work)) => return Some(*work),
                    _ => continue,
                }
            };
            match found {
                Some(Found::Work(work)) => return Some(*work),
                Some(Found::Source(inner)) => self.sources.push(inner),
                None => drop(self.sources.pop()),
            }
        }
    }
}

impl Ledger {
    /// Whether this file is ours to prepare.
    fn takes(&self, place: &Place, path: &str) -> bool {
        // Most walks take everything, and need no name for that.
        self.share.is_whole() || {
            let name = place.name(path);
            self.share.takes(&name.corpus, &name.file)
        }
    }

    /// Counts a file that nothing here reads.
    fn skip(&mut self, place: &Place, path: &str) {
        if !kind::is_companion(path) && self.takes(place, path) {
            let Name { corpus, file, .. } = place.name(path);
            self.skipped.add(kind::extension(path), &format!("{corpus}/{file}"));
        }
    }

    /// A file that cannot be read, if it is ours to say so.
    fn unreadable(&self, place: &Place, path: &str, reason: String) -> Option<Found> {
        self.takes(place, path).then(|| Found::work(place.unreadable(path, reason)))
    }
}

impl Place {
    /// The place inside an archive.
    fn inside(&self, archive: &str) -> Self {
        Self { archive: Some(archive.to_owned()), ..self.clone() }
    }

    /// The name of a file by its path below the given folder, or inside the archive.
    fn name(&self, path: &str) -> Name {
        let path = path.trim_start_matches("./");
        let own = kind::without_extension(path);
        let (file, own_song) = match &self.archive {
            None => (path.to_owned(), own.to_owned()),
            Some(archive) => {
                let outer = kind::without_extension(archive);
                (format!("{archive}!{path}"), format!("{outer}/{own}"))
            }
        };
        let entry = self.manifest.entry(&file);
        Name {
            corpus: entry.map_or(&self.corpus, |entry| &entry.source).clone(),
            song: entry.map_or(own_song, |entry| entry.song.clone()),
            origin: entry.map(manifest::origin),
            weight: entry.map_or(1.0, |entry| entry.weight),
            file,
        }
    }

    fn work(&self, path: &str, content: Content) -> Work {
        Work { name: self.name(path), content }
    }

    fn unreadable(&self, path: &str, reason: impl Into<String>) -> Work {
        self.work(path, Content::Unreadable(reason.into()))
    }
}

/// The last part of a path without its extension if it is a file: what a corpus is called.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    if path.is_dir() { name.into_owned() } else { kind::without_extension(&name).to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// An archive that breaks the program that reads it.
    struct Breaking(Place);

    impl Source for Breaking {
        fn next(&mut self, _: &mut Ledger) -> Option<Found> {
            panic!("this panic is part of the test")
        }

        fn origin(&self) -> (&Place, &str) {
            (&self.0, "breaking.zip")
        }
    }

    #[test]
    fn an_archive_that_breaks_the_program_is_listed_and_the_walk_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.mid"), "").unwrap();
        let mut walk = Walk::new(&[folder.path().to_owned()], Share::WHOLE, &[]).unwrap();
        let place = Place { corpus: "c".into(), manifest: Arc::default(), archive: None };
        walk.sources.push(Box::new(Breaking(place)));
        let found: Vec<_> = walk.map(|work| (work.name.file, work.content)).collect();
        assert!(matches!(&found[0], (file, Content::Unreadable(_)) if file == "breaking.zip"));
        assert!(matches!(&found[1], (file, Content::Midi(..)) if file == "a.mid"));
        assert_eq!(found.len(), 2);
    }
}
