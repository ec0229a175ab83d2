//! What lies under the tune in the strings, as [figures](crate::figure): `x` strikes all voices,
//! `1` to `4` one of them from the lowest.
use super::Scene;
use crate::plan::Style;

/// How strings play a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// What lies under everything.
    pub bed: Bed,
    /// Its rhythm.
    pub figure: &'static str,
    /// How much of a stroke's length is held in a rhythm: bowed through or off the string.
    pub held: f64,
    /// What moves above.
    pub moving: Moving,
    /// Whether the bed is two voices in octaves rather than a chord.
    pub in_octaves: bool,
    /// How many voices the bed has.
    pub voices: usize,
}

/// What lies under everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bed {
    /// Voices held from chord to chord.
    Pad,
    /// Outer voices held, an inner one in eighths.
    Flow,
    /// All voices in a rhythm.
    Pulse,
    /// One voice after the other.
    Ostinato,
    /// Short chords, as horns play them.
    Stabs,
}

/// What moves above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moving {
    /// Nothing.
    None,
    /// A line where the tune rests.
    Counter,
}

/// The beds of a style at an intensity, with weights; under a tune that moves by itself the bed
/// is still.
#[must_use]
pub fn beds(style: Style, intensity: f64, scene: Scene) -> Vec<(Bed, f64)> {
    if scene.is_busy {
        return vec![(Bed::Pad, 1.0)];
    }
    let loud = intensity.clamp(0.0, 1.0);
    // With the tune in the same part a bed that moves is rather in its way.
    let moves = if scene.leads { 0.4 } else { 1.0 };
    let (pad, pulse, ostinato, stabs) = match style {
        Style::Ballad => (1.2, 0.3, 0.5, 0.0),
        Style::Pop => (0.8, 0.4, 0.7, 0.15),
        Style::Rock | Style::HardRock => (0.8, 0.6, 0.6, 0.1),
        Style::Country => (1.0, 0.3, 0.3, 0.0),
        Style::Funk | Style::Soul => (0.5, 0.3, 0.2, 1.0),
        Style::Reggae | Style::Blues => (0.7, 0.3, 0.2, 0.5),
        Style::Latin => (0.4, 0.3, 0.5, 0.8),
        Style::BossaNova => (1.0, 0.4, 0.2, 0.1),
        Style::Swing => (0.7, 0.4, 0.1, 0.7),
        Style::Dance => (0.5, 0.6, 1.0, 0.4),
        Style::HipHop => (0.6, 0.4, 0.7, 0.4),
    };
    vec![
        (Bed::Pad, pad * (1.0 - 0.4 * loud)),
        (Bed::Flow, pad * (0.2 + 0.6 * loud)),
        (Bed::Pulse, pulse * moves * (0.4 + loud)),
        (Bed::Ostinato, ostinato * moves * (0.4 + loud)),
        (Bed::Stabs, stabs * (0.3 + loud)),
    ]
}

impl Bed {
    /// Its figures.
    #[must_use]
    pub fn figures(self, style: Style, is_fast: bool) -> &'static [&'static str] {
        match (self, style) {
            (Self::Pad | Self::Flow, _) => &["x---------------"],
            (Self::Pulse, Style::Ballad | Style::BossaNova | Style::Country) => {
                &["x-------x-------", "x-----x-x-------", "x---x---x---x---"]
            }
            (Self::Pulse, _) => &[
                "x-----x-----x---",
                "x-.x-.x-.x-.x-x-",
                "x---x---x---x---",
                "x-..x-..x-..x-xx",
                "x-x-x-x-x-x-x-x-",
                "x--xx-x-x--xx-xx",
            ],
            (Self::Ostinato, _) if is_fast => {
                &["1-2-3-2-1-2-3-2-", "3-2-1-2-3-2-1-2-", "1-3-2-3-1-3-2-3-", "1-2-3-4-3-2-1-2-"]
            }
            (Self::Ostinato, Style::Dance | Style::HipHop | Style::Funk) => {
                &["1-3-213-1-3-2-3-", "1-231-231-231-23", "3-2-1-233-2-1-2-", "12321232123212-2"]
            }
            (Self::Ostinato, _) => &[
                "1-2-3-2-1-2-3-2-",
                "3-2-1-2-3-4-3-2-",
                "1-232-321-232-3-",
                "1-233-321-233-32",
                "3-123-123-123-12",
                "1-3-2-3-4-3-2-3-",
                "1232-2121232-3-2",
            ],
            (Self::Stabs, Style::Swing) => &[
                "...............x|-.....x-........",
                "......x-....x-..|..x-............",
                "x-....x-......x-",
            ],
            (Self::Stabs, Style::Latin) => {
                &["..x-..x-....x-x-|x---........x-x-", "x-..x-..x-..x-x-|....x-..x---...."]
            }
            (Self::Stabs, _) => &[
                "x.....x.....x-..",
                "..........x.x.x-",
                "x-....x-.x......|......x-....x.x.",
                "......xx....x-..|x---............",
                "....x-....x.x-..",
            ],
        }
    }
}
