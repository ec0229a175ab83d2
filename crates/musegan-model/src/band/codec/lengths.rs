//! Lengths of notes as classes: up to the track's next onset, which is the commonest, or one of 23
//! numbers of steps.
//!
//! What must stay true: a length that has a class comes back from it, in whatever phrase.
use musegan_score::grid::STEPS_PER_PHRASE;

/// How many classes there are.
pub const CLASSES: usize = 24;
/// The class of a note that lasts until its track's next onset, after the last one until the
/// phrase's end.
pub const GAP: u8 = 0;
/// Steps of a note of each class; 0 for [`GAP`], whose steps are a matter of what follows.
pub const STEPS: [u8; CLASSES] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 28, 32, 40, 48, 64];

/// Steps from each step to its track's next onset, or to the phrase's end where none follows.
pub type Gaps = [u8; STEPS_PER_PHRASE];

/// The gaps between onsets, which are bits, the first step's lowest.
#[must_use]
pub fn gaps(onsets: u64) -> Gaps {
    std::array::from_fn(|step| {
        let later = (onsets >> step) >> 1;
        later.trailing_zeros().min((STEPS_PER_PHRASE - 1 - step) as u32) as u8 + 1
    })
}

/// The class whose length is nearest, as a ratio, where the next onset is so many steps away.
#[must_use]
pub fn class_of(steps: u8, gap: u8) -> u8 {
    let ratio = |other: u8| {
        let (low, high) = (steps.min(other), steps.max(other));
        f32::from(high) / f32::from(low.max(1))
    };
    let classes = (GAP..CLASSES as u8).map(|class| (class, ratio(steps_of(class, gap))));
    let nearest = |best: (u8, f32), class: (u8, f32)| if class.1 < best.1 { class } else { best };
    classes.reduce(nearest).map_or(GAP, |(class, _)| class)
}

/// Steps of a note of this class where the next onset is so many steps away.
///
/// # Panics
/// When there is no such class.
#[must_use]
pub fn steps_of(class: u8, gap: u8) -> u8 {
    match class {
        GAP => gap,
        class => STEPS[usize::from(class)],
    }
}

/// A length in steps on a logarithmic scale, 0.25 for a step and 1.75 for 64.
#[must_use]
pub fn length_code(steps: f32) -> f32 {
    (steps.log2() + 1.0) / 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_has_a_class_comes_back_and_others_as_the_nearest() {
        for gap in 1..=64 {
            for steps in STEPS.into_iter().skip(1).chain([gap]) {
                assert_eq!(steps_of(class_of(steps, gap), gap), steps);
            }
            assert_eq!(class_of(gap, gap), GAP);
        }
        let nearest = |steps| steps_of(class_of(steps, 3), 3);
        assert_eq!([17, 18, 19, 22, 36, 56, 63].map(nearest), [16, 20, 20, 24, 40, 64, 64]);
        assert_eq!(steps_of(class_of(17, 30), 30), 16);
        assert_eq!(steps_of(class_of(18, 19), 19), 19, "of what follows, too");
    }

    #[test]
    fn gaps_reach_to_the_next_onset_or_the_end() {
        let gaps = gaps(1 | 1 << 4 | 1 << 63);
        assert_eq!([0, 1, 4, 62, 63].map(|step| gaps[step]), [4, 3, 59, 1, 1]);
        assert_eq!(super::gaps(0)[0], 64);
    }
}
