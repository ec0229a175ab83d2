//! A bar of rhythm guitar: a figure's strokes as the strings they strike.
use musegan_score::Chord;

use super::at_most;
use super::figures::{Manner, Technique};
use crate::chart::{Chart, TICKS_PER_BAR};
use crate::figure::{Hit, TICKS_PER_STEP, hits};
use crate::melody::scale;
use crate::plan::{Plan, Style};
use crate::touch::{Draft, strum};
use crate::voicing::fretboard::{Neck, Shape};

/// How much softer muted strings are.
const MUTED: f64 = 0.55;
/// How much softer strings damped by the palm are.
const DAMPED: f64 = 0.85;
/// How much softer an upstroke is.
const UP: f64 = 0.88;
/// A string that was picked is hardly heard after a beat and a half.
const FADES: u64 = TICKS_PER_BAR * 3 / 8;
/// Strings that a strum over the lowest or the highest meets.
const HALF: usize = 3;

/// The bar as it is played.
#[must_use]
pub fn bar(chart: &Chart, plan: &Plan, bar: usize, manner: &Manner, neck: &mut Neck) -> Vec<Draft> {
    let hits = hits(chart, plan, bar, manner.figure);
    let mut drafts = Vec::new();
    for (index, hit) in hits.iter().enumerate() {
        match manner.technique {
            Technique::Strum => strummed(hit, plan, neck, &mut drafts),
            Technique::Chop | Technique::Scratch => {
                chopped(hit, manner.technique, neck, &mut drafts)
            }
            Technique::Pick => picked(hit, &hits[index + 1..], neck, &mut drafts),
            Technique::Power => powered(hit, neck, &mut drafts),
            Technique::Shell => comped(hit, neck, &mut drafts),
            Technique::BoomChuck => boom_chuck(hit, neck, &mut drafts),
            Technique::Riff => riffed(hit, chart, plan, &mut drafts),
            Technique::Dyad => paired(hit, plan, &mut drafts),
        }
    }
    drafts
}

/// A stroke over strings that are given from the lowest up; an upstroke meets the highest first.
fn stroke(pitches: &[u8], hit: &Hit, length: u64, accent: f64, drafts: &mut Vec<Draft>) {
    let is_up = hit.kind == 'U';
    for (index, &pitch) in pitches.iter().enumerate() {
        let order = if is_up { pitches.len() - 1 - index } else { index };
        let spread = strum(order, pitches.len());
        let accent = accent * if is_up { UP } else { 1.0 };
        drafts.push(Draft { spread, ..Draft::new(hit.tick, length, pitch).accented(accent) });
    }
}

/// Downstrokes ring over all strings where they are long or on the first beat, and on beats in
/// choruses; else they meet the upper four and upstrokes three: a wrist that swings, not six notes
/// each time.
fn strummed(hit: &Hit, plan: &Plan, neck: &mut Neck, drafts: &mut Vec<Draft>) {
    let Some(grip) = neck.hold(hit.chord, Shape::Full) else { return };
    let pitches = grip.pitches();
    let count = pitches.len();
    let bar = (hit.tick / TICKS_PER_BAR) as usize;
    let is_loud = plan.bars.get(bar).is_some_and(|bar| bar.intensity > 0.75);
    let rings = hit.length * 9 / 10;
    let is_long = hit.length >= TICKS_PER_BAR / 4;
    let upper = &pitches[count.saturating_sub(HALF)..];
    match hit.kind {
        'x' => stroke(&upper[1.min(count - 1)..], hit, TICKS_PER_STEP / 2, MUTED, drafts),
        'U' => stroke(upper, hit, rings, 1.0, drafts),
        'd' => stroke(&pitches[..HALF.min(count)], hit, rings, 1.0, drafts),
        _ if hit.step == 0 || is_long || is_loud && hit.step.is_multiple_of(4) => {
            stroke(&pitches, hit, rings, 1.0, drafts)
        }
        _ => {
            let most = &pitches[count.saturating_sub(HALF + 1)..];
            stroke(most, hit, rings, 1.0, drafts);
        }
    }
}

/// Three high strings, let go of at once.
fn chopped(hit: &Hit, technique: Technique, neck: &mut Neck, drafts: &mut Vec<Draft>) {
    let Some(grip) = neck.hold(hit.chord, Shape::Triad) else { return };
    let pitches = grip.pitches();
    let (pitches, length, accent) = match (hit.kind, technique) {
        ('x', _) => (&pitches[1..], TICKS_PER_STEP / 2, MUTED),
        (_, Technique::Scratch) => (&pitches[..], at_most(hit.length, 2) * 9 / 10, 1.0),
        _ => (&pitches[..], at_most(hit.length, 3) * 9 / 10, 1.0),
    };
    stroke(pitches, hit, length, accent, drafts);
}

