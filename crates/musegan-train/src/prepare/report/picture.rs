//! The report as one picture: a panel for each histogram.
use musegan_score::Track;
use musegan_score::picture::canvas::{Canvas, FAINT_INK, Failure, INK, PANEL, RGBColor, Side, mix};
use musegan_score::picture::{PictureError, color_of};

use super::{Axis, Histogram, NOTES_PER_BAR, Report};

const COLUMNS: usize = 4;
const PANEL_WIDTH: i32 = 372;
const PANEL_HEIGHT: i32 = 232;
const GAP: i32 = 20;
const MARGIN: i32 = 36;
const TOP: i32 = 92;
/// From the panel's edges to the bars.
const INSIDE: i32 = 16;
const ABOVE_BARS: i32 = 56;
const BELOW_BARS: i32 = 36;
/// Room for names that stand under bars, when they are written at an angle of words.
const FEW_NAMES: usize = 8;

const BAR: RGBColor = RGBColor(43, 98, 158);
const LINE: RGBColor = RGBColor(223, 224, 230);

/// Draws it as the bytes of a PNG file, under a title and a caption.
///
/// # Errors
/// None is expected: the drawing library's are passed on.
pub fn draw(report: &Report, title: &str, caption: &str) -> Result<Vec<u8>, PictureError> {
    let panels = panels(report);
    let rows = panels.len().div_ceil(COLUMNS).max(1) as i32;
    let width = 2 * MARGIN + COLUMNS as i32 * (PANEL_WIDTH + GAP) - GAP;
    let height = TOP + rows * (PANEL_HEIGHT + GAP) + MARGIN - GAP;
    Canvas::png((width as u32, height as u32), |canvas| {
        canvas.text(title, (MARGIN, 40), 30, INK, Side::Left)?;
        canvas.text(caption, (width - MARGIN, 44), 19, FAINT_INK, Side::Right)?;
        for (number, histogram) in panels.iter().enumerate() {
            let (row, column) = ((number / COLUMNS) as i32, (number % COLUMNS) as i32);
            let left = MARGIN + column * (PANEL_WIDTH + GAP);
            let top = TOP + row * (PANEL_HEIGHT + GAP);
            Panel { canvas, left, top, histogram }.draw()?;
        }
        Ok(())
    })
}

/// How much music it is about.
#[must_use]
pub fn caption(files: u64, phrases: u64) -> String {
    format!("{} phrases of {} files", counted(phrases), counted(files))
}

/// What is shown: of tracks only those that play.
fn panels(report: &Report) -> Vec<&Histogram> {
    let is_shown = |histogram: &&Histogram| {
        !histogram.name.starts_with(NOTES_PER_BAR) || histogram.total() > 0
    };
    report.histograms.iter().filter(is_shown).collect()
}

struct Panel<'a, 'b> {
    canvas: &'a Canvas<'b>,
    left: i32,
    top: i32,
    histogram: &'a Histogram,
}

impl Panel<'_, '_> {
    fn draw(&self) -> Result<(), Failure> {
        let Histogram { name, of, unit, counts, .. } = self.histogram;
        let (right, bottom) = (self.left + PANEL_WIDTH, self.top + PANEL_HEIGHT);
        self.canvas.fill((self.left, self.top), (right, bottom), PANEL)?;
        let (left, right) = (self.left + INSIDE, right - INSIDE);
        self.canvas.text(&capitalised(name), (left, self.top + 20), 19, INK, Side::Left)?;
        let total = self.histogram.total();
        let of = if unit.is_empty() { of.clone() } else { format!("{of}, by {unit}") };
        let of = format!("{} {of}", counted(total));
        self.canvas.text(&of, (left, self.top + 40), 14, FAINT_INK, Side::Left)?;
        if let Some(&most) = counts.iter().max().filter(|&&most| most > 0) {
            let share = format!("highest {:.0} %", 100.0 * most as f64 / total as f64);
            self.canvas.text(&share, (right, self.top + 40), 14, FAINT_INK, Side::Right)?;
        }
        self.bars()?;
        match &self.histogram.axis {
            Axis::Numbers { from, width } => self.numbers(*from, *width),
            Axis::Names { names } => self.names(names),
        }
    }

