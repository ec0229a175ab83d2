//! Opening files that people name.
//!
//! What must stay true: reading ends. A pipe would be waited for and a device such as `/dev/zero`
//! has no end, so what is not a regular file is refused before it is opened.
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file for reading.
///
/// # Errors
///
/// What the system says, or a sentence where there is a folder, pipe or device.
pub fn open(path: &Path) -> io::Result<File> {
    let found = std::fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name a file"));
    }
    if !found.is_file() {
        let reason = "it is a pipe or a device; copy what it gives into a file and name that";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    File::open(path)
}

/// The bytes of a regular file, or `None` where it is longer than `most`.
///
/// # Errors
///
/// As [`open`], or what the system says.
pub fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = open(path)?;
    // Its length is a guess at the room it needs: a file may grow while it is read.
    let length = file.metadata()?.len().min(most);
    let mut bytes = Vec::with_capacity(length as usize + 1);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}
