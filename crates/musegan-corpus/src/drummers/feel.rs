//! Whether a drummer plays straight or swung, measured on what is played.
//!
//! Names do not tell: performances called rock are swung and some called shuffle are straight.
use super::performance::{BEAT, DrumBar};
use crate::plan::Swing;

/// How the beat is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feel {
    /// Into four equal sixteenths.
    Straight,
    /// With late offbeats.
    Swung(Swing),
    /// Too freely to say.
    Free,
}

/// Ticks by which a strike may miss its place: 28 of 480, 29 ms at 120.
const NEAR: i32 = 28;
/// Share of the strikes, weighted by velocity, that must be near a place of the grid.
const STRAIGHT_FIT: f64 = 0.85;
const SWUNG_FIT: f64 = 0.8;
/// The second sixteenth of an eighth is at 120 ticks straight and at 160 swung; from here on it is
/// late, and up to here it is not.
const LATE: f64 = 141.0;
const EVEN: f64 = 134.0;

const SIXTEENTHS: [i32; 4] = [0, 120, 240, 360];
const TRIPLETS: [i32; 3] = [0, 160, 320];
const SWUNG_SIXTEENTHS: [i32; 4] = [0, 160, 240, 400];

/// The feel of these bars.
#[must_use]
pub fn of(bars: &[&DrumBar]) -> Feel {
    let straight = fit(bars, &SIXTEENTHS);
    let triplets = fit(bars, &TRIPLETS);
    let offbeat = offbeat_sixteenth(bars);
    if triplets >= SWUNG_FIT && triplets > straight + 0.05 {
        return Feel::Swung(Swing::Eighths);
    }
    if straight >= STRAIGHT_FIT && offbeat.is_none_or(|tick| tick < EVEN) {
        return Feel::Straight;
    }
    let is_late = offbeat.is_some_and(|tick| tick >= LATE);
    if is_late && fit(bars, &SWUNG_SIXTEENTHS) >= SWUNG_FIT {
        return Feel::Swung(Swing::Sixteenths);
    }
    Feel::Free
}

/// The share of the strikes near a grid of the beat, louder ones counting more.
fn fit(bars: &[&DrumBar], grid: &[i32]) -> f64 {
    let (mut near, mut all) = (0.0, 0.0);
    for strike in bars.iter().flat_map(|bar| &bar.strikes) {
        let place = strike.tick.rem_euclid(BEAT);
        let away = grid.iter().map(|at| {
            let away = (place - at).abs();
            away.min(BEAT - away)
        });
        let weight = f64::from(strike.velocity);
        all += weight;
        if away.min().is_some_and(|away| away <= NEAR) {
            near += weight;
        }
    }
    if all > 0.0 { near / all } else { 0.0 }
}

/// Where in its eighth the second sixteenth is struck, in the mean; `None` where hardly any is.
fn offbeat_sixteenth(bars: &[&DrumBar]) -> Option<f64> {
    let (mut sum, mut count, mut all) = (0.0, 0.0, 0.0);
    for strike in bars.iter().flat_map(|bar| &bar.strikes) {
        let place = f64::from(strike.tick.rem_euclid(BEAT / 2));
        let weight = f64::from(strike.velocity);
        all += weight;
        if (80.0..200.0).contains(&place) {
            sum += place * weight;
            count += weight;
        }
    }
    (count > 0.04 * all).then(|| sum / count)
}
