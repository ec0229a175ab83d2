//! How many files there are, and a checksum of their names and sizes: what tells a run that was
//! killed whether it may go on, and people how far it is.
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

/// What lies below the given paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inventory {
    /// Files of all kinds.
    pub files: u64,
    /// SHA-256 (hexadecimal) of their paths below the given ones, and of their sizes.
    pub sha256: String,
}

/// Looks at the names below these paths, but for those in the folders `aside`. What cannot be looked
/// at counts for nothing, here.
pub(super) fn take(inputs: &[PathBuf], aside: &[PathBuf]) -> Inventory {
    let mut hash = Sha256::new();
    let mut files = 0;
    for input in inputs {
        let input = input.canonicalize().unwrap_or_else(|_| input.clone());
        add(&mut hash, &input.file_name().unwrap_or_default().to_string_lossy(), 0);
        let entries = WalkDir::new(&input).follow_links(true).sort_by_file_name().into_iter();
        let is_looked_at = |entry: &DirEntry| aside.iter().all(|aside| aside != entry.path());
        for entry in entries.filter_entry(is_looked_at) {
            let Ok(entry) = entry else { continue };
            if entry.file_type().is_dir() {
                continue;
            }
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            add(&mut hash, &below(&input, entry.path()), size);
            files += 1;
        }
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Inventory { files, sha256 }
}

fn add(hash: &mut Sha256, path: &str, size: u64) {
    hash.update((path.len() as u64).to_le_bytes());
    hash.update(path);
    hash.update(size.to_le_bytes());
}

fn below(input: &Path, path: &Path) -> String {
    let below = path.strip_prefix(input).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
