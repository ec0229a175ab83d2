//! How alike the bars of a song are, every one to every other, `0.0..=1.0`.
use std::ops::Range;

use super::BarSketch;

/// A symmetric table of bars.
pub(super) struct Likeness {
    bars: usize,
    values: Vec<f32>,
}

impl Likeness {
    pub fn of(sketches: &[BarSketch]) -> Self {
        let bars = sketches.len();
        let mut values = vec![1.0; bars * bars];
        for a in 0..bars {
            for b in a + 1..bars {
                let value = alike(&sketches[a], &sketches[b]) as f32;
                values[a * bars + b] = value;
                values[b * bars + a] = value;
            }
        }
        Self { bars, values }
    }

    pub fn between(&self, a: usize, b: usize) -> f64 {
        f64::from(self.values[a * self.bars + b])
    }

    /// The mean over the bars that both spans have, less where one is longer.
    pub fn of_spans(&self, a: &Range<usize>, b: &Range<usize>) -> f64 {
        let both = a.len().min(b.len());
        let longer = a.len().max(b.len());
        if both * 2 <= longer {
            return 0.0;
        }
        let sum: f64 = a.clone().zip(b.clone()).map(|(a, b)| self.between(a, b)).sum();
        sum / both as f64 * (1.0 - 0.25 * (longer - both) as f64 / longer as f64)
    }
}

/// Chords count six tenths, the tune four; where neither bar has a tune the chords alone.
fn alike(a: &BarSketch, b: &BarSketch) -> f64 {
    let pairs = a.chords.iter().zip(&b.chords);
    let chords = pairs.map(|(a, b)| chord_likeness(*a, *b)).sum::<f64>() / a.chords.len() as f64;
    if a.tune.is_empty() && b.tune.is_empty() {
        return chords;
    }
    let common = a.tune.iter().filter(|onset| b.tune.binary_search(onset).is_ok()).count();
    let all = a.tune.len() + b.tune.len() - common;
    0.6 * chords + 0.4 * common as f64 / all as f64
}

fn chord_likeness(a: Option<(u8, u8)>, b: Option<(u8, u8)>) -> f64 {
    match (a, b) {
        (None, None) => 1.0,
        (Some(a), Some(b)) if a == b => 1.0,
        (Some(a), Some(b)) if a.0 == b.0 => 0.8,
        _ => 0.0,
    }
}
