//! Files that are read within bounds and replaced whole or not at all.
use std::io::Write;
use std::path::Path;

use musegan_score::file;

use super::Problem;

/// What the names of files that are being written begin with.
pub const TEMPORARY_PREFIX: &str = ".musegan-";

/// The bytes of a file of at most `limit`; a longer one is not read.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    file::read(path, limit).map_err(Problem::Read)?.ok_or(Problem::TooLong)
}

/// Replaces a file whole or not at all: the bytes go to a temporary file in the same folder,
/// reach the disk, and only then take the name.
///
/// # Errors
/// What the operating system says; the temporary file is removed and what was there before stays.
/// Devices, pipes and folders are not replaced.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(std::io::Error::other("there is something that is not a file"));
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    // As any other new file, not readable by its owner alone; the umask still applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The new name itself must survive a power cut too. Not every file system can do this to a
    // folder, and the file is complete either way.
    #[cfg(unix)]
    if let Ok(folder) = std::fs::File::open(folder) {
        folder.sync_all().ok();
    }
    Ok(())
}
