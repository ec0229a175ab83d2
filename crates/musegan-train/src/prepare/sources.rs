//! Finds what there is to prepare below the given paths, in an order that depends on names alone.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

/// One corpus to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An `.npz` pack.
    Pack(PathBuf),
    /// The `.mid` files of a folder.
    Midi(MidiFolder),
}

/// The `.mid` files below one given path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MidiFolder {
    /// Name of the folder, or of the file where a file was given.
    pub name: String,
    /// The files, sorted by name.
    pub files: Vec<MidiFile>,
}

/// One `.mid` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MidiFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its path below the given folder, with `/` between the parts.
    pub relative: String,
    /// The same without the extension: the song's name.
    pub song: String,
}

/// The sources below the inputs, in the order given; within a folder packs first, then files,
/// sorted by name. A file reached twice counts once.
pub(super) fn find(inputs: &[PathBuf]) -> Result<Vec<Source>> {
    let mut seen = HashSet::new();
    let mut sources = Vec::new();
    for input in inputs {
        let root = input
            .canonicalize()
            .with_context(|| format!("cannot read the input {}", input.display()))?;
        let mut midi = Vec::new();
        for entry in WalkDir::new(&root).follow_links(true).sort_by_file_name() {
            let entry = entry.with_context(|| format!("cannot list {}", input.display()))?;
            let path = entry.path();
            let mut fresh = || path.canonicalize().map(|real| seen.insert(real)).unwrap_or(true);
            match extension(path) {
                _ if !entry.file_type().is_file() => {}
                Some(Extension::Pack) if fresh() => sources.push(Source::Pack(path.into())),
                Some(Extension::Midi) if fresh() => midi.push(midi_file(&root, path)),
                _ => {}
            }
        }
        if !midi.is_empty() {
            sources.push(Source::Midi(MidiFolder { name: stem(&root), files: midi }));
        }
    }
    if sources.is_empty() {
        bail!("found no .mid, .midi or .npz file in the given --input");
    }
    Ok(sources)
}

enum Extension {
    Pack,
    Midi,
}

fn extension(path: &Path) -> Option<Extension> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "npz" => Some(Extension::Pack),
        "mid" | "midi" => Some(Extension::Midi),
        _ => None,
    }
}

fn midi_file(root: &Path, path: &Path) -> MidiFile {
    let below = match path.strip_prefix(root) {
        // The input was this file itself.
        Ok(below) if below.as_os_str().is_empty() => {
            Path::new(path.file_name().unwrap_or_default())
        }
        Ok(below) => below,
        Err(_) => path,
    };
    let joined = |path: &Path| {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    };
    MidiFile {
        path: path.to_owned(),
        relative: joined(below),
        song: joined(&below.with_extension("")),
    }
}

/// The last part of a path without its extension if it is a file, for people to read.
pub(super) fn stem(path: &Path) -> String {
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    name.unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The last part of a path, for people to read.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
