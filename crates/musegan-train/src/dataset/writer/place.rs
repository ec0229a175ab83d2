//! Where a new dataset may appear, and how it takes its name: all of it at once, in place of an
//! older dataset only when asked.
//!
//! What must stay true: a killed replacement leaves the older dataset whole, under its own name or
//! one that says what it is; a mistyped path costs nobody their files.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::dataset::{DatasetError, INDEX_FILE, Index};

/// The folder that a dataset lies in.
pub fn parent(output: &Path) -> &Path {
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

/// Refuses a place that a dataset may not take.
pub fn refuse_if_taken(output: &Path, replace: bool) -> Result<(), DatasetError> {
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
pub fn appear(staging: TempDir, output: &Path, replace: bool) -> Result<(), DatasetError> {
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
