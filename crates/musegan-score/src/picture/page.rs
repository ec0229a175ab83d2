//! One column of a picture: the panels of its tracks, and the keys that all columns share.
use super::canvas::{Canvas, FAINT_INK, Failure, INK, PANEL, RGBColor, Side, mix};
use super::color_of;
use crate::grid::{BARS_PER_PHRASE, BEATS_PER_BAR};
use crate::{TimedNote, Track};

const BLACK_KEY: RGBColor = RGBColor(245, 245, 247);
const OCTAVE_LINE: RGBColor = RGBColor(223, 224, 230);
const BEAT_LINE: RGBColor = RGBColor(238, 238, 242);
const BAR_LINE: RGBColor = RGBColor(196, 198, 208);
const PHRASE_LINE: RGBColor = RGBColor(118, 122, 138);

/// One column: time from `left` to `right` in pixels.
pub(super) struct Page<'a, 'b> {
    pub canvas: &'a Canvas<'b>,
    pub bars: usize,
    pub left: i32,
    pub right: i32,
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

    /// The numbers of bars above panels that begin at `top`.
    pub fn bar_numbers(&self, first: usize, top: i32) -> Result<(), Failure> {
        let every = [1, 4, 16, 64].into_iter().find(|n| n * self.pixels_per_bar() >= 32);
        for bar in (0..self.bars).step_by(every.unwrap_or(256) as usize) {
            let x = self.x((bar * BEATS_PER_BAR) as f64);
            let number = first.saturating_add(bar).to_string();
            self.canvas.text(&number, (x + 4, top - 13), 16, FAINT_INK, Side::Left)?;
        }
        Ok(())
    }

    /// A track's notes.
    pub fn panel<'n>(
        &self,
        keys: &Keys,
        notes: impl Iterator<Item = &'n TimedNote>,
    ) -> Result<(), Failure> {
        self.canvas.fill((self.left, keys.top), (self.right, keys.bottom), PANEL)?;
        self.keyboard(keys)?;
        self.time_lines((keys.top, keys.bottom))?;
        for note in notes {
            self.note(note, keys)?;
        }
        Ok(())
    }

    fn keyboard(&self, keys: &Keys) -> Result<(), Failure> {
        for pitch in keys.lowest..keys.end {
            let (top, bottom) = keys.row(pitch);
            if matches!(pitch % 12, 1 | 3 | 6 | 8 | 10) {
                self.canvas.fill((self.left, top), (self.right, bottom), BLACK_KEY)?;
            }
            if pitch % 12 == 0 {
                self.canvas.fill((self.left, bottom - 1), (self.right, bottom), OCTAVE_LINE)?;
            }
        }
        Ok(())
    }

    fn time_lines(&self, (top, bottom): (i32, i32)) -> Result<(), Failure> {
        let beats_show = self.pixels_per_bar() >= 48;
        let pixels = self.right - self.left;
        let phrases_show = pixels * BARS_PER_PHRASE as i32 >= 5 * self.bars as i32;
        for beat in 0..=self.bars * BEATS_PER_BAR {
            let (color, width) = if phrases_show && beat % (BEATS_PER_BAR * BARS_PER_PHRASE) == 0 {
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
pub(super) struct Keys {
    lowest: u8,
    /// One above the highest.
    end: u8,
    top: i32,
    bottom: i32,
}

impl Keys {
    /// What is played and two semitones around it, at least an octave and a half; a silent
    /// track shows its usual range.
    pub fn of<'n>(
        track: Track,
        notes: impl Iterator<Item = &'n TimedNote> + Clone,
        (top, bottom): (i32, i32),
    ) -> Self {
        const LEAST: u8 = 19;
        let pitches = notes.map(|note| note.pitch.number());
        let (lowest, highest) = match (pitches.clone().min(), pitches.max()) {
            (Some(lowest), Some(highest)) => (lowest, highest),
            _ if matches!(track, Track::Drums | Track::Bass) => (36, 56),
            _ => (48, 68),
        };
        let span = (highest - lowest + 5).max(LEAST);
        let middle = u8::midpoint(lowest, highest);
        let lowest = middle.saturating_sub(span / 2).min(128 - span.min(128));
        Self { lowest, end: lowest.saturating_add(span).min(128), top, bottom }
    }

    /// The octaves' names at the left of all columns.
    pub fn labels(&self, canvas: &Canvas<'_>, right: i32) -> Result<(), Failure> {
        for pitch in (self.lowest..self.end).filter(|pitch| pitch % 12 == 0) {
            let (top, bottom) = self.row(pitch);
            let label = format!("C{}", i32::from(pitch) / 12 - 1);
            // In the middle of the octave's lowest row, and inside the panel.
            let y = i32::midpoint(top, bottom).clamp(self.top + 7, self.bottom - 7);
            canvas.text(&label, (right, y), 14, FAINT_INK, Side::Right)?;
        }
        Ok(())
    }

    /// Upper and lower edge of a pitch's row in pixels.
    fn row(&self, pitch: u8) -> (i32, i32) {
        let rows = i32::from(self.end - self.lowest);
        let y = |row: i32| self.bottom - (self.bottom - self.top) * row / rows;
        let row = i32::from(pitch.saturating_sub(self.lowest));
        (y(row + 1), y(row))
    }
}
