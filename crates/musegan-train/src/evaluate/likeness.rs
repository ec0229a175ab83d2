//! How much the phrases of a set are one another: a generator that collapsed repeats itself.

use musegan_score::{Phrase, Track};
use rayon::prelude::*;

use super::sounding::{Sounding, jaccard, mean};

/// Phrases of which every pair is compared.
const COMPARED: usize = 300;

/// Mean Jaccard index of the cells of all pairs among 300 phrases spread evenly over the set, or
/// `None` of fewer than two that sound.
#[must_use]
pub fn between_phrases(phrases: &[Phrase]) -> Option<f64> {
    mean(of_pairs(phrases))
}

/// The Jaccard index of each of these pairs.
#[must_use]
pub fn of_pairs(phrases: &[Phrase]) -> Vec<f64> {
    let count = phrases.len().min(COMPARED);
    let chosen: Vec<_> =
        (0..count).map(|i| Sounding::of(&phrases[i * phrases.len() / count])).collect();
    (0..count)
        .into_par_iter()
        .flat_map_iter(|i| {
            let chosen = &chosen;
            (i + 1..count).filter_map(move |j| of_pair(&chosen[i], &chosen[j]))
        })
        .collect()
}

fn of_pair(one: &Sounding, other: &Sounding) -> Option<f64> {
    let all = |sounding: &Sounding| {
        Track::ALL.into_iter().flat_map(|t| sounding.track(t).to_vec()).collect::<Vec<_>>()
    };
    jaccard(&all(one), &all(other))
}

#[cfg(test)]
mod tests {
    use super::super::testing::phrase;
    use super::*;

    #[test]
    fn likeness_is_the_mean_over_all_pairs() {
        let a = phrase(&[(Track::Piano, 0, 2, 60)]);
        let b = phrase(&[(Track::Piano, 1, 2, 60)]);
        let c = phrase(&[(Track::Guitar, 0, 2, 60)]);
        // a and b share one of three cells; c shares nothing with either, though the cells of
        // another track are the same.
        assert_eq!(between_phrases(&[a.clone(), b, c]), Some((1.0 / 3.0) / 3.0));
        assert_eq!(between_phrases(&[a]), None);
    }
}
