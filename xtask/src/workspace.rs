//! Where things are: the workspace's root and its one target directory; and how files get there
//! and go.
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// Paths of this checkout. The process stands in the root.
pub struct Workspace {
    /// Where `Cargo.lock` and `bundler.toml` are.
    pub root: PathBuf,
    /// Where cargo builds, `CARGO_TARGET_DIR` included.
    pub target: PathBuf,
}

impl Workspace {
    /// Finds the workspace and makes its root the current directory.
    ///
    /// # Errors
    /// If the directory this program was built in is gone.
    pub fn find() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has no workspace around it")?
            .to_owned();
        std::env::set_current_dir(&root)
            .with_context(|| format!("cannot enter {}", root.display()))?;
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(directory) => root.join(directory),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The bundle of a format as released.
    #[must_use]
    pub fn bundle(&self, extension: &str) -> PathBuf {
        self.target.join("bundled").join(format!("MuseGAN.{extension}"))
    }

    /// A path as people would type it from the root.
    #[must_use]
    pub fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// The cargo that runs this program.
#[must_use]
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// Copies a file, into folders that are made if need be.
///
/// # Errors
/// If it cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
    }
    std::fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Removes a file or a folder with all that is in it; one that is not there is none to remove.
///
/// # Errors
/// If it stays.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = match path.is_dir() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
