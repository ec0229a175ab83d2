//! The five parts of the band, in the order every tensor, file and channel map uses.

/// One of the five parts of the band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// Drum kit; its pitches are General MIDI percussion keys.
    Drums,
    /// Piano.
    Piano,
    /// Guitar.
    Guitar,
    /// Bass.
    Bass,
    /// Strings.
    Strings,
}

impl Track {
    /// How many tracks there are.
    pub const COUNT: usize = 5;

    /// All tracks in tensor order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Drums, Self::Piano, Self::Guitar, Self::Bass, Self::Strings];

    /// Position in tensors and arrays, `0..COUNT`.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name shown to people and written into files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drums => "Drums",
            Self::Piano => "Piano",
            Self::Guitar => "Guitar",
            Self::Bass => "Bass",
            Self::Strings => "Strings",
        }
    }

    /// General MIDI program, `0..128`, as the Lakh Pianoroll Dataset assigns it.
    #[must_use]
    pub const fn program(self) -> u8 {
        match self {
            Self::Drums | Self::Piano => 0,
            Self::Guitar => 25,
            Self::Bass => 33,
            Self::Strings => 48,
        }
    }

    /// MIDI channel in files, `0..16`: the drums on 9, which people call channel 10, the others on
    /// 1 to 4.
    #[must_use]
    pub const fn midi_channel(self) -> u8 {
        match self {
            Self::Drums => 9,
            other => other.index() as u8,
        }
    }

    /// Whether the keys are percussion instruments rather than pitches.
    #[must_use]
    pub const fn is_drums(self) -> bool {
        matches!(self, Self::Drums)
    }
}
