//! Telling apart: how well a classifier knows generated phrases from real ones by the measures.
//!
//! Gradient-boosted trees look at all measures of a phrase at once, so they see what means and
//! spreads do not: that two measures never go together, or that one is always a round number. What
//! must stay true: no phrase is judged by trees that were grown on it; phrases of one song, which
//! lie side by side, are judged together, so that no song is recognised by its other phrases; and
//! the same phrases give the same number, whatever the threads.

use forust_ml::{GradientBooster, Matrix};
use rayon::prelude::*;

/// Parts into which each side is cut; each is judged by trees grown on the others.
const FOLDS: usize = 5;
/// Trees, and the leaves of each: about what scikit-learn's histogram booster makes of the same
/// numbers (`docs/evaluating.md` has both).
const TREES: usize = 150;
const LEAVES: usize = 15;
const LEARNING_RATE: f32 = 0.1;
/// Least sum of second derivatives in a leaf; a phrase that nothing is known of yet counts 1/4.
const LEAST_LEAF: f32 = 2.0;

/// Area under the curve of telling real phrases from the others: 0.5 is no better than chance, 1
/// is always. `None` where either side has fewer phrases than there are parts, or trees cannot be
/// grown.
///
/// Rows are phrases, columns measures; `None` is a measure that a phrase has no answer to.
#[must_use]
pub fn area(subject: &[Vec<Option<f64>>], real: &[Vec<Option<f64>>]) -> Option<f64> {
    if subject.len().min(real.len()) < FOLDS {
        return None;
    }
    let judged: Option<Vec<_>> =
        (0..FOLDS).into_par_iter().map(|fold| judged(subject, real, fold)).collect();
    let (subject, real): (Vec<_>, Vec<_>) = judged?.into_iter().unzip();
    Some(area_under_curve(&subject.concat(), &real.concat()))
}

/// The phrases of a part, how real each is: of either side.
fn judged(
    subject: &[Vec<Option<f64>>],
    real: &[Vec<Option<f64>>],
    fold: usize,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let [(seen, unseen), (seen_real, unseen_real)] = [subject, real].map(|rows| {
        let bounds = [fold, fold + 1].map(|part| part * rows.len() / FOLDS);
        ([&rows[..bounds[0]], &rows[bounds[1]..]].concat(), &rows[bounds[0]..bounds[1]])
    });
    let is_real: Vec<f64> = [(0.0, seen.len()), (1.0, seen_real.len())]
        .iter()
        .flat_map(|&(label, count)| std::iter::repeat_n(label, count))
        .collect();
    let seen = [seen, seen_real].concat();
    let columns = by_column(&seen);
    let mut booster = GradientBooster::default()
        .set_iterations(TREES)
        .set_learning_rate(LEARNING_RATE)
        .set_max_depth(usize::MAX)
        .set_max_leaves(LEAVES)
        .set_min_leaf_weight(LEAST_LEAF)
        .set_parallel(false);
    booster.grow_policy = forust_ml::gradientbooster::GrowPolicy::LossGuide;
    booster
        .fit_unweighted(&Matrix::new(&columns, seen.len(), seen.first()?.len()), &is_real, None)
        .ok()?;
    let judge = |rows: &[Vec<Option<f64>>]| {
        let columns = by_column(rows);
        booster.predict(&Matrix::new(&columns, rows.len(), rows[0].len()), false)
    };
    Some((judge(unseen), judge(unseen_real)))
}

/// Column by column, not a number where nothing is known.
fn by_column(rows: &[Vec<Option<f64>>]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    (0..columns)
        .flat_map(|column| rows.iter().map(move |row| row[column].unwrap_or(f64::NAN)))
        .collect()
}

/// The share of pairs, one of either side, in which the second is the larger; equal ones count
/// half.
fn area_under_curve(lower: &[f64], higher: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = lower.iter().map(|&value| (value, false)).collect();
    all.extend(higher.iter().map(|&value| (value, true)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0.0, 0.0);
    for equals in all.chunk_by(|a, b| a.0 == b.0) {
        let winners = equals.iter().filter(|(_, is_higher)| *is_higher).count() as f64;
        let losers = equals.len() as f64 - winners;
        won += winners * (below + losers / 2.0);
        below += losers;
    }
    won / (lower.len() as f64 * higher.len() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Rows of two measures in which each alone says nothing: the second is the first or its
    /// opposite.
    fn rows(seed: u64, is_opposite: bool) -> Vec<Vec<Option<f64>>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut row = || {
            let value: f64 = random.random_range(-1.0..1.0);
            vec![Some(value), Some(if is_opposite { -value } else { value })]
        };
        (0..200).map(|_| row()).collect()
    }

    #[test]
    fn sets_of_one_kind_are_not_told_apart_and_others_are() {
        let same = area(&rows(1, false), &rows(2, false)).unwrap();
        assert!((0.4..0.6).contains(&same), "{same}");
        assert!(area(&rows(1, true), &rows(2, false)).unwrap() > 0.98);
        assert_eq!(area(&rows(1, true)[..4], &rows(2, false)), None);
    }

    #[test]
    fn what_has_no_answer_tells_as_well() {
        let silent = |mut rows: Vec<Vec<Option<f64>>>| {
            rows.iter_mut().for_each(|row| row[1] = None);
            rows
        };
        assert!(area(&silent(rows(1, false)), &rows(2, false)).unwrap() > 0.98);
        assert_eq!(area(&silent(rows(1, false)), &silent(rows(1, false))), Some(0.5));
    }

    #[test]
    fn equal_judgements_count_half() {
        assert_eq!(area_under_curve(&[0.0, 1.0], &[1.0, 2.0]), 3.5 / 4.0);
    }
}
