//! What is compared of a file: hashes of its phrases, and the outlines of its bars.
//!
//! What must stay true: facts are the same on every machine, and do not change with velocities,
//! labels, or notes that the layout has no cell for.

use musegan_score::Layout;
use musegan_score::layout::PlacedNote;
use sha2::{Digest, Sha256};

use super::{Choice, Rules};
use crate::dataset::{Labels, PackedPhrase, Shape};
use crate::prepare::prepared::{LabelledPhrase, Prepared};

/// Numbers of a signature.
pub const SIGNATURE: usize = 128;
/// A bar with fewer onsets is like too many others to tell songs apart.
const LEAST_ONSETS: usize = 4;

/// What is compared of a file.
#[derive(Debug)]
pub struct Facts {
    /// In order.
    pub phrases: Vec<PhraseFacts>,
    /// Which bars it has, as a signature: of two files, the share of places where the numbers are
    /// equal is about the share of bars, among all bars of either, that both have.
    pub signature: [u32; SIGNATURE],
    /// Different bars in it, as far as they can tell songs apart.
    pub bars: u64,
}

/// What is compared of a phrase.
#[derive(Clone, Copy, Debug)]
pub struct PhraseFacts {
    /// Hash of its notes.
    pub notes: u128,
    /// Hash of its notes, the pitched ones taken from the lowest of them.
    pub outline: u128,
}

impl Facts {
    pub fn of(shape: &Shape, rules: Rules, prepared: &Prepared) -> Self {
        let phrases = prepared.outcome.iter().flat_map(|contents| &contents.phrases);
        let mut bars = Vec::new();
        let facts = phrases.map(|phrase| {
            if rules == super::KEEP_ALL {
                return PhraseFacts { notes: 0, outline: 0 };
            }
            let notes = stored_notes(shape, phrase);
            if rules.nearly == Choice::Drop {
                bars.extend(bar_outlines(shape.layout, &notes));
            }
            let lowest = lowest(shape.layout, &notes);
            PhraseFacts {
                notes: hash(&notes),
                outline: hash(&lowered(shape.layout, notes, lowest)),
            }
        });
        let phrases = facts.collect();
        bars.sort_unstable();
        bars.dedup();
        let mut signature = [u32::MAX; SIGNATURE];
        for &bar in &bars {
            for (number, least) in signature.iter_mut().enumerate() {
                *least = (*least).min(mixed(bar, number as u64));
            }
        }
        Self { phrases, signature, bars: bars.len() as u64 }
    }
}

/// The notes as the dataset will have them, without velocities.
fn stored_notes(shape: &Shape, phrase: &LabelledPhrase) -> Vec<PlacedNote> {
    let mut notes = PackedPhrase::of(shape, &phrase.notes, &Labels::default()).notes(shape.layout);
    notes.iter_mut().for_each(|note| note.velocity = 0);
    notes
}

/// The lowest pitch of the pitched parts.
fn lowest(layout: Layout, notes: &[PlacedNote]) -> u8 {
    let pitched = notes.iter().filter(|note| !layout.parts.is_drums(note.part.into()));
    pitched.map(|note| note.pitch).min().unwrap_or(0)
}

/// The notes with the pitched parts so many semitones lower.
fn lowered(layout: Layout, mut notes: Vec<PlacedNote>, by: u8) -> Vec<PlacedNote> {
    for note in notes.iter_mut().filter(|note| !layout.parts.is_drums(note.part.into())) {
        note.pitch = note.pitch.saturating_sub(by);
    }
    notes
}

fn hash(notes: &[PlacedNote]) -> u128 {
    let mut hash = Sha256::new();
    for note in notes {
        let [a, b] = note.onset.to_le_bytes();
        let [c, d] = note.length.to_le_bytes();
        hash.update([note.part, a, b, note.pitch, c, d]);
    }
    let digest = hash.finalize();
    digest[..16].iter().fold(0, |number, &byte| number << 8 | u128::from(byte))
}

/// For each bar in which enough begins a hash of what its pitched parts play: at which steps notes
/// begin, and how far above the bar's lowest. Parts and lengths do not matter, so that the same
/// song on other instruments is still the same. Where no part has pitches the drums are taken.
fn bar_outlines(layout: Layout, notes: &[PlacedNote]) -> Vec<u64> {
    let drums_only = notes.iter().all(|note| layout.parts.is_drums(note.part.into()));
    let steps = layout.steps_per_bar();
    let mut bars = vec![Vec::new(); usize::from(layout.bars)];
    for note in notes.iter().filter(|n| drums_only || !layout.parts.is_drums(n.part.into())) {
        let (bar, step) = (usize::from(note.onset) / steps, usize::from(note.onset) % steps);
        bars[bar].push((step as u64, u64::from(note.pitch)));
    }
    let outline = |mut onsets: Vec<(u64, u64)>| {
        onsets.sort_unstable();
        onsets.dedup();
        let lowest = onsets.iter().map(|&(_, pitch)| pitch).min()?;
        (onsets.len() >= LEAST_ONSETS).then(|| {
            let above = |(step, pitch)| step << 8 | (pitch - lowest);
            onsets.into_iter().map(above).fold(1, |hash, onset| scrambled(hash ^ onset))
        })
    };
    bars.into_iter().filter_map(outline).collect()
}

/// One of many independent hashes of a number.
fn mixed(value: u64, number: u64) -> u32 {
    (scrambled(value ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 32) as u32
}

/// A permutation of all numbers without order (Steele et al., SplitMix, 2014).
fn scrambled(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
