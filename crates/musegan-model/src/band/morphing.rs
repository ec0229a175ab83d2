//! What lies between two phrases.
//!
//! What must stay true: on the way nothing jumps. Noise turns from one to the other, measures
//! change steadily, and chords and rests, which know no middle, change one after the other.
use super::song::{Plan, mix, parts};

mod evenly;

pub(super) use evenly::evenly;

/// The plan that lies `share` of the way from one to another, `0.0..=1.0`.
pub(super) fn between(from: &Plan, to: &Plan, share: f32) -> Plan {
    let mut to = to.clone();
    let mut noise = from.noise.clone();
    for (numbers, others) in parts(&mut noise).into_iter().zip(parts(&mut to.noise)) {
        mix(numbers, others, [1.0 - share, share]);
    }
    Plan {
        style: from.style.towards(&to.style, share),
        chart: from.chart.towards(&to.chart, share),
        noise,
    }
}
