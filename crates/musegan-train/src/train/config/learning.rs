//! How fast a network learns in the course of a run: the tables `[generator]` and `[critic]` of a
//! configuration. What must stay true: the rate of a step depends on the settings and the step alone,
//! and by default on `learning_rate` and `learning_rate_end` alone.
use serde::{Deserialize, Serialize};

/// The course of one network's learning rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Learning {
    /// The way from `learning_rate` to `learning_rate_end`.
    pub schedule: Schedule,
    /// Steps in which the rate first rises in a straight line, `0..`.
    pub warm_up: u64,
    /// The network's share of `learning_rate`, above 0 and at most 100.
    pub rate: f64,
}

/// The way of a learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays, whatever `learning_rate_end` says.
    Constant,
    /// In a straight line.
    Linear,
    /// Along half a cosine: slowly at first and at last.
    Cosine,
}

impl Default for Learning {
    fn default() -> Self {
        Self { schedule: Schedule::Linear, warm_up: 0, rate: 1.0 }
    }
}

impl Learning {
    /// The share of `learning_rate` in a step, `0..steps`, that sinks to the share `end`.
    #[must_use]
    pub fn share(&self, step: u64, steps: u64, end: f64) -> f64 {
        let done = (step as f64 / steps as f64).min(1.0);
        let way = match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Linear => 1.0 - done * (1.0 - end),
            Schedule::Cosine => {
                end + (1.0 - end) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        };
        let risen = match self.warm_up {
            0 => 1.0,
            warm_up => ((step + 1) as f64 / warm_up as f64).min(1.0),
        };
        way * risen * self.rate
    }

    /// Checks the ranges of the table `name`.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        if self.rate > 0.0 && self.rate <= 100.0 {
            return Ok(());
        }
        Err(format!("`rate` of [{name}] must be above 0 and at most 100, not {}", self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(learning: &Learning) -> [f64; 4] {
        [0, 5, 50, 100].map(|step| learning.share(step, 100, 0.2))
    }

    #[track_caller]
    fn assert_shares(learning: &Learning, expected: [f64; 4]) {
        let off = |(a, b): (f64, f64)| (a - b).abs() > 1e-12;
        let found = shares(learning);
        assert!(!found.into_iter().zip(expected).any(off), "{found:?} is not {expected:?}");
    }

    #[test]
    fn a_rate_goes_its_way_to_the_end_after_it_has_risen() {
        let linear = Learning::default();
        assert_shares(&linear, [1.0, 0.96, 0.6, 0.2]);
        assert_shares(&Learning { schedule: Schedule::Constant, ..linear.clone() }, [1.0; 4]);
        let cosine = Learning { schedule: Schedule::Cosine, ..linear.clone() };
        assert_shares(
            &cosine,
            [1.0, 0.2 + 0.4 * (1.0 + (0.05f64 * 180.0).to_radians().cos()), 0.6, 0.2],
        );
        let rising = Learning { warm_up: 20, rate: 2.0, ..linear };
        assert_shares(&rising, [0.1, 2.0 * 0.96 * 0.3, 1.2, 0.4]);
    }
}
