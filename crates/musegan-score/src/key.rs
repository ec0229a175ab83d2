//! Keys: a tonic, major or minor.
use std::fmt;
use std::str::FromStr;

use crate::chord::{PITCH_CLASS_NAMES, pitch_class};
use crate::{Mode, PitchClasses};

/// A major or a minor key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    tonic: u8,
    /// Whether its third is minor.
    pub is_minor: bool,
}

impl Key {
    /// The key on this tonic, taken modulo 12 from C.
    #[must_use]
    pub const fn new(tonic: u8, is_minor: bool) -> Self {
        Self { tonic: tonic % 12, is_minor }
    }

    /// The pitch class of the tonic, `0..12` from C.
    #[must_use]
    pub const fn tonic(self) -> u8 {
        self.tonic
    }

    /// The number that files hold: the tonic, and 12 more in minor; `0..24`.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.tonic + if self.is_minor { 12 } else { 0 }
    }

    /// The key of a number that [`code`](Self::code) gave.
    #[must_use]
    pub const fn of_code(code: u8) -> Option<Self> {
        if code < 24 { Some(Self::new(code, code >= 12)) } else { None }
    }

    /// The notes of its major or natural minor scale.
    #[must_use]
    pub fn scale(self) -> PitchClasses {
        let mode = if self.is_minor { Mode::Minor } else { Mode::Major };
        PitchClasses::of(mode.semitones().iter().map(|step| self.tonic + step))
    }

    /// The same key so many semitones higher.
    #[must_use]
    pub const fn transposed(self, semitones: i8) -> Self {
        Self::new(self.tonic + semitones.rem_euclid(12) as u8, self.is_minor)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.is_minor { "minor" } else { "major" };
        // The relatives of E, A and B major have sharps as these do.
        let tonic = match (self.is_minor, self.tonic) {
            (true, 1) => "C#",
            (true, 6) => "F#",
            (true, 8) => "G#",
            (_, tonic) => PITCH_CLASS_NAMES[usize::from(tonic)],
        };
        write!(f, "{tonic} {mode}")
    }
}

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key; keys are written like Gb:maj, A:min, A minor, C")]
pub struct NoKey(String);

impl FromStr for Key {
    type Err = NoKey;

    /// A tonic and a mode, with a colon or a space between them: `Gb:maj`, `A:min`, `A minor`.
    /// Without a mode it is major; `Am` is A minor.
    fn from_str(text: &str) -> Result<Self, NoKey> {
        let tonic_end = text.find(|c: char| !"ABCDEFG#b".contains(c)).unwrap_or(text.len());
        let (tonic, mode) = text.split_at(tonic_end);
        let mode = mode.trim_start_matches([':', ' ']).trim_end();
        let is_minor = match mode {
            "" | "maj" | "major" | "M" | "Major" => Some(false),
            "min" | "minor" | "m" | "Minor" => Some(true),
            _ => None,
        };
        match (pitch_class(tonic), is_minor) {
            (Some(tonic), Some(is_minor)) => Ok(Self::new(tonic, is_minor)),
            _ => Err(NoKey(text.chars().take(64).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_with_the_accidentals_of_their_signature() {
        let written = |tonic, is_minor| Key::new(tonic, is_minor).to_string();
        assert_eq!([written(6, true), written(6, false)], ["F# minor", "Gb major"]);
        assert_eq!([written(10, true), written(3, true)], ["Bb minor", "Eb minor"]);
    }

    #[test]
    fn keys_read_as_annotations_and_people_write_them() {
        for key in (0..24).filter_map(Key::of_code) {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for (text, key) in [
            ("Gb:maj", Key::new(6, false)),
            ("A:min", Key::new(9, true)),
            ("F#m", Key::new(6, true)),
            ("Bb", Key::new(10, false)),
            ("Cb:maj", Key::new(11, false)),
        ] {
            assert_eq!(text.parse(), Ok(key), "{text}");
        }
        for nonsense in ["", "H:min", "A:loud", ":maj", "é", "Abbbbbbbb minor third"] {
            assert!(nonsense.parse::<Key>().is_err(), "{nonsense:?}");
        }
    }
}
