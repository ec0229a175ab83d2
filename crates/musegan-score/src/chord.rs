//! Chords as they are written over a lead sheet: root, quality, bass.
//!
//! The form that files have is Harte's (Harte et al., ISMIR 2005), `A:min7/b3`, as the Isophonics
//! and Billboard annotations have it: a pitch, a colon, the quality, and after a slash the bass as
//! a degree of the major scale on the root. Without a colon a chord is read as musicians type it,
//! `Am7/C` ([`symbol`]). What must stay true: what is printed reads back equal.
use std::fmt;
use std::str::FromStr;

use crate::PitchClasses;

pub mod symbol;

pub use symbol::Symbol;

/// A chord. Pitch classes count semitones from C, `0..12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    root: u8,
    /// Which intervals lie above the root.
    pub quality: Quality,
    bass: u8,
}

/// The intervals of a chord. Ninths, elevenths and thirteenths read as the seventh chord under
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// 0 4 7
    Major,
    /// 0 3 7
    Minor,
    /// 0 3 6
    Diminished,
    /// 0 4 8
    Augmented,
    /// 0 2 7
    Suspended2,
    /// 0 5 7
    Suspended4,
    /// 0 7
    Power,
    /// 0 4 7 9
    Major6,
    /// 0 3 7 9
    Minor6,
    /// 0 4 7 10
    Dominant7,
    /// 0 4 7 11
    Major7,
    /// 0 3 7 10
    Minor7,
    /// 0 3 7 11
    MinorMajor7,
    /// 0 3 6 10
    HalfDiminished7,
    /// 0 3 6 9
    Diminished7,
    /// 0 5 7 10
    Suspended7,
}

impl Chord {
    /// The chord on this root over this bass, both taken modulo 12.
    #[must_use]
    pub const fn new(root: u8, quality: Quality, bass: u8) -> Self {
        Self { root: root % 12, quality, bass: bass % 12 }
    }

    /// The pitch class it is built on, `0..12`.
    #[must_use]
    pub const fn root(self) -> u8 {
        self.root
    }

    /// The pitch class that sounds lowest, `0..12`; need not belong to the chord.
    #[must_use]
    pub const fn bass(self) -> u8 {
        self.bass
    }

    /// The pitch classes of the chord, without a bass that does not belong to it.
    #[must_use]
    pub fn tones(self) -> PitchClasses {
        PitchClasses::of(self.quality.semitones().iter().map(|interval| self.root + interval))
    }

    /// The same chord so many semitones higher.
    #[must_use]
    pub const fn transposed(self, semitones: i8) -> Self {
        let by = semitones.rem_euclid(12) as u8;
        Self::new(self.root + by, self.quality, self.bass + by)
    }

    /// The chord as musicians write it, `Am7/C`.
    #[must_use]
    pub const fn symbol(self) -> Symbol {
        Symbol(self)
    }
}

impl Quality {
    /// All qualities, in the order of their codes.
    pub const ALL: [Self; 16] = [
        Self::Major,
        Self::Minor,
        Self::Diminished,
        Self::Augmented,
        Self::Suspended2,
        Self::Suspended4,
        Self::Power,
        Self::Major6,
        Self::Minor6,
        Self::Dominant7,
        Self::Major7,
        Self::Minor7,
        Self::MinorMajor7,
        Self::HalfDiminished7,
        Self::Diminished7,
        Self::Suspended7,
    ];

    /// The number that files hold, `0..16`.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Semitones above the root, ascending from 0.
    #[must_use]
    pub const fn semitones(self) -> &'static [u8] {
        match self {
            Self::Major => &[0, 4, 7],
            Self::Minor => &[0, 3, 7],
            Self::Diminished => &[0, 3, 6],
            Self::Augmented => &[0, 4, 8],
            Self::Suspended2 => &[0, 2, 7],
            Self::Suspended4 => &[0, 5, 7],
            Self::Power => &[0, 7],
            Self::Major6 => &[0, 4, 7, 9],
            Self::Minor6 => &[0, 3, 7, 9],
            Self::Dominant7 => &[0, 4, 7, 10],
            Self::Major7 => &[0, 4, 7, 11],
            Self::Minor7 => &[0, 3, 7, 10],
            Self::MinorMajor7 => &[0, 3, 7, 11],
            Self::HalfDiminished7 => &[0, 3, 6, 10],
            Self::Diminished7 => &[0, 3, 6, 9],
            Self::Suspended7 => &[0, 5, 7, 10],
        }
    }

    /// Harte's shorthand.
    #[must_use]
    pub const fn shorthand(self) -> &'static str {
        match self {
            Self::Major => "maj",
            Self::Minor => "min",
            Self::Diminished => "dim",
            Self::Augmented => "aug",
            Self::Suspended2 => "sus2",
            Self::Suspended4 => "sus4",
            Self::Power => "5",
            Self::Major6 => "maj6",
            Self::Minor6 => "min6",
            Self::Dominant7 => "7",
            Self::Major7 => "maj7",
            Self::Minor7 => "min7",
            Self::MinorMajor7 => "minmaj7",
            Self::HalfDiminished7 => "hdim7",
            Self::Diminished7 => "dim7",
            Self::Suspended7 => "sus4(b7)",
        }
    }

    fn of_shorthand(text: &str) -> Option<Self> {
        // Extensions and omissions in parentheses keep the chord under them; the one that makes
        // another chord of those here is the seventh on a suspension.
        let (name, additions) = text.split_once('(').unwrap_or((text, ""));
        Some(match name {
            "" | "1" if !additions.is_empty() => Self::of_degrees(additions.trim_end_matches(')'))?,
            "maj" if additions.contains("b7") => Self::Dominant7,
            "maj" => Self::Major,
            "min" => Self::Minor,
            "dim" => Self::Diminished,
            "aug" => Self::Augmented,
            "sus2" => Self::Suspended2,
            "sus4" if additions.contains("b7") => Self::Suspended7,
            "sus" | "sus4" => Self::Suspended4,
            "1" | "5" => Self::Power,
            "maj6" | "6" => Self::Major6,
            "min6" => Self::Minor6,
            "7" | "9" | "11" | "13" => Self::Dominant7,
            "maj7" | "maj9" | "maj11" | "maj13" => Self::Major7,
            "min7" | "min9" | "min11" | "min13" => Self::Minor7,
            "minmaj7" => Self::MinorMajor7,
            "hdim7" | "hdim" => Self::HalfDiminished7,
            "dim7" => Self::Diminished7,
            _ => return None,
        })
    }

    /// The smallest quality that has these degrees, such as `b3,b7`, ninths and higher aside.
    fn of_degrees(degrees: &str) -> Option<Self> {
        let mut intervals = vec![0];
        for text in degrees.split(',') {
            let interval = degree(text)?;
            let number: u8 = text.trim_start_matches(['b', '#']).parse().ok()?;
            if number <= 7 {
                intervals.push(interval);
            }
        }
        if intervals == [0] {
            return Some(Self::Power);
        }
        let has_all = |quality: &Self| intervals.iter().all(|i| quality.semitones().contains(i));
        Self::ALL.into_iter().filter(has_all).min_by_key(|quality| quality.semitones().len())
    }
}

