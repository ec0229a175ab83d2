//! What a pianist's hands do in a style, as [figures](crate::figure).
//!
//! Right hand: `C` strikes the chord, `c` its two highest voices, `1` to `4` one voice from the
//! lowest. Left hand: `R` the bass, `F` the fifth above, `O` the octave, `T` the tenth, `V` bass
//! and fifth together, `E` bass and octave together, `S` third and seventh.
use crate::plan::Style;
use crate::voicing::Colour;

/// How a section is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// The right hand's figure.
    pub right: &'static str,
    /// The left hand's figure.
    pub left: &'static str,
    /// Whether the left hand rests.
    pub one_hand: bool,
    /// Semitones by which the right hand lies higher than usual.
    pub lift: u8,
    /// The right hand's voices.
    pub voices: usize,
    /// How chords are coloured.
    pub colour: Colour,
    /// How much of a stroke's length is held.
    pub held: f64,
}

/// A style's hands: what they play, and how.
#[derive(Clone, Copy, Debug)]
pub struct Hands {
    /// Figures of the right hand.
    pub right: &'static [&'static str],
    /// Figures of the left hand.
    pub left: &'static [&'static str],
    /// How likely the right hand has four voices rather than three.
    pub full: f64,
    /// How chords are coloured.
    pub colour: Colour,
    /// How much of a stroke's length is held.
    pub held: f64,
}

const BROKEN_LEFT: &[&str] =
    &["R-F-O-F-T-O-F---", "R-F-T-F-R-F-T-F-", "R---F-O-T-O-F---", "R-F-O-T-O-F-R-F-"];
const PLAIN_LEFT: &[&str] =
    &["R-------F-------", "R-----R-F-----R-", "V-------V-------", "R---F---O---F---"];
const DRIVING_LEFT: &[&str] =
    &["E-E-E-E-E-E-E-E-", "R-O-R-O-R-O-R-O-", "E---E---E---E---", "E--E--E-E--E--E-"];

/// Chords held under somebody else's rhythm, and the left hand that goes with them.
pub const HELD_RIGHT: &[&str] =
    &["C---------------", "C-----C---------", "C-------..c-----", "C-----C-----c---"];
/// Bass and fifth with every chord.
pub const HELD_LEFT: &str = "V---------------";

/// Whether a pianist of the style may leave the rhythm to the guitar; where the piano's rhythm is
/// the style, it may not.
#[must_use]
pub const fn may_hold(style: Style) -> bool {
    use Style::{Ballad, Country, Dance, HardRock, HipHop, Pop, Rock, Soul};
    matches!(style, Pop | Ballad | Rock | HardRock | Soul | Country | Dance | HipHop)
}

