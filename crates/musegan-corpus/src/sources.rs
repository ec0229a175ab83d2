//! The public collections that songs come from: lead sheets, chord charts and piano arrangements
//! that become [`Chart`]s, and `.mid` files of whole bands that are taken as they are.
//!
//! A collection is found by its files, wherever below the given folder it was unpacked. Songs come
//! in the order of their names and are read one at a time. What must stay true: a file gives a
//! chart or a [`Refused`] that says which file, where in it and why; nothing in a file panics,
//! hangs or takes memory beyond its own size; a song's name is the one its collection gives it,
//! because the name decides its side of the split.
use std::path::Path;

use crate::Chart;

mod billboard;
pub(crate) mod files;
mod form;
mod keys;
mod openewld;
mod pop909;

pub mod multitrack;

pub use files::{SongFile, Unreadable};

/// Bars of the longest song that is taken, about half an hour.
const MAX_BARS: usize = 1024;
/// Bars below which there is nothing to arrange.
const MIN_BARS: usize = 8;

/// Where songs come from and what their users must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its name.
    pub name: &'static str,
    /// Its licence as an SPDX expression.
    pub licence: &'static str,
    /// Whom to name, with the copyright notice where the licence asks for one.
    pub attribution: &'static str,
    /// Where it is published.
    pub url: &'static str,
}

/// The collections that have no band of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Pop songs arranged for piano, with melody, chords and beats.
    Pop909,
    /// Chord charts of songs in the American charts, 1958 to 1991.
    Billboard,
    /// Lead sheets of songs in the public domain.
    OpenEwld,
}

/// Why a song is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{song}: {reason}: {detail}")]
pub struct Refused {
    /// Its name.
    pub song: String,
    /// The kind of reason, one of a few, to be counted by.
    pub reason: &'static str,
    /// Which file, where in it, and what is there.
    pub detail: String,
}

impl SourceInfo {
    /// What is said of it wherever something of it is: its name, its authors and its address.
    #[must_use]
    pub fn credit(&self) -> String {
        format!("{}, {}, {}", self.name, self.attribution, self.url)
    }
}

/// Everything that songs may be taken or arranged from, whether it is there or not.
pub fn all() -> impl Iterator<Item = &'static SourceInfo> {
    let collections = Collection::ALL.into_iter().map(Collection::info);
    collections.chain([&crate::drummers::INFO]).chain(multitrack::infos())
}

impl Collection {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pop909, Self::Billboard, Self::OpenEwld];

    /// Its name, licence and authors.
    #[must_use]
    pub const fn info(self) -> &'static SourceInfo {
        match self {
            Self::Pop909 => &pop909::INFO,
            Self::Billboard => &billboard::INFO,
            Self::OpenEwld => &openewld::INFO,
        }
    }

    /// Its songs anywhere below a folder, sorted by name; none where it is not there.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn songs(self, folder: &Path) -> Result<Vec<SongFile>, Unreadable> {
        let is_song: fn(&Path) -> Option<String> = match self {
            Self::Pop909 => pop909::song_name,
            Self::Billboard => billboard::song_name,
            Self::OpenEwld => openewld::song_name,
        };
        files::songs(folder, is_song)
    }

    /// The charts of all its songs below a folder, read one by one.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn charts(self, folder: &Path) -> Result<Charts, Unreadable> {
        let songs = self.songs(folder)?;
        let reader = self.reader(&songs);
        Ok(Charts { songs: songs.into_iter(), reader })
    }

    /// What reads its songs, in any order and on any thread.
    #[must_use]
    pub fn reader(self, songs: &[SongFile]) -> Reader {
        Reader(match self {
            Self::Pop909 => Known::Pop909,
            Self::Billboard => Known::Billboard(billboard::Repeats::of(songs)),
            Self::OpenEwld => Known::OpenEwld(openewld::Genres::near(songs)),
        })
    }
}

/// Reads the songs of one collection; knows what concerns all of them together.
pub struct Reader(Known);

enum Known {
    Pop909,
    Billboard(billboard::Repeats),
    OpenEwld(openewld::Genres),
}

impl Reader {
    /// Reads a song.
    ///
    /// # Errors
    /// When it cannot be read, is not in a metre of four beats, or is no song.
    pub fn chart(&self, song: &SongFile) -> Result<Chart, Refused> {
        let chart = match &self.0 {
            Known::Pop909 => pop909::chart(song),
            Known::Billboard(repeats) => billboard::chart(song, repeats),
            Known::OpenEwld(genres) => openewld::chart(song, genres),
        }?;
        let bars = chart.bars.len();
        match bars {
            ..MIN_BARS => Err(song.refused("too short", format!("{bars} bars"))),
            MIN_BARS..=MAX_BARS => Ok(chart),
            _ => Err(song.refused("too long", format!("{bars} bars"))),
        }
    }
}

/// The charts of a collection, one after the other.
pub struct Charts {
    songs: std::vec::IntoIter<SongFile>,
    reader: Reader,
}

impl Iterator for Charts {
    type Item = Result<Chart, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        self.songs.next().map(|song| self.reader.chart(&song))
    }
}
