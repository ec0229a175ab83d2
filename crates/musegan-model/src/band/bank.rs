//! The bank: how real phrases are played and which chords they have, from which the band draws both
//! for music of its own.
//!
//! Sheet and chords of one entry come from one phrase, and are never drawn together: the two
//! determine so much that what comes out would be that phrase. What must stay true: an entry that
//! went into a file comes out as it went in, and whatever numbers a file holds, they are a bank.
use std::collections::BTreeMap;

use musegan_score::chord::Quality;
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_PHRASE};
use musegan_score::{Chord, Key, Pitch, Track};

use super::frame::Harmony;
use super::sheet::{MEASURES, Repeat, without_absent};
use super::style::Style;
use crate::weights::Parameter;

mod fitting;
mod plain;

use plain::Commonness;

/// The number in a file that stands for no key, and for no chord in each of a chord's places.
const UNKNOWN: u8 = 255;
/// Numbers of a chord: root, code of the quality, bass.
const CHORD: usize = 3;
const PRESENT: usize = Track::COUNT * BARS_PER_PHRASE;
const MEASURED: usize = Track::COUNT * MEASURES;

/// The tensors of a bank in a weights file, with the shape of one entry.
pub const TENSORS: [(&str, &[usize]); 5] = [
    ("bank.present", &[Track::COUNT, BARS_PER_PHRASE]),
    ("bank.measures", &[Track::COUNT, MEASURES]),
    ("bank.repeats", &[Track::COUNT, BARS_PER_PHRASE]),
    ("bank.chords", &[BEATS_PER_PHRASE, CHORD]),
    ("bank.key", &[]),
];

/// What the bank knows of one real phrase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Entry {
    /// How it is played.
    pub style: Style,
    /// What it is played over.
    pub harmony: Harmony,
}

/// Real styles and harmonies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bank {
    entries: Vec<Entry>,
    /// The entries whose key is not minor, and those whose key is.
    by_mode: [Vec<u32>; 2],
    centre: Style,
    commonness: Commonness,
}

impl Bank {
    /// The bank of these entries.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut by_mode = [Vec::new(), Vec::new()];
        for (entry, number) in entries.iter().zip(0u32..) {
            by_mode[usize::from(key(&entry.harmony).is_minor)].push(number);
        }
        let centre = centre(&entries);
        let commonness = Commonness::of(&entries);
        Self { entries, by_mode, centre, commonness }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in their order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// An entry, counted around the end; of an empty bank one of silence.
    #[must_use]
    pub fn entry(&self, number: u64) -> Entry {
        let count = self.entries.len().max(1) as u64;
        self.entries.get((number % count) as usize).copied().unwrap_or_default()
    }

    /// The number of an entry in this mode, counted around the end; any entry's where the mode has
    /// none.
    #[must_use]
    pub fn number_in_mode(&self, is_minor: bool, number: u64) -> u64 {
        let of_mode = &self.by_mode[usize::from(is_minor)];
        match of_mode.len() as u64 {
            0 => number,
            count => u64::from(of_mode[(number % count) as usize]),
        }
    }

    /// The middle of all styles: a bar is played where most play it, and every measure is the mean
    /// of those who play, and a bar comes again as it most often does.
    #[must_use]
    pub const fn centre(&self) -> &Style {
        &self.centre
    }

    /// The bank's tensors, by name.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, Parameter> {
        let columns: [fn(&Entry) -> Vec<f32>; 5] = [present, measures, repeats, chords, key_code];
        let tensors = TENSORS.into_iter().zip(columns).map(|((name, of_entry), numbers)| {
            let shape = [&[self.entries.len()][..], of_entry].concat();
            let values = self.entries.iter().flat_map(numbers).collect();
            (name.into(), Parameter { shape, values })
        });
        tensors.collect()
    }

    /// The bank of these tensors, which are found by name; what is no chord or no key is unknown, and
    /// a bar that repeats what it cannot is new.
    pub(crate) fn read<'a>(tensor: impl Fn(&str) -> &'a [f32]) -> Self {
        let [present, measures, repeats, chords, keys] = TENSORS.map(|(name, _)| tensor(name));
        let entry = |(number, &key): (usize, &f32)| {
            let present = &present[number * PRESENT..][..PRESENT];
            let measures = &measures[number * MEASURED..][..MEASURED];
            let chords = &chords[number * BEATS_PER_PHRASE * CHORD..][..BEATS_PER_PHRASE * CHORD];
            let plays = |track, bar| present[track * BARS_PER_PHRASE + bar] > 0.5;
            let measure = |track, measure| measures[track * MEASURES + measure];
            let repeats = &repeats[number * PRESENT..][..PRESENT];
            let repeat = |track, bar| repeats[track * BARS_PER_PHRASE + bar] as u8;
            let style = Style {
                present: std::array::from_fn(|t| std::array::from_fn(|bar| plays(t, bar))),
                measures: std::array::from_fn(|t| std::array::from_fn(|m| measure(t, m))),
                repeats: std::array::from_fn(|t| {
                    let repeats = std::array::from_fn(|b| Repeat::of_code(repeat(t, b), b));
                    without_absent(repeats, &std::array::from_fn(|bar| plays(t, bar)))
                }),
            };
            let chords = std::array::from_fn(|beat| chord(&chords[beat * CHORD..][..CHORD]));
            Entry { style, harmony: Harmony { chords, key: Key::of_code(key as u8) } }
        };
        Self::new(keys.iter().enumerate().map(entry).collect())
    }
}

