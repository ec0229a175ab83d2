//! The half of a CLAP plugin that runs on the main thread: parameters and state.
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::state::PluginState;
use clack_host::events::io::EventBuffer;
use clack_host::prelude::*;
use clack_host::utils::ClapId;

use super::Handlers;
use super::events::push_value;
use crate::error::HostError;
use crate::host::{Controller, Parameter};

/// A parameter's range in the plugin's own terms.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub id: ClapId,
    min: f64,
    max: f64,
}

impl Range {
    pub fn plain(self, normalised: f64) -> f64 {
        self.min + normalised.clamp(0.0, 1.0) * (self.max - self.min)
    }

    fn normalised(self, plain: f64) -> f64 {
        if self.max > self.min { (plain - self.min) / (self.max - self.min) } else { 0.0 }
    }
}

/// What the main thread tells the audio thread, for the next block.
pub(super) enum News {
    /// The parameters are these.
    Ranges(Vec<Range>),
    /// A parameter has a new value, in the plugin's own terms.
    Value(ClapId, f64),
}

pub(super) struct ClapController {
    pub instance: PluginInstance<Handlers>,
    /// Whether values must go through the processor.
    pub active: bool,
    ranges: Vec<Range>,
    news: Sender<News>,
}

impl ClapController {
    pub fn new(instance: PluginInstance<Handlers>, news: Sender<News>) -> Self {
        Self { instance, active: false, ranges: Vec::new(), news }
    }
}

impl Controller for ClapController {
    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError> {
        let handle = self.instance.plugin_handle();
        let Some(extension) = handle.get_extension::<PluginParams>() else {
            return Ok(Vec::new());
        };
        let mut ranges = Vec::new();
        let mut parameters = Vec::new();
        let mut buffer = ParamInfoBuffer::new();
        for index in 0..extension.count(&handle) {
            let info = extension
                .get_info(&handle, index, &mut buffer)
                .ok_or_else(|| HostError::plugin("describe a parameter", index))?;
            let range = Range { id: info.id, min: info.min_value, max: info.max_value };
            let steps = info
                .flags
                .contains(ParamInfoFlags::IS_STEPPED)
                .then_some((range.max - range.min) as u32);
            let (default, name) =
                (info.default_value, String::from_utf8_lossy(info.name).into_owned());
            let value = extension.get_value(&handle, range.id).unwrap_or(default);
            ranges.push(range);
            parameters.push(Parameter {
                id: range.id.get(),
                name,
                default: range.normalised(default),
                value: range.normalised(value),
                steps,
            });
        }
        if ranges != self.ranges {
            // The processor is gone only while all of the plugin goes.
            let _ = self.news.send(News::Ranges(ranges.clone()));
            self.ranges = ranges;
        }
        Ok(parameters)
    }

    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        let range = self.ranges.iter().find(|range| range.id.get() == id);
        let range = *range.ok_or(HostError::NoParameter(id))?;
        if self.active {
            let _ = self.news.send(News::Value(range.id, range.plain(value)));
        } else if let Some(mut handle) = self.instance.inactive_plugin_handle()
            && let Some(params) = handle.get_extension::<PluginParams>()
        {
            let (mut sent, mut received) = (EventBuffer::new(), EventBuffer::new());
            push_value(&mut sent, 0, range.id, range.plain(value));
            params.flush(&mut handle, &sent.as_input(), &mut received.as_output());
        }
        Ok(())
    }

    fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        const CALL: &str = "save its state";
        let handle = self.instance.plugin_handle();
        let extension = handle
            .get_extension::<PluginState>()
            .ok_or_else(|| HostError::plugin(CALL, "it keeps none"))?;
        let mut bytes = Vec::new();
        extension.save(&handle, &mut bytes).map_err(|e| HostError::plugin(CALL, e))?;
        Ok(bytes)
    }

    fn load_state(&mut self, mut state: &[u8]) -> Result<(), HostError> {
        const CALL: &str = "load a state";
        let handle = self.instance.plugin_handle();
        let extension = handle
            .get_extension::<PluginState>()
            .ok_or_else(|| HostError::plugin(CALL, "it keeps none"))?;
        extension.load(&handle, &mut state).map_err(|e| HostError::plugin(CALL, e))
    }

    fn idle(&mut self) {
        if self.instance.access_shared_handler(|s| s.callback.swap(false, Ordering::AcqRel)) {
            self.instance.call_on_main_thread_callback();
        }
    }
}
