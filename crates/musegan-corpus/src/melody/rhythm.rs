//! Rhythms that tunes are made of, one bar each: a call, an answer that leaves room to breathe,
//! and an ending.
use crate::plan::Style;

/// How a tune moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Long notes: ballads.
    Long,
    /// Eighths on and off the beat: most songs.
    Eighths,
    /// Quarters and eighths on the beat: old songs and marches of the heart.
    Plain,
    /// Notes that come an eighth early: swing, latin, reggae.
    Syncopated,
    /// Sixteenths: funk, hip hop, dance.
    Sixteenths,
}

/// The rhythms of a motion: calls, answers, endings.
#[derive(Clone, Copy, Debug)]
pub struct Rhythms {
    /// Bars that open a phrase.
    pub calls: &'static [&'static str],
    /// Bars that answer and breathe.
    pub answers: &'static [&'static str],
    /// Bars that close a phrase.
    pub endings: &'static [&'static str],
}

/// The motions that a style's tunes have, with weights.
#[must_use]
pub const fn motions(style: Style) -> &'static [(Motion, f64)] {
    use Motion::{Eighths, Long, Plain, Sixteenths, Syncopated};
    match style {
        Style::Ballad => &[(Long, 3.0), (Eighths, 3.0), (Plain, 2.0), (Sixteenths, 1.0)],
        Style::Pop => {
            &[(Eighths, 5.0), (Syncopated, 2.0), (Plain, 1.0), (Long, 1.0), (Sixteenths, 2.5)]
        }
        Style::Rock | Style::HardRock | Style::Blues => {
            &[(Eighths, 4.0), (Syncopated, 2.0), (Plain, 1.0), (Sixteenths, 1.5)]
        }
        Style::Country => &[(Plain, 4.0), (Eighths, 4.0)],
        Style::Funk | Style::HipHop | Style::Dance => {
            &[(Sixteenths, 4.0), (Syncopated, 3.0), (Eighths, 2.0)]
        }
        Style::Soul => &[(Syncopated, 3.0), (Sixteenths, 2.0), (Eighths, 3.0)],
        Style::Reggae | Style::Latin | Style::BossaNova | Style::Swing => {
            &[(Syncopated, 5.0), (Eighths, 2.0), (Plain, 1.0)]
        }
    }
}

impl Motion {
    /// What it is made of.
    #[must_use]
    pub const fn rhythms(self) -> Rhythms {
        match self {
            Self::Long => Rhythms {
                calls: &[
                    "x-------x---x---",
                    "x-----x-x-------",
                    "x---x-------x-x-",
                    "....x---x---x---",
                ],
                answers: &[
                    "x---------------",
                    "x-------x-------",
                    "x-----x-x---....",
                    "x-----------....",
                ],
                endings: &["x-----------....", "x---x-----------", "x---------......"],
            },
            Self::Eighths => Rhythms {
                calls: &[
                    "x-x-x-x-x---x-x-",
                    "..x-x-x-x-x-x---",
                    "x---x-x-x-x-x-x-",
                    "x-x-x---x-x-x---",
                    "x-x---x-x-x---x-",
                    "x-----x-x-x-x-x-",
                ],
                answers: &[
                    "x-x-x-----......",
                    "x-x---x-----....",
                    "x---x-x-x-----..",
                    "..x-x-x-x-----..",
                ],
                endings: &[
                    "x-x-x-------....",
                    "x---x---x-----..",
                    "x-----------....",
                    "x-x-x-x-x-------",
                ],
            },
            Self::Plain => Rhythms {
                calls: &[
                    "x---x---x---x---",
                    "x---x-x-x---x---",
                    "x-----x-x---x---",
                    "x---x---x-x-x---",
                ],
                answers: &["x-------x---....", "x---x---x-------", "x-----x-x---...."],
                endings: &["x-----------....", "x---x---x-------", "x-------x-----.."],
            },
            Self::Syncopated => Rhythms {
                calls: &[
                    "x--x--x-x--x--x-",
                    "x-x---x---x-x---",
                    "..x---x-x-x---x-",
                    "x---x-x---x---x-",
                    "..x-x---x-x---x-",
                    "x--x----x-x-x---",
                ],
                answers: &[
                    "x--x--x-----....",
                    "x-x---x-----....",
                    "..x---x---x---..",
                    "x-----x-------..",
                ],
                endings: &["x--x--x---------", "x-x---x-------..", "x-----x-----...."],
            },
            Self::Sixteenths => Rhythms {
                calls: &[
                    "x-xxx-x-x-xxx-x-",
                    "x--xx-x-..x-x-xx",
                    "x-x-xxx-x---x-x-",
                    "..xxx-x-x-x-x--x",
                    "x--x-xx-x--x-x--",
                    "x-xx-xx-x-x-x---",
                ],
                answers: &[
                    "x-xxx-----......",
                    "x--x--x---......",
                    "xxx-x-x-----....",
                    "..x-x--x----....",
                ],
                endings: &["x--x--x-----....", "x-x-x-xxx-------", "x-----------...."],
            },
        }
    }
}
