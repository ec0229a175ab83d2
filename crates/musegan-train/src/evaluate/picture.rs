//! A comparison as one picture: how far each measure lies from real music, and of a few how the
//! phrases are distributed.
//!
//! What must stay true: the same comparison gives the same bytes.

mod distribution;
mod shifts;

use musegan_score::picture::PictureError;
use musegan_score::picture::canvas::{Canvas, FAINT_INK, INK, RGBColor, Side};

use super::Comparison;
use crate::prepare::report::picture::counted;
use distribution::Distribution;

const WIDTH: i32 = 1640;
const HEIGHT: i32 = 1250;
const MARGIN: i32 = 36;
const TOP: i32 = 118;
const GAP: i32 = 20;
/// Of the panel with all measures.
const SHIFTS_WIDTH: i32 = 760;

/// Of the phrases that were measured, and of real ones.
const MEASURED: RGBColor = RGBColor(43, 98, 158);
const REAL: RGBColor = RGBColor(176, 180, 190);
const LINE: RGBColor = RGBColor(223, 224, 230);

/// Draws it as the bytes of a PNG file. `subject` and `real` say what the two sets are.
///
/// # Errors
/// None is expected: the drawing library's are passed on.
pub fn draw(comparison: &Comparison, subject: &str, real: &str) -> Result<Vec<u8>, PictureError> {
    let [count, real_count] = comparison.table.phrases.map(|count| counted(count as u64));
    Canvas::png((WIDTH as u32, HEIGHT as u32), |canvas| {
        canvas.text(&sums(comparison), (MARGIN, 40), 30, INK, Side::Left)?;
        let mut left = MARGIN;
        for (color, text) in [
            (MEASURED, format!("{count} {subject} phrases")),
            (REAL, format!("{real_count} {real} phrases")),
        ] {
            canvas.fill((left, 76), (left + 18, 94), color)?;
            canvas.text(&text, (left + 28, 86), 19, FAINT_INK, Side::Left)?;
            left += 28 + 10 * text.len() as i32 + 30;
        }
        let bottom = HEIGHT - MARGIN;
        shifts::draw(canvas, &comparison.table, (MARGIN, TOP), (MARGIN + SHIFTS_WIDTH, bottom))?;
        let left = MARGIN + SHIFTS_WIDTH + GAP;
        let distributions = distribution::chosen(comparison);
        let rows = distributions.len().div_ceil(2).max(1) as i32;
        let (width, height) =
            ((WIDTH - MARGIN - left - GAP) / 2, (bottom - TOP + GAP) / rows - GAP);
        for (number, distribution) in distributions.iter().enumerate() {
            let (row, column) = (number as i32 / 2, number as i32 % 2);
            let (left, top) = (left + column * (width + GAP), TOP + row * (height + GAP));
            distribution.draw(canvas, (left, top), (left + width, top + height))?;
        }
        Ok(())
    })
}

/// The sums in one line.
fn sums(comparison: &Comparison) -> String {
    let or_none = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    let mut text = format!(
        "mean |z| {}    telling apart {}",
        or_none(comparison.table.mean_abs_z()),
        or_none(comparison.telling_apart)
    );
    if let Some(memory) = &comparison.memory {
        let nearer = if memory.is_nearer() { "nearer" } else { "not nearer" };
        text += &format!("    to training phrases {nearer} than real ones");
    }
    text
}

/// A panel's title of a distribution.
impl Distribution {
    fn title(&self) -> String {
        let mut letters = self.name.chars();
        letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
    }
}
