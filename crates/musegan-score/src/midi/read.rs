//! Bytes of a `.mid` file to a [`Song`].
//!
//! The chunks are walked here, because the places where files are damaged are known only here;
//! the events inside a track are midly's. What must stay true: every byte is looked at a bounded
//! number of times, and nothing is allocated by a number that the file claims.
use std::path::{Path, PathBuf};

use self::chunks::{Header, Timing, Tracks};
use self::track::TrackReader;
use crate::song::{DEFAULT_MICROS_PER_BEAT, Metre, Tempo};
use crate::{Part, Song, file};

mod chunks;
mod track;

/// Larger files are refused. A note may take three bytes of a file and takes 24 in memory.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// Why bytes are not a MIDI file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// No header at the beginning, nor inside a RIFF or MacBinary wrapper.
    #[error("not a MIDI file: no \"MThd\" at byte 0 or soon after; it begins with {found}")]
    NotMidi {
        /// The first bytes, readable.
        found: String,
    },
    /// The header makes no sense.
    #[error("the MIDI header is damaged at byte {at_byte}: {what}")]
    Header {
        /// Offset in the file.
        at_byte: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Nothing but a header.
    #[error("no track (\"MTrk\") after the MIDI header that ends at byte {at_byte}")]
    NoTracks {
        /// Offset in the file.
        at_byte: usize,
    },
}

/// Why a file on disk gave no song.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system could not read it.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Too large to be music.
    #[error("{}: larger than {} MiB, which no song is", path.display(), MAX_FILE_BYTES >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no MIDI file.
    #[error("{}: {source}", path.display())]
    Midi {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ReadError,
    },
}

/// Something wrong in a file that could be read nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Offset in the file.
    pub at_byte: usize,
    /// What is wrong and what was done about it.
    pub what: &'static str,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "byte {}: {}", self.at_byte, self.what)
    }
}

/// Reads a `.mid` file. Errors name the file.
///
/// # Errors
///
/// The file cannot be read, is larger than [`MAX_FILE_BYTES`], or [`read`] refuses it.
pub fn read_file(path: &Path) -> Result<Song, FileError> {
    let io = |source| FileError::Io { path: path.to_owned(), source };
    let bytes = file::read(path, MAX_FILE_BYTES).map_err(io)?;
    let bytes = bytes.ok_or_else(|| FileError::TooLarge { path: path.to_owned() })?;
    read(&bytes).map_err(|source| FileError::Midi { path: path.to_owned(), source })
}

/// Reads a Standard MIDI File of format 0, 1 or 2, bare or inside RIFF (`.rmi`) or MacBinary.
///
/// - A file without notes is a song without notes, not an error.
/// - A note that is struck again while it sounds ends there; one that is never released ends with
///   its track.
/// - Illegal messages are skipped. A track that cannot be understood any further ends there, and
///   the rest of the file is read. Both are listed in [`Song::damage`].
/// - The tracks of format 2 follow one another.
/// - SMPTE time has no beats: its seconds become beats at the first tempo the file names, or 120.
///
/// There are at most as many notes as bytes.
///
/// # Errors
///
/// Only where nothing can be read: no header, no division of time, no track.
pub fn read(bytes: &[u8]) -> Result<Song, ReadError> {
    let header = Header::find(bytes)?;
    let mut tracks = Tracks::after(&header, bytes);
    let mut reader = TrackReader::default();
    let mut found_any = false;
    while let Some(body) = tracks.next_body(&mut reader.damage) {
        found_any = true;
        let consumed = reader.read_track(bytes, body, header.is_sequential);
        tracks.resume_after(consumed);
    }
    if !found_any {
        return Err(ReadError::NoTracks { at_byte: header.end });
    }
    Ok(finish(reader, header.timing))
}

fn finish(reader: TrackReader, timing: Timing) -> Song {
    let TrackReader { name, mut parts, mut tempos, mut metres, damage, .. } = reader;
    sort_changes(&mut tempos, |tempo| tempo.tick);
    sort_changes(&mut metres, |metre| metre.tick);
    let ticks_per_beat = match timing {
        Timing::Metrical { ticks_per_beat } => ticks_per_beat,
        Timing::Smpte { seconds_per_tick: (numerator, denominator) } => {
            // In microseconds a beat is a whole number of ticks.
            let beat = tempos.first().map_or(DEFAULT_MICROS_PER_BEAT, |t| t.micros_per_beat);
            let micros = |tick: u64| {
                let micros =
                    u128::from(tick) * 1_000_000 * u128::from(numerator) / u128::from(denominator);
                u64::try_from(micros).unwrap_or(u64::MAX)
            };
            for note in parts.iter_mut().flat_map(|part| &mut part.notes) {
                let onset = micros(note.onset);
                note.length = micros(note.end()).saturating_sub(onset).max(1);
                note.onset = onset;
            }
            metres.iter_mut().for_each(|metre| metre.tick = micros(metre.tick));
            tempos = vec![Tempo { tick: 0, micros_per_beat: beat }];
            beat
        }
    };
    for part in &mut parts {
        part.notes.sort_by_key(|note| (note.onset, note.pitch));
    }
    parts.retain(|part: &Part| !part.notes.is_empty());
    Song {
        name,
        ticks_per_beat,
        tempos,
        metres,
        keys: Vec::new(),
        markers: Vec::new(),
        parts,
        damage: damage.list,
    }
}

/// Sorts by tick; of several changes at one tick the last in the file counts.
fn sort_changes<T>(changes: &mut Vec<T>, tick: impl Fn(&T) -> u64) {
    changes.reverse();
    changes.sort_by_key(&tick);
    changes.dedup_by_key(|change| tick(change));
}

/// The first few damaged places: enough to tell people, too few to fill memory.
#[derive(Default)]
struct DamageList {
    list: Vec<Damage>,
}

impl DamageList {
    const MOST: usize = 16;

    fn push(&mut self, at_byte: usize, what: &'static str) {
        if self.list.len() < Self::MOST {
            self.list.push(Damage { at_byte, what });
        }
    }
}

/// A metre event, unless it is nonsense.
fn metre(tick: u64, count: u8, unit_power: u8) -> Option<Metre> {
    (count > 0 && unit_power < 7).then(|| Metre { tick, count, unit: 1 << unit_power })
}
