//! All measures as bars: how far above or below real music, in its standard deviations.

use std::collections::BTreeSet;

use musegan_score::Track;
use musegan_score::picture::canvas::{Canvas, FAINT_INK, Failure, INK, PANEL, RGBColor, Side};
use musegan_score::picture::color_of;

use super::super::table::{Row, Table};
use super::LINE;

/// Of what is of all tracks together.
const TOGETHER: RGBColor = RGBColor(94, 98, 110);

/// From the panel's left edge to the bars, where the names stand.
const NAMES: i32 = 230;
/// From the bars to the right edge, where numbers stand.
const NUMBERS: i32 = 66;
const HEAD: i32 = 66;
const BAR: i32 = 12;
const BETWEEN: i32 = 10;
/// Ends of the axis, in standard deviations: the smallest that all bars fit in, or the last.
const ENDS: [f64; 4] = [0.5, 1.0, 2.0, 4.0];
/// Bars of more are written out.
const FAR: f64 = 0.5;

/// Draws the panel between these corners.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    table: &Table,
    from: (i32, i32),
    to: (i32, i32),
) -> Result<(), Failure> {
    let most = table.rows.iter().filter_map(Row::z).fold(0.0, f64::max);
    let end = ENDS.into_iter().find(|&end| most <= end).unwrap_or(ENDS[3]);
    let panel = Panel { canvas, left: from.0 + NAMES, right: to.0 - NUMBERS, end };
    canvas.fill(from, to, PANEL)?;
    let title = "Distance from real music, in its standard deviations";
    canvas.text(title, (from.0 + 16, from.1 + 20), 19, INK, Side::Left)?;
    legend(canvas, (from.0 + 16, from.1 + 44))?;
    for part in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let x = panel.x(part * end);
        canvas.fill((x, from.1 + HEAD), (x + 1, to.1 - 12), LINE)?;
        let text = if part == 0.0 { "0".to_owned() } else { format!("{:+}", part * end) };
        canvas.text(&text, (x, from.1 + HEAD - 8), 13, FAINT_INK, Side::Middle)?;
    }
    let mut top = from.1 + HEAD + 10;
    let mut seen = BTreeSet::new();
    for row in &table.rows {
        let rows: Vec<_> = match row.track {
            Some(_) if !seen.insert(row.name) => continue,
            Some(_) => table.rows.iter().filter(|other| other.name == row.name).collect(),
            None => vec![row],
        };
        let middle = top + BAR * rows.len() as i32 / 2;
        canvas.text(row.name, (from.0 + 16, middle), 15, INK, Side::Left)?;
        for row in rows {
            panel.bar(row, top)?;
            top += BAR;
        }
        top += BETWEEN;
    }
    Ok(())
}

/// Which colour is which track.
fn legend(canvas: &Canvas<'_>, (left, y): (i32, i32)) -> Result<(), Failure> {
    let tracks = Track::ALL.map(|track| (track.name(), color_of(track)));
    let mut left = left;
    for (name, color) in tracks.into_iter().chain([("all together", TOGETHER)]) {
        canvas.fill((left, y - 5), (left + 10, y + 5), color)?;
        canvas.text(name, (left + 15, y), 14, FAINT_INK, Side::Left)?;
        left += 15 + 8 * name.len() as i32 + 16;
    }
    Ok(())
}

struct Panel<'a, 'b> {
    canvas: &'a Canvas<'b>,
    left: i32,
    right: i32,
    end: f64,
}

impl Panel<'_, '_> {
    fn x(&self, shift: f64) -> i32 {
        let share = (shift / self.end).clamp(-1.0, 1.0) / 2.0 + 0.5;
        self.left + (f64::from(self.right - self.left) * share).round() as i32
    }

    fn bar(&self, row: &Row, top: i32) -> Result<(), Failure> {
        let middle = top + BAR / 2 - 1;
        let Some(shift) = row.shift() else {
            return self.canvas.text("-", (self.x(0.0) + 6, middle), 12, FAINT_INK, Side::Left);
        };
        let (zero, x) = (self.x(0.0), self.x(shift));
        let color = row.track.map_or(TOGETHER, color_of);
        // What is hardly there is seen all the same.
        let (left, right) = (x.min(zero), x.max(zero + 1));
        self.canvas.fill((left, top), (right, top + BAR - 3), color)?;
        if shift.abs() < FAR {
            return Ok(());
        }
        let text = format!("{shift:+.2}");
        let (x, side) = if shift > 0.0 { (right + 5, Side::Left) } else { (left - 5, Side::Right) };
        self.canvas.text(&text, (x, middle), 12, FAINT_INK, side)
    }
}
