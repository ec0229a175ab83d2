//! The files of a collection: found below a folder whatever their nesting, and read up to a size.
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Refused;

/// Folders are searched to this depth.
const MAX_DEPTH: usize = 16;
/// No text or score of one song is larger.
pub(super) const MAX_BYTES: u64 = 16 << 20;

/// A folder that could not be searched.
#[derive(Debug, thiserror::Error)]
#[error("cannot search {}: {source}", folder.display())]
pub struct Unreadable {
    folder: PathBuf,
    source: walkdir::Error,
}

/// A song that was found, not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SongFile {
    /// The collection's own name of the song.
    pub name: String,
    /// Its file, or one of its files.
    pub path: PathBuf,
}

impl SongFile {
    /// Why the song is not taken, with its file named.
    pub(crate) fn refused(&self, reason: &'static str, detail: impl AsRef<str>) -> Refused {
        let detail = format!("{}: {}", self.path.display(), detail.as_ref());
        Refused { song: self.name.clone(), reason, detail }
    }

    /// The text of a file beside the song's own, or its own.
    pub(super) fn text(&self, path: &Path) -> Result<String, Refused> {
        text(path).map_err(|error| Refused {
            song: self.name.clone(),
            reason: "cannot be read",
            detail: format!("{}: {error}", path.display()),
        })
    }
}

/// The files below a folder that are songs, sorted by name, each name once.
pub(super) fn songs(
    folder: &Path,
    song_name: impl Fn(&Path) -> Option<String>,
) -> Result<Vec<SongFile>, Unreadable> {
    let mut songs = Vec::new();
    for path in below(folder)? {
        if let Some(name) = song_name(&path) {
            songs.push(SongFile { name, path });
        }
    }
    songs.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    songs.dedup_by(|later, first| later.name == first.name);
    Ok(songs)
}

/// All files below a folder, sorted by path.
pub(super) fn below(folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).max_depth(MAX_DEPTH).sort_by_file_name() {
        let entry = entry.map_err(|source| Unreadable { folder: folder.to_path_buf(), source })?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// A regular file's bytes, up to [`MAX_BYTES`].
pub(super) fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    musegan_score::file::read(path, MAX_BYTES)?.ok_or_else(|| {
        let message = format!("larger than {} MiB, which no song is", MAX_BYTES >> 20);
        std::io::Error::new(std::io::ErrorKind::FileTooLarge, message)
    })
}

/// A file's text; bytes that are not UTF-8 become replacement characters.
pub(crate) fn text(path: &Path) -> std::io::Result<String> {
    let text = String::from_utf8_lossy(&bytes(path)?).into_owned();
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The name of the folder that a file lies in.
pub(super) fn folder_name(path: &Path) -> Option<&str> {
    path.parent()?.file_name()?.to_str()
}
