//! Two hands at work: a bar of written piano.
use musegan_score::{Chord, Track};

use super::figures::{self, Manner, hands};
use super::line;
use crate::chart::Chart;
use crate::dice::Dice;
use crate::figure::{Hit, TICKS_PER_STEP, hits, playable};
use crate::guitar::even;
use crate::plan::Plan;
use crate::touch::Draft;
use crate::voicing::Colour;
use crate::voicing::keyboard::{self, Left};
use crate::voicing::rub::Heard;

/// From this intensity on the hands are busy.
const LOUD: f64 = 0.55;
/// How much of a stroke is held by a pianist who binds.
const LEGATO: f64 = 0.9;
/// How likely the left hand rests where there is a bassist, and the right has four voices.
const ONE_HAND: f64 = 0.35;
/// How likely a pianist holds chords where a guitarist has the rhythm: two who strum are one too
/// many.
const HOLDS: f64 = 0.5;
/// Semitones by which the right hand climbs.
const CLIMB: u8 = 6;
/// Highest key of the left hand.
const LEFT_HIGH: u8 = 66;

/// A pianist over a song.
pub struct Pianist<'a> {
    chart: &'a Chart,
    plan: &'a Plan,
    dice: &'a Dice,
    heard: &'a Heard,
    sung: &'a Heard,
    before: Vec<u8>,
    lift: u8,
    /// What was played so far, on the straight grid.
    pub drafts: Vec<Draft>,
}

impl<'a> Pianist<'a> {
    /// One who hears the tune and the other voices of the source.
    #[must_use]
    pub fn new(
        chart: &'a Chart,
        plan: &'a Plan,
        dice: &'a Dice,
        heard: &'a Heard,
        sung: &'a Heard,
    ) -> Self {
        Self { chart, plan, dice, heard, sung, before: Vec::new(), lift: 0, drafts: Vec::new() }
    }

    /// Plays a bar; with the tune in the right hand only the left accompanies.
    pub fn bar(&mut self, bar: usize, has_tune: bool) {
        let manner = self.manner(bar);
        if manner.lift != self.lift {
            self.before.clear();
            self.lift = manner.lift;
        }
        let low = if self.plan.bars[bar].plays(Track::Bass) {
            keyboard::LEFT_LOW
        } else {
            keyboard::LEFT_ALONE
        };
        let mut notes = Vec::new();
        if has_tune || !manner.one_hand {
            for hit in hits(self.chart, self.plan, bar, manner.left) {
                self.left(&hit, &manner, low, &mut notes);
            }
        }
        if !has_tune {
            for hit in hits(self.chart, self.plan, bar, manner.right) {
                self.right(&hit, &manner, &mut notes);
            }
            line::fill(self.chart, self.plan, self.dice, bar, self.sung, &mut notes);
        }
        notes.retain(|draft| {
            let rub = self.heard.rub(draft.pitch, draft.tick, draft.end());
            rub <= 1.0 + patience(draft.length)
        });
        self.drafts.extend(notes);
    }

    /// How a bar is played: one manner for a group, varied in every fourth bar and in repetitions.
    fn manner(&self, bar: usize) -> Manner {
        let (plan, dice) = (self.plan, self.dice);
        let now = &plan.bars[bar];
        let group = self.chart.sections.get(now.section).map_or(0, |section| section.group);
        let first = &plan.bars[bar - now.bar_in_section.min(bar)];
        let hands = hands(plan.style, first.intensity > LOUD);
        let pick = |from: &[&'static str], what: &str, varies: bool| {
            let from = playable(from, plan);
            let pick = dice.choose(&even(from.len()), what, group).copied().unwrap_or(0);
            if varies { kin(&from, pick) } else { from[pick] }
        };
        let turns = now.bar_in_section % 4 == 3 && dice.happens(0.5, "piano varies", group);
        // The second bar of two may answer the first.
        let answers = now.bar_in_section % 2 == 1 && dice.happens(0.6, "piano answers", group);
        let again = now.repetition > 0 && dice.happens(0.3, "piano varies again", now.section);
        let is_plain = hands.colour == Colour::Ninth && dice.happens(0.3, "piano is plain", group);
        // Where a chord lasts the hand climbs to another position for two bars of four.
        let climbs = now.bar_in_section % 4 > 1 && dice.happens(0.6, "piano climbs", group);
        let is_legato = dice.happens(0.6, "piano legato", group);
        let one_hand = now.plays(Track::Bass) && dice.happens(ONE_HAND, "one hand", group);
        let strums = now.plays(Track::Guitar) && figures::may_hold(plan.style);
        let holds = strums && dice.happens(HOLDS, "piano holds", group);
        let voices =
            3 + usize::from(one_hand || holds || dice.happens(hands.full, "piano voices", group));
        Manner {
            one_hand,
            voices,
            lift: if climbs && !holds { CLIMB } else { 0 },
            right: match holds {
                true => pick(figures::HELD_RIGHT, "right hand", turns),
                false => pick(hands.right, "right hand", turns ^ answers ^ again),
            },
            left: if holds { figures::HELD_LEFT } else { pick(hands.left, "left hand", again) },
            colour: if is_plain { Colour::Plain } else { hands.colour },
            held: if is_legato || holds { hands.held.max(LEGATO) } else { hands.held },
        }
    }

