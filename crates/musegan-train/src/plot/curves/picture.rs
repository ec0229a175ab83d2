//! The sheet that the panels stand on, with the names of runs or tracks.
use anyhow::Result;
use musegan_score::Track;
use musegan_score::picture::canvas::{Canvas, FAINT_INK, Failure, INK, RGBColor, Side};
use musegan_score::picture::color_of;

use super::panel::{self, Extent};
use super::{Panel, RUNS, Run, of_track, panels};

const COLUMNS: usize = 3;
const GAP: i32 = 20;
const MARGIN: i32 = 36;
const TOP: i32 = 116;
/// Pixels that a letter of the legend takes at most.
const LETTER: i32 = 10;

/// Draws what runs measured as the bytes of a PNG file: numbers whose names begin with one of
/// `only`, or all.
///
/// # Errors
/// If nothing is chosen, or more than fits.
pub fn draw(runs: &[Run], only: &[String], title: &str) -> Result<Vec<u8>> {
    let panels = panels(runs, only)?;
    let columns = panels.len().min(COLUMNS) as i32;
    let rows = panels.len().div_ceil(COLUMNS) as i32;
    let width = 2 * MARGIN + columns.max(2) * (panel::WIDTH + GAP) - GAP;
    let height = TOP + rows * (panel::HEIGHT + GAP) - GAP + MARGIN;
    let legend = legend(runs, &panels);
    let steps = steps(&panels);
    let png = Canvas::png((width as u32, height as u32), |canvas| {
        canvas.text(title, (MARGIN, 40), 30, INK, Side::Left)?;
        draw_legend(canvas, &legend, width)?;
        for (number, panel) in panels.iter().enumerate() {
            let (row, column) = ((number / COLUMNS) as i32, (number % COLUMNS) as i32);
            let left = MARGIN + column * (panel::WIDTH + GAP);
            panel::draw(canvas, panel, (left, TOP + row * (panel::HEIGHT + GAP)), steps)?;
        }
        Ok(())
    })?;
    Ok(png)
}

/// All panels have the same steps.
fn steps(panels: &[Panel<'_>]) -> Extent {
    let curves = panels.iter().flat_map(|panel| &panel.curves);
    Extent::of(curves.flat_map(|(_, curve)| curve.points.iter().map(|&(step, _)| step)))
}

/// Names with their colours: of runs, or of the tracks of one run.
fn legend(runs: &[Run], panels: &[Panel<'_>]) -> Vec<(String, RGBColor)> {
    if let [run] = runs {
        let names = || run.curves.keys().filter_map(|name| of_track(name));
        let shown = |title: &str| panels.iter().any(|panel| panel.title == title);
        let has = |track: Track| names().any(|(title, other)| other == track && shown(title));
        let tracks = Track::ALL.into_iter().filter(|&track| has(track));
        return tracks.map(|track| (track.name().to_owned(), color_of(track))).collect();
    }
    runs.iter().map(|run| run.name.clone()).zip(RUNS.into_iter().cycle()).collect()
}

fn draw_legend(
    canvas: &Canvas<'_>,
    legend: &[(String, RGBColor)],
    width: i32,
) -> Result<(), Failure> {
    let mut x = MARGIN;
    for (name, color) in legend {
        let length = 28 + LETTER * name.chars().count() as i32 + 20;
        if x > MARGIN && x + length > width - MARGIN {
            return canvas.text("and more", (x, 84), 17, FAINT_INK, Side::Left);
        }
        canvas.fill((x, 82), (x + 20, 86), *color)?;
        canvas.text(name, (x + 28, 84), 17, INK, Side::Left)?;
        x += length;
    }
    Ok(())
}
