//! Phrase packs: `.npz` files of four-bar phrases as bits, with the song each belongs to.
//!
//! `x` is `(n, 3360)` u8, each row `numpy.packbits` of bool `[4, 16, 84, 5]` (bar, step, pitch
//! from MIDI 24, track); `song` is `(n,)` of unicode strings. What must stay true: a pack is read
//! to its end, checksums included, before its first phrase is used, and memory holds one chunk of
//! rows however many the header promises.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use musegan_score::grid::STEPS_PER_PHRASE;
use musegan_score::roll::PITCHES;
use musegan_score::{Track, file};
use npyz::npz::NpzArchive;
use npyz::{NpyFile, Order};
use rayon::prelude::*;

use crate::dataset::{DatasetError, Labels, PackedPhrase, Shape};

/// Pitches of a pack, MIDI 24 to 107; those above the roll's are dropped.
const PACK_PITCHES: usize = 84;
const ROW_BYTES: usize = STEPS_PER_PHRASE * PACK_PITCHES * Track::COUNT / 8;
/// Rows held in memory at a time.
const CHUNK_ROWS: usize = 1024;
/// Limits on what a header may promise, far above any real pack.
const MAX_SONGS: usize = 1_000_000;
const MAX_NAME_CHARS: usize = 512;

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It cannot be read, is no archive, or ends early.
    #[error("cannot read it as .npz: {0}")]
    Read(#[from] io::Error),
    /// An array is missing or of another kind.
    #[error("not a phrase pack: {0}")]
    NotAPack(String),
    /// What the phrases are handed to failed.
    #[error(transparent)]
    Sink(#[from] DatasetError),
}

/// A pack that was read to its end once.
pub struct Pack {
    archive: NpzArchive<BufReader<File>>,
    /// Distinct song names, and runs of rows that belong to one: (index of the name, rows).
    names: Vec<String>,
    runs: Vec<(usize, usize)>,
}

/// One row of a pack.
#[derive(Debug)]
pub struct PackRow {
    /// The cells within the roll.
    pub phrase: PackedPhrase,
    /// Sounding cells above the roll's pitches, which are dropped.
    pub cells_above: u64,
    /// Tracks with a sounding cell.
    pub sounding_tracks: usize,
}

impl Pack {
    /// Opens a pack and reads all of it once, so that a damaged one is known before it is used.
    ///
    /// # Errors
    /// If it is no `.npz`, lacks `x` or `song`, has them in other shapes, or ends early.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let mut archive = NpzArchive::new(BufReader::new(file::open(path)?))?;
        let (names, runs) = read_songs(array(&mut archive, "song")?)?;
        let expected = (count(&runs) * ROW_BYTES) as u64;
        let found = io::copy(&mut rows(&mut archive, count(&runs))?, &mut io::sink())?;
        if found != expected {
            return Err(PackError::NotAPack(format!("`x` has not {expected} bytes")));
        }
        Ok(Self { archive, names, runs })
    }

    /// Phrases in it.
    #[must_use]
    pub fn phrases(&self) -> usize {
        count(&self.runs)
    }

    /// Hands every phrase with its song's name to `sink`, in order.
    ///
    /// # Errors
    /// If the file changed since it was opened, or what `sink` returns.
    pub fn for_each(
        &mut self,
        mut sink: impl FnMut(&str, PackRow) -> Result<(), DatasetError>,
    ) -> Result<(), PackError> {
        let mut left = count(&self.runs);
        let mut bytes = rows(&mut self.archive, left)?;
        let mut songs = self.runs.iter().flat_map(|&(name, rows)| std::iter::repeat_n(name, rows));
        let mut chunk = Vec::new();
        while left > 0 {
            let rows = left.min(CHUNK_ROWS);
            chunk.resize(rows * ROW_BYTES, 0);
            bytes.read_exact(&mut chunk)?;
            let unpacked: Vec<_> = chunk.par_chunks_exact(ROW_BYTES).map(unpack_row).collect();
            for (row, name) in unpacked.into_iter().zip(&mut songs) {
                sink(&self.names[name], row)?;
            }
            left -= rows;
        }
        Ok(())
    }
}

fn count(runs: &[(usize, usize)]) -> usize {
    runs.iter().map(|(_, rows)| rows).sum()
}

