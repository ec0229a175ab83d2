//! Piano rolls as a picture: the tracks one above another, with bar lines, and several pieces of music
//! side by side.
use std::path::{Path, PathBuf};

use canvas::{Canvas, FAINT_INK, Failure, INK, RGBColor, Side};
use page::{Keys, Page};

use crate::grid::BEATS_PER_BAR;
use crate::{TimedNote, Track};

pub mod canvas;
mod page;

/// What the picture shows besides the notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Heading at the left.
    pub title: String,
    /// Smaller text at the right: tempo, seed, source.
    pub caption: String,
    /// Bars shown, from the first one on; clamped to `1..=1024`.
    pub bars: usize,
    /// What the first bar is called.
    pub first_bar: usize,
    /// The tracks shown, from above; without any the picture has only its titles.
    pub tracks: Vec<Track>,
    /// Width and height in pixels; clamped to `640..=4096` and `480..=4096`.
    pub size: (u32, u32),
}

impl Layout {
    /// So many bars of all tracks, 1600 by 1000 pixels.
    #[must_use]
    pub fn new(title: impl Into<String>, bars: usize) -> Self {
        Self {
            title: title.into(),
            caption: String::new(),
            bars,
            first_bar: 1,
            tracks: Track::ALL.into(),
            size: (1600, 1000),
        }
    }
}

/// Music that stands beside other music in a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// What stands above it.
    pub title: String,
    /// The notes, the first of the bars shown beginning at beat 0.
    pub notes: Vec<TimedNote>,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The drawing library failed.
    #[error("cannot draw the piano rolls: {0}")]
    Drawing(String),
    /// The system could not write the file.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Draws piano rolls into a `.png` file.
///
/// # Errors
///
/// The file cannot be written.
pub fn save_piano_rolls(
    path: &Path,
    notes: &[TimedNote],
    layout: &Layout,
) -> Result<(), PictureError> {
    let png = piano_rolls(notes, layout)?;
    std::fs::write(path, png).map_err(|source| PictureError::Io { path: path.to_owned(), source })
}

/// Draws the piano rolls of the tracks one above another, as the bytes of a PNG file.
///
/// Each track shows the octaves it plays in; the louder a note, the darker it is. Notes outside
/// the bars shown are left out.
///
/// # Errors
///
/// None is expected: the drawing library's are passed on.
pub fn piano_rolls(notes: &[TimedNote], layout: &Layout) -> Result<Vec<u8>, PictureError> {
    side_by_side(&[Column { title: String::new(), notes: notes.to_vec() }], layout)
}

/// As [`piano_rolls`] of several pieces of music beside each other, each track's on one scale.
///
/// # Errors
///
/// None is expected: the drawing library's are passed on.
pub fn side_by_side(columns: &[Column], layout: &Layout) -> Result<Vec<u8>, PictureError> {
    let size = (layout.size.0.clamp(640, 4096), layout.size.1.clamp(480, 4096));
    Canvas::png(size, |canvas| draw(canvas, size, columns, layout))
}

const LEFT: i32 = 148;
const RIGHT: i32 = 36;
const TOP: i32 = 96;
/// The same without title and caption.
const UNDER_NO_HEADING: i32 = 40;
/// More above the panels where columns have titles.
const TITLES: i32 = 34;
const BOTTOM: i32 = 32;
/// Between tracks.
const GAP: i32 = 14;
/// Between columns.
const COLUMN_GAP: i32 = 28;

fn draw(
    canvas: &Canvas<'_>,
    size: (u32, u32),
    columns: &[Column],
    layout: &Layout,
) -> Result<(), Failure> {
    let (width, height) = (size.0 as i32, size.1 as i32);
    let bars = layout.bars.clamp(1, 1024);
    canvas.text(&layout.title, (LEFT, 42), 30, INK, Side::Left)?;
    canvas.text(&layout.caption, (width - RIGHT, 44), 19, FAINT_INK, Side::Right)?;
    let has_heading = !layout.title.is_empty() || !layout.caption.is_empty();
    let has_titles = columns.iter().any(|column| !column.title.is_empty());
    let top = if has_heading { TOP } else { UNDER_NO_HEADING };
    let top = top + if has_titles { TITLES } else { 0 };
    let count = columns.len().max(1) as i32;
    let column_width = (width - LEFT - RIGHT - COLUMN_GAP * (count - 1)) / count;
    let column_width = column_width.max(1);
    let pages: Vec<Page<'_, '_>> = (0..count)
        .map(|number| {
            let left = LEFT + number * (column_width + COLUMN_GAP);
            Page { canvas, bars, left, right: left + column_width }
        })
        .collect();
    for (page, column) in pages.iter().zip(columns) {
        canvas.text(&column.title, (page.left, top - 44), 19, INK, Side::Left)?;
        page.bar_numbers(layout.first_bar, top)?;
    }
    let panels = layout.tracks.len().max(1) as i32;
    let panel_height = ((height - top - BOTTOM - GAP * (panels - 1)) / panels).max(1);
    for (number, &track) in layout.tracks.iter().enumerate() {
        let top = top + number as i32 * (panel_height + GAP);
        let height = (top, top + panel_height);
        let shown = |note: &&TimedNote| note.track == track && is_shown(note, bars);
        let all = columns.iter().flat_map(|column| &column.notes).filter(shown);
        let keys = Keys::of(track, all, height);
        heading(canvas, track, height)?;
        keys.labels(canvas, LEFT - 8)?;
        for (page, column) in pages.iter().zip(columns) {
            page.panel(&keys, column.notes.iter().filter(shown))?;
        }
    }
    Ok(())
}

/// A track's name with its colour.
fn heading(canvas: &Canvas<'_>, track: Track, (top, bottom): (i32, i32)) -> Result<(), Failure> {
    let bar = 5;
    canvas.fill((24, top), (24 + bar, bottom), color_of(track))?;
    canvas.text(track.name(), (24 + bar + 12, i32::midpoint(top, bottom)), 22, INK, Side::Left)
}

fn is_shown(note: &TimedNote, bars: usize) -> bool {
    let end = note.onset_beats + note.length_beats;
    end > 0.0 && note.onset_beats < (bars * BEATS_PER_BAR) as f64 && end.is_finite()
}

/// The colour of a track, in all pictures.
#[must_use]
pub const fn color_of(track: Track) -> RGBColor {
    match track {
        Track::Drums => RGBColor(199, 78, 57),
        Track::Piano => RGBColor(43, 98, 158),
        Track::Guitar => RGBColor(206, 132, 18),
        Track::Bass => RGBColor(104, 74, 156),
        Track::Strings => RGBColor(36, 138, 98),
    }
}