/// What hands do in a style at an intensity.
#[must_use]
pub const fn hands(style: Style, is_loud: bool) -> Hands {
    match (style, is_loud) {
        (Style::Ballad, false) => Hands {
            right: &[
                "C-------C-------",
                "1-2-3-2-1-2-3-2-",
                "C---3-2-C---2-3-",
                "..1-2-3-..1-2-3-",
                "c-----c-1-2-3---",
            ],
            left: BROKEN_LEFT,
            full: 0.5,
            colour: Colour::Ninth,
            held: 1.0,
        },
        (Style::Ballad, true) => Hands {
            right: &[
                "C---C---C---C-c-",
                "C-1-c-1-C-1-c-1-",
                "1323132313231323",
                "C-c-1-c-C-c-1-c-",
            ],
            left: BROKEN_LEFT,
            full: 0.7,
            colour: Colour::Ninth,
            held: 0.95,
        },
        (Style::Pop, false) => Hands {
            right: &[
                "C-----C---C-----",
                "C---C---C---C---",
                "1-2-3-2-1-3-2-3-",
                "..c-..c-..c-..c-",
                "1-3-2-3-1-3-2-31",
                "C-1-3-1-C-1-3-1-",
                "C--1231-C--1231-",
            ],
            left: PLAIN_LEFT,
            full: 0.5,
            colour: Colour::Ninth,
            held: 0.9,
        },
        (Style::Pop, true) => Hands {
            right: &[
                "C-C-C-C-C-C-C-C-",
                "C--C--C-C--C--C-",
                "C-1-c-1-C-1-c-1-",
                "C-cC-cC-C-cC-cC-",
                "C-.cC-.cC-.cC-cc",
                "C.cCc.C.C.cCc.C.",
            ],
            left: &["R-----R-R---R---", "E-------E-----E-", "R--R--R-F--F--R-", "V-----V-V---V---"],
            full: 0.7,
            colour: Colour::Ninth,
            held: 0.7,
        },
        (Style::Rock | Style::HardRock, false) => Hands {
            right: &[
                "C---C---C---C---",
                "C-------C---C---",
                "1-2-3-2-1-2-3-2-",
                "C-----C-C-----C-",
            ],
            left: PLAIN_LEFT,
            full: 0.4,
            colour: Colour::Plain,
            held: 0.88,
        },
        (Style::Rock | Style::HardRock, true) => Hands {
            right: &[
                "C.C.C.C.C.C.C.C.",
                "C--C--C-C--C--C-",
                "C-c-C-c-C-c-C-c-",
                "C-C-.C-C-C-C-.C-",
            ],
            left: DRIVING_LEFT,
            full: 0.6,
            colour: Colour::Plain,
            held: 0.68,
        },
        (Style::Blues, _) => Hands {
            right: &[
                "C..C..C...C..C..",
                "..C-..c-..C-.cc-",
                "C-2-3-2-C-2-3-2-",
                "c-c-C-c-c-c-C-c-",
                "3-2-1-C-..C-..C-",
            ],
            left: &["R-F-O-F-R-F-O-F-", "V-V-V-V-V-V-V-V-", "R-T-F-O-R-T-F-O-", "R---F---O---F---"],
            full: 0.5,
            colour: Colour::Ninth,
            held: 0.7,
        },
        (Style::Funk, _) => Hands {
            right: &[
                "C..c..C..c..C.c.",
                "..C.cC..c..C.cC.",
                "C.cC..c.C.cc..C.",
                ".cC...c.C..c..Cc",
            ],
            left: &["R..R....R..R..R.", "R.....R...R.....", "R..O..R.....R.O."],
            full: 0.6,
            colour: Colour::Rootless,
            held: 0.7,
        },
        (Style::Soul, _) => Hands {
            right: &[
                "C---c-1-C---c-c-",
                "C--c--C-..c-C-3-",
                "..C-..C-..C-..C-",
                "C-3-2-c-C-3-2-c-",
                "C--31-c-C-.cC-32",
                "C.cC..c-C.c-2-3-",
            ],
            left: &["R-----F-O---F---", "V-------V---R-F-", "R---F-O-T---F-O-"],
            full: 0.8,
            colour: Colour::Ninth,
            held: 0.88,
        },
        (Style::Country, _) => Hands {
            right: &[
                "....C.......C...",
                "..C...C...C...C.",
                "....C-c-....C-c-",
                "1-C-2-C-1-C-2-C-",
            ],
            left: &["R-------F-------", "R---....F---....", "R-------F---O---"],
            full: 0.4,
            colour: Colour::Plain,
            held: 0.7,
        },
        (Style::Reggae, _) => Hands {
            right: &[
                "....C.......C...",
                "..C...C...C...C.",
                "..Cc..Cc..Cc..Cc",
                "....C.c.....C.c.",
            ],
            left: &["R-....F-....R-..", "....V.......V...", "..R...R...R...R.", "R-----....F-R-.."],
            full: 0.5,
            colour: Colour::Plain,
            held: 0.7,
        },
        (Style::Latin, _) => Hands {
            right: &[
                "C.13.1C.13.1C.13|.1C.13.1C.13.1C.",
                "1-C.1-C.C.1-C.C.|C.1-C.C.1-C.C.1-",
                "C..C..C...C.C...|..C.C..C..C.C...",
            ],
            left: &["R.....F-....O---", "R-..F.O...F.O.R-", "E..E..E...E.E..."],
            full: 0.5,
            colour: Colour::Ninth,
            held: 0.85,
        },
        (Style::BossaNova, _) => Hands {
            right: &[
                "C--C--C---C--C--",
                "..C-..C-C-..C-..|C-..C-..C--C--C-",
                "C-----C-..C---C-",
                "C-3-..C-2-..C-3-",
            ],
            left: &["R-----F-R-----F-", "R-------F-----R-", "S-------S-------"],
            full: 0.8,
            colour: Colour::Rootless,
            held: 0.85,
        },
        (Style::Swing, _) => Hands {
            right: &[
                "C-....C-........|..C-....C---..C-",
                "......C-....C-..|C-....C---......",
                "C-....C-..C-..C-",
                "..C-C-....3-C-..|C---..C-1-2-3-C-",
                "C---C-....C-c-..",
            ],
            left: &["S-------S-------", "S-....S-....S-..", "R-------F-------", "R---T---F---O---"],
            full: 0.9,
            colour: Colour::Rootless,
            held: 0.7,
        },
        (Style::Dance, _) => Hands {
            right: &[
                "C..C..C...C..C..",
                "C--C--C---C-C---",
                "..C...C...C...C.",
                "1.3.2.31.3.2.313",
                "C.cC.cC.C.cC.cC.",
            ],
            left: &["R---R---R---R---", "..R...R...R...R.", "E--E--E-E--E--E-"],
            full: 0.6,
            colour: Colour::Ninth,
            held: 0.68,
        },
        (Style::HipHop, _) => Hands {
            right: &[
                "C-------..C-....",
                "C-----C---..c-..",
                "1-32..1-3..2..1.",
                "C---..cC....C-c.",
                "3..2..1.3..2..1-",
            ],
            left: &["R-------....R---", "R-----R---------", "V-------........"],
            full: 0.8,
            colour: Colour::Ninth,
            held: 0.92,
        },
    }
}
