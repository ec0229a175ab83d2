//! CLAP through `clack-host`. The number of frames comes from the audio buffers, so even a plugin
//! that only emits notes is given silent stereo.
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use clack_extensions::render::{PluginRender, RenderMode};
use clack_host::entry::EntryDescriptor;
use clack_host::prelude::*;

use crate::error::HostError;
use crate::host::{Controller, Format, Host, Processor};
use controller::ClapController;
use processor::ClapProcessor;

mod controller;
mod events;
mod processor;

/// Remembers that the plugin asked for its main-thread callback, from whatever thread.
#[derive(Default)]
struct Requests {
    callback: AtomicBool,
}

impl SharedHandler<'_> for Requests {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Ordering::Release);
    }
}

struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Requests;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

pub(crate) struct ClapHost {
    name: String,
    processor: ClapProcessor,
    controller: ClapController,
}

impl ClapHost {
    pub(crate) fn load(path: &Path) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Load { path: path.to_owned(), reason };
        // SAFETY: the library is a CLAP plugin the caller chose to run in this process; clack
        // checks its entry before anything else of it is called.
        #[allow(unsafe_code)]
        let entry = unsafe { PluginEntry::load(path) }.map_err(|e| failed(e.to_string()))?;
        Self::of(&entry, path)
    }

    /// A plugin that is part of this program.
    ///
    /// # Safety
    /// As [`PluginEntry::load_from_raw`].
    #[allow(unsafe_code)]
    pub(crate) unsafe fn linked(entry: &'static EntryDescriptor) -> Result<Self, HostError> {
        let path = Path::new("this program");
        // SAFETY: as the caller promises.
        let entry = unsafe { PluginEntry::load_from_raw(entry, c"this program") };
        let failed = |reason: String| HostError::Load { path: path.to_owned(), reason };
        Self::of(&entry.map_err(|e| failed(e.to_string()))?, path)
    }

    fn of(entry: &PluginEntry, path: &Path) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Load { path: path.to_owned(), reason };
        let factory =
            entry.get_plugin_factory().ok_or_else(|| failed("it has no plugin factory".into()))?;
        let descriptor = factory
            .plugin_descriptors()
            .next()
            .ok_or_else(|| failed("it holds no plugin".into()))?;
        let id = descriptor.id().ok_or_else(|| failed("its plugin has no id".into()))?;
        let name = descriptor.name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();

        let info = HostInfo::new(
            "MuseGAN host",
            "MuseGAN",
            "https://github.com/musegan",
            env!("CARGO_PKG_VERSION"),
        )
        .map_err(|e| failed(e.to_string()))?;
        let instance =
            PluginInstance::<Handlers>::new(|_| Requests::default(), |_| (), entry, id, &info)
                .map_err(|e| failed(e.to_string()))?;
        let (sender, waiting) = mpsc::channel();
        let mut host = Self {
            name,
            processor: ClapProcessor::new(waiting),
            controller: ClapController::new(instance, sender),
        };
        host.parameters()?;
        Ok(host)
    }
}

impl Host for ClapHost {
    fn format(&self) -> Format {
        Format::Clap
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// As the controller does it, but at once also while active: who holds both halves knows that
    /// no block is being processed.
    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        self.controller.set_parameter(id, value)?;
        self.processor.flush();
        Ok(())
    }

    fn activate(
        &mut self,
        sample_rate: f64,
        max_block: u32,
        offline: bool,
    ) -> Result<(), HostError> {
        if max_block == 0 {
            return Err(HostError::Misuse("a plugin cannot be activated for empty blocks".into()));
        }
        self.deactivate();
        let instance = &mut self.controller.instance;
        let handle = instance.plugin_handle();
        if let Some(render) = handle.get_extension::<PluginRender>() {
            let mode = if offline { RenderMode::Offline } else { RenderMode::Realtime };
            render.set(&handle, mode).map_err(|e| HostError::plugin("set its render mode", e))?;
        }
        let configuration = PluginAudioConfiguration {
            sample_rate,
            min_frames_count: 1,
            max_frames_count: max_block,
        };
        let stopped = instance
            .activate(|_, ()| (), configuration)
            .map_err(|e| HostError::plugin("activate", e))?;
        match stopped.start_processing() {
            Ok(started) => self.processor.start(started, max_block as usize),
            Err(error) => {
                instance.deactivate(error.into_stopped_processor());
                return Err(HostError::plugin("start processing", "refused"));
            }
        }
        self.controller.active = true;
        Ok(())
    }

    fn deactivate(&mut self) {
        if let Some(stopped) = self.processor.stop() {
            self.controller.instance.deactivate(stopped);
        }
        self.controller.active = false;
    }

    fn halves(&mut self) -> (&mut dyn Controller, &mut dyn Processor) {
        (&mut self.controller, &mut self.processor)
    }
}

impl Drop for ClapHost {
    fn drop(&mut self) {
        self.deactivate();
    }
}