/// Why a text is no chord.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no chord; chords are written like C, Am7, F#m7b5, Bb/D, or A:min7/b3")]
pub struct NoChord(String);

impl FromStr for Chord {
    type Err = NoChord;

    fn from_str(text: &str) -> Result<Self, NoChord> {
        let no_chord = || NoChord(text.chars().take(64).collect());
        if !text.contains(':') {
            return symbol::read(text).ok_or_else(no_chord);
        }
        let (name, bass) = text.split_once('/').unwrap_or((text, "1"));
        let (root, quality) = name.split_once(':').unwrap_or((name, "maj"));
        let root = pitch_class(root).ok_or_else(no_chord)?;
        let quality = Quality::of_shorthand(quality).ok_or_else(no_chord)?;
        let bass = degree(bass).ok_or_else(no_chord)?;
        Ok(Self::new(root, quality, root + bass))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DEGREES: [&str; 12] =
            ["1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7"];
        write!(f, "{}:{}", PITCH_CLASS_NAMES[usize::from(self.root)], self.quality.shorthand())?;
        match (self.bass + 12 - self.root) % 12 {
            0 => Ok(()),
            interval => write!(f, "/{}", DEGREES[usize::from(interval)]),
        }
    }
}

/// The twelve pitch classes from C as they are written here.
pub const PITCH_CLASS_NAMES: [&str; 12] =
    ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];

/// The pitch class of a name such as `F#` or `Bb`, `0..12`.
#[must_use]
pub fn pitch_class(name: &str) -> Option<u8> {
    let mut letters = name.chars();
    let natural = match letters.next()? {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    altered(natural, letters)
}

/// Semitones above the root of a degree such as `b3` or `9`, `0..12`.
fn degree(text: &str) -> Option<u8> {
    let number = text.trim_start_matches(['b', '#']);
    let natural = match number.parse::<u8>().ok()?.checked_sub(1)? % 7 {
        0 => 0,
        1 => 2,
        2 => 4,
        3 => 5,
        4 => 7,
        5 => 9,
        _ => 11,
    };
    altered(natural, text[..text.len() - number.len()].chars())
}

fn altered(natural: i32, accidentals: impl Iterator<Item = char>) -> Option<u8> {
    let mut class = natural;
    for accidental in accidentals {
        class = match accidental {
            '#' => (class + 1) % 12,
            'b' => (class + 11) % 12,
            _ => return None,
        };
    }
    Some(class as u8)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_chord_that_is_written_reads_back() {
        for quality in Quality::ALL {
            for (root, bass) in (0..12).flat_map(|root| (0..12).map(move |bass| (root, bass))) {
                let chord = Chord::new(root, quality, bass);
                assert_eq!(chord.to_string().parse(), Ok(chord), "{chord}");
            }
        }
    }

    #[test]
    fn annotated_chords_read_as_they_are_meant() {
        let chord = |text: &str| text.parse::<Chord>().unwrap();
        assert_eq!(chord("A:min7/b3"), Chord::new(9, Quality::Minor7, 0));
        assert_eq!(chord("B:sus4(b7)"), Chord::new(11, Quality::Suspended7, 11));
        assert_eq!(chord("Gb:maj(9)/5"), Chord::new(6, Quality::Major, 1));
        assert_eq!(chord("D:min9"), Chord::new(2, Quality::Minor7, 2));
        assert_eq!(chord("E:1(b3,b7)/b7"), Chord::new(4, Quality::Minor7, 2));
        assert_eq!(chord("E:(1,4,5)"), Chord::new(4, Quality::Suspended4, 4));
        assert_eq!(chord("E:1(11)"), Chord::new(4, Quality::Power, 4));
        assert_eq!(chord("Cb"), Chord::new(11, Quality::Major, 11));
        for nonsense in ["", "N", "H:maj", "C:", "C:maj/x", "C:loud", "C:maj/0", "C:(x)", "é:min"]
        {
            assert!(nonsense.parse::<Chord>().is_err(), "{nonsense:?}");
        }
    }
}
