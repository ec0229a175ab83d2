//! The ways back against finite differences, and what is heard against what a hand counts.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::train::random::{self, Purpose};
use musegan_score::chord::Quality;
use musegan_score::{Chord, Step, Velocity};
use rand::Rng;

fn harmony() -> Harmony {
    let roots = [0, 0, 7, 7, 9, 9, 5, 5, 11, 4, 2, 2, 6, 8, 10, 1];
    Harmony { chords: roots.map(|root| Some(Chord::new(root, Quality::Major, root))), key: None }
}

fn note(track: Track, step: usize, pitch: u8, length: u8) -> RelativeNote {
    let (step, velocity) = (Step::new(step).unwrap(), Velocity::DEFAULT);
    RelativeNote { track, step, pitch, length, velocity, strength: 1.0 }
}

/// Cells whose onsets are no two alike, so that whatever is greatest stays so, with some in which
/// nothing begins.
fn cells(rng: &mut impl Rng) -> Vec<Cell> {
    let shifts = harmony().shifts();
    let mut cells = Vec::new();
    for track in Track::ALL {
        for _ in 0..24 {
            let length = if track.is_drums() { 1 } else { rng.random_range(1..9) };
            let (step, pitch) = (rng.random_range(0..64), rng.random_range(8..30));
            let mut cell = Cell::of(&note(track, step, pitch, length), &shifts);
            let begins = rng.random::<f32>() < 0.7;
            cell.onset = if begins { rng.random_range(0.8..1.2) } else { 0.0 };
            cell.logit = rng.random_range(-3.0..3.0);
            cells.push(cell);
        }
    }
    cells.sort_by_key(|cell| (cell.track, cell.step, cell.pitch));
    cells.dedup_by_key(|cell| (cell.track, cell.step, cell.pitch));
    cells
}

/// An impression's numbers weighed by others. Sounding is taken as the way back takes it.
fn weighed(cells: &[Cell], weights: &Impression) -> f64 {
    let heard = Heard::of(cells.to_vec(), &harmony());
    let mut impression = heard.impression();
    for (track, rhythm) in heard.rhythms.iter().enumerate() {
        let soft = rhythm.soft();
        let cells = &heard.cells[heard.tracks[track].clone()];
        let measures = style::measures(cells, &soft);
        impression.style[track * LIKE..][..LIKE].copy_from_slice(&measures);
        for (step, sounds) in soft.sounds.iter().enumerate() {
            impression.token_mut(track, step / 16)[step % 16 * 3 + 1] = *sounds;
        }
    }
    let pairs = impression.tokens.iter().zip(&weights.tokens);
    let pairs = pairs.chain(impression.harmony.iter().zip(&weights.harmony));
    let pairs = pairs.chain(impression.style.iter().zip(&weights.style));
    let sum: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    sum + f64::from(impression.clashes) * f64::from(weights.clashes)
}

#[test]
fn the_way_back_is_that_of_the_definitions() {
    for seed in 0..4 {
        let mut rng = random::generator(seed, 0, Purpose::BandNoise, 0);
        let cells = cells(&mut rng);
        let mut weights = Impression::zero();
        let numbers = weights.tokens.iter_mut().chain(&mut weights.harmony);
        numbers.chain(&mut weights.style).for_each(|w| *w = rng.random_range(-1.0..1.0));
        weights.clashes = 10.0;
        let mut heard = Heard::of(cells.clone(), &harmony());
        // The measures of style are taken back with what stands for sounding there.
        for rhythm in &mut heard.rhythms {
            *rhythm = rhythm.soft();
        }
        let (onsets, lengths) = heard.backward(&weights);
        let here = weighed(&cells, &weights);
        let agrees = |change: &dyn Fn(&mut Cell, f32), number: usize, expected: f32| {
            // Rounding is smallest in the mean of both sides; but where another cell becomes the
            // greatest close by, only one of the two has none of it.
            let slopes = [1e-3, -1e-3].map(|by| {
                let mut cells = cells.clone();
                change(&mut cells[number], by);
                (weighed(&cells, &weights) - here) / f64::from(by)
            });
            let apart = |found: f64| (found - f64::from(expected)).abs() - 0.02 * found.abs();
            let both = 0.5 * (slopes[0] + slopes[1]);
            let agrees = slopes.into_iter().chain([both]).any(|found| apart(found) < 0.02);
            assert!(agrees, "{:?}: {slopes:?}, not {expected}", cells[number]);
        };
        for (number, _) in cells.iter().enumerate().filter(|(_, cell)| cell.onset > 0.0) {
            agrees(&|cell, by| cell.onset += by, number, onsets[number]);
            agrees(&|cell, by| cell.length += by, number, lengths[number]);
        }
    }
}

#[test]
fn a_note_that_is_held_over_a_chord_change_clashes_with_what_begins_there() {
    let shifts = harmony().shifts();
    let clashes = |notes: &[RelativeNote]| {
        let cells = notes.iter().map(|note| Cell::of(note, &shifts)).collect();
        Heard::of(cells, &harmony()).impression().clashes
    };
    // B over C, and over G a major third, which is B as well: they share a key.
    let held = note(Track::Piano, 4, 19, 8);
    assert_eq!(clashes(&[held]), 0.0);
    let key = |note: &RelativeNote| Cell::of(note, &shifts).key;
    let strings = (0..48).map(|pitch| note(Track::Strings, 8, pitch, 4));
    let (mut above, mut others) = (0.0, 0.0);
    for strings in strings {
        let is_beside = key(&strings).abs_diff(key(&held)) == 1;
        *(if is_beside { &mut above } else { &mut others }) += clashes(&[held, strings]);
    }
    // Two of the 48 keys lie a semitone away; four of the twelve sounding keys clash.
    assert_eq!(above, 2.0 * 4.0 / 13.0);
    assert_eq!(others, 0.0);
}

#[test]
fn tracks_that_play_the_same_are_nowhere_apart_and_a_tritone_is_far() {
    let shifts = harmony().shifts();
    let distance = |pitch: u8| {
        let notes = [note(Track::Piano, 0, 8, 4), note(Track::Guitar, 0, pitch, 4)];
        let cells = notes.map(|note| Cell::of(&note, &shifts)).to_vec();
        Heard::of(cells, &harmony()).impression().harmony[0]
    };
    // The guitar's window begins five semitones below the piano's.
    assert!(distance(13) < 2e-3);
    assert!((distance(19) - 8f32.sqrt()).abs() < 1e-3);
}

#[test]
fn a_track_that_plays_nothing_is_asked_for_notes_without_an_endless_slope() {
    let shifts = harmony().shifts();
    let cells = (0..20).map(|step| {
        let cell = Cell::of(&note(Track::Strings, step, 10, 44), &shifts);
        Cell { onset: 0.0, logit: -1.0, ..cell }
    });
    let mut weights = Impression::zero();
    weights.style[Track::Strings.index() * LIKE..].fill(1.0);
    let (onsets, lengths) = Heard::of(cells.collect(), &harmony()).backward(&weights);
    assert!(onsets.iter().all(|slope| (1.0..3.0).contains(slope)), "{onsets:?}");
    assert!(lengths.iter().all(|slope| *slope == 0.0));
}
