//! Piano rolls as a picture: the five tracks one above another, with bar lines.
use std::path::{Path, PathBuf};

use canvas::{Canvas, FAINT_INK, Failure, INK, PANEL, RGBColor, Side, mix};

use crate::grid::{BARS_PER_PHRASE, BEATS_PER_BAR};
use crate::{TimedNote, Track};

pub mod canvas;

/// What the picture shows besides the notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Heading at the left.
    pub title: String,
    /// Smaller text at the right: tempo, seed, source.
    pub caption: String,
    /// Bars shown, from the first one on; clamped to `1..=1024`.
    pub bars: usize,
    /// Width and height in pixels; clamped to `640..=4096` and `480..=4096`.
    pub size: (u32, u32),
}

impl Layout {
    /// So many bars, 1600 by 1000 pixels.
    #[must_use]
    pub fn new(title: impl Into<String>, bars: usize) -> Self {
        Self { title: title.into(), caption: String::new(), bars, size: (1600, 1000) }
    }
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

/// Draws the piano rolls of the five tracks one above another, as the bytes of a PNG file.
///
/// Each track shows the octaves it plays in; the louder a note, the darker it is. Notes outside
/// the bars shown are left out.
///
/// # Errors
///
/// None is expected: the drawing library's are passed on.
pub fn piano_rolls(notes: &[TimedNote], layout: &Layout) -> Result<Vec<u8>, PictureError> {
    let size = (layout.size.0.clamp(640, 4096), layout.size.1.clamp(480, 4096));
    Canvas::png(size, |canvas| draw(canvas, size, notes, layout))
}

const BLACK_KEY: RGBColor = RGBColor(245, 245, 247);
const OCTAVE_LINE: RGBColor = RGBColor(223, 224, 230);
const BEAT_LINE: RGBColor = RGBColor(238, 238, 242);
const BAR_LINE: RGBColor = RGBColor(196, 198, 208);
const PHRASE_LINE: RGBColor = RGBColor(118, 122, 138);

const LEFT: i32 = 148;
const RIGHT: i32 = 36;
const TOP: i32 = 96;
const BOTTOM: i32 = 32;
const GAP: i32 = 14;

fn draw(
    canvas: &Canvas<'_>,
    size: (u32, u32),
    notes: &[TimedNote],
    layout: &Layout,
) -> Result<(), Failure> {
    let (width, height) = (size.0 as i32, size.1 as i32);
    let bars = layout.bars.clamp(1, 1024);
    let page = Page { canvas, bars, left: LEFT, right: width - RIGHT };
    canvas.text(&layout.title, (LEFT, 42), 30, INK, Side::Left)?;
    canvas.text(&layout.caption, (width - RIGHT, 44), 19, FAINT_INK, Side::Right)?;
    page.bar_numbers()?;
    let panels = Track::COUNT as i32;
    let panel_height = (height - TOP - BOTTOM - GAP * (panels - 1)) / panels;
    for track in Track::ALL {
        let top = TOP + track.index() as i32 * (panel_height + GAP);
        let notes: Vec<_> = notes
            .iter()
            .filter(|note| note.track == track && is_shown(note, bars))
            .copied()
            .collect();
        page.panel(track, &notes, (top, top + panel_height))?;
    }
    Ok(())
}

fn is_shown(note: &TimedNote, bars: usize) -> bool {
    let end = note.onset_beats + note.length_beats;
    end > 0.0 && note.onset_beats < (bars * BEATS_PER_BAR) as f64 && end.is_finite()
}

/// The whole picture: time from `left` to `right` in pixels.
struct Page<'a, 'b> {
    canvas: &'a Canvas<'b>,
    bars: usize,
    left: i32,
    right: i32,
}

impl Page<'_, '_> {
    /// Pixels from the left for a song position.
    fn x(&self, beats: f64) -> i32 {
        let share = (beats / (self.bars * BEATS_PER_BAR) as f64).clamp(0.0, 1.0);
        self.left + (share * f64::from(self.right - self.left)).round() as i32
    }

    fn pixels_per_bar(&self) -> i32 {
        (self.right - self.left) / self.bars as i32
    }

    fn bar_numbers(&self) -> Result<(), Failure> {
        let every = [1, 4, 16, 64].into_iter().find(|n| n * self.pixels_per_bar() >= 32);
        for bar in (0..self.bars).step_by(every.unwrap_or(256) as usize) {
            let x = self.x((bar * BEATS_PER_BAR) as f64);
            self.canvas.text(
                &(bar + 1).to_string(),
                (x + 4, TOP - 13),
                16,
                FAINT_INK,
                Side::Left,
            )?;
        }
        Ok(())
    }

