//! Arrays of phrases without names, as other programs train on them: dense, or MuseGAN's list of
//! the cells that sound.
//!
//! Dense arrays have the axes (phrase, bar, step, pitch, track), (phrase, step, pitch, track) or
//! (phrase, track, step, pitch); a cell sounds where it is above zero. MuseGAN's `.npz` has
//! `nonzero`, `(axes, cells)` in the order of `numpy.nonzero`, and `shape`. What must stay true:
//! an array is read to its end, checksums included, before its first phrase is used, and memory
//! holds a block of phrases.
//!
//! Nobody knows any more which phrases belong to one song. Neighbours mostly do, so 64 phrases
//! in a row count as one song for the split.
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::{Cells, Content, Found, Grid, Ledger, Place, Rows, Source};
use crate::prepare::numpy::{Array, Element, Npz, unfit};

mod listed;

use listed::Listed;

/// Phrases that count as one song.
const SONG_PHRASES: u64 = 64;
/// Bytes of cells handed out at once, unless one phrase is larger.
const MOST_BYTES: usize = 8 << 20;
/// Cells of a phrase: four bars of 96 steps of seventeen tracks, and some room.
const MOST_CELLS: u64 = 1 << 20;

/// An array of phrases.
pub(super) struct Phrases {
    /// Where the file lies, and its path.
    outside: (Place, String),
    place: Place,
    grid: Grid,
    count: u64,
    next: u64,
    blocks: Box<dyn Blocks>,
}

/// Phrases in order, some at a time.
trait Blocks: Send {
    /// Bytes of memory that a phrase takes.
    fn phrase_bytes(&self) -> usize;
    /// The next `count` phrases, of which the first is number `first`.
    fn read(&mut self, first: u64, count: usize) -> io::Result<Cells>;
    /// Leaves the next `count` phrases out.
    fn skip(&mut self, first: u64, count: usize) -> io::Result<()>;
}

impl Phrases {
    pub(super) fn open_npy(path: &Path, file: &str, place: &Place) -> io::Result<Self> {
        let open = || Array::open(BufReader::new(musegan_score::file::open(path)?));
        let (grid, count) = grid_of(&open()?.header.shape)?;
        open()?.verify()?;
        Self::new(file, place, grid, count, Dense::new(open()?, grid)?)
    }

    pub(super) fn open_npz(path: &Path, file: &str, place: &Place) -> io::Result<Self> {
        let mut archive = Npz::of_file(path)?;
        if archive.contains("nonzero.npy") && archive.contains("shape.npy") {
            let shape = archive.array("shape")?.numbers(5)?;
            let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
            let (grid, count) = grid_of(&shape)?;
            archive.array("nonzero")?.verify()?;
            return Self::new(file, place, grid, count, Listed::open(path, &shape)?);
        }
        let arrays = archive.arrays();
        let [name] = arrays.as_slice() else {
            return Err(unfit(format!(
                "neither a piano roll of pypianoroll's nor phrases: it has the arrays {arrays:?}"
            )));
        };
        let (grid, count) = grid_of(&archive.array(name)?.header.shape)?;
        archive.array(name)?.verify()?;
        Self::new(file, place, grid, count, Dense::new(archive.into_array(name)?, grid)?)
    }

    fn new(
        file: &str,
        place: &Place,
        grid: Grid,
        count: u64,
        blocks: impl Blocks + 'static,
    ) -> io::Result<Self> {
        let outside = (place.clone(), file.to_owned());
        let (place, blocks) = (place.inside(file), Box::new(blocks));
        Ok(Self { outside, place, grid, count, next: 0, blocks })
    }

    fn next_block(&mut self, ledger: &Ledger) -> io::Result<Option<Found>> {
        while self.next < self.count {
            let first = self.next;
            let song = first - first % SONG_PHRASES;
            let most = (MOST_BYTES / self.blocks.phrase_bytes().max(1)).max(1) as u64;
            let count = most.min(song + SONG_PHRASES - first).min(self.count - first) as usize;
            self.next += count as u64;
            let path = format!("{first:07}");
            if !ledger.takes(&self.place, &path) {
                self.blocks.skip(first, count)?;
                continue;
            }
            let cells = self.blocks.read(first, count)?;
            let rows = Rows { grid: self.grid, count, cells };
            let mut work = self.place.work(&path, Content::Phrases(rows));
            work.name.song = format!("{}/{song:07}", self.place.corpus);
            return Ok(Some(Found::work(work)));
        }
        Ok(None)
    }
}

impl Source for Phrases {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Found> {
        self.next_block(ledger).unwrap_or_else(|error| {
            self.next = self.count;
            ledger.unreadable(&self.outside.0, &self.outside.1, error.to_string())
        })
    }

    fn origin(&self) -> (&Place, &str) {
        (&self.outside.0, &self.outside.1)
    }
}

/// An array with an element for every cell.
struct Dense<R> {
    array: Array<R>,
    phrase_bytes: usize,
}

