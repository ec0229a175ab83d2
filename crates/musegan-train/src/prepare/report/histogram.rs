//! Counts in bins that are fixed beforehand.
use serde::{Deserialize, Serialize};

/// How often which value was met. What lies beyond the ends counts in the outermost bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// What is measured.
    pub name: String,
    /// What is counted: files, phrases, notes.
    pub of: String,
    /// In which unit, or empty.
    pub unit: String,
    /// Which values the bins have.
    pub axis: Axis,
    /// How often.
    pub counts: Vec<u64>,
}

/// The values of bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axis {
    /// Bin `i` has the values from `from + i * width` to below the next bin's.
    Numbers {
        /// The first bin's lowest value.
        from: f64,
        /// Of each bin.
        width: f64,
    },
    /// Bin `i` has what bears the name.
    Names {
        /// One for each bin.
        names: Vec<String>,
    },
}

impl Histogram {
    /// Without a value, in so many equal bins, at least one.
    #[must_use]
    pub fn numbers(names: [&str; 3], from: f64, width: f64, bins: usize) -> Self {
        Self::new(names, Axis::Numbers { from, width }, bins.max(1))
    }

    /// Without a value, in bins of these names, which must be some.
    #[must_use]
    pub fn names(names: [&str; 3], bins: Vec<String>) -> Self {
        let count = bins.len();
        Self::new(names, Axis::Names { names: bins }, count)
    }

    fn new([name, of, unit]: [&str; 3], axis: Axis, bins: usize) -> Self {
        let [name, of, unit] = [name, of, unit].map(ToOwned::to_owned);
        Self { name, of, unit, axis, counts: vec![0; bins] }
    }

    /// Counts a value; of names, the number of its bin.
    pub fn add(&mut self, value: f64) {
        let bin = match self.axis {
            Axis::Numbers { from, width } => ((value - from) / width).floor(),
            Axis::Names { .. } => value,
        };
        let last = self.counts.len().saturating_sub(1);
        // Not a number counts as the lowest; casts saturate.
        if let Some(count) = self.counts.get_mut((bin.max(0.0) as usize).min(last)) {
            *count += 1;
        }
    }

    /// All values that were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_ends_count_in_the_outermost_bins() {
        let mut histogram = Histogram::numbers([""; 3], 40.0, 10.0, 3);
        for value in [f64::NEG_INFINITY, f64::NAN, 40.0, 49.9, 50.0, 1e9] {
            histogram.add(value);
        }
        assert_eq!(histogram.counts, [4, 1, 1]);
    }
}
