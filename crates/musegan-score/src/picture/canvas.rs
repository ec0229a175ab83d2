//! A white sheet to draw rectangles and text on, which becomes the bytes of a PNG file.
//!
//! What must stay true: the same drawing gives the same picture on every machine. So the font is
//! compiled in, and nothing on the system is asked for one. It is Ubuntu Light out of the crate
//! `epaint_default_fonts`; its licence lies in this crate as `LICENSE-UFL`.
use std::sync::Once;

use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, TextStyle, register_font};

pub use plotters::style::RGBColor;

use super::PictureError;

/// Behind everything.
pub const PAPER: RGBColor = RGBColor(252, 251, 248);
/// Behind what is drawn.
pub const PANEL: RGBColor = RGBColor(255, 255, 255);
/// Of text.
pub const INK: RGBColor = RGBColor(34, 37, 48);
/// Of smaller text.
pub const FAINT_INK: RGBColor = RGBColor(112, 116, 130);

/// Pixels drawn for one pixel of the picture, each way.
const SCALE: u32 = 2;
const FONT: &str = "musegan";

/// What went wrong while drawing.
pub type Failure = Box<dyn std::error::Error>;

/// Which end of a text is at the point it is drawn at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Its beginning.
    Left,
    /// Its middle.
    Middle,
    /// Its end.
    Right,
}

/// A picture being drawn. Points are pixels from the upper left corner.
pub struct Canvas<'a> {
    area: DrawingArea<BitMapBackend<'a>, Shift>,
}

impl Canvas<'_> {
    /// Draws a picture of this width and height and returns the bytes of a PNG file.
    ///
    /// # Errors
    ///
    /// None is expected: the drawing library's and those of `draw` are passed on.
    pub fn png(
        size: (u32, u32),
        draw: impl FnOnce(&Canvas<'_>) -> Result<(), Failure>,
    ) -> Result<Vec<u8>, PictureError> {
        let failed = |error: Failure| PictureError::Drawing(error.to_string());
        let mut pixels = vec![0; (size.0 * SCALE * size.1 * SCALE * 3) as usize];
        drawn_on(&mut pixels, size, draw).map_err(failed)?;
        encode(&halved(&pixels, size), size).map_err(|error| failed(error.into()))
    }

    /// A filled rectangle.
    ///
    /// # Errors
    ///
    /// The drawing library's.
    pub fn fill(&self, from: (i32, i32), to: (i32, i32), color: RGBColor) -> Result<(), Failure> {
        let corners = [from, to].map(scaled);
        Ok(self.area.draw(&Rectangle::new(corners, color.filled()))?)
    }

    /// A line through these points, a pixel and a half wide.
    ///
    /// # Errors
    ///
    /// The drawing library's.
    pub fn line(&self, points: &[(i32, i32)], color: RGBColor) -> Result<(), Failure> {
        // One by one, as the library draws sharp corners of a path far out of it.
        for pair in points.windows(2).filter(|pair| pair[0] != pair[1]) {
            let ends = [scaled(pair[0]), scaled(pair[1])];
            self.area.draw(&PathElement::new(ends, color.stroke_width(3)))?;
        }
        Ok(())
    }

    /// Text whose middle line is at the point's height.
    ///
    /// # Errors
    ///
    /// The drawing library's.
    pub fn text(
        &self,
        text: &str,
        at: (i32, i32),
        size: u32,
        color: RGBColor,
        side: Side,
    ) -> Result<(), Failure> {
        let side = match side {
            Side::Left => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Right,
        };
        let style = TextStyle::from((FONT, size * SCALE).into_font())
            .color(&color)
            .pos(Pos::new(side, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), scaled(at), style))?;
        Ok(())
    }
}

/// `share` of `b` in `a`.
#[must_use]
pub fn mix(a: RGBColor, b: RGBColor, share: f64) -> RGBColor {
    let channel =
        |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
    RGBColor(channel(a.0, b.0), channel(a.1, b.1), channel(a.2, b.2))
}

fn drawn_on(
    pixels: &mut [u8],
    size: (u32, u32),
    draw: impl FnOnce(&Canvas<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    register_the_font();
    let area =
        BitMapBackend::with_buffer(pixels, (size.0 * SCALE, size.1 * SCALE)).into_drawing_area();
    let canvas = Canvas { area };
    canvas.area.fill(&PAPER)?;
    draw(&canvas)?;
    canvas.area.present()?;
    Ok(())
}

/// A point of the picture as it is drawn.
const fn scaled((x, y): (i32, i32)) -> (i32, i32) {
    (x * SCALE as i32, y * SCALE as i32)
}

/// The mean of each two by two pixels. The drawing library sets letters to whole pixels; drawn at
/// twice the size they are spaced evenly.
fn halved(pixels: &[u8], (width, height): (u32, u32)) -> Vec<u8> {
    let row = (width * SCALE * 3) as usize;
    let mut half = Vec::with_capacity((width * height * 3) as usize);
    for rows in pixels.chunks_exact(2 * row) {
        let (upper, lower) = rows.split_at(row);
        for (upper, lower) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for channel in 0..3 {
                let four = [upper[channel], upper[channel + 3], lower[channel], lower[channel + 3]];
                half.push((four.iter().map(|&value| u16::from(value)).sum::<u16>() / 4) as u8);
            }
        }
    }
    half
}

fn encode(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    // Most rows equal the one above.
    encoder.set_filter(png::FilterType::Up);
    encoder.set_compression(png::Compression::Best);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Makes the compiled-in font, Ubuntu Light, known to the drawing library, once.
fn register_the_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where the font did not register, drawing text reports the font as unavailable.
        let _ = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
}
