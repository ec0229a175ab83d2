//! One panel of curves: heading, two scales, each curve as it was measured and smoothed over it.
use musegan_score::picture::canvas::{Canvas, FAINT_INK, Failure, INK, PANEL, RGBColor, Side, mix};

use super::{Curve, Panel};

/// Of a panel, in pixels.
pub(super) const WIDTH: i32 = 500;
/// Of a panel, in pixels.
pub(super) const HEIGHT: i32 = 260;
const LEFT: i32 = 66;
const RIGHT: i32 = 16;
const TOP: i32 = 48;
const BOTTOM: i32 = 34;
/// Points of a drawn curve, a little finer than pixels.
const DRAWN: usize = 800;
/// The share of a curve that one point of its smoothed form is the mean of.
const SMOOTHED: usize = 40;

const LINE: RGBColor = RGBColor(232, 233, 238);

/// From the least to the largest of some numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    low: f64,
    high: f64,
}

impl Extent {
    /// Of these numbers; never empty.
    pub(super) fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = numbers.fold(none, |(low, high), x| (low.min(x), high.max(x)));
        if low > high {
            return Self { low: 0.0, high: 1.0 };
        }
        let room = if high > low { 0.0 } else { low.abs().max(1.0) * 0.05 };
        Self { low: low - room, high: high + room }
    }

    /// Of what is drawn of curves; without the hundredth at either end where that is most of the
    /// height, so that a wild beginning does not flatten all that comes.
    fn of_values(curves: &[Vec<(f64, f64)>]) -> Self {
        let mut values: Vec<f64> = curves.iter().flatten().map(|&(_, value)| value).collect();
        values.sort_by(f64::total_cmp);
        let left_out = values.len() / 100;
        let kept = &values[left_out..values.len() - left_out];
        let (all, most) = (Self::of(values.iter().copied()), Self::of(kept.iter().copied()));
        let is_wild = (most.high - most.low) * 3.0 < all.high - all.low;
        let Self { low, high } = if is_wild { most } else { all };
        let room = (high - low) * 0.06;
        // What reaches down to almost zero is drawn from zero.
        let is_near_zero = low >= 0.0 && low < (high - low) * 0.2;
        Self { low: if is_near_zero { 0.0 } else { low - room }, high: high + room }
    }

    fn share(self, number: f64) -> f64 {
        ((number - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Round numbers inside, about so many.
    fn ticks(self, about: f64) -> Vec<f64> {
        let rough = (self.high - self.low) / about;
        let power = 10f64.powf(rough.log10().floor());
        let widths = [1.0, 2.0, 5.0, 10.0].map(|width| width * power);
        let Some(width) = widths.into_iter().find(|&width| width >= rough * 0.999) else {
            return Vec::new();
        };
        let first = (self.low / width).ceil();
        let ticks = (0..20).map(|i| (first + f64::from(i)) * width);
        ticks.take_while(|&tick| tick <= self.high).collect()
    }
}

/// Draws a panel whose upper left corner is here.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    panel: &Panel<'_>,
    (left, top): (i32, i32),
    steps: Extent,
) -> Result<(), Failure> {
    canvas.fill((left, top), (left + WIDTH, top + HEIGHT), PANEL)?;
    canvas.text(&panel.title.replace('_', " "), (left + 16, top + 22), 19, INK, Side::Left)?;
    let drawn: Vec<_> = panel.curves.iter().map(|(_, curve)| thinned(curve)).collect();
    let values = Extent::of_values(&drawn);
    let area = Area {
        left: left + LEFT,
        right: left + WIDTH - RIGHT,
        top: top + TOP,
        bottom: top + HEIGHT - BOTTOM,
        steps,
        values,
    };
    area.scales(canvas)?;
    for ((color, _), points) in panel.curves.iter().zip(&drawn) {
        canvas.line(&area.line(points), mix(PANEL, *color, 0.28))?;
    }
    for ((color, _), points) in panel.curves.iter().zip(&drawn) {
        canvas.line(&area.line(&smoothed(points)), *color)?;
    }
    Ok(())
}

/// Where curves are drawn, in pixels, and what lies there.
struct Area {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    steps: Extent,
    values: Extent,
}

impl Area {
    fn x(&self, step: f64) -> i32 {
        self.left + (self.steps.share(step) * f64::from(self.right - self.left)).round() as i32
    }

    fn y(&self, value: f64) -> i32 {
        self.bottom - (self.values.share(value) * f64::from(self.bottom - self.top)).round() as i32
    }

    fn line(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().map(|&(step, value)| (self.x(step), self.y(value))).collect()
    }

    fn scales(&self, canvas: &Canvas<'_>) -> Result<(), Failure> {
        for tick in self.values.ticks(5.0) {
            let y = self.y(tick);
            canvas.fill((self.left, y), (self.right, y + 1), LINE)?;
            canvas.text(&said(tick), (self.left - 8, y), 13, FAINT_INK, Side::Right)?;
        }
        for tick in self.steps.ticks(6.0) {
            let x = self.x(tick);
            canvas.fill((x, self.bottom), (x + 1, self.bottom + 4), FAINT_INK)?;
            // A number at the edge would reach out of the panel.
            if self.right - x >= 16 || self.right - self.left < 32 {
                canvas.text(&said(tick), (x, self.bottom + 16), 13, FAINT_INK, Side::Middle)?;
            }
        }
        Ok(())
    }
}

/// A number of a scale in few letters.
fn said(number: f64) -> String {
    let size = number.abs();
    let trimmed = |text: String| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    };
    match size {
        0.0 => "0".into(),
        _ if !(1e-3..1e9).contains(&size) => format!("{number:.0e}"),
        _ if size >= 1e6 => trimmed(format!("{:.2}", number / 1e6)) + " M",
        _ if size >= 1e4 => trimmed(format!("{:.1}", number / 1e3)) + " k",
        _ => trimmed(format!("{number:.4}")),
    }
}

/// A curve in no more points than are seen.
fn thinned(curve: &Curve) -> Vec<(f64, f64)> {
    let size = curve.points.len().div_ceil(DRAWN).max(1);
    curve.points.chunks(size).map(mean).collect()
}

/// Each point the mean of those around it.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let reach = points.len() / SMOOTHED / 2;
    let around = |i: usize| {
        let end = (i + reach + 1).min(points.len());
        (points[i].0, mean(&points[i.saturating_sub(reach)..end]).1)
    };
    (0..points.len()).map(around).collect()
}

fn mean(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    (sum.0 / count, sum.1 / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_a_few_round_numbers() {
        for (low, high, expected) in [
            (0.0, 1.0, &["0", "0.2", "0.4", "0.6", "0.8", "1"][..]),
            (-3.2, 8.0, &["0", "5"]),
            (0.0, 40_000.0, &["0", "10 k", "20 k", "30 k", "40 k"]),
            (0.00021, 0.00089, &["4e-4", "6e-4", "8e-4"]),
        ] {
            let ticks = Extent { low, high }.ticks(5.0);
            let said: Vec<_> = ticks.into_iter().map(said).collect();
            assert_eq!(said, expected, "{low} to {high}");
        }
    }

    #[test]
    fn a_curve_that_never_changes_has_a_scale_too() {
        let extent = Extent::of([3.0; 5].into_iter());
        assert!(extent.low < 3.0 && extent.high > 3.0);
        assert!(Extent::of_values(&[vec![]]).high > 0.0);
    }
}
