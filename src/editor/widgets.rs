//! Controls bound to parameters. Every change is a complete gesture, so that hosts record it.
use egui::{DragValue, Ui};
use nice_plug::prelude::{BoolParam, Enum, EnumParam, IntParam, Param, ParamSetter};
use std::ops::RangeInclusive;

/// Sets a parameter as one gesture.
pub(super) fn set<P: Param>(setter: &ParamSetter<'_>, param: &P, value: P::Plain) {
    setter.begin_set_parameter(param);
    setter.set_parameter(param, value);
    setter.end_set_parameter(param);
}

/// A number to drag.
pub(super) fn number(
    ui: &mut Ui,
    setter: &ParamSetter<'_>,
    param: &IntParam,
    range: RangeInclusive<i32>,
) {
    let mut value = param.value();
    let drag = ui.add(DragValue::new(&mut value).range(range).speed(0.1));
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

/// A tick box.
pub(super) fn switch(ui: &mut Ui, setter: &ParamSetter<'_>, param: &BoolParam, text: &str) {
    let mut on = param.value();
    if ui.checkbox(&mut on, text).changed() {
        set(setter, param, on);
    }
}

/// A menu of an enumeration's values.
pub(super) fn choice<T: Enum + PartialEq + 'static>(
    ui: &mut Ui,
    setter: &ParamSetter<'_>,
    param: &EnumParam<T>,
) {
    let names = T::variants();
    let current = param.value().to_index();
    let shown = names.get(current).copied().unwrap_or_default();
    egui::ComboBox::from_id_salt(param.name()).selected_text(shown).show_ui(ui, |ui| {
        for (index, name) in names.iter().enumerate() {
            if ui.selectable_label(index == current, *name).clicked() {
                set(setter, param, T::from_index(index));
            }
        }
    });
}
