//! Progressions to and from the text of a chord chart.
//!
//! Bars stand between `|` or on lines of their own. The chords of a bar share its four beats
//! evenly: one, two or four of them, `.`, `/` or `-` being the chord before for another while. A
//! bar of `%` is the bar before, and `N.C.` is no chord.
use std::fmt;
use std::str::FromStr;

use super::{MOST_BEATS, Progression};
use crate::Chord;
use crate::chord::NoChord;
use crate::grid::BEATS_PER_BAR;

/// Bars of the longest progression.
const MOST_BARS: usize = MOST_BEATS / BEATS_PER_BAR;

/// Why a text is no progression. Bars count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoProgression {
    /// A word is no chord.
    #[error("bar {bar}: {chord}")]
    Chord {
        /// The bar it stands in.
        bar: usize,
        /// What it says.
        chord: NoChord,
    },
    /// So many chords share no bar evenly.
    #[error(
        "bar {bar} has {chords} chords, which do not share four beats evenly; write 1, 2 or 4, with \
         . for a beat on which a chord goes on, as in \"C . F G\", and | between bars"
    )]
    Uneven {
        /// The bar.
        bar: usize,
        /// How many there are.
        chords: usize,
    },
    /// Nothing stands between two bar lines.
    #[error("bar {bar} is empty; write a chord, % for the bar before, or N.C. for no chord")]
    EmptyBar {
        /// The bar.
        bar: usize,
    },
    /// A chord goes on that has not begun.
    #[error("bar {bar} begins with {word:?}, but there is no chord before it that could go on")]
    NothingBefore {
        /// The bar.
        bar: usize,
        /// What it says.
        word: String,
    },
    /// More bars than fit.
    #[error("it has {bars} bars; a progression has at most {MOST_BARS}")]
    TooLong {
        /// How many there are.
        bars: usize,
    },
}

impl FromStr for Progression {
    type Err = NoProgression;

    /// A text without a chord is [`Progression::EMPTY`].
    fn from_str(text: &str) -> Result<Self, NoProgression> {
        let bars = bars(text);
        if bars.len() > MOST_BARS {
            return Err(NoProgression::TooLong { bars: bars.len() });
        }
        let mut progression = Self::EMPTY;
        for (index, bar) in bars.into_iter().enumerate() {
            let first = index * BEATS_PER_BAR;
            let (before, rest) = progression.chords.split_at_mut(first);
            rest[..BEATS_PER_BAR].copy_from_slice(&read_bar(bar, index + 1, before)?);
            progression.beats = (first + BEATS_PER_BAR) as u8;
        }
        Ok(progression)
    }
}

/// What stands between bar lines. The ends of a line and double bar lines are no bars.
fn bars(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.flat_map(|line| line.split('|')).filter(|bar| !bar.is_empty()).collect()
}

fn read_bar(
    text: &str,
    bar: usize,
    before: &[Option<Chord>],
) -> Result<[Option<Chord>; BEATS_PER_BAR], NoProgression> {
    let words: Vec<_> = text.split_whitespace().collect();
    let nothing_before = |word: &str| NoProgression::NothingBefore { bar, word: word.into() };
    match words.as_slice() {
        [] => return Err(NoProgression::EmptyBar { bar }),
        [word @ "%"] => return before.last_chunk().copied().ok_or_else(|| nothing_before(word)),
        _ => {}
    }
    if !BEATS_PER_BAR.is_multiple_of(words.len()) {
        return Err(NoProgression::Uneven { bar, chords: words.len() });
    }
    let beats_each = BEATS_PER_BAR / words.len();
    let mut chords = [None; BEATS_PER_BAR];
    let mut last = before.last().copied();
    for (beats, word) in chords.chunks_exact_mut(beats_each).zip(words) {
        let chord = match word {
            "." | "/" | "-" | "–" | "%" => last.ok_or_else(|| nothing_before(word))?,
            "N.C." | "N.C" | "NC" | "N" => None,
            symbol => {
                let chord = symbol.parse();
                Some(chord.map_err(|chord| NoProgression::Chord { bar, chord })?)
            }
        };
        beats.fill(chord);
        last = Some(chord);
    }
    Ok(chords)
}

