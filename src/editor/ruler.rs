//! The four bars above the rolls: their numbers, the section's letter, and which have a fill.
use super::theme;
use egui::{Align2, FontId, Rect, Sense, Stroke, Ui, pos2, vec2};
use musegan_engine::Status;
use musegan_score::Section;
use musegan_score::grid::BARS_PER_PHRASE;

/// Its height in points.
pub(super) const HEIGHT: f32 = 20.0;

/// A section's name: its letter, numbered when it comes again.
pub(super) fn named(section: Section) -> String {
    let letter = char::from(b'A'.saturating_add(section.letter));
    match section.repetition {
        ..=0 => letter.to_string(),
        before => format!("{letter} {}", before.saturating_add(1)),
    }
}

/// Paints the bars of the phrase that plays, filling the width that is left.
pub(super) fn show(ui: &mut Ui, status: &Status) {
    let (area, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT - 4.0), Sense::hover());
    let painter = ui.painter_at(area);
    let composition = &status.key.composition;
    let section = composition.section(status.key.index);
    let width = area.width() / BARS_PER_PHRASE as f32;
    for bar in 0..BARS_PER_PHRASE {
        let index = status.key.index.wrapping_mul(BARS_PER_PHRASE as i64).wrapping_add(bar as i64);
        let left = area.left() + width * bar as f32;
        let here = status.playing && index == status.bar_index;
        let colour = if here { theme::TITLE } else { theme::HEADING };
        painter.vline(left, area.y_range(), Stroke::new(1.0, theme::BAR_LINE));
        let at = |x: f32| pos2(left + x, area.center().y);
        let font = FontId::proportional(12.0);
        let number = index.saturating_add(1).to_string();
        let number = painter.text(at(5.0), Align2::LEFT_CENTER, number, font.clone(), colour);
        if let Some(section) = section.filter(|_| bar == 0) {
            let name = named(section);
            painter.text(
                pos2(number.right() + 10.0, area.center().y),
                Align2::LEFT_CENTER,
                name,
                font.clone(),
                theme::SECTION,
            );
        }
        if composition.fills(index) {
            let flag = Rect::from_min_size(at(width - 34.0) - vec2(0.0, 7.0), vec2(30.0, 14.0));
            painter.rect_filled(flag, 3.0, theme::FILL);
            painter.text(flag.center(), Align2::CENTER_CENTER, "fill", font, theme::BACKGROUND);
        }
    }
}
