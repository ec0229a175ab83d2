//! Walking: a quarter note on every beat, from root to root over tones of chord and key, the last
//! of them next to where it goes.
use musegan_score::grid::STEPS_PER_BAR;
use musegan_score::{Chord, Pitch};

use super::neck::{HIGHEST_ROOT, HOME, Hand, rubs};
use super::{HIGH, LOW};
use crate::figure::Hit;

/// The letter of a note that is found on the way.
pub(super) const WALKS: char = 'w';
/// Four quarters.
pub(super) const FIGURE: &str = "w---w---w---w---";
/// The widest step that is not a leap to a root.
const WIDEST: i32 = 7;

impl Hand<'_> {
    /// A note of the line: the bass of a new chord, near where the line is; on the last beat before
    /// the next one what leads to it; and tones of the chord in between, on weak beats also steps
    /// of the key.
    pub(super) fn walking(&self, hit: &Hit, is_new: bool, next: Option<Chord>) -> i32 {
        if is_new {
            return near(self.last, hit.chord);
        }
        let is_strong = hit.step.is_multiple_of(STEPS_PER_BAR / 2);
        match next {
            Some(next) if !is_strong => self.leading(hit, near(self.last, next)),
            _ => self.between(hit, is_strong),
        }
    }

    fn between(&self, hit: &Hit, is_strong: bool) -> i32 {
        let highest = i32::from(HIGH) - 4;
        let reach = (self.last - WIDEST).max(LOW.into())..=(self.last + WIDEST).min(highest);
        let options: Vec<_> = reach
            .filter(|&pitch| pitch != self.last)
            .map(|pitch| {
                let leap = (pitch - self.last).abs();
                let home = (-f64::from((pitch - HOME - 4).abs()) / 7.0).exp2();
                let fits = self.fits(pitch, hit.chord, leap <= 2 && !is_strong);
                (pitch, fits * home / f64::from(leap + 2))
            })
            .collect();
        let way = self.dice.choose(&options, "walks to", hit.tick as usize);
        way.copied().unwrap_or(self.root)
    }

    /// How well a pitch goes with the chord; what is only the key's, where a step may pass.
    fn fits(&self, pitch: i32, chord: Chord, may_pass: bool) -> f64 {
        let Some(key) = u8::try_from(pitch).ok().and_then(Pitch::new) else { return 0.0 };
        if chord.tones().contains(key) {
            return 1.0;
        }
        let passes = may_pass && self.chart.key.scale().contains(key) && !rubs(pitch, chord);
        if passes { 0.7 } else { 0.0 }
    }
}

/// The place of a chord's bass nearest to the line, within the roots' range.
fn near(line: i32, chord: Chord) -> i32 {
    (i32::from(LOW)..=HIGHEST_ROOT)
        .filter(|pitch| pitch % 12 == i32::from(chord.bass()))
        .min_by_key(|pitch| (10 * (pitch - line).abs() + 3 * (pitch - HOME).abs(), *pitch))
        .unwrap_or(HOME)
}