impl fmt::Display for Progression {
    /// As few words in a bar as say it. The last bar of a progression that does not fill it is
    /// filled with its last chord.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, bar) in self.chords().chunks(BEATS_PER_BAR).enumerate() {
            if index > 0 {
                f.write_str(" | ")?;
            }
            let last = bar[bar.len() - 1];
            let beats: [_; BEATS_PER_BAR] =
                std::array::from_fn(|beat| bar.get(beat).copied().unwrap_or(last));
            write_bar(beats, f)?;
        }
        Ok(())
    }
}

fn write_bar(beats: [Option<Chord>; BEATS_PER_BAR], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let [a, b, c, d] = beats;
    let words: &[_] = match () {
        () if a == b && b == c && c == d => &[a],
        () if a == b && c == d => &[a, c],
        () => &beats,
    };
    for (index, &word) in words.iter().enumerate() {
        let goes_on = index > 0 && word == words[index - 1];
        f.write_str(if index > 0 { " " } else { "" })?;
        match word {
            _ if goes_on => f.write_str(".")?,
            Some(chord) => write!(f, "{}", chord.symbol())?,
            None => f.write_str("N.C.")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chord::Quality;
    use proptest::prelude::*;

    fn symbols(text: &str) -> Vec<String> {
        let progression: Progression = text.parse().unwrap();
        let symbol = |chord: &Option<Chord>| chord.map_or("-".into(), |c| c.symbol().to_string());
        progression.chords().iter().map(symbol).collect()
    }

    #[test]
    fn chords_share_a_bar_and_go_on() {
        assert_eq!(symbols("C | Am7 F").join(" "), "C C C C Am7 Am7 F F");
        assert_eq!(symbols("| C . F G | % ||").join(" "), "C C F G C C F G");
        assert_eq!(symbols("C G\n- N.C.\n").join(" "), "C C G G G G - -");
        assert_eq!(symbols("C / / G7 | %").join(" "), "C C C G7 C C C G7");
        assert!(" \n ".parse::<Progression>().unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_bar() {
        for (text, sentence) in [
            ("C | Hm7 F", "bar 2: \"Hm7\" is no chord; chords are written like C, Am7, F#m7b5"),
            ("C | F G Am", "bar 2 has 3 chords, which do not share four beats evenly"),
            ("C D E F G", "bar 1 has 5 chords"),
            ("C | | F", "bar 2 is empty"),
            ("%", "bar 1 begins with \"%\", but there is no chord before it"),
            (". C", "bar 1 begins with \".\""),
        ] {
            let found = text.parse::<Progression>().unwrap_err().to_string();
            assert!(found.starts_with(sentence), "{text}: {found}");
        }
        let long = ["C"; 17].join("|").parse::<Progression>().unwrap_err();
        assert_eq!(long.to_string(), "it has 17 bars; a progression has at most 16");
    }

    fn any_chord() -> impl Strategy<Value = Option<Chord>> {
        let chord = (0..12u8, 0..Quality::ALL.len(), 0..12u8)
            .prop_map(|(root, quality, bass)| Chord::new(root, Quality::ALL[quality], bass));
        proptest::option::of(chord)
    }

    proptest! {
        #[test]
        fn every_progression_of_whole_bars_reads_back(
            bars in proptest::collection::vec(proptest::array::uniform4(any_chord()), 0..=MOST_BARS),
        ) {
            let progression = Progression::new(&bars.concat()).unwrap();
            prop_assert_eq!(progression.to_string().parse(), Ok(progression));
        }

        #[test]
        fn any_text_is_a_progression_or_a_sentence(text in "[A-H#bm7/|%. \nN]{0,80}|\\PC{0,40}") {
            match text.parse::<Progression>() {
                Ok(progression) => prop_assert!(progression.chords().len() <= MOST_BEATS),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
