//! One piece of work: a file, or one song of a pack, on its way to the thread that prepares it.
use std::io::{self, Cursor, Read};
use std::path::PathBuf;

use musegan_score::file;

use super::companions::Beside;
use super::compressed::Entry;
use crate::prepare::numpy::Element;
use crate::prepare::prepared::Origin;

/// Something to prepare.
pub(in crate::prepare) struct Work {
    pub name: Name,
    pub content: Content,
}

/// What it is called.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::prepare) struct Name {
    /// The corpus it belongs to.
    pub corpus: String,
    /// Path below the given folder, unique in the corpus.
    pub file: String,
    /// The song, which decides its side of the split.
    pub song: String,
    /// Who made it, where a manifest says so.
    pub origin: Option<Origin>,
    /// How often it counts in training, where a manifest says so; else 1.
    pub weight: f64,
}

/// What there is to read.
pub(in crate::prepare) enum Content {
    /// A `.mid` file, and what lies beside it.
    Midi(Bytes, Beside),
    /// An `.npz` of pypianoroll's.
    Pianoroll(Bytes),
    /// Phrases of one song.
    Phrases(Rows),
    /// Nothing, and why.
    Unreadable(String),
}

/// The bytes of a file, wherever they are.
pub(in crate::prepare) enum Bytes {
    /// In a file of its own.
    File(PathBuf),
    /// In memory.
    Held(Vec<u8>),
    /// In memory as they lie in a zip archive.
    Packed(Box<Entry<Cursor<Vec<u8>>>>, usize),
}

/// Phrases as cells.
pub(in crate::prepare) struct Rows {
    pub grid: Grid,
    /// How many phrases.
    pub count: usize,
    pub cells: Cells,
}

/// Which cells sound.
pub(in crate::prepare) enum Cells {
    /// One bit for each, most significant first; a row begins with a byte.
    Bits(Vec<u8>),
    /// One element for each.
    Elements(Element, Vec<u8>),
    /// Phrase and cell of those that do.
    Listed(Vec<(u32, u32)>),
}

/// How the cells of a phrase lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::prepare) struct Grid {
    /// Whether the order is (step, pitch, track) rather than (track, step, pitch).
    pub tracks_last: bool,
    pub tracks: usize,
    pub steps_per_bar: usize,
    pub steps: usize,
    pub pitches: usize,
    /// MIDI number of index 0.
    pub lowest_pitch: u8,
}

impl Content {
    /// Bytes of memory it takes until it is prepared.
    pub fn held_bytes(&self) -> usize {
        match self {
            Self::Midi(bytes, Beside::Held(files)) => {
                bytes.held_bytes() + files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
            }
            Self::Midi(bytes, Beside::File(_)) | Self::Pianoroll(bytes) => bytes.held_bytes(),
            Self::Phrases(rows) => match &rows.cells {
                Cells::Bits(bytes) | Cells::Elements(_, bytes) => bytes.len(),
                Cells::Listed(cells) => size_of_val(cells.as_slice()),
            },
            Self::Unreadable(_) => 0,
        }
    }
}

impl Bytes {
    fn held_bytes(&self) -> usize {
        match self {
            Self::File(_) => 0,
            Self::Held(bytes) => bytes.len(),
            Self::Packed(_, bytes) => *bytes,
        }
    }

    /// All of them; an error where there are more than `most`.
    pub fn read(self, most: u64) -> io::Result<Vec<u8>> {
        let too_large = || {
            let reason = format!("larger than {} MiB, which no song is", most >> 20);
            io::Error::new(io::ErrorKind::FileTooLarge, reason)
        };
        let bytes = match self {
            Self::File(path) => file::read(&path, most)?.ok_or_else(too_large)?,
            Self::Held(bytes) => bytes,
            Self::Packed(entry, _) => {
                let mut bytes = Vec::new();
                entry.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
                bytes
            }
        };
        if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
    }
}

impl Grid {
    /// Cells of a phrase.
    pub const fn cells(self) -> usize {
        self.tracks * self.steps * self.pitches
    }

    /// Track, step and pitch index of a cell.
    pub const fn place(self, cell: usize) -> (usize, usize, usize) {
        if self.tracks_last {
            let (rest, track) = (cell / self.tracks, cell % self.tracks);
            (track, rest / self.pitches, rest % self.pitches)
        } else {
            let (rest, pitch) = (cell / self.pitches, cell % self.pitches);
            (rest / self.steps, rest % self.steps, pitch)
        }
    }
}
