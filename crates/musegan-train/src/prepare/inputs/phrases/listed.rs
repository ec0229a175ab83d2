//! MuseGAN's training sets: `nonzero`, one row for each axis with the indices of the cells that
//! sound, phrase after phrase.
//!
//! What must stay true: the rows are gigabytes long, so each is read by a reader of its own, a few
//! thousand numbers at a time.
use std::fs::File;
use std::io::{self, BufReader, Take};
use std::path::Path;

use super::Blocks;
use crate::prepare::inputs::Cells;
use crate::prepare::inputs::compressed::Entry;
use crate::prepare::numpy::{Array, Npz, unfit};

/// Numbers read at a time.
const CHUNK: u64 = 4096;
/// What a phrase takes in memory if it is as full as music is; fuller ones take more.
const TYPICAL_BYTES: usize = 1 << 14;

/// The cells that sound, in order.
pub(super) struct Listed {
    shape: Vec<u64>,
    rows: Vec<Row>,
    /// Cells that were not read yet.
    left: u64,
    /// Cells read but not handed out.
    chunk: std::vec::IntoIter<(u64, u32)>,
    /// The first cell that belongs to a later phrase.
    waiting: Option<(u64, u32)>,
    last: (u64, u32),
}

type Row = Array<Entry<Take<BufReader<File>>>>;

impl Listed {
    pub(super) fn open(path: &Path, shape: &[u64]) -> io::Result<Self> {
        let header = Npz::of_file(path)?.array("nonzero")?.header.clone();
        let &[axes, left] = header.shape.as_slice() else {
            return Err(unfit("`nonzero` has not the axes (axis, cell)"));
        };
        if axes != shape.len() as u64 {
            return Err(unfit(format!("`nonzero` has {axes} rows for a shape of {shape:?}")));
        }
        let mut rows = Vec::new();
        for axis in 0..axes {
            let mut row = Npz::of_file(path)?.into_array("nonzero")?;
            row.skip(axis * left * header.element.bytes() as u64)?;
            rows.push(row);
        }
        let (shape, chunk) = (shape.to_vec(), Vec::new().into_iter());
        Ok(Self { shape, rows, left, chunk, waiting: None, last: (0, 0) })
    }

    /// The next cell: phrase, and number in it.
    fn next(&mut self) -> io::Result<Option<(u64, u32)>> {
        if let Some(cell) = self.waiting.take() {
            return Ok(Some(cell));
        }
        if self.chunk.len() == 0 {
            self.refill()?;
        }
        Ok(self.chunk.next())
    }

    fn refill(&mut self) -> io::Result<()> {
        let count = self.left.min(CHUNK) as usize;
        self.left -= count as u64;
        let mut cells = vec![(0, 0); count];
        for (axis, (row, &length)) in self.rows.iter_mut().zip(&self.shape).enumerate() {
            let element = row.header.element;
            let mut bytes = vec![0; count * element.bytes()];
            row.read_exact(&mut bytes)?;
            for (cell, bytes) in cells.iter_mut().zip(bytes.chunks_exact(element.bytes())) {
                let index = element.number(bytes);
                if !(index >= 0.0 && index < length as f64) {
                    return Err(unfit(format!("`nonzero` has {index} on an axis of {length}")));
                }
                match axis {
                    0 => cell.0 = index as u64,
                    _ => cell.1 = cell.1 * length as u32 + index as u32,
                }
            }
        }
        for &cell in &cells {
            if cell < self.last {
                return Err(unfit("`nonzero` is not in the order of numpy.nonzero"));
            }
            self.last = cell;
        }
        self.chunk = cells.into_iter();
        Ok(())
    }

    /// Hands every cell of the phrases before `end` to `sink`.
    fn until(&mut self, end: u64, mut sink: impl FnMut(u64, u32)) -> io::Result<()> {
        while let Some((phrase, cell)) = self.next()? {
            if phrase >= end {
                self.waiting = Some((phrase, cell));
                break;
            }
            sink(phrase, cell);
        }
        Ok(())
    }
}

impl Blocks for Listed {
    fn phrase_bytes(&self) -> usize {
        TYPICAL_BYTES
    }

    fn read(&mut self, first: u64, count: usize) -> io::Result<Cells> {
        let mut cells = Vec::new();
        self.until(first + count as u64, |phrase, cell| {
            // Equal cells, which a damaged list may repeat without end, say nothing new.
            let cell = ((phrase - first) as u32, cell);
            if cells.last() != Some(&cell) {
                cells.push(cell);
            }
        })?;
        Ok(Cells::Listed(cells))
    }

    fn skip(&mut self, first: u64, count: usize) -> io::Result<()> {
        self.until(first + count as u64, |_, _| {})
    }
}
