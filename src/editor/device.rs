//! Which device the network runs on: a menu to choose it, and the sentence that says which one does
//! and why.
//!
//! What must stay true: the graphics driver is not asked before somebody opens the menu, and never
//! on this thread.
use super::{Editor, theme, widgets};
use egui::{RichText, Ui};
use musegan_model::device::{Choice, name};
use nice_plug::params::persist::PersistentField;
use std::cell::Cell;

impl Editor {
    /// Auto, the CPU, and what else there is.
    pub(super) fn device_menu(&self, ui: &mut Ui, width: f32) {
        let device = &self.params.device;
        let chosen = device.map(String::clone);
        let shown = if chosen == "cpu" { "CPU" } else { &chosen };
        let menu = egui::ComboBox::from_id_salt("device").selected_text(shown).width(width);
        let menu = menu.truncate().show_ui(ui, |ui| {
            let is_offered = Cell::new(false);
            let offer = |ui: &mut Ui, choice: Choice, name: &str| {
                let is_chosen = chosen == choice.to_string();
                is_offered.set(is_offered.get() || is_chosen);
                if ui.selectable_label(is_chosen, name).clicked() {
                    device.choose(choice);
                }
            };
            offer(ui, Choice::Auto, "auto: whichever is faster");
            offer(ui, Choice::Cpu, "CPU");
            if cfg!(target_os = "macos") {
                offer(ui, Choice::Metal, "Metal");
            }
            let cards = self.stage.news().cards;
            for card in cards.iter().flatten().flatten() {
                offer(ui, Choice::Cuda(card.number), &name(card));
            }
            match chosen.parse() {
                _ if is_offered.get() => {}
                // What is not there stays chosen; asked for again, it is looked for again.
                Ok(choice) => offer(ui, choice, &chosen),
                Err(_) => drop(ui.selectable_label(true, &chosen)),
            }
            match cards {
                Some(Ok(_)) => {}
                Some(Err(reason)) => drop(ui.weak("no graphics card").on_hover_text(reason)),
                None => {
                    self.stage.ask_for_cards();
                    ui.weak("looking for graphics cards …");
                }
            }
        });
        menu.response.on_hover_text("Where the network runs");
    }

    /// Which device plays, and why.
    pub(super) fn device_sentence(&self, ui: &mut Ui) {
        let device = self.stage.news().device;
        let mut line = RichText::new(&device.sentence);
        if device.is_another {
            line = line.color(theme::TROUBLE);
        }
        widgets::line(ui, line, &device.sentence);
    }
}
