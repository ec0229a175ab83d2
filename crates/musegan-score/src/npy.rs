//! NumPy's `.npy` files: piano rolls and network outputs out, latents in.
//!
//! Format: <https://numpy.org/neps/nep-0001-npy-format.html>. npyz writes. Reading is done here,
//! because npyz allocates what a header claims, and its one purpose, a matrix of numbers, is
//! simpler than the general case: what must stay true is that a file can only cost the memory
//! that its own bytes need.
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};

use npyz::{NpyWriter, WriterBuilder as _};

use crate::grid::STEPS_PER_PHRASE;
use crate::roll::PITCHES;
use crate::{Roll, Track, file};

/// NumPy itself refuses longer headers.
const LONGEST_HEADER: u64 = 10_000;

/// Why a `.npy` file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// The system could not read or write it.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is no `.npy` file, or not the one that is needed.
    #[error("{}: {problem}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is expected, what was found, what to do.
        problem: String,
    },
}

/// How the cells of a roll are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// `float32`, the activations as they are.
    F32,
    /// `bool`, true where the activation is above zero.
    Bool,
}

/// Rows of a two-dimensional array.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Numbers in a row, at least 1.
    pub columns: usize,
    /// All rows one after another.
    pub values: Vec<f32>,
}

impl Matrix {
    /// The rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns)
    }
}

/// Writes rolls one after another as an array of shape `(n, 5, 64, 72)`: phrase, track, step,
/// pitch. The file is complete when [`finish`](Self::finish) has returned.
pub struct RollWriter {
    path: PathBuf,
    array: Array,
}

/// The array on its way into the file, by the type of its cells.
enum Array {
    F32(NpyWriter<f32, BufWriter<File>>),
    Bool(NpyWriter<bool, BufWriter<File>>),
}

impl RollWriter {
    /// Begins a file that will hold so many rolls.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn create(path: &Path, rolls: usize, cells: Cells) -> Result<Self, NpyError> {
        let array = match cells {
            Cells::F32 => begin(path, rolls).map(Array::F32),
            Cells::Bool => begin(path, rolls).map(Array::Bool),
        };
        let array = array.map_err(|source| NpyError::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), array })
    }

    /// Appends a roll.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn push(&mut self, roll: &Roll) -> Result<(), NpyError> {
        let cells = roll.cells().iter().copied();
        match &mut self.array {
            Array::F32(array) => array.extend(cells),
            Array::Bool(array) => array.extend(cells.map(|cell| cell > 0.0)),
        }
        .map_err(|source| NpyError::Io { path: self.path.clone(), source })
    }

    /// Writes the rest.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or there were not as many rolls as promised.
    pub fn finish(self) -> Result<(), NpyError> {
        match self.array {
            Array::F32(array) => array.finish(),
            Array::Bool(array) => array.finish(),
        }
        .map_err(|source| NpyError::Io { path: self.path, source })
    }
}

fn begin<T: npyz::AutoSerialize>(
    path: &Path,
    rolls: usize,
) -> io::Result<NpyWriter<T, BufWriter<File>>> {
    let shape = [rolls, Track::COUNT, STEPS_PER_PHRASE, PITCHES].map(|n| n as u64);
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    options.writer(BufWriter::new(File::create(path)?)).begin_nd()
}

/// Reads a `float32` array of shape `(n, columns)` in C order, such as latents of 128 columns.
/// Every number must be finite.
///
/// # Errors
///
/// The file cannot be read, or is anything else; the text says what was expected and found.
pub fn read_matrix(path: &Path, columns: usize) -> Result<Matrix, NpyError> {
    let io = |source| NpyError::Io { path: path.to_owned(), source };
    let unfit = |problem| NpyError::Unfit { path: path.to_owned(), problem };
    let mut file = BufReader::new(file::open(path).map_err(io)?);
    let header = read_header(&mut file)
        .map_err(io)?
        .ok_or_else(|| unfit("not a .npy file; numpy.save writes one".to_owned()))?;
    let rows = check(&header, columns).map_err(unfit)?;
    let bytes_needed = rows.checked_mul(columns as u64 * 4);
    let bytes_needed = bytes_needed.ok_or_else(|| unfit(format!("{rows} rows fit no file")))?;
    let mut bytes = Vec::new();
    file.take(bytes_needed).read_to_end(&mut bytes).map_err(io)?;
    if (bytes.len() as u64) < bytes_needed {
        return Err(unfit(format!(
            "the file is cut off: its header promises {rows} rows of {columns}, {bytes_needed} \
             bytes, but {} follow",
            bytes.len()
        )));
    }
    let (numbers, _) = bytes.as_chunks::<4>();
    let values: Vec<f32> = numbers.iter().map(|&number| f32::from_le_bytes(number)).collect();
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        let (row, column) = (at / columns, at % columns);
        return Err(unfit(format!(
            "row {row}, column {column} is {}; every number must be finite",
            values[at]
        )));
    }
    Ok(Matrix { columns, values })
}

/// What a header says.
struct ArrayHeader {
    dtype: String,
    is_fortran: bool,
    shape: Vec<u64>,
}

/// The number of rows, where this is an array to be read.
fn check(header: &ArrayHeader, columns: usize) -> Result<u64, String> {
    let ArrayHeader { dtype, is_fortran, shape } = header;
    let &[rows, found_columns] = shape.as_slice() else {
        return Err(format!("expected shape (n, {columns}), found {shape:?}"));
    };
    if columns == 0 || found_columns != columns as u64 {
        return Err(format!("expected shape (n, {columns}), found ({rows}, {found_columns})"));
    }
    if dtype != "<f4" {
        return Err(format!(
            "expected 32-bit little-endian floats (<f4), found {dtype}; \
             save the array with .astype(numpy.float32)"
        ));
    }
    if *is_fortran {
        return Err("expected C order, found Fortran order; \
                    save numpy.ascontiguousarray(array)"
            .to_owned());
    }
    Ok(rows)
}

/// The header, or `None` where the bytes are no `.npy` file.
fn read_header(file: &mut impl Read) -> io::Result<Option<ArrayHeader>> {
    let mut start = Vec::new();
    file.take(8).read_to_end(&mut start)?;
    let length_bytes: u64 = match start.as_slice() {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _] => 2,
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _] => 4,
        _ => return Ok(None),
    };
    let (mut length, mut text) = (Vec::new(), Vec::new());
    file.take(length_bytes).read_to_end(&mut length)?;
    let length = length.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    if length > LONGEST_HEADER {
        return Ok(None);
    }
    file.take(length).read_to_end(&mut text)?;
    Ok(std::str::from_utf8(&text).ok().and_then(parse_header))
}

/// Reads the Python dictionary that every header is:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (4, 128), }`.
fn parse_header(text: &str) -> Option<ArrayHeader> {
    let value = |key: &str| {
        let (_, rest) = text.split_once(&format!("'{key}'"))?;
        Some(rest.trim_start().strip_prefix(':')?.trim_start())
    };
    let descr = value("descr")?;
    // A structured type is a list; it is shown as it stands.
    let dtype = match descr.strip_prefix('\'') {
        Some(rest) => rest.split_once('\'')?.0,
        None => descr.split_once(']')?.0,
    };
    let is_fortran = value("fortran_order")?.starts_with("True");
    let (shape, _) = value("shape")?.strip_prefix('(')?.split_once(')')?;
    let shape = shape.split(',').map(str::trim).filter(|n| !n.is_empty());
    let shape = shape.map(|n| n.parse().ok()).collect::<Option<Vec<u64>>>()?;
    Some(ArrayHeader { dtype: dtype.to_owned(), is_fortran, shape })
}
