//! Chords as musicians type them: `Am7`, `F#m7b5`, `Bbmaj7/D`, `G7sus4`.
//!
//! A symbol is read from the left as a row of short words, each of which changes third, fifth or
//! seventh of a major triad; what the qualities here have no place for (ninths, altered
//! extensions) is understood and left out. What must stay true: what is written reads back equal.
use std::fmt;

use super::{Chord, PITCH_CLASS_NAMES, Quality, degree, pitch_class};

/// A chord in a musician's writing, as [`Chord::symbol`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol(pub(super) Chord);

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(chord) = *self;
        f.write_str(root_name(chord))?;
        f.write_str(suffix(chord.quality))?;
        match chord.bass {
            bass if bass == chord.root => Ok(()),
            bass => write!(f, "/{}", PITCH_CLASS_NAMES[usize::from(bass)]),
        }
    }
}

/// Minor chords on the black keys are mostly met in keys with sharps, the others in keys with
/// flats.
fn root_name(chord: Chord) -> &'static str {
    let is_minor = chord.quality.semitones().contains(&3);
    match (is_minor, chord.root) {
        (true, 1) => "C#",
        (true, 6) => "F#",
        (true, 8) => "G#",
        (_, root) => PITCH_CLASS_NAMES[usize::from(root)],
    }
}

const fn suffix(quality: Quality) -> &'static str {
    match quality {
        Quality::Major => "",
        Quality::Minor => "m",
        Quality::Diminished => "dim",
        Quality::Augmented => "aug",
        Quality::Suspended2 => "sus2",
        Quality::Suspended4 => "sus4",
        Quality::Power => "5",
        Quality::Major6 => "6",
        Quality::Minor6 => "m6",
        Quality::Dominant7 => "7",
        Quality::Major7 => "maj7",
        Quality::Minor7 => "m7",
        Quality::MinorMajor7 => "mMaj7",
        Quality::HalfDiminished7 => "m7b5",
        Quality::Diminished7 => "dim7",
        Quality::Suspended7 => "7sus4",
    }
}

/// The chord of a symbol.
pub(super) fn read(text: &str) -> Option<Chord> {
    let mut root_end = 1;
    while matches!(text.get(root_end..)?.chars().next(), Some('#' | 'b' | '♯' | '♭')) {
        root_end += text[root_end..].chars().next().map_or(1, char::len_utf8);
    }
    let root = pitch_class(&plain(text.get(..root_end)?))?;
    let (words, bass) = split_bass(&text[root_end..]);
    let quality = Shape::of(words)?.quality();
    let bass = match bass {
        None => root,
        Some(bass) => {
            let bass = plain(bass);
            pitch_class(&bass).or_else(|| degree(&bass).map(|interval| root + interval))?
        }
    };
    Some(Chord::new(root, quality, bass))
}

/// Splits off what follows the slash, unless it is that of `6/9`.
fn split_bass(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('/') {
        Some((words, "9")) if words.ends_with('6') => (text, None),
        Some((words, bass)) => (words, Some(bass)),
        None => (text, None),
    }
}