impl<R: Read> Dense<R> {
    fn new(array: Array<R>, grid: Grid) -> io::Result<Self> {
        let element = array.header.element;
        if matches!(element, Element::Text(_)) {
            return Err(unfit("an array of texts"));
        }
        Ok(Self { array, phrase_bytes: grid.cells() * element.bytes() })
    }
}

impl<R: Read + Send> Blocks for Dense<R> {
    fn phrase_bytes(&self) -> usize {
        self.phrase_bytes
    }

    fn read(&mut self, _: u64, count: usize) -> io::Result<Cells> {
        let mut bytes = vec![0; count * self.phrase_bytes];
        self.array.read_exact(&mut bytes)?;
        Ok(Cells::Elements(self.array.header.element, bytes))
    }

    fn skip(&mut self, _: u64, count: usize) -> io::Result<()> {
        self.array.skip((count * self.phrase_bytes) as u64)
    }
}

/// How the cells of an array of this shape lie, and how many phrases it has.
fn grid_of(shape: &[u64]) -> io::Result<(Grid, u64)> {
    let grid = match *shape {
        [count, bars, steps_per_bar, pitches, tracks] if is_tracks(tracks) => {
            grid(true, tracks, bars, steps_per_bar, pitches).map(|grid| (grid, count))
        }
        [count, tracks, steps, pitches] if is_tracks(tracks) && is_pitches(pitches) => {
            bars_of(steps)
                .and_then(|(bars, per_bar)| grid(false, tracks, bars, per_bar, pitches))
                .map(|grid| (grid, count))
        }
        [count, steps, pitches, tracks] if is_tracks(tracks) => bars_of(steps)
            .and_then(|(bars, per_bar)| grid(true, tracks, bars, per_bar, pitches))
            .map(|grid| (grid, count)),
        _ => None,
    };
    grid.ok_or_else(|| {
        unfit(format!(
            "an array of shape {shape:?} is none of phrases; those have the axes (phrase, bar, \
             step, pitch, track) or (phrase, track, step, pitch), with 5 or 17 tracks and 72, 84, \
             88 or 128 pitches"
        ))
    })
}

const fn is_tracks(tracks: u64) -> bool {
    matches!(tracks, 1 | 5 | 17)
}

const fn is_pitches(pitches: u64) -> bool {
    matches!(pitches, 72 | 84 | 88 | 128)
}

/// Bars, and steps of each. Four bars are what such arrays hold where nothing says otherwise.
fn bars_of(steps: u64) -> Option<(u64, u64)> {
    const FINENESS: [u64; 5] = [16, 24, 32, 48, 96];
    let four = steps.is_multiple_of(4) && FINENESS.contains(&(steps / 4));
    match steps {
        _ if four => Some((4, steps / 4)),
        _ if steps.is_multiple_of(16) => Some((steps / 16, 16)),
        _ => None,
    }
}

fn grid(
    tracks_last: bool,
    tracks: u64,
    bars: u64,
    steps_per_bar: u64,
    pitches: u64,
) -> Option<Grid> {
    let cells = [tracks, bars, steps_per_bar, pitches].into_iter().try_fold(1, u64::checked_mul)?;
    let lowest_pitch = match pitches {
        72 | 84 => 24,
        88 => 21,
        128 => 0,
        _ => return None,
    };
    let is_sensible = cells > 0 && cells <= MOST_CELLS && steps_per_bar.is_multiple_of(4);
    is_sensible.then_some(Grid {
        tracks_last,
        tracks: tracks as usize,
        steps_per_bar: steps_per_bar as usize,
        steps: (bars * steps_per_bar) as usize,
        pitches: pitches as usize,
        lowest_pitch,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_shapes_that_are_trained_on_elsewhere_are_known() {
        let of = |shape: &[u64]| grid_of(shape).unwrap().0;
        let musegan = of(&[102_378, 4, 48, 84, 5]);
        assert_eq!((musegan.steps, musegan.steps_per_bar, musegan.lowest_pitch), (192, 48, 24));
        assert_eq!(of(&[50_266, 384, 84, 5]).steps_per_bar, 96);
        let tutorial = of(&[9, 5, 64, 72]);
        assert_eq!((tutorial.tracks_last, tutorial.steps_per_bar), (false, 16));
        assert_eq!(of(&[9, 17, 64, 72]).tracks, 17);
        for no_phrases in [&[][..], &[1], &[1, 64, 72], &[9, 5, 64, 71], &[1 << 60, 4, 16, 84, 3]] {
            assert!(grid_of(no_phrases).is_err(), "{no_phrases:?}");
        }
    }

    #[test]
    fn a_cell_lies_where_the_axes_say() {
        let musegan = grid_of(&[1, 4, 48, 84, 5]).unwrap().0;
        assert_eq!(musegan.place(((48 + 7) * 84 + 36) * 5 + 3), (3, 55, 36));
        let tutorial = grid_of(&[1, 5, 64, 72]).unwrap().0;
        assert_eq!(tutorial.place((3 * 64 + 55) * 72 + 36), (3, 55, 36));
    }
}
