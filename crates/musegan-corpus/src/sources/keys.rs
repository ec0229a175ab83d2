//! The key of a chart, from what its source says of it and from its chords.
use musegan_score::chord::Quality;
use musegan_score::{Chord, Key};

use crate::chart::ChartBar;

/// Of passages with annotated tonics: the tonic that rules most bars, minor where the chords on it
/// are; without any tonic the key of the chords.
pub(super) fn of_tonics<'a>(
    passages: impl Iterator<Item = (Option<u8>, &'a [ChartBar])> + Clone,
) -> Key {
    let mut bars_of = [0; 12];
    for (tonic, bars) in passages.clone() {
        if let Some(tonic) = tonic {
            bars_of[usize::from(tonic % 12)] += bars.len();
        }
    }
    let all = || passages.clone().flat_map(|(_, bars)| bars.iter().copied());
    match largest(&bars_of) {
        Some(tonic) => {
            let minor = |chord: &Chord| has_minor_third(*chord);
            let (mut minors, mut majors) = (0, 0);
            for chord in all().flat_map(chords).filter(|chord| chord.root() == tonic) {
                *if minor(&chord) { &mut minors } else { &mut majors } += 1;
            }
            Key::new(tonic, minors > majors)
        }
        None => of_chords(all()),
    }
}

/// The key whose scale holds most chord tones; of the two that share a scale the one whose tonic
/// chord is heard more, at the end above all.
pub(super) fn of_chords(bars: impl Iterator<Item = ChartBar>) -> Key {
    let chords: Vec<_> = bars.flat_map(chords).collect();
    let last = chords.last().copied();
    let fit = |key: Key| {
        let tonic =
            |chord: &Chord| chord.root() == key.tonic() && has_minor_third(*chord) == key.is_minor;
        let outside: usize = chords.iter().map(|chord| strangers(*chord, key)).sum();
        let home = chords.iter().filter(|chord| tonic(chord)).count();
        let ends = last.is_some_and(|chord| tonic(&chord));
        home as i64 + if ends { chords.len() as i64 / 4 } else { 0 } - outside as i64
    };
    let keys = (0..24).filter_map(Key::of_code);
    // The first of equals.
    keys.rev().max_by_key(|key| fit(*key)).unwrap_or(Key::new(0, false))
}

/// Whether most chords are dominant sevenths on the first, fourth and fifth degrees of one key.
pub(super) fn is_blues(bars: &[ChartBar]) -> bool {
    let all: Vec<_> = bars.iter().copied().flat_map(chords).collect();
    let sevenths = |root: u8| {
        let on = |chord: &&Chord| chord.root() == root && chord.quality == Quality::Dominant7;
        all.iter().filter(on).count()
    };
    (0..12).any(|tonic| {
        let degrees = [tonic, (tonic + 5) % 12, (tonic + 7) % 12].map(sevenths);
        degrees[0] > 0 && degrees[1] > 0 && degrees.iter().sum::<usize>() * 5 >= all.len() * 3
    })
}

/// Whether a chord has a minor third above its root.
pub(super) fn has_minor_third(chord: Chord) -> bool {
    chord.quality.semitones().contains(&3)
}

fn chords(bar: ChartBar) -> impl Iterator<Item = Chord> {
    bar.chords.into_iter().flatten()
}

fn strangers(chord: Chord, key: Key) -> usize {
    let tones = chord.quality.semitones().iter().map(|above| chord.root() + above);
    let scale = if key.is_minor { [0, 2, 3, 5, 7, 8, 10] } else { [0, 2, 4, 5, 7, 9, 11] };
    tones.filter(|tone| !scale.contains(&((tone + 12 - key.tonic()) % 12))).count()
}

fn largest(counts: &[usize; 12]) -> Option<u8> {
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    counts.iter().position(|count| *count == most).map(|tonic| tonic as u8)
}
