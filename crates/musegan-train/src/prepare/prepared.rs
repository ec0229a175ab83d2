//! What one file gave: the unit that is written to the journal, compared with all others, and
//! ordered into the dataset.
//!
//! What must stay true: it is a function of the file's bytes, its name and the configuration
//! alone, so that files can be prepared in any order, on any machine, and joined afterwards.
use std::collections::BTreeMap;

use musegan_score::layout::PlacedNote;
use musegan_score::{Chord, Key};

/// What became of one file, or of one song of a pack.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The corpus it belongs to: the name of the given folder, archive or pack, or what a manifest
    /// says.
    pub corpus: String,
    /// The song's name, which decides its side of the split. All arrangements share it.
    pub song: String,
    /// Path below the given folder, `archive.zip!inner/path.mid` inside archives; unique in its
    /// corpus.
    pub file: String,
    /// Licence and attribution, where a manifest gives them.
    pub origin: Option<Origin>,
    /// How often training draws a phrase of this song for each time that it draws one of weight
    /// 1, which is what songs have for which no manifest says otherwise; see
    /// [`crate::dataset::is_weight`]. A song has the weight of the first of its files.
    pub weight: f64,
    /// What was found in it, or why it could not be read.
    pub outcome: Result<Contents, Unreadable>,
}

/// Where a song comes from, for the model card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The collection, "POP909".
    pub source: String,
    /// An SPDX identifier where there is one.
    pub licence: String,
    /// Who is to be named.
    pub attribution: String,
}

/// A file that gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Why, as a sentence that names the byte where it knows it.
    pub reason: String,
}

/// What was found in a readable file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// The first damaged place of a file that gave some music nevertheless.
    pub damage: Option<String>,
    /// Whether the source has cells and no onsets, so that each run of cells was taken for a note.
    pub cells_only: bool,
    /// Bars of music in it.
    pub bars: u64,
    /// The phrases that are kept, ascending by bar.
    pub phrases: Vec<LabelledPhrase>,
    /// What was left behind in this file: rule and count. Duplicates are found and counted when all
    /// files are joined.
    pub dropped: BTreeMap<&'static str, u64>,
    /// What was measured of it, for the report's histograms: measure and value.
    pub measures: Vec<(&'static str, f32)>,
    /// Which part was given to which track, and why, for whoever asks.
    pub assignments: Vec<String>,
}

/// A phrase with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledPhrase {
    /// Number of its first bar in the song, for people to find it.
    pub bar: u32,
    /// The notes on the layout's grid, sorted by part, onset, pitch; never empty.
    pub notes: Vec<PlacedNote>,
    /// The key, where one is clear enough.
    pub key: Option<Key>,
    /// The chord on each beat of the layout, annotated or found. Beats beyond its end count as
    /// unknown.
    pub chords: Vec<Option<Chord>>,
    /// Name of the section it begins in; empty where unknown.
    pub section: String,
}
