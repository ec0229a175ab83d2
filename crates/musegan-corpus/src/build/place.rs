//! Where a corpus is written: beside its place, and there only when it is complete.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::BuildError;

/// A folder that is being filled; what is never published is deleted.
pub(super) struct Place {
    /// Holds the folder. It lies beside the output, so that renaming copies nothing.
    staging: tempfile::TempDir,
    output: PathBuf,
}

/// Where a new or empty folder lies.
pub(super) fn free(output: &Path) -> Result<PathBuf, BuildError> {
    let is_empty = fs::read_dir(output).map(|mut entries| entries.next().is_none());
    match is_empty {
        Ok(false) => Err(BuildError::OutputTaken(output.to_owned())),
        // A link to an empty folder is filled where it leads to.
        Ok(true) => fs::canonicalize(output).map_err(write_error(output)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(output.to_owned()),
        Err(error) => Err(write_error(output)(error)),
    }
}

impl Place {
    /// Begins a folder that is to become `output`, which [`free`] has found.
    pub fn at(output: PathBuf) -> Result<Self, BuildError> {
        let beside = output.parent().filter(|parent| !parent.as_os_str().is_empty());
        let beside = beside.unwrap_or(Path::new("."));
        fs::create_dir_all(beside).map_err(write_error(beside))?;
        let staging = tempfile::Builder::new().prefix(".musegan-corpus-").tempdir_in(beside);
        let staging = staging.map_err(write_error(beside))?;
        let place = Self { staging, output };
        fs::create_dir(place.folder()).map_err(write_error(&place.output))?;
        Ok(place)
    }

    /// The folder as long as it is not complete.
    pub fn folder(&self) -> PathBuf {
        self.staging.path().join("corpus")
    }

    /// Writes a file of the corpus, and the folder that it lies in.
    pub fn write(&self, file: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let path = self.folder().join(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(write_error(folder))?;
        }
        fs::write(&path, bytes).map_err(write_error(&path))
    }

    /// Gives the complete folder its name.
    pub fn publish(self) -> Result<(), BuildError> {
        // Not everywhere does a folder replace an empty one.
        match fs::remove_dir(&self.output) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(write_error(&self.output)(error));
            }
            _ => {}
        }
        fs::rename(self.folder(), &self.output).map_err(write_error(&self.output))
    }
}

/// What could not be written, and why.
pub(super) fn write_error(path: &Path) -> impl FnOnce(io::Error) -> BuildError + use<> {
    let path = path.to_owned();
    move |source| BuildError::Write { path, source }
}
