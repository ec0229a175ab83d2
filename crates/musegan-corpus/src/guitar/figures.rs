//! What guitarists of a style do with their right hand, as [figures](crate::figure).
//!
//! `D` strums down over all strings, `U` up over the highest, `d` down over the lowest, `x` strikes
//! muted strings. In picking, `1` to `6` are the grip's strings from the lowest sounding one; in
//! power chords `P` rings and `p` is damped by the palm; `b` and `B` are root and fifth alone.
use crate::plan::Style;

/// A way to play a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// With which technique.
    pub technique: Technique,
    /// What the right hand does.
    pub figure: &'static str,
}

/// A way to play the guitar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technique {
    /// Open chords and barres, strummed.
    Strum,
    /// Three high strings, short.
    Chop,
    /// Sixteenths on three strings, most of them muted.
    Scratch,
    /// One string after the other.
    Pick,
    /// Root and fifth, damped.
    Power,
    /// Three or four notes without the fifth, as jazz guitarists comp.
    Shell,
    /// Bass notes and chords in turn.
    BoomChuck,
    /// A line of single notes on low strings.
    Riff,
    /// Two notes on the middle strings.
    Dyad,
}

/// The techniques of a style at an intensity, with weights.
#[must_use]
pub fn techniques(style: Style, intensity: f64, bpm: f64) -> Vec<(Technique, f64)> {
    use Technique::{BoomChuck, Chop, Dyad, Pick, Power, Riff, Scratch, Shell, Strum};
    let loud = (intensity - 0.3).clamp(0.0, 0.6);
    let soft = 0.7 - loud;
    match style {
        Style::Pop => vec![
            (Strum, 1.4 + loud),
            (Pick, 1.0 * soft),
            (Scratch, 0.3),
            (Chop, 0.2),
            (Power, 0.4 * loud),
            (Riff, 0.15),
            (Dyad, 0.25),
        ],
        Style::Ballad => vec![(Pick, 1.0 + soft), (Strum, 0.5 + loud), (Dyad, 0.2)],
        Style::Rock => {
            vec![(Power, 0.4 + loud), (Strum, 1.2), (Riff, 0.3), (Pick, 0.7 * soft), (Dyad, 0.3)]
        }
        Style::HardRock => vec![(Power, 1.2 + loud), (Riff, 0.8), (Dyad, 0.3), (Pick, 0.3 * soft)],
        Style::Funk => vec![(Scratch, 1.4), (Chop, 0.3), (Riff, 0.6), (Dyad, 0.4)],
        Style::Soul => {
            vec![(Chop, 0.9), (Strum, 0.5), (Scratch, 0.4), (Dyad, 0.5), (Pick, 0.3), (Riff, 0.2)]
        }
        Style::Country => vec![(BoomChuck, 1.0), (Pick, 0.6), (Strum, 0.5), (Riff, 0.3)],
        Style::Reggae => vec![(Chop, 1.6), (Riff, 0.4), (Dyad, 0.2)],
        Style::Latin => vec![(Chop, 0.6), (Pick, 0.6), (Strum, 0.3), (Riff, 0.5)],
        Style::BossaNova => vec![(Shell, 1.5), (Pick, 0.4)],
        // Four to the bar is for tempos at which one can dance.
        Style::Swing => vec![(Shell, if bpm > 90.0 { 1.5 } else { 1.0 }), (Riff, 0.3), (Dyad, 0.2)],
        Style::Blues => {
            vec![(Dyad, 0.9), (Shell, 0.3), (Riff, 0.6), (Strum, 0.4), (BoomChuck, 0.2)]
        }
        Style::Dance => vec![(Scratch, 1.0), (Chop, 0.6), (Pick, 0.5), (Riff, 0.5)],
        Style::HipHop => vec![(Pick, 0.7), (Scratch, 0.5), (Riff, 0.7), (Chop, 0.4)],
    }
}

