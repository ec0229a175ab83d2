//! From letters to pitches on a four-string neck.
//!
//! What must stay true: a root is taken near where the hand is, what leaves the neck is taken an
//! octave nearer, and the first note over a new chord is its bass.
use musegan_score::{Chord, Pitch};

use super::lead::LEADS;
use super::{HIGH, LOW, figures, walk};
use crate::chart::TICKS_PER_BAR;
use crate::figure::Hit;
use crate::plan::Style;
use crate::touch::Draft;
use crate::{Chart, Dice, Plan};

/// Where the hand likes to be, and the highest root.
pub(super) const HOME: i32 = 35;
pub(super) const HIGHEST_ROOT: i32 = 46;

/// The hand on the neck, and what the player knows.
pub(super) struct Hand<'a> {
    pub(super) chart: &'a Chart,
    pub(super) style: Style,
    pub(super) dice: &'a Dice,
    /// The root that the chord is played from.
    pub(super) root: i32,
    /// The last pitch.
    pub(super) last: i32,
}

/// The notes of the hits, single-voiced as they are.
pub(super) fn fingered(hits: &[Hit], chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::with_capacity(hits.len());
    let mut hand = Hand { chart, style: plan.style, dice, root: HOME, last: HOME };
    for (at, hit) in hits.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| hits.get(before));
        let is_new = before.is_none_or(|before| before.chord != hit.chord);
        let next = hits.get(at + 1).filter(|next| next.chord.bass() != hit.chord.bass());
        let mut pitch = in_range(hand.pitch(hit, is_new, next.map(|next| next.chord)));
        // What would have to be left by more than an octave is played an octave nearer.
        if let Some(next) = next.filter(|_| !is_new) {
            let leap = root(next.chord, &hand) - pitch;
            let nearer = pitch + 12 * leap.signum();
            if leap.abs() > 12 && in_range(nearer) == nearer {
                pitch = nearer;
            }
        }
        hand.last = pitch;
        let (sounds, accent) = touch(hit, chart, plan, dice);
        let length = ((hit.length as f64 * sounds) as u64).max(1);
        drafts.push(Draft::new(hit.tick, length, pitch as u8).accented(accent));
    }
    drafts
}

/// How much of its length a note sounds, and how loud it is against its neighbours.
fn touch(hit: &Hit, chart: &Chart, plan: &Plan, dice: &Dice) -> (f64, f64) {
    let bar = plan.bars.get((hit.tick / TICKS_PER_BAR) as usize);
    let section = bar.and_then(|bar| chart.sections.get(bar.section));
    let group = section.map_or(0, |section| section.group);
    let intensity = bar.map_or(0.5, |bar| bar.intensity);
    let is_short = figures::is_short(plan.style, group, intensity, dice);
    let sounds = figures::articulation(plan.style, hit.length, is_short);
    match hit.kind {
        // A string that is struck and not pressed down.
        'x' => (0.4, 0.5),
        '8' if plan.style == Style::Funk => (sounds, 1.1),
        LEADS => (sounds, 0.94),
        _ if hit.step == 0 => (sounds, 1.05),
        _ => (sounds, 1.0),
    }
}

impl Hand<'_> {
    /// The pitch of a hit; `next` is the chord of the next one where that has another bass.
    fn pitch(&mut self, hit: &Hit, is_new: bool, next: Option<Chord>) -> i32 {
        if hit.kind == walk::WALKS {
            let pitch = self.walking(hit, is_new, next);
            self.root = if is_new { pitch } else { self.root };
            return pitch;
        }
        if is_new {
            self.root = root(hit.chord, self);
            if hit.kind != LEADS {
                return self.root;
            }
        }
        match hit.kind {
            'x' => self.last,
            LEADS => match next {
                Some(next) => self.leading(hit, root(next, self)),
                None => self.turning(hit),
            },
            kind => of_letter(kind, self.root, hit.chord),
        }
    }

    /// Where nothing is led to: the fifth above or below.
    fn turning(&self, hit: &Hit) -> i32 {
        let fifths = ['5', 'v'].map(|letter| (of_letter(letter, self.root, hit.chord), 1.0));
        self.dice.choose(&fifths, "turns", hit.tick as usize).copied().unwrap_or(self.root)
    }
}

/// The place of a chord's bass that is nearest to the last root and the last note, rather low.
fn root(chord: Chord, hand: &Hand<'_>) -> i32 {
    let away = |pitch: i32| {
        6 * (pitch - hand.root).abs() + 3 * (pitch - hand.last).abs() + 12 * (pitch - HOME).abs()
    };
    (i32::from(LOW)..=HIGHEST_ROOT)
        .filter(|pitch| pitch % 12 == i32::from(chord.bass()))
        .min_by_key(|&pitch| away(pitch))
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

/// Whether a pitch is a semitone beside a tone of the chord without being one itself.
pub(super) fn rubs(pitch: i32, chord: Chord) -> bool {
    let is_tone = |class: i32| {
        u8::try_from(class.rem_euclid(12))
            .ok()
            .and_then(Pitch::new)
            .is_some_and(|class| chord.tones().contains(class))
    };
    !is_tone(pitch) && (is_tone(pitch - 1) || is_tone(pitch + 1))
}
