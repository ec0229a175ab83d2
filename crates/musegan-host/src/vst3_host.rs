//! VST3, over the bare interfaces: a host that says everything a VST3 host can say, and nothing
//! it does not mean to.
//!
//! The plugin is one component, its processor and its controller, which may be one object. All
//! `unsafe` code of this crate is in this file and its folder; every block calls a plugin through
//! its interface or reads what a plugin handed over.
use std::path::Path;
use std::sync::mpsc;

use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    BusDirections_, BusInfo, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentTrait,
    MediaTypes_, ProcessModes_, ProcessSetup, SymbolicSampleSizes_,
};
use vst3::Steinberg::{kNotImplemented, kResultOk, tresult};

use crate::error::HostError;
use crate::host::{Controller, Format, Host, Processor};
use buses::Buses;
use controller::Vst3Controller;
use module::Module;
use processor::Vst3Processor;

mod buses;
mod changes;
mod context;
mod controller;
mod events;
mod handler;
mod module;
mod processor;
mod stream;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub(crate) struct Vst3Host {
    name: String,
    active: bool,
    // In this order: nothing of a plugin may outlive its module.
    processor: Vst3Processor,
    controller: Vst3Controller,
    component: ComPtr<IComponent>,
    _module: Module,
}

impl Vst3Host {
    pub(crate) fn load(path: &Path) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Load { path: path.to_owned(), reason };
        let module = Module::load(path).map_err(failed)?;
        let class = module.effect().map_err(failed)?;
        let component: ComPtr<IComponent> = module
            .create(&class.id)
            .ok_or_else(|| failed("its component could not be created".into()))?;
        let audio: ComPtr<IAudioProcessor> =
            component.cast().ok_or_else(|| failed("its component processes no audio".into()))?;
        let (sender, waiting) = mpsc::channel();
        let controller =
            Vst3Controller::connect(&module, component.clone(), sender).map_err(failed)?;
        let processor = Vst3Processor::new(audio, waiting);
        Ok(Self {
            name: class.name,
            active: false,
            processor,
            controller,
            component,
            _module: module,
        })
    }

    /// Switches all buses of the plugin on and gives the channels of each audio bus, inputs first.
    fn open_buses(&self) -> [Vec<usize>; 2] {
        let directions = [BusDirections_::kInput as i32, BusDirections_::kOutput as i32];
        for direction in directions {
            self.each_bus(MediaTypes_::kEvent as i32, direction);
        }
        directions.map(|direction| self.each_bus(MediaTypes_::kAudio as i32, direction))
    }

    fn each_bus(&self, media: i32, direction: i32) -> Vec<usize> {
        // SAFETY: the component is alive and initialised, and `bus` is a bus it may write to.
        unsafe {
            let count = self.component.getBusCount(media, direction);
            let channels = (0..count).map(|index| {
                self.component.activateBus(media, direction, index, 1);
                let mut bus: BusInfo = std::mem::zeroed();
                self.component.getBusInfo(media, direction, index, &mut bus);
                usize::try_from(bus.channelCount).unwrap_or(0)
            });
            channels.collect()
        }
    }
}

impl Host for Vst3Host {
    fn format(&self) -> Format {
        Format::Vst3
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn activate(
        &mut self,
        sample_rate: f64,
        max_block: u32,
        offline: bool,
    ) -> Result<(), HostError> {
        const CALL: &str = "activate";
        if max_block == 0 {
            return Err(HostError::Misuse("a plugin cannot be activated for empty blocks".into()));
        }
        self.deactivate();
        let mode = if offline { ProcessModes_::kOffline } else { ProcessModes_::kRealtime };
        let mut setup = ProcessSetup {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: i32::try_from(max_block).unwrap_or(i32::MAX),
            sampleRate: sample_rate,
        };
        let channels = self.open_buses();
        // SAFETY: the plugin is initialised and inactive, and `setup` lives through the calls.
        unsafe {
            // Twice, because nice-plug 0.4.2 activates with the mode of the set-up before the
            // last, and hosts may repeat it.
            done(CALL, self.processor.audio.setupProcessing(&mut setup))?;
            done(CALL, self.processor.audio.setupProcessing(&mut setup))?;
            done(CALL, self.component.setActive(1))?;
        }
        self.active = true;
        self.controller.processing = true;
        self.processor.start(Buses::new(&channels, max_block as usize), setup)
    }

    fn deactivate(&mut self) {
        if !self.active {
            return;
        }
        self.processor.stop();
        // SAFETY: the plugin is active and no longer processes. One that fails to stop has nothing
        // that a host could do about it.
        unsafe { self.component.setActive(0) };
        self.active = false;
        self.controller.processing = false;
    }

    fn halves(&mut self) -> (&mut dyn Controller, &mut dyn Processor) {
        (&mut self.controller, &mut self.processor)
    }
}

impl Drop for Vst3Host {
    fn drop(&mut self) {
        self.deactivate();
        self.controller.disconnect();
    }
}

/// A plugin's answer as a result. What it does not implement it has no objection to.
fn done(call: &'static str, answer: tresult) -> Result<(), HostError> {
    #[allow(non_upper_case_globals)]
    match answer {
        kResultOk | kNotImplemented => Ok(()),
        code => Err(HostError::plugin(call, format!("it answered with code {code}"))),
    }
}
