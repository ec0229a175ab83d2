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
use crate::prepare::join::SORT_BYTES;
use crate::prepare::join::sorter::{Key, Sorter};

/// Estimated likeness from which songs are nearly the same.
pub const ALIKE: f64 = 0.5;
/// Equal numbers in a row that make two songs worth comparing.
const BAND: usize = 4;
/// Songs with fewer bars to compare are too short to be judged.
const LEAST_BARS: u64 = 4;
/// Songs of one band that the next one is compared with: the first and the latest.
const COMPARED: usize = 16;
/// Bytes of a song on disk: first phrase, phrases, signature.
const SONG_BYTES: usize = 16 + 4 * SIGNATURE;

/// All songs, on disk, and their bands on their way into order.
#[derive(Debug)]
pub struct SimilarSongs {
    songs: BufWriter<File>,
    /// Songs that are on disk.
    count: u64,
    bands: Sorter,
    /// The song whose files come now.
    current: Option<(String, Song, u64)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Song {
    first_phrase: u64,
    phrases: u64,
    signature: [u32; SIGNATURE],
}

impl SimilarSongs {
    pub fn new(work: &Path) -> io::Result<Self> {
        let songs = BufWriter::new(scratch(&work.join("songs"))?);
        Ok(Self { songs, count: 0, bands: Sorter::new(work, SORT_BYTES)?, current: None })
    }

    /// Takes the facts of a file of this song, whose phrases begin at this number.
    pub fn file(&mut self, name: &str, first_phrase: u64, facts: &Facts) -> io::Result<()> {
        if self.current.as_ref().is_none_or(|(current, ..)| current != name) {
            self.end_song()?;
            let song = Song { first_phrase, phrases: 0, signature: [u32::MAX; SIGNATURE] };
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
        let Some((_, song, bars)) = self.current.take() else { return Ok(()) };
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
        self.songs.write_all(&song.to_bytes())
    }

    /// Passes judgement on all phrases of songs that are nearly a better one.
    pub(super) fn resolve(mut self, table: &mut Table) -> io::Result<()> {
        self.end_song()?;
        let mut songs = self.songs.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut band: Vec<Song> = Vec::new();
        let mut band_key = None;
        self.bands.finish(&mut |key, record: &[u8]| {
            if band_key != Some(key) {
                (band_key, band) = (Some(key), Vec::new());
            }
            let number = record.try_into().map(u64::from_be_bytes);
            let number = number.map_err(|_| io::ErrorKind::InvalidData)?;
            let song = Song::read(&mut songs, number)?;
            for other in &band {
                if song.is_nearly(other) {
                    let worse = if song.phrases > other.phrases { other } else { &song };
                    table.set(worse.first_phrase, worse.phrases, Rule::Nearly)?;
                }
            }
            if band.len() == COMPARED {
                band.remove(COMPARED / 2);
            }
            band.push(song);
            Ok(())
        })
    }
}

impl Song {
    fn is_nearly(&self, other: &Self) -> bool {
        let pairs = self.signature.iter().zip(&other.signature);
        let equal = pairs.filter(|(a, b)| a == b).count();
        equal as f64 >= ALIKE * SIGNATURE as f64
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SONG_BYTES);
        bytes.extend(self.first_phrase.to_le_bytes());
        bytes.extend(self.phrases.to_le_bytes());
        self.signature.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes
    }

    fn read(songs: &mut File, number: u64) -> io::Result<Self> {
        let mut bytes = [0; SONG_BYTES];
        songs.seek(SeekFrom::Start(number * SONG_BYTES as u64))?;
        songs.read_exact(&mut bytes)?;
        let long = |at: usize| {
            bytes[at..at + 8].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
        };
        let mut signature = [0; SIGNATURE];
        for (number, bytes) in signature.iter_mut().zip(bytes[16..].chunks_exact(4)) {
            *number = bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte));
        }
        Ok(Self { first_phrase: long(0), phrases: long(8), signature })
    }
}
