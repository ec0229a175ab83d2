//! Fills: the last beats of a bar that a drummer filled in truth, in the place of the groove's.
use super::choice::Casting;
use crate::chart::BEATS_PER_BAR;
use crate::drummers::performance::{BEAT, EARLY};
use crate::drummers::{DrumBar, Fill};
use crate::{Dice, Plan};

/// How many beats a fill takes before a new section, and how likely.
const LARGE: [(usize, f64); 4] = [(4, 0.25), (3, 0.15), (2, 0.45), (1, 0.15)];
/// The same at the end of a phrase, after which the section goes on, and after a stop.
const SMALL: [(usize, f64); 2] = [(2, 0.45), (1, 0.55)];

/// Leads into the next bar. Where no fill suits, the groove goes on.
pub(super) fn lead_on(
    played: &mut DrumBar,
    plan: &Plan,
    bar: usize,
    casting: &Casting<'_>,
    dice: &Dice,
) {
    let is_large = plan.is_last_of_section(bar) && plan.bars.get(bar).is_some_and(|now| !now.stop);
    let lengths = if is_large { &LARGE[..] } else { &SMALL[..] };
    let beats = dice.choose(lengths, "beats of a fill", bar).copied().unwrap_or(1);
    let fills: Vec<_> =
        casting.fills(plan).into_iter().filter(|(fill, _)| is_full(fill, beats)).collect();
    let Some(fill) = dice.choose(&fills, "which fill", bar) else { return };
    let from = first_tick(beats);
    played.strikes.retain(|strike| strike.tick < from);
    played.strikes.extend(fill.bar.strikes.iter().filter(|strike| strike.tick >= from));
}

/// Whether something goes on in each of a fill's last beats.
fn is_full(fill: &Fill, beats: usize) -> bool {
    (1..=beats).all(|beat| {
        let (from, to) = (first_tick(beat), first_tick(beat) + BEAT);
        fill.bar.strikes.iter().any(|strike| (from..to).contains(&strike.tick))
    })
}

/// Where the last beats begin.
fn first_tick(beats: usize) -> i32 {
    (BEATS_PER_BAR - beats.min(BEATS_PER_BAR)) as i32 * BEAT - EARLY
}
