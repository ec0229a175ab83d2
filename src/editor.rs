//! The editor: five piano rolls with a playhead, their chords, and every parameter.
//!
//! Runs on the host's GUI thread. It reads parameters and [`Stage`] and never waits for the audio
//! thread. No file dialogs, which misbehave inside hosts; and some hosts keep the keyboard to
//! themselves, so whatever can be typed can also be chosen.
mod chart;
mod device;
mod panel;
mod rolls;
mod ruler;
mod theme;
mod track;
mod widgets;
mod window;

use crate::params::{BandParams, HIGHEST_SEED, IncomingChoice};
use crate::state::{Stage, is_ignored};
use chart::Draft;
use egui::{RichText, Ui};
use musegan_engine::Status;
use musegan_score::{Phrase, Track};
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
const TRACK_CONTROLS: f32 = 228.0;
/// How often the playhead moves.
const FRAME: Duration = Duration::from_millis(33);

/// The editor's application.
pub struct Editor {
    params: Arc<BandParams>,
    stage: Arc<Stage>,
    gui: Option<GuiContext>,
    weights_files: Vec<std::path::PathBuf>,
    draft: Draft,
}

/// The editor of one instance.
#[must_use]
pub fn create(params: Arc<BandParams>, stage: Arc<Stage>) -> Option<BandEditor> {
    let editor = create_egui_editor(
        EguiEditorState::from_size(LogicalSize::<f32>::new(WIDTH, HEIGHT), 1.0),
        RepaintNotifier::default(),
        EguiNiceSettings::new(),
        Editor { params, stage, gui: None, weights_files: Vec::new(), draft: Draft::default() },
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
            let phrase = self.stage.phrase(&status.key);
            self.chart_row(ui, &setter, &status);
            ui.add_space(4.0);
            beside_controls(ui, |ui| ruler::show(ui, &status));
            let knows_chords = |phrase: &&Arc<Phrase>| phrase.chords().iter().any(Option::is_some);
            if let Some(phrase) = phrase.as_ref().filter(knows_chords) {
                beside_controls(ui, |ui| self.chord_row(ui, phrase));
            }
            let row = (ui.available_height() - STATUS) / Track::COUNT as f32;
            for track in Track::ALL {
                self.track_row(ui, &setter, track, phrase.as_deref(), &status, row);
            }
            self.status_row(ui, phrase.as_deref(), &status);
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

    /// Where the song stands, what plays, and what is wrong.
    fn status_row(&self, ui: &mut Ui, phrase: Option<&Phrase>, status: &Status) {
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
            if self.params.incoming.value() == IncomingChoice::Chords
                && let [Some(held)] = status.key.composition.progression.chords()
            {
                let held = held.transposed(self.params.transpose.value() as i8);
                ui.label(format!("held: {}", held.symbol()));
                ui.separator();
            }
            ui.label(format!("weights: {}", news.weights));
            ui.separator();
            self.device_sentence(ui);
        });
        let mut troubles = news.sentences(status, self.params.weights.differs_from_saved());
        if phrase.is_some_and(|phrase| is_ignored(status, phrase)) {
            troubles.push("These weights know neither chords nor takes.".into());
        }
        if !troubles.is_empty() {
            let all = troubles.join("\n");
            let line = RichText::new(troubles.join("  ")).color(theme::TROUBLE);
            widgets::line(ui, line, &all);
        }
    }
}

/// What stands above the rolls.
fn beside_controls(ui: &mut Ui, show: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.add_space(TRACK_CONTROLS + ui.spacing().item_spacing.x);
        show(ui);
    });
}

/// A seed by the clock.
fn another_seed() -> i32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (now.as_micros() % (HIGHEST_SEED as u128 + 1)) as i32
}
