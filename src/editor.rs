//! The editor: five piano rolls with a playhead, and every parameter.
//!
//! Runs on the host's GUI thread. It reads parameters and [`Stage`] and never waits for the audio
//! thread. No file dialogs and no text fields: both misbehave inside hosts.
mod device;
mod panel;
mod rolls;
mod ruler;
mod theme;
mod widgets;
mod window;

use crate::params::{BandParams, HIGHEST_SEED};
use crate::state::Stage;
use egui::{RichText, Ui};
use musegan_score::Track;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug::prelude::ParamSetter;
use nice_plug_egui::{
    EguiEditorState, EguiNiceSettings, NiceEguiApp, RepaintNotifier, baseview, create_egui_editor,
};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
pub use window::BandEditor;

const WIDTH: f32 = 1080.0;
const HEIGHT: f32 = 720.0;
/// Height of the lines at the lower edge.
const STATUS: f32 = 52.0;
/// Width of the controls beside each roll.
const TRACK_CONTROLS: f32 = 196.0;
/// How often the playhead moves.
const FRAME: Duration = Duration::from_millis(33);

/// The editor's application.
pub struct Editor {
    params: Arc<BandParams>,
    stage: Arc<Stage>,
    gui: Option<GuiContext>,
    weights_files: Vec<std::path::PathBuf>,
}

/// The editor of one instance.
#[must_use]
pub fn create(params: Arc<BandParams>, stage: Arc<Stage>) -> Option<BandEditor> {
    let editor = create_egui_editor(
        EguiEditorState::from_size(LogicalSize::<f32>::new(WIDTH, HEIGHT), 1.0),
        RepaintNotifier::default(),
        EguiNiceSettings::new(),
        Editor { params, stage, gui: None, weights_files: Vec::new() },
    );
    editor.map(BandEditor)
}

impl NiceEguiApp for Editor {
    fn build(
        &mut self,
        context: egui::Context,
        gui: GuiContext,
        _: &mut nice_plug_egui::Frame,
    ) -> Result<(), baseview::HandlerError> {
        theme::apply(&context);
        self.gui = Some(gui);
        self.weights_files = crate::state::weights_files();
        // Whoever opens the menu is told what is there now.
        self.stage.report(|news| news.cards = None);
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut nice_plug_egui::Frame) {
        let Some(gui) = self.gui.clone() else { return };
        let setter = gui.param_setter();
        ui.painter().rect_filled(ui.max_rect(), 0.0, theme::BACKGROUND);
        egui::Frame::NONE.inner_margin(12.0).show(ui, |ui| {
            self.title_row(ui, &setter);
            ui.add_space(4.0);
            self.panel(ui, &setter);
            ui.add_space(8.0);
            let status = self.stage.status();
            ui.horizontal(|ui| {
                ui.add_space(TRACK_CONTROLS + ui.spacing().item_spacing.x);
                ruler::show(ui, &status);
            });
            let row = (ui.available_height() - STATUS) / Track::COUNT as f32;
            for track in Track::ALL {
                self.track_row(ui, &setter, track, row);
            }
            self.status_row(ui);
        });
        ui.ctx().request_repaint_after(FRAME);
    }

    fn editor_closed(&mut self) {
        self.gui = None;
    }
}

impl Editor {
    /// The name, and what stops the band or has it play on its own.
    fn title_row(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("MuseGAN").size(20.0).strong().color(theme::TITLE));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let about = "The band pauses and incoming notes pass";
                widgets::switch(ui, setter, &self.params.bypass, "Bypass", about);
                ui.add_space(8.0);
                let about = "Whether the band plays where the host has no transport at all";
                widgets::switch(ui, setter, &self.params.free_run, "Free run", about);
            });
        });
    }

    /// One track: its controls and its roll.
    fn track_row(&self, ui: &mut Ui, setter: &ParamSetter<'_>, track: Track, height: f32) {
        let params = self.params.track(track);
        ui.horizontal(|ui| {
            ui.set_height(height);
            ui.allocate_ui(egui::vec2(TRACK_CONTROLS, height), |ui| {
                ui.set_width(TRACK_CONTROLS);
                ui.vertical(|ui| {
                    ui.add_space(4.0);
                    ui.horizontal(|ui| {
                        widgets::switch(ui, setter, &params.on, "", "Whether it sounds");
                        let name = RichText::new(track.name()).size(15.0).strong();
                        ui.label(name.color(theme::track(track)));
                        let channel = self.params.controls().channels.channel(track) + 1;
                        ui.weak(format!("ch {channel}"));
                    });
                    ui.horizontal(|ui| {
                        ui.label("Octave");
                        widgets::number(ui, setter, &params.octave, "Octaves up or down");
                    });
                    ui.horizontal(|ui| {
                        ui.label("Velocity");
                        let about = "How loud its notes are struck";
                        widgets::slider(ui, setter, &params.velocity, 56.0, about);
                    });
                });
            });
            let status = self.stage.status();
            let phrase = self.stage.phrase(&status.key);
            rolls::show(ui, track, phrase.as_deref(), &self.params.controls(), &status, height);
        });
    }

    /// Where the song stands, what plays, and what is wrong.
    fn status_row(&self, ui: &mut Ui) {
        let status = self.stage.status();
        let news = self.stage.news();
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.label(if status.playing { "playing" } else { "stopped" });
            ui.separator();
            ui.label(format!("bar {}", status.bar_index.saturating_add(1)));
            ui.separator();
            ui.label(status.meter.to_string());
            ui.separator();
            if let Some(section) = status.key.composition.section(status.key.index) {
                ui.label(format!("section {}", ruler::named(section)));
                ui.separator();
            }
            ui.label(format!("weights: {}", news.weights));
            ui.separator();
            self.device_sentence(ui);
        });
        let troubles = news.sentences(&status, self.params.weights.differs_from_saved());
        if !troubles.is_empty() {
            let all = troubles.join("\n");
            let line = RichText::new(troubles.join("  ")).color(theme::TROUBLE);
            widgets::line(ui, line, &all);
        }
    }
}

/// A seed by the clock.
fn another_seed() -> i32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (now.as_micros() % (HIGHEST_SEED as u128 + 1)) as i32
}
