//! Colours and text sizes.
use egui::{Color32, Visuals};
use musegan_score::Track;

pub(super) const BACKGROUND: Color32 = Color32::from_rgb(24, 26, 32);
pub(super) const ROLL: Color32 = Color32::from_rgb(32, 35, 43);
/// Over what the metre leaves out.
pub(super) const UNPLAYED: Color32 = Color32::from_rgba_premultiplied(20, 22, 27, 215);
pub(super) const BEAT_LINE: Color32 = Color32::from_rgb(44, 48, 58);
pub(super) const BAR_LINE: Color32 = Color32::from_rgb(84, 90, 106);
pub(super) const PLAYHEAD: Color32 = Color32::from_rgb(245, 245, 250);
pub(super) const TITLE: Color32 = Color32::from_rgb(236, 238, 244);
pub(super) const HEADING: Color32 = Color32::from_rgb(140, 147, 166);
pub(super) const SECTION: Color32 = Color32::from_rgb(130, 205, 220);
pub(super) const CHORD: Color32 = Color32::from_rgb(236, 214, 150);
pub(super) const FILL: Color32 = Color32::from_rgb(240, 113, 103);
pub(super) const TROUBLE: Color32 = Color32::from_rgb(255, 140, 110);

/// The colour of a track's notes.
pub(super) const fn track(track: Track) -> Color32 {
    match track {
        Track::Drums => Color32::from_rgb(240, 113, 103),
        Track::Piano => Color32::from_rgb(98, 170, 240),
        Track::Guitar => Color32::from_rgb(245, 180, 85),
        Track::Bass => Color32::from_rgb(120, 205, 140),
        Track::Strings => Color32::from_rgb(190, 145, 240),
    }
}

/// Dresses an editor that was just opened.
pub(super) fn apply(context: &egui::Context) {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = BACKGROUND;
    visuals.extreme_bg_color = ROLL;
    visuals.override_text_color = Some(Color32::from_rgb(206, 210, 222));
    context.set_visuals(visuals);
}
