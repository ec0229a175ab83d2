//! The editor's window as the framework opens and closes it.
//!
//! baseview 0.4.2 loses the order to stop if its event loop has not begun to run, and then waits
//! for the loop's end for ever: a host that opens an editor and closes it at once would hang. So a
//! window here is hidden before it is closed: the loop must answer to that, and thus runs. All else
//! is passed on.
use super::Editor;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{
    Editor as PluginEditor, EditorHandle, HostMethods, ParentWindowHandle, ResizeHint,
    SpawnedEditor,
};
use nice_plug_egui::{EguiEditor, baseview};
use std::error::Error;
use std::time::Duration;

type Inner = EguiEditor<Editor>;
type InnerHandle = <Inner as PluginEditor>::Handle;

/// What the plugin gives the framework: the editor, to be opened.
pub struct BandEditor(pub(super) Inner);

/// An open editor.
pub struct Handle(InnerHandle);

/// The window of an open editor.
pub struct Window(baseview::Window);

impl Drop for Window {
    fn drop(&mut self) {
        // It may fail because the host has destroyed the parent; then the loop has run as well.
        let _ = self.0.hide();
    }
}

impl PluginEditor for BandEditor {
    type Handle = Handle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Handle>, Box<dyn Error>> {
        let opened = self.0.spawn(parent, wait_for_parent, fallback_scale_factor, gui, host)?;
        Ok(SpawnedEditor { handle: Handle(opened.handle), window: Window(opened.window) })
    }

    fn size(&self) -> NativeSize<u32> {
        self.0.size()
    }

    fn resize_hint(&self) -> ResizeHint {
        self.0.resize_hint()
    }
}

impl EditorHandle for Handle {
    type Window = Window;
    type Error = baseview::Error;

    fn run_until_closed(window: Window) -> Result<(), baseview::Error> {
        // For programs of their own, which a plugin is not.
        while window.0.is_open() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn set_parent(
        &self,
        parent: ParentWindowHandle,
        window: &Window,
    ) -> Result<(), baseview::Error> {
        self.0.set_parent(parent, &window.0)
    }

    fn show(&self, window: &Window) -> Result<(), baseview::Error> {
        self.0.show(&window.0)
    }

    fn hide(&self, window: &Window) -> Result<(), baseview::Error> {
        self.0.hide(&window.0)
    }

    fn set_size(&self, size: NativeSize<u32>, window: &Window) -> Result<(), baseview::Error> {
        self.0.set_size(size, &window.0)
    }

    fn host_main_thread_callback(&self, window: &Window) {
        self.0.host_main_thread_callback(&window.0);
    }

    fn adjust_size(&self, size: NativeSize<u32>, window: &Window) -> Option<NativeSize<u32>> {
        self.0.adjust_size(size, &window.0)
    }

    fn set_fallback_scale_factor(
        &self,
        scale_factor: f64,
        window: &Window,
    ) -> Result<(), baseview::Error> {
        self.0.set_fallback_scale_factor(scale_factor, &window.0)
    }

    fn state_changed(&self) {
        self.0.state_changed();
    }

    fn param_value_changed(&self, id: &str, normalized: f32) {
        self.0.param_value_changed(id, normalized);
    }

    fn param_modulation_changed(&self, id: &str, offset: f32) {
        self.0.param_modulation_changed(id, offset);
    }
}