/// The key of a harmony: the one that is known, or that of its chords.
#[must_use]
pub fn key(harmony: &Harmony) -> Key {
    harmony.key.unwrap_or_else(|| key_of(harmony.chords.iter().flatten().copied()))
}

/// The key whose scale has most of the chords' tones and, of those, whose tonic is most often a
/// root. Of keys that fit alike major comes before minor, and C before the others.
pub(super) fn key_of(chords: impl Iterator<Item = Chord> + Clone) -> Key {
    let fit = |key: &Key| {
        let scale = key.scale();
        let belongs = |class: u8| Pitch::new(class).is_some_and(|pitch| scale.contains(pitch));
        let of_chord = |chord: Chord| {
            let tones = chord.quality.semitones().iter();
            let inside = tones.filter(|above| belongs((chord.root() + **above) % 12)).count();
            4 * inside + usize::from(chord.root() == key.tonic())
        };
        chords.clone().map(of_chord).sum::<usize>()
    };
    let keys = (0..24).rev().filter_map(Key::of_code);
    keys.max_by_key(fit).unwrap_or(Key::new(0, false))
}

fn centre(entries: &[Entry]) -> Style {
    let mut centre = Style::default();
    for track in Track::ALL {
        let t = track.index();
        let playing: Vec<_> = entries.iter().filter(|e| e.style.sounds(track)).collect();
        for bar in 0..BARS_PER_PHRASE {
            let plays = entries.iter().filter(|entry| entry.style.present[t][bar]).count();
            centre.present[t][bar] = 2 * plays > entries.len();
            centre.repeats[t][bar] = commonest(entries, t, bar);
        }
        for measure in 0..MEASURES {
            let sum: f64 = playing.iter().map(|e| f64::from(e.style.measures[t][measure])).sum();
            centre.measures[t][measure] = (sum / playing.len().max(1) as f64) as f32;
        }
    }
    for (repeats, present) in centre.repeats.iter_mut().zip(&centre.present) {
        *repeats = without_absent(*repeats, present);
    }
    centre
}

/// What a track most often repeats in a bar, where it plays; of equally common ones the first by
/// its number.
fn commonest(entries: &[Entry], track: usize, bar: usize) -> Repeat {
    let mut counts = [0u32; 2 * BARS_PER_PHRASE];
    for entry in entries.iter().filter(|entry| entry.style.present[track][bar]) {
        counts[usize::from(entry.style.repeats[track][bar].code())] += 1;
    }
    let most = (0..counts.len()).rev().max_by_key(|code| counts[*code]).unwrap_or_default();
    Repeat::of_code(most as u8, bar)
}

fn present(entry: &Entry) -> Vec<f32> {
    entry.style.present.as_flattened().iter().map(|&plays| f32::from(u8::from(plays))).collect()
}

fn measures(entry: &Entry) -> Vec<f32> {
    entry.style.measures.as_flattened().to_vec()
}

fn repeats(entry: &Entry) -> Vec<f32> {
    entry.style.repeats.as_flattened().iter().map(|repeat| f32::from(repeat.code())).collect()
}

fn chords(entry: &Entry) -> Vec<f32> {
    let numbers = entry.harmony.chords.iter().flat_map(|chord| {
        chord.map_or([UNKNOWN; CHORD], |c| [c.root(), c.quality.code(), c.bass()])
    });
    numbers.map(f32::from).collect()
}

fn key_code(entry: &Entry) -> Vec<f32> {
    vec![f32::from(entry.harmony.key.map_or(UNKNOWN, Key::code))]
}

fn chord(numbers: &[f32]) -> Option<Chord> {
    let &[root, quality, bass] = numbers else { return None };
    let quality = Quality::ALL.get(quality as usize)?;
    (root < 12.0 && bass < 12.0).then(|| Chord::new(root as u8, *quality, bass as u8))
}
