//! One track: its controls beside its roll.
//!
//! What must stay true: the lock's button writes down the seed that the track then stays at, so
//! that the song's state says all that is heard.
use super::{Editor, TRACK_CONTROLS, rolls, theme, widgets};
use crate::params::{LAST_TAKE, TrackParams};
use egui::{RichText, Ui, vec2};
use musegan_engine::{ChannelMap, Status};
use musegan_score::{Phrase, Track};
use nice_plug::prelude::ParamSetter;

/// Width of a track's name and channel.
const NAME: f32 = 112.0;

impl Editor {
    /// All of a track.
    pub(super) fn track_row(
        &self,
        ui: &mut Ui,
        setter: &ParamSetter<'_>,
        track: Track,
        phrase: Option<&Phrase>,
        status: &Status,
        height: f32,
    ) {
        let params = self.params.track(track);
        ui.horizontal(|ui| {
            ui.set_height(height);
            ui.allocate_ui(vec2(TRACK_CONTROLS, height), |ui| {
                ui.set_width(TRACK_CONTROLS);
                ui.vertical(|ui| {
                    ui.add_space(4.0);
                    ui.horizontal(|ui| {
                        let place = vec2(NAME, ui.available_height());
                        ui.allocate_ui(place, |ui| {
                            ui.set_width(NAME);
                            self.name(ui, setter, track);
                        });
                        self.lock(ui, setter, params);
                    });
                    ui.horizontal(|ui| {
                        ui.label("Octave");
                        widgets::number(ui, setter, &params.octave, "Octaves up or down");
                        ui.add_space(6.0);
                        take(ui, setter, params);
                    });
                    ui.horizontal(|ui| {
                        ui.label("Velocity");
                        let about = "How loud its notes are struck";
                        widgets::slider(ui, setter, &params.velocity, 56.0, about);
                    });
                });
            });
            let controls = self.params.controls(status.key.composition.progression);
            rolls::show(ui, track, phrase, &controls, status, height);
        });
    }

    /// Whether the track sounds, and on which channel.
    fn name(&self, ui: &mut Ui, setter: &ParamSetter<'_>, track: Track) {
        let params = self.params.track(track);
        widgets::switch(ui, setter, &params.on, "", "Whether it sounds");
        let name = RichText::new(track.name()).size(15.0).strong();
        ui.label(name.color(theme::track(track)));
        let channels = ChannelMap::from(self.params.channels.value());
        ui.weak(format!("ch {}", channels.channel(track) + 1));
    }

    /// Holds the track at the seed that plays, and shows it.
    fn lock(&self, ui: &mut Ui, setter: &ParamSetter<'_>, params: &TrackParams) {
        let about =
            "Holds the part: it stays that of this seed, unmorphed, whatever the others play";
        let mut is_locked = params.lock.value();
        if ui.checkbox(&mut is_locked, "Lock").on_hover_text(about).changed() {
            if is_locked {
                widgets::set(setter, &params.lock_seed, self.params.seed.value());
            }
            widgets::set(setter, &params.lock, is_locked);
        }
        if is_locked {
            widgets::number(ui, setter, &params.lock_seed, "The seed that the part is held at");
        }
    }
}

/// Which take the track plays, and a button for another.
fn take(ui: &mut Ui, setter: &ParamSetter<'_>, params: &TrackParams) {
    ui.label("Take");
    let about = "Which of the ways to play this part; 0 is the song's own";
    widgets::number(ui, setter, &params.take, about);
    if ui.button("New").on_hover_text("Another take of this part; the others stay").clicked() {
        widgets::set(setter, &params.take, (params.take.value() + 1) % (LAST_TAKE + 1));
    }
}