/// A string of the grip, left ringing until it is picked again or the grip is given up.
fn picked(hit: &Hit, later: &[Hit], neck: &mut Neck, drafts: &mut Vec<Draft>) {
    let Some(grip) = neck.hold(hit.chord, Shape::Full) else { return };
    let pitches = grip.pitches();
    let wanted = hit.kind.to_digit(10).unwrap_or(1).max(1) as usize - 1;
    // A grip of four or five strings has its highest picked again, not left out.
    let index = if wanted < pitches.len() { wanted } else { pitches.len() - 1 - wanted % 2 };
    let ends = later.iter().find(|next| next.kind == hit.kind || next.chord != hit.chord);
    let bar = hit.tick / TICKS_PER_BAR + 1;
    let rings = (ends.map_or(bar * TICKS_PER_BAR, |next| next.tick) - hit.tick).min(FADES);
    let accent = if wanted == 0 { 1.05 } else { 0.92 };
    drafts.push(Draft::new(hit.tick, rings, pitches[index]).accented(accent));
}

/// Root, fifth and octave that ring, root and fifth under the palm that do not.
fn powered(hit: &Hit, neck: &mut Neck, drafts: &mut Vec<Draft>) {
    let Some(grip) = neck.hold(hit.chord, Shape::Power) else { return };
    let pitches = grip.pitches();
    match hit.kind {
        'p' => {
            let low = &pitches[..2.min(pitches.len())];
            stroke(low, hit, at_most(hit.length, 1) * 8 / 10, DAMPED, drafts);
        }
        _ => stroke(&pitches, hit, hit.length, 1.1, drafts),
    }
}

/// Jazz and bossa: the thumb has the bass, the fingers or a short stroke the chord above.
fn comped(hit: &Hit, neck: &mut Neck, drafts: &mut Vec<Draft>) {
    let Some(grip) = neck.hold(hit.chord, Shape::Shell) else { return };
    let pitches = grip.pitches();
    match hit.kind {
        'b' => drafts.push(Draft::new(hit.tick, at_most(hit.length, 3), pitches[0])),
        _ => stroke(
            &pitches[usize::from(pitches.len() > 3)..],
            hit,
            hit.length * 9 / 10,
            0.9,
            drafts,
        ),
    }
}

/// The bass on the first beat, the fifth below or above on the third, chords between.
fn boom_chuck(hit: &Hit, neck: &mut Neck, drafts: &mut Vec<Draft>) {
    let Some(grip) = neck.hold(hit.chord, Shape::Full) else { return };
    let pitches = grip.pitches();
    let string = match hit.kind {
        'b' => 0,
        'B' => 1,
        _ => {
            let upper = &pitches[pitches.len().saturating_sub(HALF)..];
            return stroke(upper, hit, at_most(hit.length, 2) * 9 / 10, 0.9, drafts);
        }
    };
    drafts.push(Draft::new(
        hit.tick,
        at_most(hit.length, 3),
        pitches[string.min(pitches.len() - 1)],
    ));
}

/// A riff on low strings: `1` is the root, the other numbers are notes of the scale above it.
fn riffed(hit: &Hit, chart: &Chart, plan: &Plan, drafts: &mut Vec<Draft>) {
    let root = i32::from(low_root(hit.chord));
    let scale = scale::over(hit.chord, chart.key, five(plan.style));
    let above: [i32; 6] = [0, 3, 5, 7, 10, 12];
    let index = hit.kind.to_digit(10).unwrap_or(1).clamp(1, 6) as usize - 1;
    let pitch = scale::nearest(scale, root + above[index], root, root, root + 12);
    let accent = if index == 0 { 1.0 } else { 1.06 };
    if let Ok(pitch) = u8::try_from(pitch) {
        drafts.push(Draft::new(hit.tick, rings(hit.length, plan.style), pitch).accented(accent));
    }
}

/// Two notes: root and fifth, then root and sixth in blues and rock; thirds of the chord elsewhere.
fn paired(hit: &Hit, plan: &Plan, drafts: &mut Vec<Draft>) {
    let is_shuffle = matches!(plan.style, Style::Blues | Style::Rock | Style::HardRock);
    let root = low_root(hit.chord);
    let pair = if is_shuffle {
        let above = hit.chord.quality.semitones();
        let fifth = above.iter().copied().find(|above| (6..=8).contains(above)).unwrap_or(7);
        [root, root + if hit.kind == 'U' && fifth == 7 { 9 } else { fifth }]
    } else {
        let scale = hit.chord.tones();
        let last = drafts.last().map_or(62, |draft: &Draft| i32::from(draft.pitch));
        let wanted = if hit.kind == 'U' { last + 3 } else { 64 };
        let upper = scale::nearest(scale, wanted, last, 58, 74);
        let lower = scale::nearest(scale, upper - 5, upper, upper - 9, upper - 3);
        [lower as u8, upper as u8]
    };
    stroke(&pair, hit, rings(hit.length, plan.style), 0.95, drafts);
}

/// How long strings ring: through in quiet styles, else the hand damps them before the next stroke.
fn rings(length: u64, style: Style) -> u64 {
    match style {
        Style::Ballad | Style::Country | Style::BossaNova => length * 9 / 10,
        _ => (length * 7 / 10).max(TICKS_PER_STEP / 2),
    }
}

/// The root on the two lowest strings.
fn low_root(chord: Chord) -> u8 {
    crate::voicing::keyboard::lowest(chord.root(), 45)
}

/// Riffs keep to five notes, whatever the style.
const fn five(style: Style) -> Style {
    match style {
        Style::Latin | Style::Swing | Style::BossaNova => style,
        _ => Style::Blues,
    }
}
