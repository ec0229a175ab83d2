//! The half of a CLAP plugin that runs on the audio thread.
use std::sync::mpsc::Receiver;

use clack_extensions::params::PluginParams;
use clack_host::events::io::{EventBuffer, OutputEvents};
use clack_host::prelude::*;
use clack_host::process::{StartedPluginAudioProcessor, StoppedPluginAudioProcessor};

use super::Handlers;
use super::controller::{News, Range};
use super::events::{Queue, push_note, push_value, transport_event};
use crate::block::{Block, Emitted};
use crate::error::HostError;
use crate::host::Processor;

const CHANNELS: usize = 2;

pub(super) struct ClapProcessor {
    running: Option<Running>,
    news: Receiver<News>,
    ranges: Vec<Range>,
    input_ports: AudioPorts,
    output_ports: AudioPorts,
    sent: EventBuffer,
    received: Queue,
}

/// What exists only between activate and deactivate.
struct Running {
    plugin: StartedPluginAudioProcessor<Handlers>,
    inputs: [Vec<f32>; CHANNELS],
    outputs: [Vec<f32>; CHANNELS],
    steady_time: u64,
}

impl ClapProcessor {
    pub fn new(news: Receiver<News>) -> Self {
        Self {
            running: None,
            news,
            ranges: Vec::new(),
            input_ports: AudioPorts::with_capacity(CHANNELS, 1),
            output_ports: AudioPorts::with_capacity(CHANNELS, 1),
            sent: EventBuffer::new(),
            received: Queue::default(),
        }
    }

    pub fn start(&mut self, plugin: StartedPluginAudioProcessor<Handlers>, frames: usize) {
        let silence = || std::array::from_fn(|_| vec![0.0; frames]);
        let (inputs, outputs) = (silence(), silence());
        self.running = Some(Running { plugin, inputs, outputs, steady_time: 0 });
    }

    pub fn stop(&mut self) -> Option<StoppedPluginAudioProcessor<Handlers>> {
        self.running.take().map(|running| running.plugin.stop_processing())
    }

    /// Hands over the values that wait for the next block.
    pub fn flush(&mut self) {
        self.take_news();
        let Some(running) = &mut self.running else { return };
        self.received.clear(None);
        let mut handle = running.plugin.plugin_handle();
        if let Some(params) = handle.get_extension::<PluginParams>() {
            let mut output = OutputEvents::from_buffer(&mut self.received);
            params.flush_active(&mut handle, &self.sent.as_input(), &mut output);
        }
        self.sent.clear();
    }

    /// What the main thread told since; new values go first into the events to be sent.
    fn take_news(&mut self) {
        self.sent.clear();
        for news in self.news.try_iter() {
            match news {
                News::Ranges(ranges) => self.ranges = ranges,
                News::Value(id, plain) => push_value(&mut self.sent, 0, id, plain),
            }
        }
    }

    /// Transports, changes and notes as one list sorted by sample, which is what CLAP asks for.
    fn load(&mut self, block: &Block<'_>) -> Result<(), HostError> {
        self.take_news();
        for event in block.transports {
            self.sent.push(&transport_event(event.at, &event.transport));
        }
        for change in block.changes {
            let range = self.ranges.iter().find(|range| range.id.get() == change.id);
            let range = range.ok_or(HostError::NoParameter(change.id))?;
            push_value(&mut self.sent, change.at, range.id, range.plain(change.value));
        }
        for note in block.notes {
            push_note(&mut self.sent, note);
        }
        self.sent.sort();
        self.received.clear(block.queue_limit);
        Ok(())
    }
}

impl Processor for ClapProcessor {
    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError> {
        emitted.clear();
        self.load(block)?;
        let Some(running) = &mut self.running else {
            return Err(HostError::Misuse("not activated".into()));
        };
        let (frames, most) = (block.frames as usize, running.inputs[0].len());
        if frames > most {
            return Err(HostError::TooLong { frames, most });
        }
        let inputs = self.input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                running.inputs.iter_mut().map(|c| InputChannel::constant(&mut c[..frames])),
            ),
        }]);
        let mut outputs = self.output_ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                running.outputs.iter_mut().map(|c| &mut c[..frames]),
            ),
        }]);
        let transport = block.transport.map(|transport| transport_event(0, &transport));
        let result = running.plugin.process(
            &inputs,
            &mut outputs,
            &self.sent.as_input(),
            &mut OutputEvents::from_buffer(&mut self.received),
            Some(running.steady_time),
            transport.as_ref(),
        );
        result.map_err(|e| HostError::plugin("process a block", e))?;
        running.steady_time += u64::from(block.frames);
        self.received.collect(emitted);
        Ok(())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        if let Some(running) = &mut self.running {
            running.plugin.reset();
        }
        Ok(())
    }
}
