//! Which bars of a track come again in a phrase: what makes four bars one piece of music.
//!
//! A bar repeats the earliest one before it that is like it. What must stay true: a bar in which no
//! note begins repeats none and is repeated by none; and sources, once resolved, are new themselves.
use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR};

use super::super::frame::{RelativeNote, WINDOW};

/// What a bar has of an earlier one of its track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing.
    #[default]
    New,
    /// The steps in which notes begin.
    Rhythm {
        /// Of which bar.
        of: u8,
    },
    /// All onsets, as they lie over the chords.
    Same {
        /// Of which bar.
        of: u8,
    },
}

/// What each bar of each track repeats.
pub type Repeats = [[Repeat; BARS_PER_PHRASE]; Track::COUNT];
/// The bars that a bar's rhythm and its pitches come from in the first place.
pub type Sources = [u8; 2];

impl Repeat {
    /// The bar that it repeats.
    #[must_use]
    pub const fn of(self) -> Option<u8> {
        match self {
            Self::New => None,
            Self::Rhythm { of } | Self::Same { of } => Some(of),
        }
    }

    /// A number for each value: 0, then 1 to 3 for rhythms, then 4 to 6.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::New => 0,
            Self::Rhythm { of } => 1 + of,
            Self::Same { of } => BARS_PER_PHRASE as u8 + of,
        }
    }

    /// The value of a bar with this number; new where a bar cannot have it.
    #[must_use]
    pub const fn of_code(code: u8, bar: usize) -> Self {
        const FIRST_SAME: u8 = BARS_PER_PHRASE as u8;
        let repeat = match code {
            1..FIRST_SAME => Self::Rhythm { of: code - 1 },
            FIRST_SAME.. => Self::Same { of: code - FIRST_SAME },
            0 => Self::New,
        };
        match repeat.of() {
            Some(of) if (of as usize) < bar => repeat,
            _ => Self::New,
        }
    }
}

/// Onsets of a bar: bits of the window for each step.
type Onsets = [u64; STEPS_PER_BAR];
const _: () = assert!(WINDOW <= 64);

/// What the bars of a phrase repeat, by the notes that sound at middle density.
#[must_use]
pub fn repeats(notes: &[RelativeNote]) -> Repeats {
    let mut bars = [[[0; STEPS_PER_BAR]; BARS_PER_PHRASE]; Track::COUNT];
    for note in notes.iter().filter(|note| note.strength > 0.5) {
        let step = note.step.index() % STEPS_PER_BAR;
        bars[note.track.index()][note.step.bar()][step] |= 1 << note.pitch;
    }
    bars.map(|bars| std::array::from_fn(|bar| repeat(&bars[..bar], &bars[bar])))
}

fn repeat(before: &[Onsets], bar: &Onsets) -> Repeat {
    let rhythm = |bar: &Onsets| bar.map(|step| step != 0);
    if rhythm(bar) == [false; STEPS_PER_BAR] {
        return Repeat::New;
    }
    let first = |is_like: &dyn Fn(&Onsets) -> bool| before.iter().position(is_like);
    let same = first(&|other| other == bar).map(|of| Repeat::Same { of: of as u8 });
    let like = first(&|other| rhythm(other) == rhythm(bar));
    same.or(like.map(|of| Repeat::Rhythm { of: of as u8 })).unwrap_or_default()
}

/// Where each bar of a track comes from. A bar that claims to repeat itself or a later one is new.
#[must_use]
pub fn sources(repeats: &[Repeat; BARS_PER_PHRASE]) -> [Sources; BARS_PER_PHRASE] {
    let mut sources = std::array::from_fn(|bar| [bar as u8; 2]);
    for (bar, repeat) in repeats.iter().enumerate() {
        let Some(of) = repeat.of().map(usize::from).filter(|of| *of < bar) else { continue };
        sources[bar] = match repeat {
            Repeat::Same { .. } => sources[of],
            _ => [sources[of][0], bar as u8],
        };
    }
    sources
}

/// A track's repeats without those of bars that are not played, and by them.
#[must_use]
pub fn without_absent(
    repeats: [Repeat; BARS_PER_PHRASE],
    present: &[bool; BARS_PER_PHRASE],
) -> [Repeat; BARS_PER_PHRASE] {
    std::array::from_fn(|bar| {
        let of = repeats[bar].of().map(usize::from);
        let holds = present[bar] && of.is_some_and(|of| of < bar && present[of]);
        if holds { repeats[bar] } else { Repeat::New }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use musegan_score::{Step, Velocity};

    use super::*;

    fn note(step: usize, pitch: u8) -> RelativeNote {
        let (track, velocity) = (Track::Guitar, Velocity::DEFAULT);
        let step = Step::new(step).unwrap();
        RelativeNote { track, step, pitch, length: 2, velocity, strength: 1.0 }
    }

    #[test]
    fn a_bar_repeats_the_first_that_is_like_it() {
        let of = |notes: &[RelativeNote]| repeats(notes)[Track::Guitar.index()];
        let (new, rhythm) = (Repeat::New, |of| Repeat::Rhythm { of });
        let same = |of| Repeat::Same { of };
        let (a, b) = ([note(0, 5), note(6, 7)], [note(16, 5), note(22, 9)]);
        let (c, d) = ([note(32, 5), note(38, 9)], [note(48, 5), note(54, 7)]);
        let found = of(&[a, b, c, d].concat());
        assert_eq!(found, [new, rhythm(0), same(1), same(0)]);
        assert_eq!(sources(&found), [[0, 0], [0, 1], [0, 1], [0, 0]]);
        assert_eq!(of(&[a, d].concat()), [new, new, new, same(0)], "rests are like nothing");
        let weak = RelativeNote { strength: 0.4, ..note(50, 5) };
        assert_eq!(of(&[&a[..], &d[..], &[weak]].concat())[3], same(0));
        let without = without_absent(found, &[true, false, true, true]);
        assert_eq!(without, [new, new, new, same(0)]);
    }

    #[test]
    fn every_repeat_has_a_number_and_a_wrong_one_is_new() {
        for bar in 0..BARS_PER_PHRASE {
            for of in 0..bar as u8 {
                for repeat in [Repeat::New, Repeat::Rhythm { of }, Repeat::Same { of }] {
                    assert_eq!(Repeat::of_code(repeat.code(), bar), repeat);
                }
            }
            let strange = (0..=255).map(|code| Repeat::of_code(code, bar));
            assert!(strange.into_iter().all(|r| r.of().is_none_or(|of| usize::from(of) < bar)));
        }
    }
}
