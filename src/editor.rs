//! The editor: five piano rolls with a playhead, and every parameter.
//!
//! Runs on the host's GUI thread. It reads parameters and [`Stage`] and never waits for the audio
//! thread. No file dialogs and no text fields: both misbehave inside hosts.
mod rolls;
mod theme;
mod widgets;

use crate::params::{BandParams, ChannelChoice, HIGHEST_SEED, OutputChoice};
use crate::state::Stage;
use egui::{RichText, Ui};
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug::prelude::ParamSetter;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, NiceEguiApp, RepaintNotifier, baseview,
    create_egui_editor, widgets::ParamSlider,
};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const WIDTH: f32 = 960.0;
const HEIGHT: f32 = 640.0;
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
pub fn create(params: Arc<BandParams>, stage: Arc<Stage>) -> Option<EguiEditor<Editor>> {
    create_egui_editor(
        EguiEditorState::from_size(LogicalSize::<f32>::new(WIDTH, HEIGHT), 1.0),
        RepaintNotifier::default(),
        EguiNiceSettings::new(),
        Editor { params, stage, gui: None, weights_files: Vec::new() },
    )
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
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut nice_plug_egui::Frame) {
        let Some(gui) = self.gui.clone() else { return };
        let setter = gui.param_setter();
        ui.painter().rect_filled(ui.max_rect(), 0.0, theme::BACKGROUND);
        egui::Frame::NONE.inner_margin(12.0).show(ui, |ui| {
            self.band_row(ui, &setter);
            ui.add_space(8.0);
            let status_height = 44.0;
            let row = (ui.available_height() - status_height) / Track::COUNT as f32;
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
    /// What concerns the whole band.
    fn band_row(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let params = &self.params;
        ui.horizontal(|ui| {
            ui.label(RichText::new("MuseGAN").size(20.0).strong().color(theme::TITLE));
            ui.add_space(10.0);
            ui.label("Seed");
            widgets::number(ui, setter, &params.seed, 0..=HIGHEST_SEED);
            if ui.button("New").on_hover_text("Another song").clicked() {
                widgets::set(setter, &params.seed, another_seed());
            }
            ui.label("Density");
            ui.add(ParamSlider::for_param(&params.density, setter).with_width(80.0));
            ui.label("Temperature");
            ui.add(ParamSlider::for_param(&params.temperature, setter).with_width(80.0));
        });
        ui.horizontal(|ui| {
            ui.label("Transpose");
            widgets::number(ui, setter, &params.transpose, -11..=11);
            ui.label("Output");
            widgets::choice::<OutputChoice>(ui, setter, &params.output);
            ui.label("Channels");
            widgets::choice::<ChannelChoice>(ui, setter, &params.channels);
            ui.label("Incoming notes");
            widgets::choice(ui, setter, &params.incoming);
            widgets::switch(ui, setter, &params.bypass, "Bypass");
            ui.label("Weights");
            self.weights_menu(ui);
        });
    }

    /// The embedded weights and the files in the weights folder.
    fn weights_menu(&self, ui: &mut Ui) {
        let (_, chosen) = self.params.weights.chosen();
        let name = |file: &std::path::Path| {
            file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
        };
        let shown = chosen.as_deref().map_or("embedded".into(), name);
        egui::ComboBox::from_id_salt("weights").selected_text(shown).show_ui(ui, |ui| {
            if ui.selectable_label(chosen.is_none(), "embedded").clicked() {
                self.params.weights.choose(None);
            }
            for file in &self.weights_files {
                if ui.selectable_label(chosen.as_ref() == Some(file), name(file)).clicked() {
                    self.params.weights.choose(Some(file));
                }
            }
            if self.weights_files.is_empty()
                && let Some(folder) = crate::state::weights_folder()
            {
                ui.weak(format!("Put .safetensors files into\n{}", folder.display()));
            }
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
                        widgets::switch(ui, setter, &params.on, "");
                        let name = RichText::new(track.name()).size(15.0).strong();
                        ui.label(name.color(theme::track(track)));
                        let channel = self.params.controls().channels.channel(track) + 1;
                        ui.weak(format!("ch {channel}"));
                    });
                    ui.horizontal(|ui| {
                        ui.label("Octave");
                        widgets::number(ui, setter, &params.octave, -2..=2);
                    });
                    ui.horizontal(|ui| {
                        ui.label("Velocity");
                        ui.add(ParamSlider::for_param(&params.velocity, setter).with_width(56.0));
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
            let first_bar = status.key.index * BARS_PER_PHRASE as i64 + 1;
            let state = if status.playing { "playing" } else { "stopped" };
            let last_bar = first_bar + BARS_PER_PHRASE as i64 - 1;
            ui.label(format!("{state}, bars {first_bar} to {last_bar}"));
            ui.separator();
            ui.label(format!("weights: {}", news.weights));
            if status.rested_steps > 0 {
                ui.separator();
                let late = format!("rests while the network was late: {}", status.rested_steps);
                ui.label(late);
            }
        });
        let changed = self.params.weights.differs_from_saved();
        let changed = changed.then(|| "not the weights that this song was saved with".into());
        if let Some(trouble) = news.failure.or(news.trouble).or(changed) {
            ui.label(RichText::new(trouble).color(theme::TROUBLE));
        }
    }
}

/// A seed by the clock.
fn another_seed() -> i32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (now.as_micros() % (HIGHEST_SEED as u128 + 1)) as i32
}
