//! Bytes of a `.mid` file to a [`Song`].
//!
//! `chunks` finds the tracks, `events` cuts them into events, `track` and `notes` make music of
//! those. It is our own because no reader goes on behind damage, says at which byte that was and is
//! as fast. What must stay true: every byte is looked at a bounded number of times, and nothing is
//! allocated by a number that the file claims.
use std::path::{Path, PathBuf};

use self::chunks::{Header, Timing, Tracks};
use self::track::TrackReader;
use crate::song::{DEFAULT_MICROS_PER_BEAT, Tempo};
use crate::{Song, SongNote, file};

mod chunks;
mod events;
mod kits;
mod notes;
mod track;

/// Larger files are refused. A note may take three bytes of a file and takes 24 in memory.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// Why bytes are not a MIDI file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No bytes at all.
    #[error("the file is empty: it ends at byte 0")]
    Empty,
    /// More than [`MAX_FILE_BYTES`].
    #[error("it goes on beyond byte {MAX_FILE_BYTES}, which no song does")]
    TooLarge,
    /// A file of the MIDI 2.0 standard.
    #[error(
        "a MIDI 2.0 clip (\"SMF2CLIP\" at byte 0), which is not read; save it as a Standard MIDI \
         File (.mid)"
    )]
    Clip,
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
    #[error(
        "{}: larger than {} MiB (byte {MAX_FILE_BYTES}), which no song is",
        path.display(),
        MAX_FILE_BYTES >> 20
    )]
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

/// Reads a `.mid`, `.midi`, `.kar` or `.rmi` file. Errors name the file.
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

/// Reads a Standard MIDI File of format 0, 1 or 2, bare (`.mid`, `.kar`) or inside RIFF (`.rmi`) or
/// MacBinary.
///
/// - A file without notes is a song without notes, not an error.
/// - A note that is struck again while it sounds ends there; one that is never released ends with
///   its track.
/// - Illegal messages are skipped. A track that cannot be understood any further ends there, and
///   the rest of the file is read. Both are listed in [`Song::damage`].
/// - The tracks of format 2 follow one another.
/// - SMPTE time has no beats: its seconds become beats at the first tempo the file names, or 120.
/// - The tenth channel plays drums, and whichever the file makes drums of by GS, XG or General
///   MIDI 2.
/// - Of several tempos, metres or keys at one tick the last in the file counts. Markers are cut to
///   256 characters, and the first 16,384 are read. Of parts the first 4,096 are.
///
/// There are at most as many notes as bytes.
///
/// # Errors
///
/// Only where nothing can be read: no header, no division of time, no track, or more bytes than
/// [`MAX_FILE_BYTES`].
pub fn read(bytes: &[u8]) -> Result<Song, ReadError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge);
    }
    let header = Header::find(bytes)?;
    let bytes = &bytes[..header.file_end];
    let mut tracks = Tracks::after(&header, bytes);
    let mut reader = TrackReader::new();
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
    let TrackReader { name, notes, tempos, metres, keys, markers, damage, .. } = reader;
    let (parts, damage) = (notes.into_parts(), damage.list);
    let mut song = Song { name, ticks_per_beat: 1, tempos, metres, keys, markers, parts, damage };
    sort_changes(&mut song.tempos, |tempo| tempo.tick);
    sort_changes(&mut song.metres, |metre| metre.tick);
    sort_changes(&mut song.keys, |key| key.tick);
    song.markers.sort_by_key(|marker| marker.tick);
    match timing {
        Timing::Metrical { ticks_per_beat } => song.ticks_per_beat = ticks_per_beat,
        Timing::Smpte { seconds_per_tick } => beats_of_seconds(&mut song, seconds_per_tick),
    }
    song.parts.iter_mut().for_each(|part| sort_chords(&mut part.notes));
    song
}

/// Gives beats to a song whose ticks are so many seconds.
fn beats_of_seconds(song: &mut Song, (numerator, denominator): (u32, u32)) {
    // In microseconds a beat is a whole number of ticks.
    let beat = song.tempos.first().map_or(DEFAULT_MICROS_PER_BEAT, |t| t.micros_per_beat);
    let micros = |tick: u64| {
        let micros = u128::from(tick) * 1_000_000 * u128::from(numerator) / u128::from(denominator);
        u64::try_from(micros).unwrap_or(u64::MAX)
    };
    for note in song.parts.iter_mut().flat_map(|part| &mut part.notes) {
        let onset = micros(note.onset);
        note.length = micros(note.end()).saturating_sub(onset).max(1);
        note.onset = onset;
    }
    song.metres.iter_mut().for_each(|metre| metre.tick = micros(metre.tick));
    song.keys.iter_mut().for_each(|key| key.tick = micros(key.tick));
    song.markers.iter_mut().for_each(|marker| marker.tick = micros(marker.tick));
    song.tempos = vec![Tempo { tick: 0, micros_per_beat: beat }];
    song.ticks_per_beat = beat;
}

/// Sorts notes by onset and pitch that are sorted by onset already.
fn sort_chords(notes: &mut [SongNote]) {
    for chord in notes.chunk_by_mut(|a, b| a.onset == b.onset) {
        chord.sort_by_key(|note| note.pitch);
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
