//! Adam (Kingma & Ba, 2015), as PyTorch computes it, over flat vectors.
use musegan_model::trainable::wide;

const EPSILON: f32 = 1e-8;

/// Adam's settings for one step.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Learning rate.
    pub rate: f64,
    /// Decays of the two moments.
    pub betas: [f64; 2],
    /// How many steps were taken with these moments, this one included, `1..`.
    pub step: u64,
}

/// Moving averages of a network's gradients and their squares.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Of the gradients.
    pub first: Vec<f32>,
    /// Of their squares.
    pub second: Vec<f32>,
}

impl Moments {
    /// The moments before the first step.
    #[must_use]
    pub fn zero(len: usize) -> Self {
        Self { first: vec![0.0; len], second: vec![0.0; len] }
    }
}

impl Adam {
    /// Moves the weights against the gradient.
    ///
    /// # Panics
    /// When the vectors are of different lengths.
    pub fn apply(self, weights: &mut [f32], gradient: &[f32], moments: &mut Moments) {
        self.apply_to(weights, gradient, &mut moments.first, &mut moments.second);
    }

    /// The same on part of a network, with the same part of its moments.
    ///
    /// # Panics
    /// When the slices are of different lengths.
    pub fn apply_to(
        self,
        weights: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
    ) {
        let [beta1, beta2] = self.betas;
        let steps = self.step as f64;
        let rate = (self.rate / (1.0 - beta1.powf(steps))) as f32;
        let correction = (1.0 / (1.0 - beta2.powf(steps)).sqrt()) as f32;
        let (keep1, keep2) = (beta1 as f32, beta2 as f32);
        let len = weights.len();
        assert!(gradient.len() == len && first.len() == len && second.len() == len);
        wide(
            #[inline(always)]
            || {
                let moments = first.iter_mut().zip(second.iter_mut());
                for ((w, g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
                    *m = keep1 * *m + (1.0 - keep1) * g;
                    *v = keep2 * *v + (1.0 - keep2) * g * g;
                    *w -= rate * *m / (v.sqrt() * correction + EPSILON);
                }
            },
        );
    }
}
