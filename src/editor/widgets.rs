//! Controls bound to parameters. Every change is a complete gesture, so that hosts record it.
use egui::{DragValue, Label, RichText, Ui};
use nice_plug::prelude::{BoolParam, Enum, EnumParam, FloatParam, IntParam, Param, ParamSetter};
use nice_plug_egui::widgets::ParamSlider;

/// Sets a parameter as one gesture.
pub(super) fn set<P: Param>(setter: &ParamSetter<'_>, param: &P, value: P::Plain) {
    setter.begin_set_parameter(param);
    setter.set_parameter(param, value);
    setter.end_set_parameter(param);
}

/// Has the host know that there is something new to save which is no parameter: one is set to what
/// it is.
pub(super) fn tell_of_change(setter: &ParamSetter<'_>, param: &BoolParam) {
    set(setter, param, param.value());
}

/// A number to drag.
pub(super) fn number(ui: &mut Ui, setter: &ParamSetter<'_>, param: &IntParam, about: &str) {
    let mut value = param.value();
    let range = param.preview_plain(0.0)..=param.preview_plain(1.0);
    let drag = ui.add(DragValue::new(&mut value).range(range).speed(0.1)).on_hover_text(about);
    if drag.drag_started() {
        setter.begin_set_parameter(param);
    }
    if drag.dragged() {
        setter.set_parameter(param, value);
    } else if drag.changed() {
        set(setter, param, value);
    }
    if drag.drag_stopped() {
        setter.end_set_parameter(param);
    }
}

/// A share or factor.
pub(super) fn slider(
    ui: &mut Ui,
    setter: &ParamSetter<'_>,
    param: &FloatParam,
    width: f32,
    about: &str,
) {
    ui.add(ParamSlider::for_param(param, setter).with_width(width)).on_hover_text(about);
}

/// A tick box.
pub(super) fn switch(
    ui: &mut Ui,
    setter: &ParamSetter<'_>,
    param: &BoolParam,
    text: &str,
    about: &str,
) {
    let mut on = param.value();
    if ui.checkbox(&mut on, text).on_hover_text(about).changed() {
        set(setter, param, on);
    }
}

/// A menu of an enumeration's values.
pub(super) fn choice<T: Enum + PartialEq + 'static>(
    ui: &mut Ui,
    setter: &ParamSetter<'_>,
    param: &EnumParam<T>,
    width: f32,
    about: &str,
) {
    let names = T::variants();
    let current = param.value().to_index();
    let shown = names.get(current).copied().unwrap_or_default();
    let menu = egui::ComboBox::from_id_salt(param.name()).selected_text(shown).width(width);
    let menu = menu.height(340.0).show_ui(ui, |ui| {
        for (index, name) in names.iter().enumerate() {
            if ui.selectable_label(index == current, *name).clicked() {
                set(setter, param, T::from_index(index));
            }
        }
    });
    menu.response.on_hover_text(about);
}

/// A line that is cut where there is no more room, and all of it for whoever asks.
pub(super) fn line(ui: &mut Ui, line: RichText, all: &str) {
    // What the label itself would show of a line that is cut is shown by the other.
    ui.add(Label::new(line).truncate().show_tooltip_when_elided(false)).on_hover_text(all);
}
