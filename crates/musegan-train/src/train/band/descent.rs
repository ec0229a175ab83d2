//! From the gradients of a batch's parts to a network's next weights.
//!
//! What must stay true: gradients are added in the order of the parts, element by element, so that
//! neither the number of threads nor which of them takes which part changes a bit; and weights move
//! only if all of the gradient is finite.
use super::networks::Learner;
use crate::train::objective::NotFinite;
use crate::train::optimiser::Adam;
use musegan_model::layout::Layout;
use rayon::prelude::*;
use std::ops::Range;

/// Elements that one thread takes at a time.
const PART: usize = 1 << 14;
/// How many times as long as usual a gradient may be.
const LONGEST: f64 = 2.0;
/// Steps before Adam remembers enough to say what is usual.
const UNSHORTENED: u64 = 20;

/// The sum of the parts' gradients into `sum`.
///
/// # Errors
/// [`NotFinite`] naming the tensor of `name` that an infinite element or one that is no number is in.
pub fn gather(
    gradients: &[&[f32]],
    sum: &mut Vec<f32>,
    named: (&str, &Layout),
) -> Result<(), NotFinite> {
    let len = gradients.first().map_or(0, |gradient| gradient.len());
    gather_part(gradients, 0..len, sum, named)
}

/// The same of the elements in `range` alone.
///
/// # Errors
/// As [`gather`].
pub fn gather_part(
    gradients: &[&[f32]],
    range: Range<usize>,
    sum: &mut Vec<f32>,
    (name, layout): (&str, &Layout),
) -> Result<(), NotFinite> {
    sum.resize(range.len(), 0.0);
    let broken = sum.par_chunks_mut(PART).enumerate().find_map_first(|(part, sum)| {
        let start = range.start + part * PART;
        let ranges = start..start + sum.len();
        let Some((first, others)) = gradients.split_first() else {
            sum.fill(0.0);
            return None;
        };
        sum.copy_from_slice(&first[ranges.clone()]);
        for other in others {
            for (sum, x) in sum.iter_mut().zip(&other[ranges.clone()]) {
                *sum += x;
            }
        }
        // Of numbers that are not finite no multiple is 0.
        let zero: f32 = sum.iter().map(|x| x * 0.0).sum();
        (zero != 0.0 || zero.is_nan()).then(|| {
            let at = sum.iter().position(|x| !x.is_finite()).unwrap_or(0);
            start + at
        })
    });
    let Some(element) = broken else { return Ok(()) };
    let tensor = layout.parameters().iter().find(|p| p.range.contains(&element));
    let tensor = tensor.map_or(String::new(), |p| format!(" `{}`", p.name));
    Err(NotFinite { what: format!("the gradient of the {name}'s tensor{tensor}") })
}

/// Moves the weights in `range` against a gradient, which is shortened first if it is much longer than
/// those before it: one phrase with a track that is all but silent can have a gradient a hundred
/// times as long as others, and a step along it undoes a thousand.
pub fn descend(adam: Adam, learner: &mut Learner, range: Range<usize>, gradient: &mut [f32]) {
    let share = shortened(adam, &learner.moments.second[range.clone()], gradient);
    if share < 1.0 {
        gradient.par_chunks_mut(PART).for_each(|part| part.iter_mut().for_each(|x| *x *= share));
    }
    let weights = learner.weights[range.clone()].par_chunks_mut(PART);
    let first = learner.moments.first[range.clone()].par_chunks_mut(PART);
    let second = learner.moments.second[range].par_chunks_mut(PART);
    let gradient = gradient.par_chunks(PART);
    weights.zip(first).zip(second).zip(gradient).for_each(|(((weights, first), second), g)| {
        adam.apply_to(weights, g, first, second);
    });
}

/// The share of a gradient that is left when it is no longer than [`LONGEST`] times those that Adam
/// remembers.
fn shortened(adam: Adam, second: &[f32], gradient: &[f32]) -> f32 {
    if adam.step <= UNSHORTENED {
        return 1.0;
    }
    let remembered = 1.0 - adam.betas[1].powf((adam.step - 1) as f64);
    let usual = sum(second, |x| x) / remembered;
    let longest = LONGEST * usual.sqrt();
    (longest / sum(gradient, |x| x * x).sqrt().max(f64::MIN_POSITIVE)).min(1.0) as f32
}

/// The sum over a vector, part by part in their order.
fn sum(vector: &[f32], of: impl Fn(f64) -> f64 + Sync) -> f64 {
    let parts = vector.par_chunks(PART).map(|part| part.iter().map(|x| of(f64::from(*x))).sum());
    parts.collect::<Vec<f64>>().into_iter().sum()
}

/// Moves an average towards the weights in `range`: by nothing with a decay of 1.
pub fn average(average: &mut [f32], weights: &[f32], range: Range<usize>, decay: f64) {
    let keep = decay as f32;
    let average = average[range.clone()].par_chunks_mut(PART);
    average.zip(weights[range].par_chunks(PART)).for_each(|(average, weights)| {
        for (average, weight) in average.iter_mut().zip(weights) {
            *average = keep * *average + (1.0 - keep) * weight;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use musegan_model::band::{Codec, Dimensions};

    #[test]
    fn a_gradient_much_longer_than_those_before_it_is_shortened_once_there_are_some() {
        const LEN: usize = PART + 3;
        let mut learner = Learner::of(vec![0.0; LEN]);
        let mut descend = |step: u64, slope: f32| {
            let mut gradient = vec![slope; LEN];
            let adam = Adam { rate: 1e-3, betas: [0.5, 0.98], step };
            super::descend(adam, &mut learner, 0..LEN, &mut gradient);
            assert!(gradient.iter().all(|g| *g == gradient[0]));
            gradient[0]
        };
        for step in 1..=UNSHORTENED {
            let slope = if step % 2 == 0 { 1.0 } else { -1.0 };
            assert_eq!(descend(step, slope), slope);
        }
        assert!((descend(UNSHORTENED + 1, 100.0) - 2.0).abs() < 1e-3);
        assert_eq!(descend(UNSHORTENED + 2, -1.5), -1.5);
    }

    #[test]
    fn a_gradient_that_is_no_number_is_named_by_its_tensor() {
        let codec = Codec::new(&Dimensions::BAND);
        let layout = codec.layout();
        let gradient = vec![0.5; layout.len()];
        let mut sum = Vec::new();
        let named = ("codec", layout);
        assert_eq!(gather(&[&gradient, &gradient], &mut sum, named), Ok(()));
        assert!(sum.iter().all(|x| *x == 1.0));
        let tensor = &layout.parameters()[7];
        for broken in [f32::NAN, f32::INFINITY] {
            let mut other = gradient.clone();
            other[tensor.range.end - 1] = broken;
            let found = gather(&[&gradient, &other], &mut sum, named);
            let found = found.map_err(|error| error.what);
            let expected = format!("the gradient of the codec's tensor `{}`", tensor.name);
            assert_eq!(found, Err(expected));
        }
    }
}
