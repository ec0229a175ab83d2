//! The shape of what a network is trained on: which parts, how many bars, how fine a grid, which
//! pitches.
//!
//! The band's own layout is the one that [`crate::Phrase`] and [`crate::Roll`] are made for; the
//! others are those of the systems whose data can be prepared.
use crate::Track;
use crate::grid::BEATS_PER_BAR;

/// The axes of a training example, whose cells lie in the order (part, step, pitch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Who plays.
    pub parts: Parts,
    /// Bars of four beats.
    pub bars: u8,
    /// Steps in a quarter note.
    pub steps_per_beat: u8,
    /// MIDI number of index 0 of the pitch axis.
    pub lowest_pitch: u8,
    /// Length of the pitch axis.
    pub pitches: u8,
}

/// Which parts a layout has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parts {
    /// The five tracks of the band.
    Band,
    /// The sixteen families of General MIDI and the drums, as the Lakh Pianoroll Dataset's
    /// seventeen-track version has them.
    Families,
    /// One voice, one note at a time.
    Melody,
    /// One piano.
    Piano,
}

/// A note on the grid of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlacedNote {
    /// Index of the part.
    pub part: u8,
    /// Step from the beginning.
    pub onset: u16,
    /// MIDI number, within the layout's pitches.
    pub pitch: u8,
    /// Steps, at least 1, not beyond the end.
    pub length: u16,
    /// MIDI velocity, `1..=127`; 0 where the source has none.
    pub velocity: u8,
}

impl Layout {
    /// Five tracks, four bars of sixteenths, MIDI 24 to 95: what the band plays.
    pub const BAND: Self =
        Self { parts: Parts::Band, bars: 4, steps_per_beat: 4, lowest_pitch: 24, pitches: 72 };
    /// Five tracks, four bars of 48 steps, MIDI 24 to 107 (MuseGAN, third version).
    pub const MUSEGAN: Self = Self { steps_per_beat: 12, pitches: 84, ..Self::BAND };
    /// Seventeen families, four bars of sixteenths, MIDI 24 to 95.
    pub const LPD17: Self = Self { parts: Parts::Families, ..Self::BAND };
    /// A bar of melody behind the bar before it, folded to two octaves from middle C (MidiNet).
    pub const MELODY: Self =
        Self { parts: Parts::Melody, bars: 2, steps_per_beat: 4, lowest_pitch: 60, pitches: 24 };
    /// Piano alone, four bars of sixteenths, its 88 keys.
    pub const PIANO: Self =
        Self { parts: Parts::Piano, lowest_pitch: 21, pitches: 88, ..Self::BAND };

    /// Steps of an example.
    #[must_use]
    pub const fn steps(self) -> usize {
        self.bars as usize * self.steps_per_bar()
    }

    /// Steps of a bar.
    #[must_use]
    pub const fn steps_per_bar(self) -> usize {
        self.steps_per_beat as usize * BEATS_PER_BAR
    }

    /// Quarter notes of an example.
    #[must_use]
    pub const fn beats(self) -> usize {
        self.bars as usize * BEATS_PER_BAR
    }

    /// Cells of an example.
    #[must_use]
    pub const fn cells(self) -> usize {
        self.parts.names().len() * self.steps() * self.pitches as usize
    }

    /// Index on the pitch axis, or `None` where the layout has no such pitch.
    #[must_use]
    pub const fn pitch_index(self, pitch: u8) -> Option<usize> {
        match pitch.checked_sub(self.lowest_pitch) {
            Some(index) if index < self.pitches => Some(index as usize),
            _ => None,
        }
    }

    /// Index of a cell, row-major (part, step, pitch).
    #[must_use]
    pub const fn cell(self, part: usize, step: usize, pitch_index: usize) -> usize {
        (part * self.steps() + step) * self.pitches as usize + pitch_index
    }
}

impl Parts {
    /// Their names in the order of the tensor's axis.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Band => &BAND,
            Self::Families => &FAMILIES,
            Self::Melody => &["Melody"],
            Self::Piano => &["Piano"],
        }
    }

    /// Whether the part's keys are percussion instruments rather than pitches.
    #[must_use]
    pub const fn is_drums(self, part: usize) -> bool {
        matches!(self, Self::Band | Self::Families) && part == Track::Drums.index()
    }
}

const BAND: [&str; Track::COUNT] = {
    let mut names = [""; Track::COUNT];
    let mut i = 0;
    while i < Track::COUNT {
        names[i] = Track::ALL[i].name();
        i += 1;
    }
    names
};

const FAMILIES: [&str; 17] = [
    "Drums",
    "Piano",
    "Chromatic Percussion",
    "Organ",
    "Guitar",
    "Bass",
    "Strings",
    "Ensemble",
    "Brass",
    "Reed",
    "Pipe",
    "Synth Lead",
    "Synth Pad",
    "Synth Effects",
    "Ethnic",
    "Percussive",
    "Sound Effects",
];