impl Technique {
    /// Its figures in a style; where sixteenths would be too fast, eighths.
    #[must_use]
    pub fn figures(self, style: Style, is_fast: bool) -> &'static [&'static str] {
        match (self, style) {
            (Self::Strum, Style::Ballad) => {
                &["D---D---D---D-U-", "D-----D-D-----DU", "D-------D---D-U-"]
            }
            (Self::Strum, _) if is_fast => {
                &["D---D-U---U-D-U-", "D---D-U-D---D-U-", "D---D---D---D-U-", "D--D--D-D--D--D-"]
            }
            (Self::Strum, _) => &[
                "D---D-U---U-D-U-",
                "D---D-UU--U-D-UU",
                "D---D---D---D-U-",
                "D-----D-D-----DU",
                "D--xDxU--xU-DxU-",
                "D-D-DU-U-UD-D-DU",
            ],
            (Self::Chop, Style::Reggae) => {
                &["....D.......D...", "..D...D...D...D.", "....D.U.....D.U.", "..DU..D...DU..D."]
            }
            (Self::Chop, Style::Latin) => {
                &["..D.D..D..D.D..D|D..D..D...D.D...", "D..D..D...D.D...|..D.D..D..D.D..D"]
            }
            (Self::Chop, Style::HipHop | Style::Dance) => {
                &["..D...D...D...D.", "D..D..D.....D...", "...D..D....D..D.", "D.....D..D....D."]
            }
            (Self::Chop, _) => {
                &["....D.......D...", "....D..x....D.xx", "..x.D.x...x.D.xU", "....D--....xD--."]
            }
            (Self::Scratch, _) if is_fast => {
                &["D.x.D.U.x.U.D.x.", "x.D.x.U.D.x.U.D.", "D.D.x.U.x.D.x.U."]
            }
            (Self::Scratch, _) => &[
                "D.xxD.xUxxUxD.xx",
                "DxxUxxUxD.xUxxUx",
                "x.xxD.xxxUxxD.xU",
                "DxUxx.xUx.UxDxxx",
                "D..xxUx.xxD.xxUx",
            ],
            (Self::Pick, _) if is_fast => {
                &["1-3-4-3-2-3-4-3-", "1-3-5-4-2-4-5-3-", "1-4-3-5-1-4-5-4-"]
            }
            (Self::Pick, Style::Ballad) => {
                &["1-3-4-5-6-5-4-3-", "1-3-4-5-4-3-4-5-", "1--4--5-1--4--5-", "1-3456543-345-4-"]
            }
            (Self::Pick, Style::Country) => {
                &["1-352-451-352-45", "1-4-2-5-1-4-2-54", "1-253-451-2534-5"]
            }
            (Self::Pick, _) => &[
                "1-342-431-342-43",
                "1-3-4-5-4-3-4-5-",
                "1--4-5-41--4-5-4",
                "1-345-431-345-43",
                "1-34-5-3-4-5-43-",
            ],
            (Self::Power, Style::HardRock) => &[
                "P.ppP.ppP.ppP.pp",
                "pppppppppppppppp",
                "P--P--P-P--P--P-",
                "p.p.P-p.p.P-p.p.",
                "P.pp.pP.P.pp.pP.",
            ],
            (Self::Power, _) => &[
                "p.p.p.p.p.p.p.p.",
                "P.p.p.p.P.p.p.p.",
                "P-----p.P-----p.",
                "P--P--P-p.p.P-p.",
                "P---p.p.P-P-p.p.",
            ],
            (Self::Shell, Style::BossaNova) => {
                &["b--D..D.b..D..D-|--D.b.D.b..D..D.", "b.DDb..Db.D.b..D", "b..D..D.b-D...D."]
            }
            (Self::Shell, _) => &[
                "D...D...D...D...",
                "D.....D.......D.",
                "..D-..D...D-....",
                "....D.....D-....|D-....D-......D.",
                "D--...D.....D...",
            ],
            (Self::BoomChuck, _) => {
                &["b...D...B...D...", "b...D.U.B...D.U.", "b-..D.U.B-b.D.UU", "b...D-U.B...DUDU"]
            }
            (Self::Riff, Style::Funk | Style::HipHop | Style::Dance) => {
                &["1..13.4...1.2.3.", "1.1...34.3..1..2", "..1.3.1..4.3.1..", "1..3..4.3.1...2."]
            }
            (Self::Riff, _) => &[
                "1.1.3-4.3.1.2-3.",
                "1-..1.3.4-3.1...",
                "1.1.4.3.1.1.3.2.",
                "1--1--3-4-3-1---",
                "1.3.4.3.2.3.1.3.",
            ],
            (Self::Dyad, Style::Blues) => {
                &["D.D.U.U.D.D.U.U.", "D.D.U.D.D.D.U.D.", "D-..U-..D-..U-D."]
            }
            (Self::Dyad, Style::Soul | Style::Ballad) => {
                &["D---..U-D---....", "..D-U-..D---U---", "D-----U-..D-U---"]
            }
            (Self::Dyad, _) => {
                &["D-U-..D-U-..D-..", "D..U..D.U..D..U.", "D.D.U.D.D.D.U.U.", "D-..D.U-..U-D.U."]
            }
        }
    }
}
