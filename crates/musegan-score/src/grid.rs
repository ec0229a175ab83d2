//! The grid of a phrase: four bars of sixteen steps, a step being a sixteenth.

/// Steps in a quarter note.
pub const STEPS_PER_BEAT: usize = 4;
/// Beats in a bar of the grid (4/4).
pub const BEATS_PER_BAR: usize = 4;
/// Steps in a bar.
pub const STEPS_PER_BAR: usize = STEPS_PER_BEAT * BEATS_PER_BAR;
/// Bars in a phrase.
pub const BARS_PER_PHRASE: usize = 4;
/// Steps in a phrase.
pub const STEPS_PER_PHRASE: usize = STEPS_PER_BAR * BARS_PER_PHRASE;
/// Quarter notes in a phrase.
pub const BEATS_PER_PHRASE: usize = BEATS_PER_BAR * BARS_PER_PHRASE;

/// A step inside a phrase, `0..STEPS_PER_PHRASE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Step(u8);

impl Step {
    /// The step with this index, or `None` outside the phrase.
    #[must_use]
    pub const fn new(index: usize) -> Option<Self> {
        if index < STEPS_PER_PHRASE { Some(Self(index as u8)) } else { None }
    }

    /// The step with this index, counted around the phrase's end.
    #[must_use]
    pub const fn wrapping(index: i64) -> Self {
        Self(index.rem_euclid(STEPS_PER_PHRASE as i64) as u8)
    }

    /// Index in the phrase, `0..STEPS_PER_PHRASE`.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Bar in the phrase, `0..BARS_PER_PHRASE`.
    #[must_use]
    pub const fn bar(self) -> usize {
        self.index() / STEPS_PER_BAR
    }

    /// Steps from here to the end of the phrase, at least one.
    #[must_use]
    pub const fn steps_left(self) -> usize {
        STEPS_PER_PHRASE - self.index()
    }
}
