//! How the phrases of both sets are distributed by one measure: bars side by side.

use musegan_score::Track;
use musegan_score::picture::canvas::{Canvas, FAINT_INK, Failure, INK, PANEL, Side};

use super::super::sounding::mean;
use super::super::{Comparison, measures};
use super::{LINE, MEASURED, REAL};

const BINS: usize = 20;
const INSIDE: i32 = 16;
const ABOVE: i32 = 58;
const BELOW: i32 = 28;

/// The measures that are shown.
const SHOWN: [(&str, Option<Track>); 6] = [
    ("scale consistency", None),
    ("minor seconds", None),
    ("notes per bar", Some(Track::Piano)),
    ("note length", Some(Track::Strings)),
    ("likeness of neighbouring bars", Some(Track::Piano)),
    ("tonal distance piano-bass", None),
];

/// One value of both sets.
pub(super) struct Distribution {
    /// What it is.
    pub name: String,
    values: [Vec<f64>; 2],
}

/// The distributions of a few measures, and of likeness and nearness.
pub(super) fn chosen(comparison: &Comparison) -> Vec<Distribution> {
    let measures = measures();
    let shown = SHOWN.iter().filter_map(|&(name, track)| {
        let column = measures.iter().position(|m| m.name == name && m.track == track)?;
        let of = |set: usize| comparison.values[set].iter().filter_map(|row| row[column]).collect();
        let name = track.map_or(name.to_owned(), |track| format!("{}: {name}", track.name()));
        Some(Distribution { name, values: [0, 1].map(of) })
    });
    let likeness = Distribution {
        name: "likeness between phrases".into(),
        values: comparison.likeness.clone(),
    };
    let memory = comparison.memory.as_ref().map(|memory| Distribution {
        name: "likeness with the nearest training phrase".into(),
        values: [memory.subject.values.clone(), memory.real.values.clone()],
    });
    shown.chain([likeness]).chain(memory).collect()
}

impl Distribution {
    /// Draws a panel between these corners.
    pub fn draw(
        &self,
        canvas: &Canvas<'_>,
        from: (i32, i32),
        to: (i32, i32),
    ) -> Result<(), Failure> {
        canvas.fill(from, to, PANEL)?;
        canvas.text(&self.title(), (from.0 + INSIDE, from.1 + 20), 17, INK, Side::Left)?;
        let means = self.values.each_ref().map(|values| mean(values.iter().copied()));
        let [measured, real] = means.map(|mean| mean.map_or("-".into(), |m| format!("{m:.3}")));
        let means = format!("mean {measured}, real {real}");
        canvas.text(&means, (from.0 + INSIDE, from.1 + 41), 14, FAINT_INK, Side::Left)?;
        let (left, right) = (from.0 + INSIDE, to.0 - INSIDE);
        let (top, bottom) = (from.1 + ABOVE, to.1 - BELOW);
        canvas.fill((left, bottom), (right, bottom + 1), LINE)?;
        let Some((low, high)) = self.ends() else {
            let middle = (i32::midpoint(left, right), i32::midpoint(top, bottom));
            return canvas.text("nothing to show", middle, 15, FAINT_INK, Side::Middle);
        };
        let shares = self.values.each_ref().map(|values| shares(values, low, high));
        let most = shares.iter().flatten().copied().fold(0.0, f64::max);
        let x = |part: usize| left + (right - left) * part as i32 / (3 * BINS) as i32;
        for (set, color) in [MEASURED, REAL].into_iter().enumerate() {
            // What was met at all is seen.
            for (bin, &share) in shares[set].iter().enumerate().filter(|(_, share)| **share > 0.0) {
                let height = (f64::from(bottom - top) * share / most).round().max(1.0) as i32;
                let (left, right) = (x(3 * bin + set), x(3 * bin + set + 1));
                canvas.fill((left, bottom - height), (right, bottom), color)?;
            }
        }
        for (value, x, side) in [
            (low, left, Side::Left),
            (f64::midpoint(low, high), i32::midpoint(left, right), Side::Middle),
            (high, right, Side::Right),
        ] {
            let text = if high >= 10.0 { format!("{value:.0}") } else { format!("{value:.2}") };
            canvas.text(&text, (x, bottom + 14), 13, FAINT_INK, side)?;
        }
        Ok(())
    }

    /// Between which values the bins lie: nearly all of both sets; the rest counts in the outermost.
    fn ends(&self) -> Option<(f64, f64)> {
        let mut all = self.values.concat();
        all.sort_by(f64::total_cmp);
        let last = all.len().checked_sub(1)?;
        let at = |share: f64| all[(last as f64 * share).round() as usize];
        let (low, high) = (at(0.005), at(0.995));
        // Shares begin at 0 unless they all lie far from it.
        let low = if low < 0.5 * high { low.min(0.0) } else { low };
        Some(if high > low { (low, high) } else { (low, low + 1.0) })
    }
}

/// The share of the values in each bin.
fn shares(values: &[f64], low: f64, high: f64) -> [f64; BINS] {
    let mut shares = [0.0; BINS];
    for value in values {
        // Casts saturate.
        let bin = ((value - low) / (high - low) * BINS as f64) as usize;
        shares[bin.min(BINS - 1)] += 1.0 / values.len() as f64;
    }
    shares
}