/// The bytes of `x`, checked to promise `expected` rows.
fn rows(
    archive: &mut NpzArchive<BufReader<File>>,
    expected: usize,
) -> Result<impl Read + '_, PackError> {
    let file = array(archive, "x")?;
    let (dtype, shape) = (file.dtype().descr(), file.shape());
    let fits = shape == [expected as u64, ROW_BYTES as u64].as_slice();
    if dtype != "'|u1'" || file.order() != Order::C || !fits {
        return Err(PackError::NotAPack(format!(
            "`x` is {dtype} of shape {shape:?}, expected '|u1' of [{expected}, {ROW_BYTES}] to \
             go with the {expected} names in `song`"
        )));
    }
    // One byte more than there should be: reaching the end is what checks the archive's checksum.
    Ok(file.into_inner().take((expected * ROW_BYTES) as u64 + 1))
}

fn array<'a>(
    archive: &'a mut NpzArchive<BufReader<File>>,
    name: &str,
) -> Result<NpyFile<impl Read + 'a>, PackError> {
    archive.by_name(name)?.ok_or_else(|| PackError::NotAPack(format!("it has no array `{name}`")))
}

/// The distinct names in order of appearance, and the runs of rows they name.
type Songs = (Vec<String>, Vec<(usize, usize)>);

fn read_songs(file: NpyFile<impl Read>) -> Result<Songs, PackError> {
    let dtype = file.dtype();
    let width = dtype.num_bytes().unwrap_or(usize::MAX);
    // Names of no width take no bytes, so that a header could promise any number of them.
    if file.shape().len() != 1 || width == 0 || width > MAX_NAME_CHARS * 4 {
        return Err(PackError::NotAPack(format!(
            "`song` is {} of shape {:?}, expected one row of names of up to {MAX_NAME_CHARS} \
             characters",
            dtype.descr(),
            file.shape()
        )));
    }
    let strings = file
        .data::<String>()
        .map_err(|e| PackError::NotAPack(format!("`song` does not hold names: {e}")))?;
    let mut names: Vec<String> = Vec::new();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for entry in strings {
        let entry = entry?;
        let name = song_name(&entry);
        let number = match numbers.get(name) {
            Some(&number) => number,
            None => {
                numbers.insert(name.to_owned(), names.len());
                names.push(name.to_owned());
                names.len() - 1
            }
        };
        match runs.last_mut() {
            Some((last, rows)) if *last == number => *rows += 1,
            _ => runs.push((number, 1)),
        }
        if runs.len() > MAX_SONGS {
            return Err(PackError::NotAPack(format!("it has more than {MAX_SONGS} songs")));
        }
    }
    Ok((names, runs))
}

/// The source's own name of a song. Packs made from MIDI files name them
/// `folder__stem__hash.mid` or `stem.mid`, where the stem is the song; all others are names.
fn song_name(entry: &str) -> &str {
    let Some(stem) = entry.strip_suffix(".mid") else { return entry };
    let Some((path, hash)) = stem.rsplit_once("__") else { return stem };
    if hash.is_empty() || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return stem;
    }
    path.rsplit_once("__").map_or(path, |(_, stem)| stem)
}

fn unpack_row(row: &[u8]) -> PackRow {
    let mut cells_above = 0;
    let mut sounding = Vec::new();
    for (byte_index, &byte) in row.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
            let cell = byte_index * 8 + bit;
            let track = Track::ALL[cell % Track::COUNT];
            let pitch = cell / Track::COUNT % PACK_PITCHES;
            let step = cell / (Track::COUNT * PACK_PITCHES);
            if pitch < PITCHES {
                sounding.push(musegan_score::layout::PlacedNote {
                    part: track.index() as u8,
                    onset: step as u16,
                    pitch: musegan_score::roll::LOWEST_PITCH + pitch as u8,
                    length: 1,
                    velocity: 0,
                });
            } else {
                cells_above += 1;
            }
        }
    }
    let shape = Shape { binary: true, ..Shape::band() };
    let sounding_tracks =
        (0..Track::COUNT as u8).filter(|&t| sounding.iter().any(|n| n.part == t)).count();
    let phrase = PackedPhrase::of(&shape, &sounding, &Labels::default());
    PackRow { phrase, cells_above, sounding_tracks }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn songs_have_their_sources_own_names() {
        assert_eq!(song_name("001"), "001");
        assert_eq!(song_name("In_My_Merry_Oldsmobile.mxl"), "In_My_Merry_Oldsmobile.mxl");
        assert_eq!(song_name("head__Music__Battle 1__506d1014.mid"), "Battle 1");
        assert_eq!(song_name("01-Main-Theme.mid"), "01-Main-Theme");
        assert_eq!(song_name("verse__chorus.mid"), "verse__chorus");
    }
}
