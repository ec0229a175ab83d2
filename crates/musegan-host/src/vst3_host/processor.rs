//! The half of a VST3 plugin that runs on the audio thread.
use std::sync::mpsc::Receiver;

use vst3::Steinberg::Vst::{
    IAudioProcessor, IAudioProcessorTrait, IEventList, IParameterChanges, ProcessData, ProcessSetup,
};
use vst3::{Class, ComPtr, ComWrapper, Interface};

use super::buses::Buses;
use super::changes::Changes;
use super::context::context;
use super::done;
use super::events::EventList;
use crate::block::{Block, Emitted, ParameterChange};
use crate::error::HostError;
use crate::host::Processor;

pub(super) struct Vst3Processor {
    pub audio: ComPtr<IAudioProcessor>,
    /// Values set on the main thread, for the next block.
    waiting: Receiver<ParameterChange>,
    /// `Some` from start to stop.
    running: Option<Running>,
    events: [ComWrapper<EventList>; 2],
    changes: [ComWrapper<Changes>; 2],
}

struct Running {
    buses: Buses,
    setup: ProcessSetup,
    elapsed: i64,
}

impl Vst3Processor {
    pub fn new(audio: ComPtr<IAudioProcessor>, waiting: Receiver<ParameterChange>) -> Self {
        Self {
            audio,
            waiting,
            running: None,
            events: [(); 2].map(|()| ComWrapper::new(EventList::default())),
            changes: [(); 2].map(|()| ComWrapper::new(Changes::default())),
        }
    }

    /// The plugin has been set up and activated.
    pub fn start(&mut self, buses: Buses, setup: ProcessSetup) -> Result<(), HostError> {
        self.running = Some(Running { buses, setup, elapsed: 0 });
        // SAFETY: the plugin is active and does not process yet.
        done("start processing", unsafe { self.audio.setProcessing(1) })
    }

    pub fn stop(&mut self) {
        if self.running.take().is_some() {
            // SAFETY: the plugin is active and processes.
            unsafe { self.audio.setProcessing(0) };
        }
    }

    /// Fills the lists that go into the plugin and empties those that come out of it.
    fn load(&mut self, block: &Block<'_>) {
        let [to, from] = &self.changes;
        to.clear();
        from.clear();
        for change in self.waiting.try_iter().chain(block.changes.iter().copied()) {
            to.push(change);
        }
        let [to, from] = &self.events;
        to.clear(None);
        from.clear(block.queue_limit);
        for note in block.notes {
            to.push(note);
        }
    }
}

impl Processor for Vst3Processor {
    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError> {
        emitted.clear();
        let Some(running) = &self.running else {
            return Err(HostError::Misuse("not activated".into()));
        };
        let (frames, most) = (block.frames as usize, running.buses.frames());
        if frames > most {
            return Err(HostError::TooLong { frames, most });
        }
        if !block.transports.is_empty() {
            return Err(HostError::NotInFormat("transport inside a block"));
        }
        self.load(block);
        let Some(Running { buses, setup, elapsed }) = &mut self.running else { return Ok(()) };
        let mut context =
            block.transport.map(|transport| context(&transport, setup.sampleRate, *elapsed));
        let [(inputs, input), (outputs, output)] = buses.lend();
        let mut data = ProcessData {
            processMode: setup.processMode,
            symbolicSampleSize: setup.symbolicSampleSize,
            numSamples: block.frames as i32,
            numInputs: inputs,
            numOutputs: outputs,
            inputs: input,
            outputs: output,
            inputParameterChanges: lent::<_, IParameterChanges>(&self.changes[0]),
            outputParameterChanges: lent::<_, IParameterChanges>(&self.changes[1]),
            inputEvents: lent::<_, IEventList>(&self.events[0]),
            outputEvents: lent::<_, IEventList>(&self.events[1]),
            processContext: context.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut),
        };
        // SAFETY: the plugin is active and processes; everything the data points to lives here or
        // in `self`, and the buffers have at least as many samples as the block.
        done("process a block", unsafe { self.audio.process(&mut data) })?;
        *elapsed += i64::from(block.frames);
        self.events[1].collect(emitted);
        emitted.others += self.changes[1].count();
        Ok(())
    }

    /// VST3 has no reset of its own: hosts stop and start processing.
    fn reset(&mut self) -> Result<(), HostError> {
        if self.running.is_none() {
            return Ok(());
        }
        // SAFETY: the plugin is active.
        unsafe {
            self.audio.setProcessing(0);
            done("reset", self.audio.setProcessing(1))
        }
    }
}

/// One of our objects as plugins get it for the time of a call.
fn lent<C: Class, I: Interface>(object: &ComWrapper<C>) -> *mut I {
    object.as_com_ref::<I>().map_or(std::ptr::null_mut(), |object| object.as_ptr())
}
