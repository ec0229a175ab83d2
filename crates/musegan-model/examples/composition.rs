//! Prints what form, morph and fills do to the music of some weights: drum bars without and with
//! their fill, then averages over many seeds.
//!
//! `cargo run --release -p musegan-model --example composition -- [WEIGHTS.safetensors]`; without
//! them the weights that ship. In the bars an `x` sounds at a density of 0.5, a `.` from higher
//! ones on.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;

use musegan_model::{Band, Device, Weights};
use musegan_score::{Composition, Form, Phrase, Track};

const SEEDS: u64 = 500;
const SHOWN: u64 = 6;
/// The bar of the phrase that has a fill.
const BAR: usize = 3;

fn main() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugin-assets/weights.safetensors");
    let file = std::env::args().nth(1);
    let weights = Weights::read(Path::new(file.as_deref().unwrap_or(shipped))).unwrap();
    let mut band = Band::new(&weights, Device::Cpu);
    fills(&mut band);
    forms(&mut band);
    morphs(&mut band);
}

fn fills(band: &mut Band) {
    let (mut plain_onsets, mut filled_onsets, mut sparser) = (0, 0, 0);
    for seed in 0..SEEDS {
        let plain = Composition { seed, ..Composition::default() };
        let filled = Composition { fill_every_bars: 4, ..plain };
        let bars = [plain, filled].map(|song| band.phrase(&song, 0));
        if seed < SHOWN {
            print!("seed {seed}, bar {}\n{}", BAR + 1, side_by_side(&bars));
        }
        let [without, with] = bars.map(|phrase| {
            let drums = sounding(&phrase).into_iter().filter(|onset| onset.0 == Track::Drums);
            drums.filter(|onset| onset.1 / 16 == BAR).count()
        });
        plain_onsets += without;
        filled_onsets += with;
        sparser += usize::from(with < without);
    }
    let mean = |onsets: usize| onsets as f64 / SEEDS as f64;
    let (without, with) = (mean(plain_onsets), mean(filled_onsets));
    println!("drum onsets in a bar: {without:.2}, with a fill {with:.2}");
    println!("bars with fewer onsets for their fill: {sparser} of {SEEDS}\n");
}

fn forms(band: &mut Band) {
    println!("onsets that two phrases share, of those that either has");
    for variation in [0.0, 0.1, 0.3, 0.5, 1.0] {
        let again = mean(|seed| {
            let form = Form::A;
            let song =
                Composition { seed, form, section_bars: 4, variation, ..Composition::default() };
            likeness(&band.phrase(&song, 0), &band.phrase(&song, 1))
        });
        println!("  a section and itself again, variation {variation:.1}: {again:.3}");
    }
    let unrelated = mean(|seed| {
        let song = Composition { seed, ..Composition::default() };
        likeness(&band.phrase(&song, 0), &band.phrase(&song, 1))
    });
    println!("  unrelated phrases: {unrelated:.3}");
}

fn morphs(band: &mut Band) {
    for morph in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let [from, to] = [0.0, 1.0].map(|end| {
            mean(|seed| {
                let song = Composition { seed, morph_seed: seed + SEEDS, ..Composition::default() };
                let [here, there] =
                    [morph, end].map(|morph| band.phrase(&Composition { morph, ..song }, 0));
                likeness(&here, &there)
            })
        });
        println!("  morph {morph:.2} and its ends: {from:.3} and {to:.3}");
    }
}

fn mean(of_seed: impl FnMut(u64) -> f64) -> f64 {
    (0..SEEDS).map(of_seed).sum::<f64>() / SEEDS as f64
}

/// The onsets that sound at a density of 0.5: track, step, key.
fn sounding(phrase: &Phrase) -> BTreeSet<(Track, usize, u8)> {
    let notes = phrase.notes().filter(|(_, note)| note.strength() > 0.5);
    notes.map(|(track, note)| (track, note.onset().index(), note.pitch.number())).collect()
}

fn likeness(one: &Phrase, other: &Phrase) -> f64 {
    let (one, other) = (sounding(one), sounding(other));
    one.intersection(&other).count() as f64 / one.union(&other).count().max(1) as f64
}

/// One bar's drums of each phrase, a line for each key.
fn side_by_side(phrases: &[Phrase]) -> String {
    let notes = |phrase: &Phrase| {
        let drums = phrase.track(Track::Drums).iter().copied();
        drums.filter(|note| note.onset().bar() == BAR).collect::<Vec<_>>()
    };
    let bars: Vec<_> = phrases.iter().map(notes).collect();
    let keys: BTreeSet<_> = bars.iter().flatten().map(|note| note.pitch.number()).collect();
    let mut text = String::new();
    for key in keys.into_iter().rev() {
        text += &format!("{key:3}");
        for bar in &bars {
            let cell = |step: usize| {
                let is_here = |pitch: u8, onset: usize| pitch == key && onset % 16 == step;
                match bar.iter().find(|n| is_here(n.pitch.number(), n.onset().index())) {
                    Some(note) if note.strength() > 0.5 => 'x',
                    Some(_) => '.',
                    None => '-',
                }
            };
            text += &format!("  |{}|", (0..16).map(cell).collect::<String>());
        }
        text += "\n";
    }
    text
}
