//! Chords and sections that somebody has annotated: in a song's markers, or in a file beside it.
//!
//! Chord files are the `.lab` files of the Isophonics and McGill collections and POP909's
//! `chord_midi.txt`: one `start end chord` a line, in seconds, the chord in Harte's writing.
//! What must stay true: a line that does not read is an error that names it, never a wrong chord.
use std::sync::Arc;

use crate::{Chord, Song};

/// What is annotated in a song, in its ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    chords: Vec<(u64, Option<Chord>)>,
    sections: Vec<(u64, Arc<str>)>,
}

impl Annotations {
    /// The markers of a song. A text with a colon that reads as a chord (`A:min7/b3`) names the
    /// chord from there on, `N.C.` and `N` that there is none; any other names a section.
    #[must_use]
    pub fn of_markers(song: &Song) -> Self {
        let mut annotations = Self::default();
        for marker in &song.markers {
            let text = marker.text.trim();
            let chord = if text.contains(':') { text.parse().ok() } else { None };
            match chord {
                Some(chord) => annotations.chords.push((marker.tick, Some(chord))),
                None if is_no_chord(text) => annotations.chords.push((marker.tick, None)),
                None => annotations.sections.push((marker.tick, Arc::clone(&marker.text))),
            }
        }
        annotations
    }

    /// The same sections with the chords of a chord file instead of the markers'. `tick_at` says
    /// at which tick of the song so many seconds have passed; before the first tick is at it.
    #[must_use]
    pub fn with_chords(mut self, chords: &[TimedChord], tick_at: impl Fn(f64) -> i64) -> Self {
        self.chords.clear();
        let tick_at = |seconds: f64| u64::try_from(tick_at(seconds)).unwrap_or(0);
        for (index, timed) in chords.iter().enumerate() {
            self.chords.push((tick_at(timed.start_seconds), timed.chord));
            let next = chords.get(index + 1);
            if next.is_none_or(|next| next.start_seconds > timed.end_seconds + GAP_SECONDS) {
                self.chords.push((tick_at(timed.end_seconds), None));
            }
        }
        self.chords.sort_by_key(|(tick, _)| *tick);
        self
    }

    /// Whether any chord is annotated, or that there is none somewhere.
    #[must_use]
    pub fn has_chords(&self) -> bool {
        !self.chords.is_empty()
    }

    /// The chord at a tick, `None` where none is annotated or meant.
    #[must_use]
    pub fn chord_at(&self, tick: u64) -> Option<Chord> {
        last_at(&self.chords, tick).copied().flatten()
    }

    /// Where chords change, sorted by tick; of several at one tick the last counts.
    #[must_use]
    pub fn chords(&self) -> &[(u64, Option<Chord>)] {
        &self.chords
    }

    /// The section that a tick lies in, as it is annotated; empty before the first.
    #[must_use]
    pub fn section_at(&self, tick: u64) -> &str {
        last_at(&self.sections, tick).map_or("", |name| name)
    }

    /// Where sections begin, sorted by tick.
    #[must_use]
    pub fn sections(&self) -> &[(u64, Arc<str>)] {
        &self.sections
    }
}

/// Less than this between two chords is rounding, not a gap.
const GAP_SECONDS: f64 = 0.01;

fn last_at<T>(changes: &[(u64, T)], tick: u64) -> Option<&T> {
    let index = changes.partition_point(|(at, _)| *at <= tick);
    index.checked_sub(1).map(|index| &changes[index].1)
}

/// `N` as Harte writes it and `N.C.` as musicians do; `X` is a chord that could not be named.
fn is_no_chord(text: &str) -> bool {
    matches!(text, "N" | "N.C." | "N.C" | "NC" | "X")
}

/// A line of a chord file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedChord {
    /// Where it begins.
    pub start_seconds: f64,
    /// Where it has ended.
    pub end_seconds: f64,
    /// `None` where the file says that there is none.
    pub chord: Option<Chord>,
}

