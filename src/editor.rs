//! The editor (being built up).
use crate::params::BandParams;
use crate::state::Stage;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, NiceEguiApp, RepaintNotifier, create_egui_editor,
};
use std::sync::Arc;

/// The size a new editor opens with.
#[must_use]
pub fn initial_size() -> Arc<EguiEditorState> {
    EguiEditorState::from_size(LogicalSize::<f32>::new(960.0, 640.0), 1.0)
}

/// The editor's application.
pub struct Editor {
    params: Arc<BandParams>,
    stage: Arc<Stage>,
}

/// The editor of one instance.
#[must_use]
pub fn create(params: Arc<BandParams>, stage: Arc<Stage>) -> Option<EguiEditor<Editor>> {
    create_egui_editor(
        params.editor.clone(),
        RepaintNotifier::default(),
        EguiNiceSettings::new(),
        Editor { params, stage },
    )
}

impl NiceEguiApp for Editor {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut nice_plug_egui::Frame) {
        ui.label(format!("seed {} {:?}", self.params.seed.value(), self.stage.status()));
    }
}
