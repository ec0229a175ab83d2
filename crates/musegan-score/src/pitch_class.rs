//! Scales and chords as what they are to a note: a set of pitch classes to belong to.
use crate::Pitch;

/// Notes of an octave.
const CLASSES: u8 = 12;

/// A set of pitch classes, C being 0: the notes of a scale or of a chord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PitchClasses(u16);

impl PitchClasses {
    /// The classes of these MIDI keys.
    #[must_use]
    pub fn of(keys: impl IntoIterator<Item = u8>) -> Self {
        Self(keys.into_iter().fold(0, |set, key| set | 1 << (key % CLASSES)))
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a pitch belongs to them.
    #[must_use]
    pub const fn contains(self, pitch: Pitch) -> bool {
        self.0 & 1 << (pitch.number() % CLASSES) != 0
    }

    /// The nearest pitch that belongs to them, the lower of two; `pitch` itself where there are
    /// none.
    #[must_use]
    pub fn nearest(self, pitch: Pitch) -> Pitch {
        let near = (0..CLASSES as i8).flat_map(|distance| [-distance, distance]);
        near.filter_map(|away| pitch.transposed(away))
            .find(|&near| self.contains(near))
            .unwrap_or(pitch)
    }
}

/// The scales that a band can be held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Ionian.
    Major,
    /// Natural minor, aeolian.
    Minor,
    /// Minor with a raised seventh.
    HarmonicMinor,
    /// Minor with a raised sixth.
    Dorian,
    /// Minor with a lowered second.
    Phrygian,
    /// Major with a raised fourth.
    Lydian,
    /// Major with a lowered seventh.
    Mixolydian,
    /// Major without fourth and seventh.
    MajorPentatonic,
    /// Minor without second and sixth.
    MinorPentatonic,
    /// Minor pentatonic with the blue note between fourth and fifth.
    Blues,
}

impl Mode {
    /// Semitones above the tonic.
    #[must_use]
    pub const fn semitones(self) -> &'static [u8] {
        match self {
            Self::Major => &[0, 2, 4, 5, 7, 9, 11],
            Self::Minor => &[0, 2, 3, 5, 7, 8, 10],
            Self::HarmonicMinor => &[0, 2, 3, 5, 7, 8, 11],
            Self::Dorian => &[0, 2, 3, 5, 7, 9, 10],
            Self::Phrygian => &[0, 1, 3, 5, 7, 8, 10],
            Self::Lydian => &[0, 2, 4, 6, 7, 9, 11],
            Self::Mixolydian => &[0, 2, 4, 5, 7, 9, 10],
            Self::MajorPentatonic => &[0, 2, 4, 7, 9],
            Self::MinorPentatonic => &[0, 3, 5, 7, 10],
            Self::Blues => &[0, 3, 5, 6, 7, 10],
        }
    }

    /// The scale on this tonic, C being 0.
    #[must_use]
    pub fn on(self, tonic: u8) -> PitchClasses {
        PitchClasses::of(self.semitones().iter().map(|above| tonic % CLASSES + above))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(set: PitchClasses, number: u8) -> Option<u8> {
        Pitch::new(number).map(|pitch| set.nearest(pitch).number())
    }

    #[test]
    fn a_pitch_goes_to_the_nearest_of_the_set_and_of_two_to_the_lower() {
        let c_major = Mode::Major.on(0);
        assert_eq!(nearest(c_major, 60), Some(60));
        assert_eq!(nearest(c_major, 61), Some(60));
        assert_eq!(nearest(c_major, 66), Some(65));
        let f = PitchClasses::of([53, 57, 60]);
        assert_eq!(nearest(f, 71), Some(72));
        assert_eq!(nearest(f, 127), Some(125));
        assert_eq!(nearest(f, 1), Some(0));
        assert_eq!(nearest(PitchClasses::default(), 61), Some(61));
    }

    #[test]
    fn a_scale_is_the_same_on_every_tonic() {
        for tonic in 0..12 {
            assert_eq!(Mode::Blues.on(tonic).len(), 6);
            assert_eq!(nearest(Mode::Blues.on(tonic), tonic + 60), Some(tonic + 60));
        }
        assert_eq!(Mode::Minor.on(9), Mode::Major.on(0), "A minor has the notes of C major");
    }
}