    /// Left and right edge of a bin's bar.
    fn edges(&self, bin: usize) -> (i32, i32) {
        let bins = self.histogram.counts.len().max(1) as i32;
        let (left, width) = (self.left + INSIDE, PANEL_WIDTH - 2 * INSIDE);
        let edge = |bin: i32| left + width * bin / bins;
        (edge(bin as i32), edge(bin as i32 + 1) - 2)
    }

    fn bars(&self) -> Result<(), Failure> {
        let counts = &self.histogram.counts;
        let (top, bottom) = (self.top + ABOVE_BARS, self.top + PANEL_HEIGHT - BELOW_BARS);
        let (left, right) = (self.left + INSIDE, self.left + PANEL_WIDTH - INSIDE);
        self.canvas.fill((left, bottom), (right, bottom + 1), LINE)?;
        let Some(&most) = counts.iter().max().filter(|&&most| most > 0) else {
            let middle = (i32::midpoint(left, right), i32::midpoint(top, bottom));
            return self.canvas.text("nothing known", middle, 15, FAINT_INK, Side::Middle);
        };
        for (bin, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let share = count as f64 / most as f64;
            // What was met at all is seen.
            let height = ((f64::from(bottom - top) * share).round() as i32).max(1);
            let (left, right) = self.edges(bin);
            let color = mix(PANEL, self.color(), if self.is_unknown(bin) { 0.35 } else { 0.85 });
            self.canvas.fill((left, bottom - height), (right.max(left + 1), bottom), color)?;
        }
        Ok(())
    }

    /// A track of the band has its own.
    fn color(&self) -> RGBColor {
        let track = self.histogram.name.strip_prefix(NOTES_PER_BAR);
        let track = Track::ALL.into_iter().find(|other| Some(other.name()) == track);
        track.map_or(BAR, color_of)
    }

    /// Whether the bin counts what has no name: it stands last among names.
    fn is_unknown(&self, bin: usize) -> bool {
        let is_last = bin + 1 == self.histogram.counts.len();
        matches!(self.histogram.axis, Axis::Names { .. }) && is_last
    }

    fn below(&self, text: &str, bin: usize) -> Result<(), Failure> {
        let (left, right) = self.edges(bin);
        let y = self.top + PANEL_HEIGHT - BELOW_BARS + 14;
        self.canvas.text(text, (i32::midpoint(left, right), y), 13, FAINT_INK, Side::Middle)
    }

    /// The lowest value of about every fifth bin.
    fn numbers(&self, from: f64, width: f64) -> Result<(), Failure> {
        let bins = self.histogram.counts.len();
        let every = if bins <= FEW_NAMES { 1 } else { bins.div_ceil(5) };
        for bin in (0..bins).step_by(every) {
            let value = from + bin as f64 * width;
            self.below(&format!("{value}"), bin)?;
        }
        // The last bin has all that is higher, too.
        if bins > FEW_NAMES && !(bins - 1).is_multiple_of(every) {
            let value = from + (bins - 1) as f64 * width;
            self.below(&format!("{value}+"), bins - 1)?;
        }
        Ok(())
    }

    /// Short names under their bars, in two lines by turns where they are many.
    fn names(&self, names: &[String]) -> Result<(), Failure> {
        for (bin, name) in names.iter().enumerate() {
            let (left, right) = self.edges(bin);
            let line = if names.len() > FEW_NAMES { (bin % 2) as i32 } else { 0 };
            let at = (i32::midpoint(left, right), self.top + PANEL_HEIGHT - 25 + 15 * line);
            self.canvas.text(&short(name), at, 12, FAINT_INK, Side::Middle)?;
        }
        Ok(())
    }
}

/// `C major` as C, `A minor` as Am, and what is longer cut.
fn short(name: &str) -> String {
    let name = name.replace(" major", "").replace(" minor", "m");
    name.chars().take(8).collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A number in groups of three digits.
pub(crate) fn counted(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
