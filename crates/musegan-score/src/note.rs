//! Notes on the grid and the two small numbers they are made of.
use crate::grid::Step;

/// A MIDI key number, `0..=127`; 60 is middle C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pitch(u8);

impl Pitch {
    /// The pitch with this MIDI number, or `None` above 127.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number <= 127 { Some(Self(number)) } else { None }
    }

    /// The MIDI number, `0..=127`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The pitch so many semitones away, or `None` where MIDI has no such key.
    #[must_use]
    pub fn transposed(self, semitones: i8) -> Option<Self> {
        let number = i16::from(self.0) + i16::from(semitones);
        u8::try_from(number).ok().and_then(Self::new)
    }
}

/// A MIDI note-on velocity, `1..=127`; zero would be a note-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Velocity(u8);

impl Velocity {
    /// Where a source has no dynamics: mezzo-forte.
    pub const DEFAULT: Self = Self(90);

    /// The nearest velocity, clamped to `1..=127`.
    #[must_use]
    pub const fn clamped(value: i32) -> Self {
        match value {
            ..=1 => Self(1),
            127.. => Self(127),
            _ => Self(value as u8),
        }
    }

    /// The MIDI value, `1..=127`.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// One note of a phrase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    onset: Step,
    length: u8,
    /// The key it sounds.
    pub pitch: Pitch,
    /// How hard it is struck.
    pub velocity: Velocity,
    strength: f32,
}

impl Note {
    /// A note of `length` steps, cut to `1..=` what is left of the phrase, of full strength.
    #[must_use]
    pub fn new(onset: Step, length: usize, pitch: Pitch, velocity: Velocity) -> Self {
        let length = length.clamp(1, onset.steps_left()) as u8;
        Self { onset, length, pitch, velocity, strength: 1.0 }
    }

    /// The same note with how sure the network is of it, clamped to `0.0..=1.0`; not a number
    /// counts as zero. Density decides from it which notes sound.
    #[must_use]
    pub fn with_strength(self, strength: f32) -> Self {
        let strength = if strength.is_nan() { 0.0 } else { strength.clamp(0.0, 1.0) };
        Self { strength, ..self }
    }

    /// Where it begins.
    #[must_use]
    pub const fn onset(&self) -> Step {
        self.onset
    }

    /// Length in steps, at least 1; never beyond the phrase's end.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length as usize
    }

    /// The step index at which it has ended, `1..=STEPS_PER_PHRASE`.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.onset.index() + self.length()
    }

    /// How sure the network is of this note, `0.0..=1.0`; 1 for notes that were read.
    #[must_use]
    pub const fn strength(&self) -> f32 {
        self.strength
    }
}