    /// A stroke of the right hand.
    fn right(&mut self, hit: &Hit, manner: &Manner, notes: &mut Vec<Draft>) {
        let heard = self.heard;
        let rub = |key: u8| {
            let rub = heard.rub(key, hit.tick, hit.tick + hit.length);
            (rub - patience(hit.length)).max(0.0)
        };
        let key = self.chart.key;
        let same = self.same_voicing(hit.chord, manner);
        let voices = match same {
            Some(voices) if voices.iter().all(|voice| rub(*voice) < 1.0) => voices,
            _ => keyboard::right(
                hit.chord,
                key,
                manner.colour,
                manner.voices,
                manner.lift,
                &self.before,
                rub,
            ),
        };
        self.before.clone_from(&voices);
        let length = ((hit.length as f64 * manner.held) as u64).max(1);
        let strike = |index: usize, accent: f64| {
            let pitch = voices.get(index).or(voices.last()).copied();
            pitch.map(|pitch| Draft::new(hit.tick, length, pitch).accented(accent))
        };
        match hit.kind {
            'C' => notes.extend((0..voices.len()).filter_map(|index| strike(index, 0.98))),
            'c' => notes.extend((1..voices.len().min(3)).filter_map(|index| strike(index, 0.85))),
            other => {
                let index = other.to_digit(10).unwrap_or(1).max(1) as usize - 1;
                notes.extend(strike(index, 0.92));
            }
        }
    }

    /// The last voicing, while the chord lasts.
    fn same_voicing(&self, chord: Chord, manner: &Manner) -> Option<Vec<u8>> {
        let palette = crate::voicing::palette(chord, self.chart.key, manner.colour);
        let fits = self.before.len() == manner.voices
            && self.before.iter().all(|voice| palette.contains(&(voice % 12)))
            && palette.iter().take(2).all(|class| self.before.iter().any(|v| v % 12 == *class));
        fits.then(|| self.before.clone())
    }

    /// A stroke of the left hand, below the right.
    fn left(&self, hit: &Hit, manner: &Manner, low: u8, notes: &mut Vec<Draft>) {
        let keys = |how| keyboard::left(hit.chord, self.chart.key, how, low);
        let one = |how, index: usize| keys(how).get(index).copied().into_iter().collect();
        let struck: Vec<u8> = match hit.kind {
            'F' => one(Left::Fifth, 1),
            'O' => one(Left::Octave, 1),
            'T' => one(Left::Tenth, 2),
            'V' => keys(Left::Fifth),
            'E' => keys(Left::Octave),
            'S' => keys(Left::Shell),
            _ => keys(Left::Root),
        };
        let length = ((hit.length as f64 * manner.held) as u64).max(1);
        let below = struck.into_iter().filter(|key| *key <= LEFT_HIGH);
        notes.extend(below.map(|key| Draft::new(hit.tick, length, key).accented(0.9)));
    }
}

/// How many sixteenths of rubbing a note endures: a chord that is held does not leave its place for
/// a passing note of the tune.
fn patience(length: u64) -> f64 {
    (length / TICKS_PER_STEP) as f64 / 8.0
}

/// Another figure of the same texture, broken chords for broken chords; the same where there is
/// none.
fn kin(figures: &[&'static str], pick: usize) -> &'static str {
    let is_broken = |figure: &str| {
        let digits = figure.chars().filter(char::is_ascii_digit).count();
        digits * 2 > figure.chars().filter(|place| place.is_ascii_alphanumeric()).count()
    };
    let others = figures[pick + 1..].iter().chain(&figures[..pick]);
    let own = is_broken(figures[pick]);
    others.copied().find(|other| is_broken(other) == own).unwrap_or(figures[pick])
}
