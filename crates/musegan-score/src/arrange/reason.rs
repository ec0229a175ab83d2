//! Why a part plays what it plays, in words for whoever asks.
use std::fmt;
use std::sync::Arc;

/// Why a part was given to a track, or left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file plays it on the channel of the drums.
    DrumChannel,
    /// The file names this program.
    Program(u8),
    /// It is called so.
    Name(Arc<str>),
    /// Nothing names it, or only a program 0 that says nothing, and the notes are what they are.
    Notes {
        /// What the file says, if anything.
        program: Option<u8>,
        /// What is heard, as in "lowest and single-voiced".
        heard: &'static str,
    },
    /// It is the tune, or it is not.
    Tune {
        /// Which.
        is: bool,
    },
    /// The song has no other pitched part.
    OnlyPitched,
    /// It is no piano.
    NoPiano,
    /// It has no notes.
    Empty,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DrumChannel => f.write_str("channel 10 is drums"),
            Self::Program(program) => {
                let family = FAMILIES[usize::from(program / 8).min(FAMILIES.len() - 1)];
                write!(f, "program {program} is {family}")
            }
            Self::Name(name) => write!(f, "named {:?}", name.chars().take(40).collect::<String>()),
            Self::Notes { program: Some(program), heard } => {
                write!(f, "program {program} but {heard}")
            }
            Self::Notes { program: None, heard } => write!(f, "no program, and {heard}"),
            Self::Tune { is: true } => f.write_str("most likely the tune"),
            Self::Tune { is: false } => f.write_str("not the tune"),
            Self::OnlyPitched => f.write_str("the only pitched part"),
            Self::NoPiano => f.write_str("no piano"),
            Self::Empty => f.write_str("no notes"),
        }
    }
}

const FAMILIES: [&str; 16] = [
    "a piano",
    "chromatic percussion",
    "an organ",
    "a guitar",
    "a bass",
    "a string instrument",
    "an ensemble",
    "brass",
    "a reed",
    "a pipe",
    "a synth lead",
    "a synth pad",
    "a synth effect",
    "an ethnic instrument",
    "percussion outside the kit",
    "a sound effect",
];
