//! The library that computes on a graphics card: found, looked at, opened.
//!
//! What must stay true:
//!
//! * a file is opened only if it is a whole library for this machine, because the loader of some
//!   systems maps what a cut file has not and the process dies on the first touch;
//! * it is looked for beside the file that holds this very code and nowhere else, neither in the
//!   working directory nor on a search path, so that nobody else's library gets into a host;
//! * nothing in it is called before its interface's version is known to be ours;
//! * what was opened is never unloaded: a driver's threads may live in it, and end with the process.
use crate::interface::{About, DONE, ENTRY, Entry, Interface, VERSION};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod answer;
mod here;
mod shape;
mod unavailable;

pub(crate) use answer::Answer;
pub use unavailable::Unavailable;

/// An opened library. A clone is the same.
#[derive(Clone, Debug)]
pub struct Library(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    path: PathBuf,
    interface: Interface,
}

impl Library {
    /// What the library's file is called on this system.
    #[must_use]
    pub fn file_name() -> String {
        format!("{DLL_PREFIX}musegan_gpu{DLL_SUFFIX}")
    }

    /// Opens the library beside the file that holds this very code: the plugin's binary, or the
    /// program.
    ///
    /// # Errors
    /// [`Unavailable`]: no file there, or as [`Library::open`].
    pub fn find() -> Result<Self, Unavailable> {
        Self::open(&here::folder()?.join(Self::file_name()))
    }

    /// Opens a library's file. It stays in the process until that ends.
    ///
    /// # Errors
    /// [`Unavailable`]: no file, no library, one for other machines or of another version.
    pub fn open(path: &Path) -> Result<Self, Unavailable> {
        // A path without a folder would be looked for along the loader's search path.
        let path = &std::path::absolute(path)
            .map_err(|error| Unavailable::Unreadable { path: path.into(), reason: said(error) })?;
        shape::check(path)?;
        let interface = interface(path)?;
        Ok(Self(Arc::new(Opened { path: path.clone(), interface })))
    }

    /// The file that was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The devices that it can compute on. Asking may start the driver, which can take a second.
    ///
    /// # Errors
    /// [`Unavailable::Device`] if there is no driver.
    pub fn devices(&self) -> Result<Vec<About>, Unavailable> {
        let answer = Answer::ask(|text| {
            // SAFETY: `text` is valid for the call, as the interface wants it.
            unsafe { (self.interface().devices)(text) }
        });
        if answer.code != DONE {
            return Err(Unavailable::Device(answer.sentence("it cannot tell its devices")));
        }
        if let Ok(reason) = serde_json::from_str::<String>(&answer.text) {
            return Err(Unavailable::Device(reason));
        }
        serde_json::from_str(&answer.text).map_err(|error| {
            Unavailable::Device(format!(
                "the graphics library {} lists its devices in a way that is not understood: {error}",
                self.path().display()
            ))
        })
    }

    pub(crate) fn interface(&self) -> &Interface {
        &self.0.interface
    }
}

/// Loads a library and takes its table.
fn interface(path: &Path) -> Result<Interface, Unavailable> {
    let library = load(path)
        .map_err(|error| Unavailable::Loader { path: path.into(), reason: said(error) })?;
    // Never unloaded, not even if it is refused: its initialisers have run.
    let library = std::mem::ManuallyDrop::new(library);
    // SAFETY: a library that exports this name means this function by it.
    let entry = unsafe { library.get::<Entry>(ENTRY.as_bytes()) }.map_err(|_| {
        Unavailable::NotALibrary { path: path.into(), found: format!("it has no {ENTRY}") }
    })?;
    let other = |found: String| Unavailable::Version { path: path.into(), found };
    // SAFETY: the entry may be called with any version.
    let table = unsafe { entry(VERSION) };
    if table.is_null() {
        return Err(other("it does not say which".into()));
    }
    // SAFETY: every version's table begins with its version and its size, and lives as long as the
    // library, which is for ever.
    let (version, size) = unsafe { ((*table).version, (*table).size) };
    if version != VERSION {
        return Err(other(version.to_string()));
    }
    if (size as usize) < size_of::<Interface>() {
        return Err(other(format!("{version}, but with a table of {size} bytes")));
    }
    // SAFETY: it is of our version and has all of our table's bytes.
    Ok(unsafe { *table })
}

#[cfg(unix)]
fn load(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: its initialisers are those of our own library, which was looked for beside ourselves.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(windows)]
fn load(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: its initialisers are those of our own library, which was looked for beside ourselves.
    unsafe { libloading::Library::new(path) }
}

/// An error's text on one line.
fn said(error: impl std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors say their cause themselves.
        if !said.contains(&error.to_string()) {
            said = format!("{said}: {error}");
        }
        cause = error.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}
