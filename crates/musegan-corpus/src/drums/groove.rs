//! What makes a stretch of drumming a groove to sing over: it stays, and says where the beats are.
use super::taste;
use crate::drummers::performance::{BEAT, EARLY};
use crate::drummers::{DrumBar, kit};
use crate::plan::Style;

/// How much more likely a steady stretch is than one that changes from bar to bar.
const STEADY: f64 = 18.0;
/// How much more likely a stretch is with the snare on the second and the fourth beat in every bar,
/// where the style has a backbeat.
const BACKBEAT: f64 = 4.0;
/// The same where something keeps the time on every eighth.
const TIME: f64 = 3.0;

/// The logarithm of how much likelier bars are for what they are in themselves.
pub(super) fn liking(bars: &[&DrumBar], style: Style) -> f64 {
    let beat = if taste::has_backbeat(style) {
        BACKBEAT * backbeats(bars) + TIME * time(bars)
    } else {
        0.0
    };
    STEADY * steadiness(bars) + taste::of_eighths(style) * plainness(bars) + beat
}

/// How alike neighbouring bars are, in the mean: a groove is what stays.
fn steadiness(bars: &[&DrumBar]) -> f64 {
    let pairs = bars.windows(2).map(|pair| pair[0].likeness(pair[1])).sum::<f64>();
    pairs / (bars.len().max(2) - 1) as f64
}

/// The share of strikes on eighths of the bar, in half-time feel on quarters.
fn plainness(bars: &[&DrumBar]) -> f64 {
    let strikes = || bars.iter().flat_map(|bar| &bar.strikes);
    let plain = strikes().filter(|strike| (strike.tick + EARLY).rem_euclid(BEAT / 2) < 2 * EARLY);
    plain.count() as f64 / strikes().count().max(1) as f64
}

/// The share of bars with the snare on the second and on the fourth beat.
fn backbeats(bars: &[&DrumBar]) -> f64 {
    let on = |bar: &DrumBar, beat: i32| {
        bar.strikes
            .iter()
            .any(|strike| kit::is_snare(strike.key) && (strike.tick - beat * BEAT).abs() <= EARLY)
    };
    let has = bars.iter().filter(|bar| on(bar, 1) && on(bar, 3)).count();
    has as f64 / bars.len().max(1) as f64
}

/// The share of eighths on which a hi-hat or a ride cymbal keeps the time.
fn time(bars: &[&DrumBar]) -> f64 {
    let kept = |bar: &DrumBar, eighth: i32| {
        bar.strikes.iter().any(|strike| {
            kit::keeps_time(strike.key) && (strike.tick - eighth * BEAT / 2).abs() <= EARLY
        })
    };
    let kept = bars.iter().map(|bar| (0..8).filter(|eighth| kept(bar, *eighth)).count());
    kept.sum::<usize>() as f64 / (8 * bars.len().max(1)) as f64
}
