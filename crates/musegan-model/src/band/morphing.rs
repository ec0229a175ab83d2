//! What lies between two phrases.
//!
//! What must stay true: on the way nothing jumps. Noise turns from one to the other, measures
//! change steadily, and chords and rests, which know no middle, change one after the other.
use musegan_score::grid::BEATS_PER_PHRASE;

use super::frame::Harmony;
use super::song::{Plan, mix, parts};

/// The plan that lies `share` of the way from one to another, `0.0..=1.0`.
pub(super) fn between(from: &Plan, to: &Plan, share: f32) -> Plan {
    let mut to = to.clone();
    let mut noise = from.noise.clone();
    for (numbers, others) in parts(&mut noise).into_iter().zip(parts(&mut to.noise)) {
        mix(numbers, others, [1.0 - share, share]);
    }
    Plan {
        style: from.style.towards(&to.style, share),
        harmony: harmony_between(&from.harmony, &to.harmony, share),
        noise,
    }
}

/// Beats change from the last to the first, so that what sounds is the beginning of one and the
/// end of the other progression.
fn harmony_between(from: &Harmony, to: &Harmony, share: f32) -> Harmony {
    let has_changed = |beat: usize| {
        let place = BEATS_PER_PHRASE - 1 - beat;
        share > (place as f32 + 0.5) / BEATS_PER_PHRASE as f32
    };
    Harmony {
        chords: std::array::from_fn(|beat| {
            if has_changed(beat) { to.chords[beat] } else { from.chords[beat] }
        }),
        key: if share > 0.5 { to.key } else { from.key },
    }
}
