//! From letters to pitches on a four-string neck.
//!
//! What must stay true: the root is taken near where the hand is; no leap is wider than an octave
//! and a fourth; what is struck on the first and third beat belongs to the chord.
use musegan_score::grid::STEPS_PER_BAR;
use musegan_score::{Chord, Pitch};

use super::lead::LEADS;
use super::{HIGH, LOW, figures};
use crate::figure::Hit;
use crate::plan::Style;
use crate::touch::Draft;
use crate::{Chart, Dice, Plan};

/// Where the hand likes to be, and the highest root.
const HOME: i32 = 36;
const HIGHEST_ROOT: i32 = 46;

/// The notes of the hits, single-voiced as they are.
pub(super) fn fingered(hits: &[Hit], chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::with_capacity(hits.len());
    let mut hand = Hand { root: HOME, last: HOME };
    for (at, hit) in hits.iter().enumerate() {
        let changes =
            at.checked_sub(1).and_then(|before| hits.get(before)).map(|before| before.chord)
                != Some(hit.chord);
        if changes {
            hand.root = root(hit.chord, hand.root);
        }
        let next = hits.get(at + 1).map(|next| Target {
            root: root(next.chord, hand.root),
            changes: next.chord.bass() != hit.chord.bass(),
        });
        let place = hit.tick as usize;
        let pitch = match hit.kind {
            // A new chord says what it is.
            'x' if !changes => hand.last,
            LEADS => leading(&hand, hit.chord, next, chart, plan.style, dice, place),
            'w' => walking(&hand, hit, changes, hits.get(at + 1), next, chart, plan.style, dice),
            _ if changes => hand.root,
            kind => of_letter(kind, hand.root, hit.chord),
        };
        let pitch = in_range(pitch);
        hand.last = pitch;
        let intensity = intensity(plan, hit);
        let sounds = figures::articulation(plan.style, hit.length, intensity);
        let (sounds, accent) = match hit.kind {
            'x' => (0.4, 0.5),
            '8' if plan.style == Style::Funk => (sounds, 1.1),
            LEADS => (sounds, 0.94),
            _ if hit.step == 0 => (sounds, 1.05),
            _ => (sounds, 1.0),
        };
        let length = ((hit.length as f64 * sounds) as u64).max(1);
        drafts.push(Draft::new(hit.tick, length, pitch as u8).accented(accent));
    }
    drafts
}

/// Where the hand is.
struct Hand {
    /// The root that the chord is played from.
    root: i32,
    /// The last pitch.
    last: i32,
}

/// Where the line goes.
#[derive(Clone, Copy)]
struct Target {
    root: i32,
    changes: bool,
}

fn intensity(plan: &Plan, hit: &Hit) -> f64 {
    let bar = (hit.tick / crate::chart::TICKS_PER_BAR) as usize;
    plan.bars.get(bar).map_or(0.5, |bar| bar.intensity)
}

/// The nearest place of the chord's bass to where the hand is, rather low.
fn root(chord: Chord, hand: i32) -> i32 {
    (i32::from(LOW)..=HIGHEST_ROOT)
        .filter(|pitch| pitch % 12 == i32::from(chord.bass()))
        .min_by_key(|pitch| 10 * (pitch - hand).abs() + 8 * (pitch - HOME).abs())
        .unwrap_or(HOME)
}

const fn in_range(pitch: i32) -> i32 {
    let mut pitch = pitch;
    while pitch > HIGH as i32 {
        pitch -= 12;
    }
    while pitch < LOW as i32 {
        pitch += 12;
    }
    pitch
}

/// What a letter means over a chord whose bass is played at `root`.
fn of_letter(kind: char, root: i32, chord: Chord) -> i32 {
    match kind {
        '8' => root + 12,
        '5' => above(root, chord, 7),
        'v' if above(root, chord, 7) - 12 >= i32::from(LOW) => above(root, chord, 7) - 12,
        'v' => above(root, chord, 7),
        '3' => above(root, chord, 4),
        '6' => above(root, chord, 9),
        '7' => above(root, chord, 10),
        _ => root,
    }
}

/// The tone of the chord nearest to so many semitones over its root, found above the bass. A chord
/// without a sixth or seventh lends them where they are the key's in nearly every style: the sixth
/// over major, the seventh over minor.
fn above(bass: i32, chord: Chord, semitones: i32) -> i32 {
    let has = |interval: i32| chord.quality.semitones().iter().any(|&s| i32::from(s) == interval);
    let wanted = match semitones {
        4 => [4, 3, 5, 2].into_iter().find(|&third| has(third)).unwrap_or(7),
        7 => [7, 6, 8].into_iter().find(|&fifth| has(fifth)).unwrap_or(7),
        9 | 10 if has(10) => 10,
        9 | 10 if has(9) => 9,
        9 | 10 if has(11) => 7,
        9 | 10 if has(4) && semitones == 9 => 9,
        9 | 10 if has(3) && semitones == 10 => 10,
        _ => 7,
    };
    let class = (i32::from(chord.root()) + wanted) % 12;
    bass + (class - bass).rem_euclid(12)
}

