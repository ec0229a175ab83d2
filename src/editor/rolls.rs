//! One track's piano roll with bar lines and playhead.
use super::theme;
use egui::{Color32, Rect, Sense, Stroke, Ui, pos2, vec2};
use musegan_engine::{Controls, Status};
use musegan_score::grid::{STEPS_PER_BAR, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use musegan_score::{Note, Phrase, Track};

/// Rows shown at least, so that a few notes do not fill the height.
const FEWEST_KEYS: u8 = 14;

/// Height of a note in points.
const THINNEST: f32 = 3.0;
const THICKEST: f32 = 7.0;

/// Paints the roll of the phrase that sounds, filling the width that is left. Notes that the
/// controls keep silent are shown as shadows.
pub(super) fn show(
    ui: &mut Ui,
    track: Track,
    phrase: Option<&Phrase>,
    controls: &Controls,
    status: &Status,
    height: f32,
) {
    let size = vec2(ui.available_width(), height - 6.0);
    let (area, _) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter_at(area);
    painter.rect_filled(area, 4.0, theme::ROLL);
    let x = |step: f32| area.left() + area.width() * step / STEPS_PER_PHRASE as f32;
    for step in (0..=STEPS_PER_PHRASE).step_by(STEPS_PER_BEAT) {
        let colour = if step % STEPS_PER_BAR == 0 { theme::BAR_LINE } else { theme::BEAT_LINE };
        painter.vline(x(step as f32), area.y_range(), Stroke::new(1.0, colour));
    }
    let notes = phrase.map_or(&[][..], |phrase| phrase.track(track));
    let (lowest, keys) = key_range(notes);
    let row = area.height() / f32::from(keys);
    let thickness = (row - 0.5).clamp(THINNEST, THICKEST);
    for note in notes {
        let middle = area.bottom() - row * (f32::from(note.pitch.number() - lowest) + 0.5);
        let left = x(note.onset().index() as f32);
        let cell = Rect::from_min_max(
            pos2(left + 0.5, middle - thickness / 2.0),
            pos2(x(note.end() as f32) - 1.0, middle + thickness / 2.0),
        );
        let heard = controls.sounds(track, note);
        painter.rect_filled(cell, 1.5, colour(track, note, heard));
    }
    // Bars shorter than sixteen steps leave the rest of the network's bar out.
    let steps = (status.meter.beats() * STEPS_PER_BEAT as f64).min(STEPS_PER_BAR as f64) as f32;
    for bar in (0..STEPS_PER_PHRASE).step_by(STEPS_PER_BAR) {
        let unplayed = x(bar as f32 + steps)..=x((bar + STEPS_PER_BAR) as f32);
        painter.rect_filled(Rect::from_x_y_ranges(unplayed, area.y_range()), 0.0, theme::UNPLAYED);
    }
    if status.playing {
        painter.vline(x(status.step), area.y_range(), Stroke::new(1.5, theme::PLAYHEAD));
    }
}

/// The lowest key shown and how many, with a key of air on both sides.
fn key_range(notes: &[Note]) -> (u8, u8) {
    let numbers = || notes.iter().map(|note| note.pitch.number());
    let lowest = numbers().min().unwrap_or(60).saturating_sub(1);
    let highest = numbers().max().unwrap_or(60).saturating_add(1);
    let keys = highest - lowest + 1;
    let air = FEWEST_KEYS.saturating_sub(keys);
    (lowest.saturating_sub(air / 2), keys + air)
}

/// Louder notes are brighter; silent ones are shadows.
fn colour(track: Track, note: &Note, heard: bool) -> Color32 {
    let loudness = f32::from(note.velocity.value()) / 127.0;
    let brightness = if heard { 0.45 + 0.55 * loudness } else { 0.14 };
    theme::track(track).gamma_multiply(brightness)
}
