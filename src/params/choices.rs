//! What the parameters that are menus can be set to. Identifiers never change, or saved songs lose
//! their settings; names may.
use musegan_engine::{ChannelMap, Output};
use musegan_score::{Form, Mode, PitchClasses, Track};
use nice_plug::prelude::Enum;

/// Choices of [`Form`].
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormChoice {
    /// Every phrase is new.
    #[id = "endless"]
    Endless,
    /// One section, again and again.
    #[id = "a"]
    A,
    /// Thirty-two-bar form.
    #[id = "aaba"]
    #[name = "AABA"]
    Aaba,
    /// A section that comes back between others.
    #[id = "abac"]
    #[name = "ABAC"]
    Abac,
    /// Verse, chorus, verse, chorus, bridge, chorus.
    #[id = "verse-chorus"]
    #[name = "Verse-chorus"]
    VerseChorus,
}

impl From<FormChoice> for Form {
    fn from(choice: FormChoice) -> Self {
        match choice {
            FormChoice::Endless => Self::Endless,
            FormChoice::A => Self::A,
            FormChoice::Aaba => Self::Aaba,
            FormChoice::Abac => Self::Abac,
            FormChoice::VerseChorus => Self::VerseChorus,
        }
    }
}

/// Lengths of a section.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionChoice {
    /// One phrase.
    #[id = "4"]
    #[name = "4 bars"]
    Four,
    /// Two phrases.
    #[id = "8"]
    #[name = "8 bars"]
    Eight,
    /// Four phrases.
    #[id = "16"]
    #[name = "16 bars"]
    Sixteen,
    /// Eight phrases.
    #[id = "32"]
    #[name = "32 bars"]
    ThirtyTwo,
}

impl SectionChoice {
    /// The length in bars.
    #[must_use]
    pub const fn bars(self) -> u16 {
        match self {
            Self::Four => 4,
            Self::Eight => 8,
            Self::Sixteen => 16,
            Self::ThirtyTwo => 32,
        }
    }
}

/// How often the drums play a fill.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillChoice {
    /// Not at all.
    #[id = "never"]
    Never,
    /// In every second bar.
    #[id = "2"]
    #[name = "2 bars"]
    Two,
    /// In every fourth bar.
    #[id = "4"]
    #[name = "4 bars"]
    Four,
    /// In every eighth bar.
    #[id = "8"]
    #[name = "8 bars"]
    Eight,
    /// In every sixteenth bar.
    #[id = "16"]
    #[name = "16 bars"]
    Sixteen,
}

impl FillChoice {
    /// Every how many bars; 0 for never.
    #[must_use]
    pub const fn bars(self) -> u16 {
        match self {
            Self::Never => 0,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
            Self::Sixteen => 16,
        }
    }
}

/// Tonics of the key lock.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the notes of an octave")]
pub enum KeyChoice {
    #[id = "off"]
    Off,
    #[id = "c"]
    C,
    #[id = "c-sharp"]
    #[name = "C#"]
    CSharp,
    #[id = "d"]
    D,
    #[id = "d-sharp"]
    #[name = "D#"]
    DSharp,
    #[id = "e"]
    E,
    #[id = "f"]
    F,
    #[id = "f-sharp"]
    #[name = "F#"]
    FSharp,
    #[id = "g"]
    G,
    #[id = "g-sharp"]
    #[name = "G#"]
    GSharp,
    #[id = "a"]
    A,
    #[id = "a-sharp"]
    #[name = "A#"]
    ASharp,
    #[id = "b"]
    B,
}

impl KeyChoice {
    /// The notes of this key, none where it is off.
    #[must_use]
    pub fn scale(self, scale: ScaleChoice) -> PitchClasses {
        match self {
            Self::Off => PitchClasses::default(),
            // The first variant is no key.
            key => Mode::from(scale).on(key as u8 - 1),
        }
    }
}

/// Choices of [`Mode`].
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named and described at `Mode`")]
pub enum ScaleChoice {
    #[id = "major"]
    Major,
    #[id = "minor"]
    Minor,
    #[id = "harmonic-minor"]
    #[name = "Harmonic minor"]
    HarmonicMinor,
    #[id = "dorian"]
    Dorian,
    #[id = "phrygian"]
    Phrygian,
    #[id = "lydian"]
    Lydian,
    #[id = "mixolydian"]
    Mixolydian,
    #[id = "major-pentatonic"]
    #[name = "Major pentatonic"]
    MajorPentatonic,
    #[id = "minor-pentatonic"]
    #[name = "Minor pentatonic"]
    MinorPentatonic,
    #[id = "blues"]
    Blues,
}

impl From<ScaleChoice> for Mode {
    fn from(choice: ScaleChoice) -> Self {
        match choice {
            ScaleChoice::Major => Self::Major,
            ScaleChoice::Minor => Self::Minor,
            ScaleChoice::HarmonicMinor => Self::HarmonicMinor,
            ScaleChoice::Dorian => Self::Dorian,
            ScaleChoice::Phrygian => Self::Phrygian,
            ScaleChoice::Lydian => Self::Lydian,
            ScaleChoice::Mixolydian => Self::Mixolydian,
            ScaleChoice::MajorPentatonic => Self::MajorPentatonic,
            ScaleChoice::MinorPentatonic => Self::MinorPentatonic,
            ScaleChoice::Blues => Self::Blues,
        }
    }
}

/// What becomes of the notes that come in; never two things at once.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncomingChoice {
    /// They are swallowed.
    #[id = "ignore"]
    Ignore,
    /// They are sent on beside the band's own.
    #[id = "pass"]
    #[name = "Pass through"]
    Pass,
    /// Those held at a bar line are the chord of the bar.
    #[id = "chords"]
    Chords,
}

/// Choices of [`ChannelMap`].
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelChoice {
    /// Drums 1 to strings 5.
    #[id = "one-to-five"]
    #[name = "1 to 5"]
    OneToFive,
    /// Drums on 10, the others 2 to 5.
    #[id = "drums-on-ten"]
    #[name = "Drums on 10"]
    DrumsOnTen,
}

impl From<ChannelChoice> for ChannelMap {
    fn from(choice: ChannelChoice) -> Self {
        match choice {
            ChannelChoice::OneToFive => Self::OneToFive,
            ChannelChoice::DrumsOnTen => Self::DrumsOnTen,
        }
    }
}

/// Choices of [`Output`].
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputChoice {
    /// The whole band.
    #[id = "all"]
    All,
    /// Drums alone.
    #[id = "drums"]
    Drums,
    /// Piano alone.
    #[id = "piano"]
    Piano,
    /// Guitar alone.
    #[id = "guitar"]
    Guitar,
    /// Bass alone.
    #[id = "bass"]
    Bass,
    /// Strings alone.
    #[id = "strings"]
    Strings,
}

impl From<OutputChoice> for Output {
    fn from(choice: OutputChoice) -> Self {
        match choice {
            OutputChoice::All => Self::All,
            OutputChoice::Drums => Self::One(Track::Drums),
            OutputChoice::Piano => Self::One(Track::Piano),
            OutputChoice::Guitar => Self::One(Track::Guitar),
            OutputChoice::Bass => Self::One(Track::Bass),
            OutputChoice::Strings => Self::One(Track::Strings),
        }
    }
}
