//! Vary and morph: how much of a phrase encoding keeps, and whether a morph ever jumps.
//!
//! A note is known by track, onset and pitch.

use std::collections::BTreeSet;

use musegan_model::band::Player;
use musegan_model::sampling::sounding;
use musegan_score::{Phrase, Track};
use rayon::prelude::*;

use super::real::Real;
use super::{Goal, Row};
use crate::evaluate::sounding::mean;

const STEPS: usize = 16;
/// Pairs of phrases that are morphed.
const PAIRS: usize = 100;

type Notes = BTreeSet<(Track, usize, u8)>;

/// Encodes real phrases, and goes from each to another.
pub(super) fn measure(player: &Player, real: &Real<'_>) -> Vec<Row> {
    let real: Vec<_> = real.phrases(|real| !real.phrase.is_empty());
    let heard = |player: &mut Player, phrase: &Phrase, harmony| {
        let encoded = player.encode(phrase, harmony).ok()?;
        Some((notes(phrase), notes(&sounding(&player.decode(&encoded)))))
    };
    let pairs: Vec<_> = real
        .par_iter()
        .map_init(|| player.clone(), |player, real| heard(player, &real.phrase, Some(real.harmony)))
        .flatten()
        .collect();
    let estimated: Vec<_> = real
        .par_iter()
        .map_init(|| player.clone(), |player, real| heard(player, &real.phrase, None))
        .flatten()
        .collect();
    let jumps = jumps(player, real.iter().map(|real| &real.phrase).collect());
    let (vary, morph) = ("vary", "morph");
    let mut rows = vec![
        Row::new(vary, "notes that encoding and decoding keep", kept(&pairs, None))
            .asked(Goal::AtLeast(0.85)),
        Row::new(vary, "the same, over chords that are heard", kept(&estimated, None)),
        Row::new(vary, "decoded notes that were there", made_up(&pairs)),
    ];
    rows.extend(Track::ALL.map(|track| {
        let what = format!("{}: notes kept", track.name().to_lowercase());
        Row::new(vary, what, kept(&pairs, Some(track)))
    }));
    rows.extend([
        Row::new(morph, "largest share of the change in a step, mean", mean(jumps.iter().copied())),
        Row::new(
            morph,
            "largest share of the change in a step, worst",
            jumps.iter().copied().reduce(f64::max),
        )
        .asked(Goal::AtMost(0.25)),
    ]);
    rows
}

fn notes(phrase: &Phrase) -> Notes {
    phrase.notes().map(|(track, n)| (track, n.onset().index(), n.pitch.number())).collect()
}

/// Share of the real notes that are there after decoding.
fn kept(pairs: &[(Notes, Notes)], track: Option<Track>) -> Option<f64> {
    let is_wanted = |note: &&(Track, usize, u8)| track.is_none_or(|track| note.0 == track);
    let (mut all, mut kept) = (0, 0);
    for (real, decoded) in pairs {
        all += real.iter().filter(is_wanted).count();
        kept += real.intersection(decoded).filter(is_wanted).count();
    }
    (all > 0).then(|| kept as f64 / all as f64)
}

/// Share of the decoded notes that are real ones.
fn made_up(pairs: &[(Notes, Notes)]) -> Option<f64> {
    let swapped: Vec<_> = pairs.iter().map(|(a, b)| (b.clone(), a.clone())).collect();
    kept(&swapped, None)
}

/// Of each morph, the largest share of all changes from its beginning to its end that one step
/// makes.
fn jumps(player: &Player, phrases: Vec<&Phrase>) -> Vec<f64> {
    let count = PAIRS.min(phrases.len() / 2);
    let pairs: Vec<_> = (0..count).map(|i| (phrases[i], phrases[phrases.len() - 1 - i])).collect();
    let way = |player: &mut Player, (from, to): (&Phrase, &Phrase)| {
        let (from, to) = (player.encode(from, None).ok()?, player.encode(to, None).ok()?);
        let way = player.morph_evenly(&from, &to, STEPS);
        let way: Vec<_> = way.iter().map(|phrase| notes(&sounding(phrase))).collect();
        let changes = |one: &Notes, other: &Notes| one.symmetric_difference(other).count();
        let all = changes(&way[0], &way[STEPS]);
        let largest = way.windows(2).map(|pair| changes(&pair[0], &pair[1])).max()?;
        (all > 0).then(|| largest as f64 / all as f64)
    };
    pairs.into_par_iter().map_init(|| player.clone(), way).flatten().collect()
}
