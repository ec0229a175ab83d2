//! Songs of different names whose bars are nearly the same.
//!
//! Each song has a signature of [`SIGNATURE`] numbers (MinHash; Broder, "On the resemblance and
//! containment of documents", 1997): the least of as many hashes over the outlines of its bars. The
//! share of equal numbers in two signatures estimates the share of bars that both have among those
//! that either has. Songs are compared where [`BAND`] numbers in a row are equal, which finds nine
//! of ten pairs at a likeness of one half and practically all above two thirds; and are nearly the
//! same where the estimate reaches [`ALIKE`].

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::facts::{Facts, SIGNATURE};
use super::{Rule, Table, scratch};
use crate::dataset::NearlySame;
use crate::prepare::join::sorter::{Key, Sorter};

/// Estimated likeness from which songs are nearly the same.
pub const ALIKE: f64 = 0.5;
/// Equal numbers in a row that make two songs worth comparing.
const BAND: usize = 4;
/// Songs with fewer bars to compare are too short to be judged.
const LEAST_BARS: u64 = 4;
/// Songs of one band that the next one is compared with: the first and the latest.
const COMPARED: usize = 16;
/// Bytes of a song on disk: first phrase, phrases, end of its name, signature.
const SONG_BYTES: usize = 24 + 4 * SIGNATURE;
/// A longer name is cut where it is told.
const MAX_NAME_BYTES: u64 = 4096;

/// All songs, on disk, and their bands on their way into order.
#[derive(Debug)]
pub struct SimilarSongs {
    songs: BufWriter<File>,
    /// The names of the songs, one after another.
    names: BufWriter<File>,
    name_bytes: u64,
    /// Songs that are on disk.
    count: u64,
    bands: Sorter,
    /// Pairs of songs, the worse first.
    pairs: Sorter,
    /// The song whose files come now, and the bars of its files.
    current: Option<(String, Song, u64)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Song {
    first_phrase: u64,
    phrases: u64,
    name_end: u64,
    signature: [u32; SIGNATURE],
}

impl SimilarSongs {
    pub fn new(work: &Path, sort_bytes: usize) -> io::Result<Self> {
        Ok(Self {
            songs: BufWriter::new(scratch(&work.join("songs"))?),
            names: BufWriter::new(scratch(&work.join("names"))?),
            name_bytes: 0,
            count: 0,
            bands: Sorter::new(work, sort_bytes)?,
            pairs: Sorter::new(work, sort_bytes)?,
            current: None,
        })
    }

    /// Takes the facts of a file of this song, whose phrases begin at this number.
    pub fn file(&mut self, name: &str, first_phrase: u64, facts: &Facts) -> io::Result<()> {
        if self.current.as_ref().is_none_or(|(current, ..)| current != name) {
            self.end_song()?;
            let signature = [u32::MAX; SIGNATURE];
            let song = Song { first_phrase, phrases: 0, name_end: 0, signature };
            self.current = Some((name.to_owned(), song, 0));
        }
        if let Some((_, song, bars)) = &mut self.current {
            song.phrases += facts.phrases.len() as u64;
            *bars += facts.bars;
            for (least, number) in song.signature.iter_mut().zip(&facts.signature) {
                *least = (*least).min(*number);
            }
        }
        Ok(())
    }

    fn end_song(&mut self) -> io::Result<()> {
        let Some((name, mut song, bars)) = self.current.take() else { return Ok(()) };
        if bars < LEAST_BARS {
            return Ok(());
        }
        for (number, band) in song.signature.chunks_exact(BAND).enumerate() {
            let key = band.iter().fold(number as Key, |key, &n| {
                // Spread over the whole key, by whose first bits records are sorted.
                (key ^ Key::from(n)).wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645)
            });
            self.bands.push(key, &self.count.to_be_bytes())?;
        }
        self.count += 1;
        self.names.write_all(name.as_bytes())?;
        self.name_bytes += name.len() as u64;
        song.name_end = self.name_bytes;
        self.songs.write_all(&song.to_bytes())
    }

