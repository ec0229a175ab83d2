//! The most plausible sequence of states where staying costs nothing and every change costs the
//! same (Viterbi). Time goes with beats times states, memory with a byte for each.

/// The best state on each beat.
///
/// `fill` writes the scores of all states on a beat, higher being better, all finite.
/// `change_cost` is what a change from the beat before costs. Of equals the path prefers to stay,
/// then the lowest state.
pub(super) fn best(
    beats: usize,
    states: usize,
    mut fill: impl FnMut(usize, &mut [f32]),
    change_cost: impl Fn(usize) -> f32,
) -> Vec<usize> {
    let mut totals = vec![0.0_f32; states];
    let mut scores = vec![0.0_f32; states];
    let mut stays = vec![false; beats * states];
    // The best state before each beat, from which every change comes.
    let mut bests = Vec::with_capacity(beats);
    for beat in 0..beats {
        let best = index_of_max(&totals);
        let top = totals[best];
        let cost = if beat == 0 { 0.0 } else { change_cost(beat) };
        bests.push(best);
        scores.fill(0.0);
        fill(beat, &mut scores);
        let stays = &mut stays[beat * states..][..states];
        for ((total, score), stay) in totals.iter_mut().zip(&scores).zip(stays) {
            // Relative to the best, so that a long song loses no precision.
            let behind = *total - top;
            *stay = behind >= -cost;
            *total = behind.max(-cost) + score;
        }
    }
    let mut path = vec![0; beats];
    let mut state = index_of_max(&totals);
    for beat in (0..beats).rev() {
        path[beat] = state;
        if !stays[beat * states + state] {
            state = bests[beat];
        }
    }
    path
}

/// The first of the largest; 0 where there is none.
pub(super) fn index_of_max(values: &[f32]) -> usize {
    // In lanes, so that the compiler compares several at once.
    let mut lanes = [f32::MIN; 8];
    let chunks = values.chunks_exact(lanes.len());
    for value in chunks.remainder() {
        lanes[0] = if *value > lanes[0] { *value } else { lanes[0] };
    }
    for chunk in chunks {
        for (most, value) in lanes.iter_mut().zip(chunk) {
            *most = if *value > *most { *value } else { *most };
        }
    }
    let most = lanes.into_iter().fold(f32::MIN, f32::max);
    values.iter().position(|value| *value >= most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_happens_where_it_pays() {
        let one_blip = [0, 0, 1, 0, 0, 1, 1, 1];
        let path = |cost| best(8, 2, |beat, scores| scores[one_blip[beat]] = 1.0, move |_| cost);
        assert_eq!(path(0.4), one_blip);
        assert_eq!(path(1.4), [0, 0, 0, 0, 0, 1, 1, 1]);
        assert_eq!(path(9.0), [0; 8]);
    }
}
