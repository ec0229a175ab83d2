//! The bed under the tune: voices that lead from chord to chord.
use musegan_score::{Chord, Track};

use super::figures::{Bed, Manner};
use super::{Scene, manner};
use crate::chart::{Chart, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::figure::{Hit, TICKS_PER_STEP, hits};
use crate::plan::Plan;
use crate::touch::Draft;
use crate::voicing::rub::Heard;
use crate::voicing::section;

/// Highest voice of a bed under a tune in the same part, and without.
const UNDER_TUNE: u8 = 74;
const ALONE: u8 = 82;
/// Longest that a voice is held: two bars.
const LONGEST: u64 = 2 * TICKS_PER_BAR;
/// How much softer a pad is than what sings.
const SOFT: f64 = 0.8;
/// How likely a third is suspended where it can be.
const SUSPENDS: f64 = 0.5;

/// The beds of all bars in which the strings play.
#[must_use]
pub(super) fn write(
    chart: &Chart,
    plan: &Plan,
    dice: &Dice,
    heard: &Heard,
    scenes: &[Scene],
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut before: Vec<u8> = Vec::new();
    for (bar, now) in plan.bars.iter().enumerate() {
        if !now.plays(Track::Strings) {
            before.clear();
            continue;
        }
        let scene = scenes.get(bar).copied().unwrap_or_default();
        let manner = manner(chart, plan, dice, bar, scene);
        let hits = hits(chart, plan, bar, manner.figure);
        for hit in hits {
            let voices = voices(chart, &manner, scene.leads, &hit, heard, &before);
            lay(&manner, &hit, &voices, &before, dice, heard, &mut drafts);
            before = voices;
        }
    }
    drafts
}

/// The voices of a hit: those of the last one while the chord lasts and nothing rubs.
fn voices(
    chart: &Chart,
    manner: &Manner,
    leads: bool,
    hit: &Hit,
    heard: &Heard,
    before: &[u8],
) -> Vec<u8> {
    let ceiling = if leads { UNDER_TUNE } else { ALONE };
    // A passing eighth is endured under a long voice, not under a short one.
    let patience = (hit.length / TICKS_PER_STEP) as f64 / 8.0;
    let rub = |key: u8| {
        let rub = heard.rub(key, hit.tick, hit.tick + hit.length);
        (rub - patience).max(0.0) * 1.5
    };
    let is_chord = matches!(manner.bed, Bed::Ostinato | Bed::Flow);
    if manner.in_octaves && !is_chord {
        let upper = &before[before.len().saturating_sub(2)..];
        let upper = section::voices(hit.chord, chart.key, 2, ceiling, upper, rub);
        let lower = upper.iter().map(|key| key - 12).filter(|key| !upper.contains(key));
        return in_order(lower.filter(|key| *key >= section::LOW && rub(*key) == 0.0), &upper);
    }
    let count = if is_chord { 4 } else { manner.voices };
    if before.len() == count && fits(hit.chord, before) && before.iter().all(|key| rub(*key) == 0.0)
    {
        return before.to_vec();
    }
    section::voices(hit.chord, chart.key, count, ceiling, before, rub)
}

/// The voices of both, ascending, none a semitone beside another.
fn in_order(lower: impl Iterator<Item = u8>, upper: &[u8]) -> Vec<u8> {
    let clear = |key: &u8| upper.iter().all(|other| other.abs_diff(*key) > 1);
    let mut voices: Vec<u8> = lower.filter(clear).chain(upper.iter().copied()).collect();
    voices.sort_unstable();
    voices
}

/// Whether the voices are those of the chord, with nothing that makes it missing.
fn fits(chord: Chord, voices: &[u8]) -> bool {
    let classes = crate::melody::scale::tones(chord);
    let third = classes.get(1).copied().unwrap_or(chord.root());
    voices.iter().all(|voice| classes.contains(&(voice % 12)))
        && voices.iter().any(|voice| voice % 12 == third)
}

/// Writes a hit down as its bed does.
fn lay(
    manner: &Manner,
    hit: &Hit,
    voices: &[u8],
    before: &[u8],
    dice: &Dice,
    heard: &Heard,
    drafts: &mut Vec<Draft>,
) {
    match manner.bed {
        Bed::Pad => held(hit, voices, before, dice, heard, drafts),
        Bed::Flow => flowing(hit, voices, heard, drafts),
        Bed::Pulse => {
            let length = bowed(hit, manner);
            drafts
                .extend(voices.iter().map(|key| Draft::new(hit.tick, length, *key).accented(0.85)));
        }
        Bed::Ostinato => {
            let wanted = hit.kind.to_digit(10).unwrap_or(1).max(1) as usize - 1;
            if let Some(key) = voices.get(wanted).or(voices.last()) {
                drafts.push(Draft::new(hit.tick, bowed(hit, manner), *key).accented(0.88));
            }
        }
        Bed::Stabs => {
            let length = hit.length * 8 / 10;
            drafts
                .extend(voices.iter().map(|key| Draft::new(hit.tick, length, *key).accented(1.08)));
        }
    }
}

/// How long a note of a rhythm is held.
fn bowed(hit: &Hit, manner: &Manner) -> u64 {
    ((hit.length as f64 * manner.held) as u64).max(TICKS_PER_STEP / 2)
}

/// A pad: what stays is tied, what moves moves, and a third may come late by a suspension.
fn held(
    hit: &Hit,
    voices: &[u8],
    before: &[u8],
    dice: &Dice,
    heard: &Heard,
    drafts: &mut Vec<Draft>,
) {
    let suspended = (hit.length > TICKS_PER_BAR / 4)
        .then(|| section::suspension(hit.chord, voices, before))
        .flatten()
        .filter(|_| dice.happens(SUSPENDS, "suspension", hit.tick as usize));
    for (index, &key) in voices.iter().enumerate() {
        let mut from = hit.tick;
        if let Some((_, held)) = suspended.filter(|(voice, _)| *voice == index) {
            let resolves = hit.tick + (hit.length / 2).min(TICKS_PER_BAR / 4);
            if heard.rub(held, hit.tick, resolves) == 0.0 {
                tie(hit.tick, resolves - hit.tick, held, drafts);
                from = resolves;
            }
        }
        tie(from, hit.tick + hit.length - from, key, drafts);
    }
}

/// A pad whose outer voices are held while an inner one rocks between two tones in eighths.
fn flowing(hit: &Hit, voices: &[u8], heard: &Heard, drafts: &mut Vec<Draft>) {
    let [low, inner @ .., high] = voices else {
        return voices.iter().for_each(|key| tie(hit.tick, hit.length, *key, drafts));
    };
    tie(hit.tick, hit.length, *low, drafts);
    tie(hit.tick, hit.length, *high, drafts);
    let (&first, &second) = match inner {
        [] => (low, high),
        [only] => (only, low),
        [first, second, ..] => (first, second),
    };
    // Above the outer voices nothing moves, so the second tone is the lowest an octave up where
    // there is no other.
    let second = if second == *low && low + 12 < *high { low + 12 } else { second };
    let eighth = 2 * TICKS_PER_STEP;
    for (index, from) in (0..hit.length).step_by(eighth as usize).enumerate() {
        let key = if index.is_multiple_of(2) { first } else { second };
        let length = eighth.min(hit.length - from) * 19 / 20;
        let draft = Draft::new(hit.tick + from, length, key).accented(SOFT);
        if (key != *low && key != *high) && !heard.rubs(&draft) {
            drafts.push(draft);
        }
    }
}

/// Holds a voice that sounds already, or lets it begin.
fn tie(tick: u64, length: u64, key: u8, drafts: &mut Vec<Draft>) {
    let recent = drafts.iter_mut().rev().take(24);
    let tied = recent.into_iter().find(|draft| {
        draft.pitch == key && draft.end() == tick && draft.length + length <= LONGEST
    });
    match tied {
        Some(draft) => draft.length += length,
        None => drafts.push(Draft::new(tick, length, key).accented(SOFT)),
    }
}
