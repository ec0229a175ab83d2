//! What is known of a song before it is arranged: bars with chords, sections, and the voices that
//! the source has.
//!
//! Every source becomes this one form. What must stay true: bars have four beats, ticks count from
//! the first bar's line, [`TICKS_PER_BEAT`] to the quarter note, and every section's bars exist.
use musegan_score::song::TICKS_PER_BEAT;
use musegan_score::{Chord, Key, SongNote};

/// Ticks of a bar.
pub const TICKS_PER_BAR: u64 = TICKS_PER_BEAT as u64 * BEATS_PER_BAR as u64;
/// Beats of a bar.
pub const BEATS_PER_BAR: usize = musegan_score::grid::BEATS_PER_BAR;

/// A song to be arranged.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The source's own name of the song, which decides its side of the split.
    pub name: String,
    /// Its title; empty where unknown.
    pub title: String,
    /// Who wrote it, or who sang it in the charts; empty where unknown.
    pub artist: String,
    /// Tags of the source that say something about the style, lower case.
    pub tags: Vec<String>,
    /// Quarter notes per minute.
    pub bpm: f64,
    /// The key of the song.
    pub key: Key,
    /// The bars, all of four beats.
    pub bars: Vec<ChartBar>,
    /// The sections, in order, without gaps, from bar 0 to the last.
    pub sections: Vec<ChartSection>,
    /// What the source has notes of; empty for chord charts.
    pub voices: Vec<Voice>,
}

/// A bar of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChartBar {
    /// The chord on each beat; `None` where none is meant.
    pub chords: [Option<Chord>; BEATS_PER_BAR],
}

/// Bars that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartSection {
    /// As the source calls it, or as it was found: "verse", "A".
    pub label: String,
    /// What it is in the song.
    pub role: SectionRole,
    /// Sections of one group are repetitions of each other, `0..`.
    pub group: usize,
    /// Its first bar.
    pub first_bar: usize,
    /// How many bars it has, at least 1.
    pub bars: usize,
}

/// What a section is in a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SectionRole {
    Intro,
    Verse,
    PreChorus,
    Chorus,
    Bridge,
    Solo,
    Interlude,
    Outro,
}

/// Notes that the source has.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// What they are.
    pub role: VoiceRole,
    /// In ticks of the chart, sorted by onset, then pitch; the source's timing and velocities,
    /// brought onto the chart's beats.
    pub notes: Vec<SongNote>,
}

/// What a source's notes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VoiceRole {
    /// The tune.
    Melody,
    /// A second tune that answers the first.
    Countermelody,
    /// A piano's accompaniment.
    Piano,
}

impl Chart {
    /// The chord that sounds on a beat counted from the beginning.
    #[must_use]
    pub fn chord(&self, beat: usize) -> Option<Chord> {
        self.bars.get(beat / BEATS_PER_BAR)?.chords[beat % BEATS_PER_BAR]
    }

    /// The section that a bar belongs to.
    #[must_use]
    pub fn section(&self, bar: usize) -> Option<&ChartSection> {
        self.sections.iter().find(|s| (s.first_bar..s.first_bar + s.bars).contains(&bar))
    }

    /// The notes of a voice, none where the source has none.
    #[must_use]
    pub fn voice(&self, role: VoiceRole) -> &[SongNote] {
        self.voices.iter().find(|voice| voice.role == role).map_or(&[], |voice| &voice.notes)
    }
}