    fn panel(
        &self,
        track: Track,
        notes: &[TimedNote],
        (top, bottom): (i32, i32),
    ) -> Result<(), Failure> {
        let keys = Keys::of(track, notes, (top, bottom));
        self.canvas.fill((self.left, top), (self.right, bottom), PANEL)?;
        self.keyboard(&keys)?;
        self.time_lines((top, bottom))?;
        for note in notes {
            self.note(note, &keys)?;
        }
        let middle = i32::midpoint(top, bottom);
        let bar = 5;
        self.canvas.fill((24, top), (24 + bar, bottom), color_of(track))?;
        self.canvas.text(track.name(), (24 + bar + 12, middle), 22, INK, Side::Left)
    }

    fn keyboard(&self, keys: &Keys) -> Result<(), Failure> {
        for pitch in keys.lowest..keys.end {
            let (top, bottom) = keys.row(pitch);
            if matches!(pitch % 12, 1 | 3 | 6 | 8 | 10) {
                self.canvas.fill((self.left, top), (self.right, bottom), BLACK_KEY)?;
            }
            if pitch % 12 == 0 {
                self.canvas.fill((self.left, bottom - 1), (self.right, bottom), OCTAVE_LINE)?;
                let label = format!("C{}", i32::from(pitch) / 12 - 1);
                // In the middle of the octave's lowest row, and inside the panel.
                let y = i32::midpoint(top, bottom).clamp(keys.top + 7, keys.bottom - 7);
                self.canvas.text(&label, (self.left - 8, y), 14, FAINT_INK, Side::Right)?;
            }
        }
        Ok(())
    }

    fn time_lines(&self, (top, bottom): (i32, i32)) -> Result<(), Failure> {
        let beats_show = self.pixels_per_bar() >= 48;
        for beat in 0..=self.bars * BEATS_PER_BAR {
            let (color, width) = if beat % (BEATS_PER_BAR * BARS_PER_PHRASE) == 0 {
                (PHRASE_LINE, 2)
            } else if beat % BEATS_PER_BAR == 0 && self.pixels_per_bar() >= 6 {
                (BAR_LINE, 1)
            } else if beats_show {
                (BEAT_LINE, 1)
            } else {
                continue;
            };
            let x = self.x(beat as f64).min(self.right - width);
            self.canvas.fill((x, top), (x + width, bottom), color)?;
        }
        Ok(())
    }

    /// A note: lighter the softer it is, with a dark edge where it is struck.
    fn note(&self, note: &TimedNote, keys: &Keys) -> Result<(), Failure> {
        let (top, bottom) = keys.row(note.pitch.number());
        let top = if bottom - top >= 5 { top + 1 } else { top };
        let left = self.x(note.onset_beats);
        // A pixel of paper keeps repeated notes apart.
        let right = (self.x(note.onset_beats + note.length_beats) - 1).max(left + 2);
        let color = color_of(note.track);
        let loudness = f64::from(note.velocity.value()) / 127.0;
        self.canvas.fill((left, top), (right, bottom), mix(PANEL, color, 0.3 + 0.7 * loudness))?;
        if right - left > 4 {
            self.canvas.fill((left, top), (left + 2, bottom), mix(color, INK, 0.4))?;
        }
        Ok(())
    }
}

/// The pitches of a panel and where their rows are.
struct Keys {
    lowest: u8,
    /// One above the highest.
    end: u8,
    top: i32,
    bottom: i32,
}

impl Keys {
    /// What is played and two semitones around it, at least an octave and a half; a silent
    /// track shows its usual range.
    fn of(track: Track, notes: &[TimedNote], (top, bottom): (i32, i32)) -> Self {
        const LEAST: u8 = 19;
        let pitches = || notes.iter().map(|note| note.pitch.number());
        let (lowest, highest) = match (pitches().min(), pitches().max()) {
            (Some(lowest), Some(highest)) => (lowest, highest),
            _ if matches!(track, Track::Drums | Track::Bass) => (36, 56),
            _ => (48, 68),
        };
        let span = (highest - lowest + 5).max(LEAST);
        let middle = u8::midpoint(lowest, highest);
        let lowest = middle.saturating_sub(span / 2).min(128 - span.min(128));
        Self { lowest, end: lowest.saturating_add(span).min(128), top, bottom }
    }

    /// Upper and lower edge of a pitch's row in pixels.
    fn row(&self, pitch: u8) -> (i32, i32) {
        let rows = i32::from(self.end - self.lowest);
        let y = |row: i32| self.bottom - (self.bottom - self.top) * row / rows;
        let row = i32::from(pitch.saturating_sub(self.lowest));
        (y(row + 1), y(row))
    }
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
