//! How much the phrases of a batch differ, as one number that a critic may hear (the minibatch
//! standard deviation of Karras et al., 2018; arXiv:1710.10196): the standard deviation of each
//! feature over the batch, averaged over the features. Runs on the thread that calls it.
//!
//! What must stay true: the passes are derivatives of one another, so that a gradient penalty goes
//! through it too, and sums are taken in the order of the batch. A batch may come in parts.
use super::critic::FEATURES;

/// Added to a variance, so that alike features have a derivative.
pub(super) const EPSILON: f32 = 1e-8;

/// The spread of a batch. Notation: f the features, d their distance from the batch's mean, σ the
/// standard deviation of one feature.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The number itself.
    pub value: f32,
    samples: f64,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

/// What becomes of the [`Spread`] as the features move along their tangents.
#[derive(Clone, Debug)]
pub struct SpreadTangent {
    /// The tangent of the spread.
    pub value: f32,
    /// Of the features' means and standard deviations.
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl Spread {
    /// Of the features of a batch in parts, as [`Tape::features`](super::critic::Tape::features)
    /// has them.
    ///
    /// # Panics
    /// When there are no features.
    #[must_use]
    pub fn of<'a>(parts: impl Iterator<Item = &'a [f32]> + Clone) -> Self {
        let samples = || parts.clone().flat_map(|part| part.as_chunks::<FEATURES>().0);
        let count = samples().count() as f64;
        assert!(count > 0.0);
        let mut means = vec![0.0; FEATURES];
        for features in samples() {
            means.iter_mut().zip(features).for_each(|(sum, &f)| *sum += f64::from(f));
        }
        means.iter_mut().for_each(|sum| *sum /= count);
        let mut deviations = vec![0.0; FEATURES];
        for features in samples() {
            for ((sum, &f), mean) in deviations.iter_mut().zip(features).zip(&means) {
                *sum += (f64::from(f) - mean).powi(2);
            }
        }
        deviations.iter_mut().for_each(|sum| *sum = (*sum / count + f64::from(EPSILON)).sqrt());
        let value = mean(&deviations);
        Self { value, samples: count, means, deviations }
    }

    /// ∂s/∂f of one part of the batch, times `factor`: added.
    ///
    /// # Panics
    /// When the two are of different lengths.
    pub fn backward(&self, features: &[f32], factor: f32, to: &mut [f32]) {
        assert_eq!(features.len(), to.len());
        let factor = f64::from(factor) / (FEATURES as f64 * self.samples);
        for (features, to) in samples(features).zip(to.as_chunks_mut::<FEATURES>().0) {
            for (k, to) in to.iter_mut().enumerate() {
                *to += (factor * self.distance(features, k) / self.deviations[k]) as f32;
            }
        }
    }

    /// The tangent, from the parts of the features and of their tangents.
    #[must_use]
    pub fn tangent<'a>(
        &self,
        parts: impl Iterator<Item = (&'a [f32], &'a [f32])>,
    ) -> SpreadTangent {
        let (mut means, mut deviations) = (vec![0.0; FEATURES], vec![0.0; FEATURES]);
        for (features, tangents) in parts {
            for (features, tangents) in samples(features).zip(samples(tangents)) {
                for k in 0..FEATURES {
                    let tangent = f64::from(tangents[k]);
                    means[k] += tangent;
                    deviations[k] += self.distance(features, k) * tangent;
                }
            }
        }
        for ((mean, rate), deviation) in means.iter_mut().zip(&mut deviations).zip(&self.deviations)
        {
            *mean /= self.samples;
            *rate /= self.samples * deviation;
        }
        SpreadTangent { value: mean(&deviations), means, deviations }
    }

    /// The derivative of the tangent at the features and at their tangents, of one part of the batch,
    /// times `factor`: added to the two.
    ///
    /// # Panics
    /// When lengths differ.
    pub fn backward_tangent(
        &self,
        tangent: &SpreadTangent,
        (features, tangents): (&[f32], &[f32]),
        factor: f32,
        [to, to_tangents]: [&mut [f32]; 2],
    ) {
        assert!(features.len() == to.len() && features.len() == to_tangents.len());
        let factor = f64::from(factor) / (FEATURES as f64 * self.samples);
        let values = samples(features).zip(samples(tangents));
        let to = to.as_chunks_mut::<FEATURES>().0.iter_mut();
        let to = to.zip(to_tangents.as_chunks_mut::<FEATURES>().0);
        for ((features, tangents), (to, to_tangents)) in values.zip(to) {
            for k in 0..FEATURES {
                let (deviation, rate) = (self.deviations[k], tangent.deviations[k]);
                let distance = self.distance(features, k);
                let moved = f64::from(tangents[k]) - tangent.means[k];
                to[k] += (factor * (moved - rate / deviation * distance) / deviation) as f32;
                to_tangents[k] += (factor * distance / deviation) as f32;
            }
        }
    }

    fn distance(&self, features: &[f32; FEATURES], k: usize) -> f64 {
        f64::from(features[k]) - self.means[k]
    }
}

fn samples(part: &[f32]) -> impl Iterator<Item = &[f32; FEATURES]> {
    part.as_chunks::<FEATURES>().0.iter()
}

fn mean(numbers: &[f64]) -> f32 {
    (numbers.iter().sum::<f64>() / numbers.len() as f64) as f32
}