    /// Passes judgement on all phrases of songs that are nearly a better one, and tells `each` such
    /// pair, in the order of the songs that are dropped.
    pub(super) fn resolve(
        mut self,
        table: &mut Table,
        each: &mut dyn FnMut(NearlySame) -> io::Result<()>,
    ) -> io::Result<()> {
        self.end_song()?;
        let mut songs = Songs {
            songs: self.songs.into_inner().map_err(io::IntoInnerError::into_error)?,
            names: self.names.into_inner().map_err(io::IntoInnerError::into_error)?,
        };
        let mut pairs = self.pairs;
        // The numbers' own first bits come first, by which pairs are sorted.
        let unused_bits = self.count.leading_zeros();
        let mut band: Vec<(u64, Song)> = Vec::new();
        let mut band_key = None;
        self.bands.finish(&mut |key, record: &[u8]| {
            if band_key != Some(key) {
                (band_key, band) = (Some(key), Vec::new());
            }
            let number = record.try_into().map(u64::from_be_bytes);
            let number = number.map_err(|_| io::ErrorKind::InvalidData)?;
            let song = songs.song(number)?;
            for (earlier, other) in &band {
                if song.likeness(other) >= ALIKE {
                    let earlier_goes = song.phrases > other.phrases;
                    let (worse, better) =
                        if earlier_goes { (*earlier, number) } else { (number, *earlier) };
                    let worse = Key::from(worse << unused_bits);
                    pairs.push(worse << 64 | Key::from(better), &[])?;
                }
            }
            if band.len() == COMPARED {
                band.remove(COMPARED / 2);
            }
            band.push((number, song));
            io::Result::Ok(())
        })?;
        let mut last = None;
        pairs.finish(&mut |pair, _: &[u8]| {
            // A pair is found once for each band that both songs share.
            if last.replace(pair) == Some(pair) {
                return Ok(());
            }
            let (worse, better) = ((pair >> 64) as u64 >> unused_bits, pair as u64);
            let song = songs.song(worse)?;
            table.set(song.first_phrase, song.phrases, Rule::Nearly)?;
            let likeness = song.likeness(&songs.song(better)?);
            each(NearlySame { song: songs.name(worse)?, of: songs.name(better)?, likeness })
        })
    }
}

/// All songs, to be looked up.
struct Songs {
    songs: File,
    names: File,
}

impl Songs {
    fn song(&mut self, number: u64) -> io::Result<Song> {
        let mut bytes = [0; SONG_BYTES];
        self.songs.seek(SeekFrom::Start(number * SONG_BYTES as u64))?;
        self.songs.read_exact(&mut bytes)?;
        Ok(Song::of_bytes(&bytes))
    }

    fn name(&mut self, number: u64) -> io::Result<String> {
        let start = match number.checked_sub(1) {
            Some(before) => self.song(before)?.name_end,
            None => 0,
        };
        let length = self.song(number)?.name_end - start;
        let mut name = Vec::new();
        self.names.seek(SeekFrom::Start(start))?;
        (&self.names).take(length.min(MAX_NAME_BYTES)).read_to_end(&mut name)?;
        Ok(String::from_utf8_lossy(&name).into_owned())
    }
}

impl Song {
    /// About the share of bars that both have among those that either has.
    fn likeness(&self, other: &Self) -> f64 {
        let pairs = self.signature.iter().zip(&other.signature);
        pairs.filter(|(a, b)| a == b).count() as f64 / SIGNATURE as f64
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SONG_BYTES);
        bytes.extend(self.first_phrase.to_le_bytes());
        bytes.extend(self.phrases.to_le_bytes());
        bytes.extend(self.name_end.to_le_bytes());
        self.signature.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes
    }

    fn of_bytes(bytes: &[u8; SONG_BYTES]) -> Self {
        let long = |at: usize| {
            bytes[at..at + 8].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
        };
        let mut signature = [0; SIGNATURE];
        for (number, bytes) in signature.iter_mut().zip(bytes[24..].chunks_exact(4)) {
            *number = bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte));
        }
        Self { first_phrase: long(0), phrases: long(8), name_end: long(16), signature }
    }
}
