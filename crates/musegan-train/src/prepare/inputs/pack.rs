//! Phrase packs: `.npz` files of four-bar phrases as bits, with the song each belongs to.
//!
//! `x` is `(n, 3360)` u8, each row `numpy.packbits` of bool `[4, 16, 84, 5]` (bar, step, pitch
//! from MIDI 24, track); `song` is `(n,)` of unicode strings. What must stay true: a pack is read
//! to its end, checksums included, before its first phrase is used, and memory holds one song.
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Take};
use std::path::Path;

use super::compressed::Entry;
use super::{Cells, Content, Found, Grid, Ledger, Place, Rows, Source, Work};
use crate::prepare::numpy::{Array, Element, Npz, unfit};

const GRID: Grid = Grid {
    tracks_last: true,
    tracks: 5,
    steps_per_bar: 16,
    steps: 64,
    pitches: 84,
    lowest_pitch: 24,
};
const ROW_BYTES: usize = GRID.cells() / 8;
/// Phrases handed out at once.
const MOST_ROWS: usize = 1024;
/// Limits on what a header may promise, far above any real pack.
const MOST_RUNS: usize = 1_000_000;
const LONGEST_NAME: usize = 512;

/// A pack that was read to its end once.
pub(super) struct Pack {
    /// Where the pack lies, and its path.
    outside: (Place, String),
    place: Place,
    rows: Array<Entry<Take<BufReader<File>>>>,
    /// Distinct song names.
    names: Vec<String>,
    /// Rows in a row that belong to one song: index of its name, and how many.
    runs: std::vec::IntoIter<(usize, usize)>,
    /// How often each song was handed out so far.
    times: Vec<usize>,
}

impl Pack {
    pub(super) fn open(path: &Path, file: &str, place: &Place) -> io::Result<Self> {
        let mut archive = Npz::of_file(path)?;
        let (names, runs) = read_songs(archive.array("song")?)?;
        let rows: usize = runs.iter().map(|(_, rows)| rows).sum();
        check(&archive.array("x")?, rows)?;
        archive.array("x")?.verify()?;
        Ok(Self {
            outside: (place.clone(), file.to_owned()),
            place: place.inside(file),
            rows: archive.into_array("x")?,
            times: vec![0; names.len()],
            names,
            runs: runs.into_iter(),
        })
    }

    fn work(&mut self, name: usize, count: usize, ledger: &Ledger) -> io::Result<Option<Work>> {
        self.times[name] += 1;
        let song = &self.names[name];
        let path = match self.times[name] {
            1 => song.clone(),
            again => format!("{song}#{again}"),
        };
        if !ledger.takes(&self.place, &path) {
            self.rows.skip((count * ROW_BYTES) as u64)?;
            return Ok(None);
        }
        let mut bits = vec![0; count * ROW_BYTES];
        self.rows.read_exact(&mut bits)?;
        let rows = Rows { grid: GRID, count, cells: Cells::Bits(bits) };
        let mut work = self.place.work(&path, Content::Phrases(rows));
        work.name.song.clone_from(song);
        Ok(Some(work))
    }
}

impl Source for Pack {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Found> {
        loop {
            let (name, count) = self.runs.next()?;
            match self.work(name, count, ledger) {
                Ok(None) => {}
                Ok(Some(work)) => return Some(Found::work(work)),
                // It was whole when it was opened.
                Err(error) => {
                    self.runs = Vec::new().into_iter();
                    let reason = format!("it changed while it was read: {error}");
                    return ledger.unreadable(&self.outside.0, &self.outside.1, reason);
                }
            }
        }
    }

    fn origin(&self) -> (&Place, &str) {
        (&self.outside.0, &self.outside.1)
    }
}

fn check<R: Read>(x: &Array<R>, rows: usize) -> io::Result<()> {
    let header = &x.header;
    if header.element != Element::Unsigned(1) || header.shape != [rows as u64, ROW_BYTES as u64] {
        return Err(unfit(format!(
            "`x` is {:?} of shape {:?}, expected uint8 of ({rows}, {ROW_BYTES}) to go with the \
             {rows} names in `song`",
            header.element, header.shape
        )));
    }
    Ok(())
}

/// The distinct names in order of appearance, and the runs of rows they name.
type Songs = (Vec<String>, Vec<(usize, usize)>);

fn read_songs<R: Read>(mut array: Array<R>) -> io::Result<Songs> {
    let header = array.header.clone();
    let (Element::Text(characters), &[count]) = (header.element, header.shape.as_slice()) else {
        return Err(unfit(format!("`song` is of shape {:?}, not a list of names", header.shape)));
    };
    if characters > LONGEST_NAME {
        return Err(unfit(format!("`song` has names of {characters} characters")));
    }
    let mut names: Vec<String> = Vec::new();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut bytes = vec![0; 4 * characters];
    for _ in 0..count {
        array.read_exact(&mut bytes)?;
        let entry = text(&bytes);
        let name = song_name(&entry);
        let number = *numbers.entry(name.to_owned()).or_insert_with(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        match runs.last_mut() {
            Some((last, rows)) if *last == number && *rows < MOST_ROWS => *rows += 1,
            _ => runs.push((number, 1)),
        }
        if runs.len() > MOST_RUNS {
            return Err(unfit(format!("it has more than {MOST_RUNS} songs")));
        }
    }
    array.finish()?;
    Ok((names, runs))
}

/// NumPy's text: four bytes a character, zeros at the end.
fn text(bytes: &[u8]) -> String {
    let (characters, _) = bytes.as_chunks::<4>();
    let characters = characters.iter().map(|&character| u32::from_le_bytes(character));
    let characters = characters.take_while(|&character| character != 0);
    characters.map(|c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn songs_have_their_sources_own_names() {
        assert_eq!(song_name("001"), "001");
        assert_eq!(song_name("In_My_Merry_Oldsmobile.mxl"), "In_My_Merry_Oldsmobile.mxl");
        assert_eq!(song_name("head__Music__Battle 1__506d1014.mid"), "Battle 1");
        assert_eq!(song_name("01-Main-Theme.mid"), "01-Main-Theme");
        assert_eq!(song_name("verse__chorus.mid"), "verse__chorus");
    }

    #[test]
    fn a_cell_of_a_row_lies_where_the_axes_say() {
        // Bar 1, step 2, MIDI 60, bass.
        assert_eq!(GRID.place(((16 + 2) * 84 + 36) * 5 + 3), (3, 18, 36));
    }
}
