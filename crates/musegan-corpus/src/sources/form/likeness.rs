//! How alike the bars of a song are, every one to every other, `0.0..=1.0`.
//!
//! A section that comes again in another key is the same section; bars in different keys differ.
use std::ops::Range;

use super::BarSketch;

/// How much more alike sections in different keys must be.
const OTHER_KEY: f64 = 0.1;

/// A symmetric table of bars.
pub(super) struct Likeness<'a> {
    sketches: &'a [BarSketch],
    bars: usize,
    values: Vec<f32>,
}

impl<'a> Likeness<'a> {
    pub fn of(sketches: &'a [BarSketch]) -> Self {
        let bars = sketches.len();
        let mut values = vec![1.0; bars * bars];
        for a in 0..bars {
            for b in a + 1..bars {
                let value = alike(&sketches[a], &sketches[b], 0) as f32;
                values[a * bars + b] = value;
                values[b * bars + a] = value;
            }
        }
        Self { sketches, bars, values }
    }

    pub fn between(&self, a: usize, b: usize) -> f64 {
        f64::from(self.values[a * self.bars + b])
    }

    /// The mean over the bars that both spans have, less where one is longer; in whichever key
    /// the second is most like the first.
    pub fn of_spans(&self, a: &Range<usize>, b: &Range<usize>) -> f64 {
        let both = a.len().min(b.len());
        let longer = a.len().max(b.len());
        if both * 2 <= longer {
            return 0.0;
        }
        let mean = |higher| {
            let pairs = a.clone().zip(b.clone());
            let alike = |(a, b): (usize, usize)| match higher {
                0 => self.between(a, b),
                _ => alike(&self.sketches[a], &self.sketches[b], higher),
            };
            let less = if higher == 0 { 0.0 } else { OTHER_KEY };
            pairs.map(alike).sum::<f64>() / both as f64 - less
        };
        let best = (0..12).map(mean).fold(0.0, f64::max);
        best * (1.0 - 0.25 * (longer - both) as f64 / longer as f64)
    }
}

/// Chords count six tenths, the tune four; where neither bar has a tune the chords alone. The
/// second bar is taken as if it were so many semitones lower.
fn alike(a: &BarSketch, b: &BarSketch, lower: u8) -> f64 {
    let pairs = a.chords.iter().zip(&b.chords);
    let moved =
        |chord: Option<(u8, u8)>| chord.map(|(root, code)| ((root + 12 - lower) % 12, code));
    let chords = pairs.map(|(a, b)| chord_likeness(*a, moved(*b))).sum::<f64>();
    let chords = chords / a.chords.len() as f64;
    if a.tune.is_empty() && b.tune.is_empty() {
        return chords;
    }
    // A key higher than five semitones is reached from above.
    let up = if lower > 6 { i16::from(lower) - 12 } else { i16::from(lower) };
    let has = |(eighth, pitch): &(u8, u8)| {
        let pitch = u8::try_from(i16::from(*pitch) + up).ok();
        pitch.is_some_and(|pitch| b.tune.binary_search(&(*eighth, pitch)).is_ok())
    };
    let common = a.tune.iter().filter(|onset| has(onset)).count();
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