/// Why a text is no chord file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}; expected \"start end chord\" such as \"0.00 1.25 A:min7\"")]
pub struct LineError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// Reads a chord file: `start end chord` a line, in seconds, between blanks or tabs. Empty lines
/// and those that begin with `#` are skipped.
///
/// # Errors
///
/// The first line that has no two times and a chord, ends before it begins, or begins before the
/// line above it did.
pub fn read_chord_file(text: &str) -> Result<Vec<TimedChord>, LineError> {
    let mut chords: Vec<TimedChord> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let timed = read_line(line).and_then(|timed| match chords.last() {
            Some(above) if timed.start_seconds < above.start_seconds => {
                Err(format!("begins at {}, before the line above", timed.start_seconds))
            }
            _ => Ok(timed),
        });
        chords.push(timed.map_err(|what| LineError { line: index + 1, what })?);
    }
    Ok(chords)
}

fn read_line(line: &str) -> Result<TimedChord, String> {
    let mut words = line.split_whitespace();
    let mut seconds = |name: &str| {
        let word = words.next().ok_or_else(|| format!("has no {name}"))?;
        let seconds: Option<f64> = word.parse().ok();
        // A million seconds are eleven days of music; anything beyond is damage.
        seconds
            .filter(|seconds| (0.0..1e6).contains(seconds))
            .ok_or_else(|| format!("{:?} is no {name} in seconds", shortened(word)))
    };
    let (start_seconds, end_seconds) = (seconds("start")?, seconds("end")?);
    if end_seconds < start_seconds {
        return Err(format!("ends at {end_seconds}, before it begins at {start_seconds}"));
    }
    let name = words.next().ok_or("has no chord")?;
    if let Some(word) = words.next() {
        return Err(format!("has {:?} after the chord", shortened(word)));
    }
    let chord = if is_no_chord(name) {
        None
    } else {
        Some(name.parse::<Chord>().map_err(|error| error.to_string())?)
    };
    Ok(TimedChord { start_seconds, end_seconds, chord })
}

fn shortened(word: &str) -> String {
    word.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::song::Marker;

    #[test]
    fn markers_are_chords_with_a_colon_or_sections() {
        let mut song = Song::silent(120.0);
        for (tick, text) in
            [(0, "Intro"), (0, "N.C."), (960, "A:min7"), (1920, "Verse: A"), (1920, "G")]
        {
            song.markers.push(Marker { tick, text: text.into() });
        }
        let annotations = Annotations::of_markers(&song);
        assert_eq!(annotations.chord_at(959), None);
        assert_eq!(annotations.chord_at(5000), "A:min7".parse().ok());
        let sections: Vec<_> = annotations.sections().iter().map(|(_, name)| &**name).collect();
        assert_eq!(sections, ["Intro", "Verse: A", "G"]);
        assert_eq!(annotations.section_at(1919), "Intro");
    }

    #[test]
    fn a_chord_file_is_read_in_seconds_with_its_gaps() {
        let text = "# by ear\n0.0\t1.0\tN\n\n1.0\t2.0\tC:maj/3\r\n2.001 3.0 G:7\n4.0 5.0 F";
        let chords = read_chord_file(text).unwrap();
        let annotations = Annotations::default().with_chords(&chords, |s| (s * 960.0) as i64);
        let at = |seconds: f64| annotations.chord_at((seconds * 960.0) as u64);
        assert_eq!(at(0.5), None);
        assert_eq!(at(1.5), "C:maj/3".parse().ok());
        assert_eq!(at(2.5), "G:7".parse().ok());
        assert_eq!(at(3.5), None, "nobody has said what sounds here");
        assert_eq!(at(4.5), "F:maj".parse().ok());
        assert_eq!(at(5.5), None);
    }

    #[test]
    fn a_line_that_does_not_read_is_named() {
        for (text, line, what) in [
            ("0 1 C\nnow 2 C", 2, "\"now\" is no start in seconds"),
            ("0 1", 1, "has no chord"),
            ("\n\n0 NaN C", 3, "\"NaN\" is no end in seconds"),
            ("2 1 C", 1, "ends at 1, before it begins at 2"),
            ("1 2 C\n0 1 C", 2, "begins at 0, before the line above"),
            ("0 1 C:loud", 1, "\"C:loud\" is no chord"),
            ("0 1 C maj", 1, "has \"maj\" after the chord"),
        ] {
            let error = read_chord_file(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.what.starts_with(what), "{error}");
        }
    }
}