fn plain(accidentals: &str) -> String {
    accidentals.replace('♯', "#").replace('♭', "b")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Third {
    Major,
    Minor,
    Second,
    Fourth,
    Missing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fifth {
    Perfect,
    Diminished,
    Augmented,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Top {
    Nothing,
    Sixth,
    MinorSeventh,
    MajorSeventh,
    DiminishedSeventh,
}

/// What the words of a symbol make of a major triad.
struct Shape {
    third: Third,
    fifth: Fifth,
    top: Top,
    /// Which seventh a number brings.
    seventh: Top,
}

/// A word and what it does.
type Word = (&'static [&'static str], fn(&mut Shape));

/// Of two words that fit the longer counts, so their order here does not matter.
const WORDS: [Word; 17] = [
    (&["maj", "Maj", "MAJ", "ma", "Ma", "M"], |s| s.seventh = Top::MajorSeventh),
    (&["Δ", "△", "^"], |s| (s.seventh, s.top) = (Top::MajorSeventh, Top::MajorSeventh)),
    (&["min", "Min", "MIN", "mi", "m", "-"], |s| s.third = Third::Minor),
    (&["dim", "°", "o"], |s| {
        (s.third, s.fifth, s.seventh) = (Third::Minor, Fifth::Diminished, Top::DiminishedSeventh);
    }),
    (&["ø", "Ø", "hdim"], |s| {
        (s.third, s.fifth) = (Third::Minor, Fifth::Diminished);
        (s.top, s.seventh) = (Top::MinorSeventh, Top::MinorSeventh);
    }),
    (&["aug", "+", "#5", "+5"], |s| s.fifth = Fifth::Augmented),
    (&["b5", "-5"], |s| s.fifth = Fifth::Diminished),
    (&["sus2"], |s| s.third = Third::Second),
    (&["sus4", "sus"], |s| s.third = Third::Fourth),
    (&["5", "no3", "omit3"], |s| s.third = Third::Missing),
    (&["6", "6/9", "69"], |s| s.top = Top::Sixth),
    (&["7", "9", "11", "13"], |s| s.top = s.seventh),
    (&["alt", "7alt"], |s| s.top = Top::MinorSeventh),
    (&["add2", "add9", "add4", "add11", "add13"], |_| ()),
    (&["b9", "#9", "#11", "b13", "-9", "+9", "+11", "-13"], |_| ()),
    (&["no5", "omit5"], |_| ()),
    (&["(", ")", ","], |_| ()),
];

impl Shape {
    fn of(words: &str) -> Option<Self> {
        let words = words.replace('♯', "#").replace('♭', "b").replace('−', "-");
        let mut rest = words.as_str();
        let mut shape = Self {
            third: Third::Major,
            fifth: Fifth::Perfect,
            top: Top::Nothing,
            seventh: Top::MinorSeventh,
        };
        // Behind the root these are words of their own: A-9 is a minor ninth, A7-9 has a flat one.
        let own = |word| rest.strip_prefix(word).filter(|rest| !rest.starts_with('5'));
        if let Some(behind) = own('-') {
            (shape.third, rest) = (Third::Minor, behind);
        } else if let Some(behind) = own('+') {
            (shape.fifth, rest) = (Fifth::Augmented, behind);
        }
        while !rest.is_empty() {
            let fits = WORDS.iter().flat_map(|(texts, change)| {
                texts.iter().filter(|text| rest.starts_with(**text)).map(move |text| (text, change))
            });
            let (text, change) = fits.max_by_key(|(text, _)| text.len())?;
            change(&mut shape);
            rest = &rest[text.len()..];
        }
        Some(shape)
    }

    /// The nearest quality there is: a fifth or a seventh that no quality has with this third is
    /// left out.
    const fn quality(&self) -> Quality {
        match (self.third, self.fifth, self.top) {
            (Third::Missing, _, _) => Quality::Power,
            (Third::Second | Third::Fourth, _, Top::MinorSeventh) => Quality::Suspended7,
            (Third::Second, _, _) => Quality::Suspended2,
            (Third::Fourth, _, _) => Quality::Suspended4,
            (Third::Major, Fifth::Augmented, _) => Quality::Augmented,
            (Third::Major, _, Top::Nothing) => Quality::Major,
            (Third::Major, _, Top::Sixth | Top::DiminishedSeventh) => Quality::Major6,
            (Third::Major, _, Top::MinorSeventh) => Quality::Dominant7,
            (Third::Major, _, Top::MajorSeventh) => Quality::Major7,
            (Third::Minor, Fifth::Diminished, Top::Nothing) => Quality::Diminished,
            (Third::Minor, Fifth::Diminished, Top::MinorSeventh) => Quality::HalfDiminished7,
            (Third::Minor, Fifth::Diminished, _) => Quality::Diminished7,
            (Third::Minor, _, Top::Nothing) => Quality::Minor,
            (Third::Minor, _, Top::Sixth | Top::DiminishedSeventh) => Quality::Minor6,
            (Third::Minor, _, Top::MinorSeventh) => Quality::Minor7,
            (Third::Minor, _, Top::MajorSeventh) => Quality::MinorMajor7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_that_is_written_reads_back() {
        for quality in Quality::ALL {
            for (root, bass) in (0..12).flat_map(|root| (0..12).map(move |bass| (root, bass))) {
                let chord = Chord::new(root, quality, bass);
                assert_eq!(chord.symbol().to_string().parse(), Ok(chord), "{}", chord.symbol());
            }
        }
    }

    #[test]
    fn symbols_mean_what_musicians_mean_by_them() {
        for (symbol, harte) in [
            ("C", "C:maj"),
            ("Am7", "A:min7"),
            ("A-7", "A:min7"),
            ("F#m7b5", "F#:hdim7"),
            ("F♯ø", "F#:hdim7"),
            ("Bbmaj7", "Bb:maj7"),
            ("B♭Δ", "Bb:maj7"),
            ("CM9", "C:maj7"),
            ("C/E", "C:maj/3"),
            ("Am7/G", "A:min7/b7"),
            ("C/3", "C:maj/3"),
            ("Dsus", "D:sus4"),
            ("G9sus4", "G:sus4(b7)"),
            ("Cdim7", "C:dim7"),
            ("C°", "C:dim"),
            ("CmMaj7", "C:minmaj7"),
            ("Cm(maj7)", "C:minmaj7"),
            ("E7#9", "E:7"),
            ("G7(b9,b13)", "G:7"),
            ("Galt", "G:7"),
            ("C6/9", "C:6"),
            ("Cadd9/E", "C:maj/3"),
            ("C+", "C:aug"),
            ("A-9", "A:min7"),
            ("A-13", "A:min7"),
            ("A7-9", "A:7"),
            ("A-5", "A:maj"),
            ("C+9", "C:aug"),
            ("Cm7-5", "C:hdim7"),
            ("Ab5", "Ab:5"),
            ("Cb", "B:maj"),
        ] {
            assert_eq!(symbol.parse::<Chord>(), harte.parse(), "{symbol}");
        }
    }

    #[test]
    fn a_symbol_of_megabytes_is_read_in_a_moment() {
        let long = format!("C7{}", "b9".repeat(1_000_000));
        assert_eq!(long.parse(), Ok(Chord::new(0, Quality::Dominant7, 0)));
    }

    #[test]
    fn what_is_no_symbol_is_refused() {
        for nonsense in ["", "H7", "am", "C?", "Cmajor7!", "C/", "C/H", "C7/9x", "Cé", "#", "C6/"]
        {
            assert!(nonsense.parse::<Chord>().is_err(), "{nonsense:?}");
        }
    }
}
