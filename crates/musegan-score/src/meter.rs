//! Time signatures: how long a bar of the song is.

/// A tick: the 960th part of a quarter note, the grain in which positions inside a bar are exact.
pub const TICKS_PER_BEAT: i64 = 960;

/// A time signature such as 7/8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Meter {
    numerator: u8,
    denominator: u8,
}

impl Meter {
    /// 4/4, the metre of the grid, and of songs that name none.
    pub const COMMON: Self = Self { numerator: 4, denominator: 4 };

    /// The metre of so many notes of such a kind; `None` unless there are 1 to 64 of them and
    /// they are wholes, halves, quarters, and so on to sixty-fourths.
    #[must_use]
    pub const fn new(numerator: i32, denominator: i32) -> Option<Self> {
        let counted = numerator >= 1 && numerator <= 64;
        match denominator {
            1 | 2 | 4 | 8 | 16 | 32 | 64 if counted => {
                Some(Self { numerator: numerator as u8, denominator: denominator as u8 })
            }
            _ => None,
        }
    }

    /// How many notes a bar counts, `1..=64`.
    #[must_use]
    pub const fn numerator(self) -> u8 {
        self.numerator
    }

    /// Which notes: 4 for quarters.
    #[must_use]
    pub const fn denominator(self) -> u8 {
        self.denominator
    }

    /// Length of a bar in ticks; at least 60.
    #[must_use]
    pub const fn ticks(self) -> i64 {
        4 * TICKS_PER_BEAT * self.numerator as i64 / self.denominator as i64
    }

    /// Length of a bar in quarter notes.
    #[must_use]
    pub const fn beats(self) -> f64 {
        self.ticks() as f64 / TICKS_PER_BEAT as f64
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::COMMON
    }
}

impl std::fmt::Display for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_signature_says() {
        let beats = |numerator, denominator| Meter::new(numerator, denominator).map(Meter::beats);
        assert_eq!(beats(4, 4), Some(4.0));
        assert_eq!(beats(7, 8), Some(3.5));
        assert_eq!(beats(12, 8), Some(6.0));
        assert_eq!(beats(1, 64), Some(0.0625));
        for absurd in [(0, 4), (-3, 4), (65, 4), (4, 0), (4, 3), (4, 128), (i32::MAX, i32::MIN)] {
            assert_eq!(beats(absurd.0, absurd.1), None, "{absurd:?}");
        }
    }
}
