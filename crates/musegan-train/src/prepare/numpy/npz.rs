//! `.npz` files: zip archives with one `.npy` for each array.
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, Take};
use std::path::Path;

use super::{Array, unfit};
use crate::prepare::inputs::{Entry, ZipEntries};

/// An open `.npz`.
pub(crate) struct Npz<R> {
    entries: ZipEntries<R>,
}

impl Npz<BufReader<File>> {
    /// The archive in this file.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        Self::open(BufReader::new(musegan_score::file::open(path)?))
    }
}

impl<R: Read + Seek> Npz<R> {
    /// Reads the list of arrays.
    pub fn open(file: R) -> io::Result<Self> {
        Ok(Self { entries: ZipEntries::open(file)? })
    }

    /// Whether it holds this file; arrays are files with the ending `.npy`.
    pub fn contains(&self, file: &str) -> bool {
        self.entries.index_of(file).is_some()
    }

    /// The names of the arrays, in the archive's order.
    pub fn arrays(&self) -> Vec<String> {
        (0..self.entries.len())
            .filter_map(|entry| Some(self.entries.name(entry)?.strip_suffix(".npy")?.to_owned()))
            .collect()
    }

    /// The array of this name, ready to be read.
    pub fn array(&mut self, name: &str) -> io::Result<Array<impl Read + '_>> {
        let entry = self.entries.index_of(&format!("{name}.npy"));
        let entry = entry.ok_or_else(|| unfit(format!("it has no array `{name}`")))?;
        self.entries.read(entry).and_then(Array::open).map_err(|e| unfit(format!("`{name}`: {e}")))
    }

    /// The array of this name, which takes the archive's reader.
    pub(in crate::prepare) fn into_array(self, name: &str) -> io::Result<Array<Entry<Take<R>>>> {
        let entry = self.entries.index_of(&format!("{name}.npy"));
        let entry = entry.ok_or_else(|| unfit(format!("it has no array `{name}`")))?;
        self.entries.into_reader(entry).and_then(Array::open)
    }

    /// All bytes of a file of at most so many.
    pub fn file(&mut self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let entry = self.entries.index_of(name);
        let entry = entry.ok_or_else(|| unfit(format!("it has no {name}")))?;
        let mut bytes = Vec::new();
        self.entries.read(entry)?.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(unfit(format!("its {name} is larger than {most} bytes")));
        }
        Ok(bytes)
    }
}

/// A `.npz` that lies in memory.
pub(crate) type HeldNpz = Npz<Cursor<Vec<u8>>>;
