//! CLAP through `clack-host`. The number of frames comes from the audio buffers, so even a plugin
//! that only emits notes is given silent stereo.
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{
    NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::{EventFlags, EventHeader, Match, Pckn, UnknownEvent};
use clack_host::prelude::*;
use clack_host::process::StartedPluginAudioProcessor;
use clack_host::utils::{BeatTime, ClapId, SecondsTime};

use crate::error::HostError;
use crate::host::{
    Block, Emitted, Format, Host, Kind, NoteEvent, Parameter, ParameterChange, Transport,
};

const CHANNELS: usize = 2;

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

/// The value of a normalised parameter in the plugin's own range.
#[derive(Clone, Copy)]
struct Range {
    id: ClapId,
    min: f64,
    max: f64,
}

impl Range {
    fn plain(self, normalised: f64) -> f64 {
        self.min + normalised.clamp(0.0, 1.0) * (self.max - self.min)
    }

    fn normalised(self, plain: f64) -> f64 {
        if self.max > self.min { (plain - self.min) / (self.max - self.min) } else { 0.0 }
    }
}

/// What exists only between activate and deactivate.
struct Active {
    processor: StartedPluginAudioProcessor<Handlers>,
    inputs: [Vec<f32>; CHANNELS],
    outputs: [Vec<f32>; CHANNELS],
    steady_time: u64,
}

pub(crate) struct ClapHost {
    active: Option<Active>,
    instance: PluginInstance<Handlers>,
    name: String,
    ranges: Vec<Range>,
    input_ports: AudioPorts,
    output_ports: AudioPorts,
    received: EventBuffer,
    sent: EventBuffer,
}

impl ClapHost {
    pub(crate) fn load(path: &Path) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Load { path: path.to_owned(), reason };
        // SAFETY: the library is a CLAP plugin the caller chose to run in this process; clack
        // checks its entry before anything else of it is called.
        #[allow(unsafe_code)]
        let entry = unsafe { PluginEntry::load(path) }.map_err(|e| failed(e.to_string()))?;
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
            PluginInstance::<Handlers>::new(|_| Requests::default(), |_| (), &entry, id, &info)
                .map_err(|e| failed(e.to_string()))?;
        let mut host = Self {
            active: None,
            instance,
            name,
            ranges: Vec::new(),
            input_ports: AudioPorts::with_capacity(CHANNELS, 1),
            output_ports: AudioPorts::with_capacity(CHANNELS, 1),
            received: EventBuffer::new(),
            sent: EventBuffer::new(),
        };
        host.parameters()?;
        Ok(host)
    }

    fn range(&self, id: u32) -> Result<Range, HostError> {
        self.ranges
            .iter()
            .copied()
            .find(|r| r.id.get() == id)
            .ok_or_else(|| HostError::Misuse(format!("the plugin has no parameter {id}")))
    }

    fn serve_requests(&mut self) {
        if self.instance.access_shared_handler(|s| s.callback.swap(false, Ordering::AcqRel)) {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// Changes and notes as one list sorted by sample, which is what CLAP asks for.
    fn queue(&mut self, changes: &[ParameterChange], notes: &[NoteEvent]) -> Result<(), HostError> {
        self.sent.clear();
        for change in changes {
            let range = self.range(change.id)?;
            let value = range.plain(change.value);
            self.sent.push(&ParamValueEvent::new(change.at, range.id, Pckn::match_all(), value));
        }
        for note in notes {
            let address =
                Pckn::new(0u16, u16::from(note.channel), u16::from(note.key), Match::<u32>::All);
            let velocity = f64::from(note.velocity);
            match note.kind {
                Kind::On => self.sent.push(&NoteOnEvent::new(note.at, address, velocity)),
                Kind::Off => self.sent.push(&NoteOffEvent::new(note.at, address, velocity)),
            }
        }
        self.sent.sort();
        Ok(())
    }
}

impl Host for ClapHost {
    fn format(&self) -> Format {
        Format::Clap
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError> {
        let handle = self.instance.plugin_handle();
        let Some(extension) = handle.get_extension::<PluginParams>() else {
            return Ok(Vec::new());
        };
        self.ranges.clear();
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
            self.ranges.push(range);
            parameters.push(Parameter {
                id: range.id.get(),
                name,
                default: range.normalised(default),
                value: range.normalised(value),
                steps,
            });
        }
        Ok(parameters)
    }

    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        self.queue(&[ParameterChange { at: 0, id, value }], &[])?;
        self.received.clear();
        let (input, mut output) = (self.sent.as_input(), self.received.as_output());
        if let Some(active) = &mut self.active {
            let mut handle = active.processor.plugin_handle();
            if let Some(params) = handle.get_extension::<PluginParams>() {
                params.flush_active(&mut handle, &input, &mut output);
            }
        } else if let Some(mut handle) = self.instance.inactive_plugin_handle()
            && let Some(params) = handle.get_extension::<PluginParams>()
        {
            params.flush(&mut handle, &input, &mut output);
        }
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
        let handle = self.instance.plugin_handle();
        if let Some(render) = handle.get_extension::<PluginRender>() {
            let mode = if offline { RenderMode::Offline } else { RenderMode::Realtime };
            render.set(&handle, mode).map_err(|e| HostError::plugin("set its render mode", e))?;
        }
        let configuration = PluginAudioConfiguration {
            sample_rate,
            min_frames_count: 1,
            max_frames_count: max_block,
        };
        let stopped = self
            .instance
            .activate(|_, ()| (), configuration)
            .map_err(|e| HostError::plugin("activate", e))?;
        let processor = match stopped.start_processing() {
            Ok(processor) => processor,
            Err(error) => {
                self.instance.deactivate(error.into_stopped_processor());
                return Err(HostError::plugin("start processing", "refused"));
            }
        };
        let silence = || std::array::from_fn(|_| vec![0.0; max_block as usize]);
        self.active =
            Some(Active { processor, inputs: silence(), outputs: silence(), steady_time: 0 });
        Ok(())
    }

    fn deactivate(&mut self) {
        if let Some(active) = self.active.take() {
            self.instance.deactivate(active.processor.stop_processing());
        }
    }

    fn reset(&mut self) -> Result<(), HostError> {
        if let Some(active) = &mut self.active {
            active.processor.reset();
        }
        Ok(())
    }

    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError> {
        self.serve_requests();
        self.queue(block.changes, block.notes)?;
        emitted.notes.clear();
        emitted.others = 0;
        self.received.clear();

        let active =
            self.active.as_mut().ok_or_else(|| HostError::Misuse("not activated".into()))?;
        let frames = block.frames as usize;
        if frames > active.inputs[0].len() {
            return Err(HostError::Misuse(format!(
                "a block of {frames} samples, activated for at most {}",
                active.inputs[0].len()
            )));
        }
        let inputs = self.input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                active.inputs.iter_mut().map(|c| InputChannel::constant(&mut c[..frames])),
            ),
        }]);
        let mut outputs = self.output_ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                active.outputs.iter_mut().map(|c| &mut c[..frames]),
            ),
        }]);
        let transport = block.transport.as_ref().map(transport_event);
        active
            .processor
            .process(
                &inputs,
                &mut outputs,
                &self.sent.as_input(),
                &mut self.received.as_output(),
                Some(active.steady_time),
                transport.as_ref(),
            )
            .map_err(|e| HostError::plugin("process a block", e))?;
        active.steady_time += u64::from(block.frames);
        for event in self.received.iter() {
            match note_event(event) {
                Some(note) => emitted.notes.push(note),
                None => emitted.others += 1,
            }
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
}

