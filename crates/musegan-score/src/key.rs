//! Keys: a tonic, major or minor.
use std::fmt;

use crate::chord::PITCH_CLASS_NAMES;
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
        write!(f, "{} {mode}", PITCH_CLASS_NAMES[usize::from(self.tonic)])
    }
}