/// The note before the next root: a step of the key above or below it, sometimes a semitone that
/// is not the key's, or its fifth; rather on the side where the hand is.
fn leading(
    hand: &Hand,
    chord: Chord,
    next: Option<Target>,
    chart: &Chart,
    style: Style,
    dice: &Dice,
    place: usize,
) -> i32 {
    let Some(target) = next.filter(|target| target.changes) else {
        let fifth =
            [(of_letter('5', hand.root, chord), 1.0), (of_letter('v', hand.root, chord), 1.0)];
        return dice.choose(&fifth, "turns", place).copied().unwrap_or(hand.root);
    };
    let chromatic = match style {
        Style::Swing | Style::Blues | Style::Funk | Style::Soul => 0.5,
        _ => 0.15,
    };
    let options: Vec<_> = [-2, -1, 1, 2, 7, -5]
        .into_iter()
        .map(|away| {
            let pitch = target.root + away;
            let weight = leads_well(pitch, away, hand, chord, chart, chromatic);
            (pitch, weight)
        })
        .collect();
    dice.choose(&options, "leads by", place).copied().unwrap_or(target.root)
}

/// How well a pitch leads to a root `away` semitones from it.
fn leads_well(
    pitch: i32,
    away: i32,
    hand: &Hand,
    chord: Chord,
    chart: &Chart,
    chromatic: f64,
) -> f64 {
    let Some(key) = u8::try_from(pitch).ok().and_then(Pitch::new) else { return 0.0 };
    if !(i32::from(LOW)..=i32::from(HIGH)).contains(&pitch) || pitch == hand.last {
        return 0.0;
    }
    let belongs = chord.tones().contains(key);
    let mut weight = match away.abs() {
        1 | 2 => 1.0,
        _ => 0.35,
    };
    if !chart.key.scale().contains(key) && !belongs {
        weight *= if away.abs() == 1 { chromatic } else { 0.02 };
    }
    if rubs(pitch, chord) {
        weight *= 0.4;
    }
    // A line goes on in its direction and does not leap.
    let target = pitch - away;
    let between = (hand.last..=target).contains(&pitch) || (target..=hand.last).contains(&pitch);
    let leap = f64::from((pitch - hand.last).abs());
    weight * if between { 2.0 } else { 1.0 } * (-leap / 6.0).exp2()
}

/// Whether a pitch is a semitone beside a tone of the chord without being one itself.
fn rubs(pitch: i32, chord: Chord) -> bool {
    let is_tone = |class: i32| {
        u8::try_from(class.rem_euclid(12))
            .ok()
            .and_then(Pitch::new)
            .is_some_and(|class| chord.tones().contains(class))
    };
    !is_tone(pitch) && (is_tone(pitch - 1) || is_tone(pitch + 1))
}

/// A note of a walking line: the root where the chord is new, next to the coming root on the last
/// beat before it, and tones of the chord in between.
#[allow(clippy::too_many_arguments)]
fn walking(
    hand: &Hand,
    hit: &Hit,
    changes: bool,
    next_hit: Option<&Hit>,
    next: Option<Target>,
    chart: &Chart,
    style: Style,
    dice: &Dice,
) -> i32 {
    let place = hit.tick as usize;
    let is_strong = hit.step.is_multiple_of(STEPS_PER_BAR / 2);
    if changes {
        // Near where the line is, not where the last root was.
        return near(hand.last, hit.chord.bass());
    }
    let leads = next.is_some_and(|next| next.changes);
    if leads
        && !is_strong
        && let Some(next_hit) = next_hit
    {
        let root = near(hand.last, next_hit.chord.bass());
        let target = Some(Target { root, changes: true });
        return leading(hand, hit.chord, target, chart, style, dice, place);
    }
    let tones: Vec<_> = (i32::from(LOW)..=i32::from(HIGH) - 4)
        .filter(|&pitch| pitch != hand.last && (pitch - hand.last).abs() <= 7)
        .filter_map(|pitch| {
            let key = Pitch::new(pitch as u8)?;
            let of_chord = hit.chord.tones().contains(key);
            let of_key = chart.key.scale().contains(key) && !rubs(pitch, hit.chord);
            let step = (pitch - hand.last).abs() <= 2;
            let fits = if of_chord {
                1.0
            } else if of_key && step && !is_strong {
                0.7
            } else {
                0.0
            };
            let home = (-f64::from((pitch - HOME - 4).abs()) / 7.0).exp2();
            Some((pitch, fits * home / f64::from((pitch - hand.last).abs() + 2)))
        })
        .collect();
    dice.choose(&tones, "walks to", place).copied().unwrap_or(hand.root)
}

/// The place of a pitch class nearest to the line, within the roots' range.
fn near(line: i32, class: u8) -> i32 {
    (i32::from(LOW)..=HIGHEST_ROOT)
        .filter(|pitch| pitch % 12 == i32::from(class))
        .min_by_key(|pitch| (10 * (pitch - line).abs() + 3 * (pitch - HOME).abs(), *pitch))
        .unwrap_or(HOME)
}