impl Drop for ClapHost {
    fn drop(&mut self) {
        self.deactivate();
    }
}

fn transport_event(transport: &Transport) -> TransportEvent {
    let mut flags = TransportFlags::HAS_BEATS_TIMELINE;
    flags.set(TransportFlags::IS_PLAYING, transport.playing);
    flags.set(TransportFlags::HAS_TEMPO, transport.tempo.is_some());
    flags.set(TransportFlags::HAS_TIME_SIGNATURE, transport.meter.is_some());
    flags.set(TransportFlags::IS_LOOP_ACTIVE, transport.loop_beats.is_some());
    let (numerator, denominator) = transport.meter.unwrap_or((4, 4));
    let bar_beats = f64::from(numerator) * 4.0 / f64::from(denominator.max(1));
    let bar = (transport.position_beats / bar_beats).floor();
    let (loop_start, loop_end) = transport.loop_beats.unwrap_or((0.0, 0.0));
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: BeatTime::from_float(transport.position_beats),
        song_pos_seconds: SecondsTime::from_int(0),
        tempo: transport.tempo.unwrap_or(0.0),
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_float(loop_start),
        loop_end_beats: BeatTime::from_float(loop_end),
        loop_start_seconds: SecondsTime::from_int(0),
        loop_end_seconds: SecondsTime::from_int(0),
        bar_start: BeatTime::from_float(transport.bar_start_beats.unwrap_or(bar * bar_beats)),
        bar_number: bar as i32,
        time_signature_numerator: numerator,
        time_signature_denominator: denominator,
    }
}

/// The note in an event with one channel and one key; wildcards are not notes.
fn note_event(event: &UnknownEvent) -> Option<NoteEvent> {
    let (kind, address, velocity) = if let Some(on) = event.as_event::<NoteOnEvent>() {
        (Kind::On, on.pckn(), on.velocity())
    } else {
        let off = event.as_event::<NoteOffEvent>()?;
        (Kind::Off, off.pckn(), off.velocity())
    };
    Some(NoteEvent {
        at: event.header().time(),
        kind,
        channel: u8::try_from(address.channel.into_specific()?).ok()?,
        key: u8::try_from(address.key.into_specific()?).ok()?,
        velocity: velocity as f32,
    })
}
