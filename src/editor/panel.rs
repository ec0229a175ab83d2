//! What concerns the whole band: five groups of parameters beside each other.
use super::{Editor, another_seed, theme, widgets};
use crate::params::KeyChoice;
use egui::{RichText, Ui};
use nice_plug::prelude::ParamSetter;

/// Width of a slider without its number.
const SLIDER: f32 = 64.0;
/// Widths of menus.
const SHORT: f32 = 46.0;
const LONG: f32 = 110.0;
/// Between groups.
const GAP: f32 = 14.0;

impl Editor {
    /// All groups.
    pub(super) fn panel(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        ui.horizontal_top(|ui| {
            group(ui, "Song", |ui| self.song(ui, setter));
            ui.add_space(GAP);
            group(ui, "Form", |ui| self.form(ui, setter));
            ui.add_space(GAP);
            group(ui, "Feel", |ui| self.feel(ui, setter));
            ui.add_space(GAP);
            group(ui, "Harmony", |ui| self.harmony(ui, setter));
            ui.add_space(GAP);
            group(ui, "MIDI", |ui| self.midi(ui, setter));
        });
    }

    fn song(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let params = &self.params;
        ui.label("Seed");
        ui.horizontal(|ui| {
            widgets::number(ui, setter, &params.seed, "The song: the same seed, the same song");
            if ui.button("New").on_hover_text("Another song").clicked() {
                widgets::set(setter, &params.seed, another_seed());
            }
        });
        ui.end_row();
        ui.label("Temperature");
        let about = "How unusual the song is; 0 is the network's most average bar";
        widgets::slider(ui, setter, &params.temperature, SLIDER, about);
        ui.end_row();
        ui.label("Morph");
        let about = "How far the song is on its way to another";
        widgets::slider(ui, setter, &params.morph, SLIDER, about);
        ui.end_row();
        ui.label("Morph to");
        widgets::number(ui, setter, &params.morph_seed, "The seed of that other song");
        ui.end_row();
    }

    fn form(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let params = &self.params;
        ui.label("Form");
        widgets::choice(ui, setter, &params.form, LONG, "Which sections follow each other");
        ui.end_row();
        ui.label("Section");
        widgets::choice(ui, setter, &params.section, LONG, "How long a section is");
        ui.end_row();
        ui.label("Variation");
        let about = "How much a section differs when it comes again";
        widgets::slider(ui, setter, &params.variation, SLIDER, about);
        ui.end_row();
        ui.label("Fill");
        widgets::choice(ui, setter, &params.fill, LONG, "How often the drums play a fill");
        ui.end_row();
    }

    fn feel(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let params = &self.params;
        ui.label("Density");
        let about = "How many of the candidate notes sound";
        widgets::slider(ui, setter, &params.density, SLIDER, about);
        ui.end_row();
        ui.label("Swing");
        let about = "How late every second sixteenth comes; 67 % is a triplet";
        widgets::slider(ui, setter, &params.swing, SLIDER, about);
        ui.end_row();
        ui.label("Humanise");
        let about = "How unevenly notes are struck";
        widgets::slider(ui, setter, &params.humanise, SLIDER, about);
        ui.end_row();
    }

    fn harmony(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let params = &self.params;
        ui.label("Transpose");
        let about = "Semitones up or down, drums apart";
        widgets::number(ui, setter, &params.transpose, about);
        ui.end_row();
        ui.label("Key");
        widgets::choice(ui, setter, &params.key, SHORT, "The key that the band is held to");
        ui.end_row();
        ui.label("Scale");
        ui.add_enabled_ui(params.key.value() != KeyChoice::Off, |ui| {
            widgets::choice(ui, setter, &params.scale, LONG + 12.0, "The scale of that key");
        });
        ui.end_row();
        ui.label("Incoming");
        let about = "Notes that come in: ignored, sent on, or the chord of the next bar";
        widgets::choice(ui, setter, &params.incoming, LONG + 12.0, about);
        ui.end_row();
    }

    fn midi(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let params = &self.params;
        ui.label("Output");
        widgets::choice(ui, setter, &params.output, LONG, "The whole band or one track of it");
        ui.end_row();
        ui.label("Channels");
        widgets::choice(ui, setter, &params.channels, LONG, "The MIDI channel of each track");
        ui.end_row();
        ui.label("Weights");
        self.weights_menu(ui);
        ui.end_row();
        ui.label("Device");
        self.device_menu(ui, LONG);
        ui.end_row();
    }

    /// The embedded weights and the files in the weights folder.
    fn weights_menu(&self, ui: &mut Ui) {
        let (_, chosen) = self.params.weights.chosen();
        let name = |file: &std::path::Path| {
            file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
        };
        let shown = chosen.as_deref().map_or("embedded".into(), name);
        let menu = egui::ComboBox::from_id_salt("weights").selected_text(shown).width(LONG);
        menu.truncate().show_ui(ui, |ui| {
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
}

/// A column of labelled controls under a heading.
fn group(ui: &mut Ui, heading: &str, rows: impl FnOnce(&mut Ui)) {
    ui.vertical(|ui| {
        ui.label(RichText::new(heading).size(12.0).strong().color(theme::HEADING));
        let grid = egui::Grid::new(heading).num_columns(2).spacing([8.0, 4.0]);
        grid.min_row_height(23.0).show(ui, rows);
    });
}
