//! The chords that a song is to follow, written per beat.
//!
//! What must stay true: a progression is a plain value of fixed size, so that it travels with the
//! controls through queues without an allocation; and what is printed reads back equal.
use crate::Chord;
use crate::grid::BEATS_PER_PHRASE;

mod text;

pub use text::NoProgression;

/// Beats of the longest progression: sixteen bars of four.
pub const MOST_BEATS: usize = 64;

/// A chord for each beat, from the song's beginning and over again when it ends; empty where the
/// band makes its own.
///
/// Its text is that of a chord chart, bars between `|`:
///
/// ```
/// use musegan_score::Progression;
///
/// let chart: Progression = "C | Am7 F | % | G7 . . N.C.".parse()?;
/// assert_eq!(chart.chords().len(), 16);
/// assert_eq!(chart.to_string(), "C | Am7 F | Am7 F | G7 . . N.C.");
/// # Ok::<(), musegan_score::progression::NoProgression>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progression {
    beats: u8,
    chords: [Option<Chord>; MOST_BEATS],
}

impl Progression {
    /// None: the band makes its own.
    pub const EMPTY: Self = Self { beats: 0, chords: [None; MOST_BEATS] };

    /// A chord for each beat (`None` where there is to be no chord, and the band plays what fits
    /// around it), or no progression if there are more than [`MOST_BEATS`].
    #[must_use]
    pub fn new(chords: &[Option<Chord>]) -> Option<Self> {
        let mut progression = Self::EMPTY;
        progression.chords.get_mut(..chords.len())?.copy_from_slice(chords);
        progression.beats = chords.len() as u8;
        Some(progression)
    }

    /// Whether the band makes its own.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.beats == 0
    }

    /// The chords in their order, one for each beat.
    #[must_use]
    pub fn chords(&self) -> &[Option<Chord>] {
        &self.chords[..usize::from(self.beats)]
    }

    /// The chord on each beat of a phrase of the song; `None` where the band makes its own.
    #[must_use]
    pub fn of_phrase(&self, phrase_index: i64) -> Option<[Option<Chord>; BEATS_PER_PHRASE]> {
        if self.is_empty() {
            return None;
        }
        let beats = i64::from(self.beats);
        let first = phrase_index.rem_euclid(beats) * BEATS_PER_PHRASE as i64;
        Some(std::array::from_fn(|beat| self.chords[((first + beat as i64) % beats) as usize]))
    }
}

impl Default for Progression {
    fn default() -> Self {
        Self::EMPTY
    }
}
