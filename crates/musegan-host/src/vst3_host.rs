//! VST3 through `vst3-host`, which carries position, tempo, meter, playing and the process mode.
//! It has no way to send a loop range, a bar line, or no transport at all.
use std::path::Path;

use vst3_host::audio::AudioBuffers;
use vst3_host::midi::{MidiChannel, MidiEvent, PluginEvent, PluginEventData};
use vst3_host::plugin::{Plugin, ProcessMode, TransportPosition};
use vst3_host::{Vst3Host as Library, Vst3HostBuilder};

use crate::error::HostError;
use crate::host::{Block, Emitted, Format, Host, Kind, NoteEvent, Parameter};

const CHANNELS: usize = 2;

pub(crate) struct Vst3Host {
    plugin: Plugin,
    name: String,
    buffers: AudioBuffers,
    max_block: usize,
    samples: i64,
}

impl Vst3Host {
    pub(crate) fn load(path: &Path) -> Result<Self, HostError> {
        let failed =
            |e: vst3_host::Error| HostError::Load { path: path.to_owned(), reason: e.to_string() };
        let builder: Vst3HostBuilder = Library::builder();
        let mut library = builder.sample_rate(48_000.0).block_size(512).build().map_err(failed)?;
        let plugin = library.load_plugin(path).map_err(failed)?;
        let name = plugin.info().name.clone();
        let buffers = AudioBuffers::new(CHANNELS, CHANNELS, 0, 48_000.0);
        Ok(Self { plugin, name, buffers, max_block: 0, samples: 0 })
    }

    fn place(&mut self, block: &Block<'_>) -> Result<(), HostError> {
        let failed = |e: vst3_host::Error| HostError::plugin("take the transport", e);
        let transport = block.transport.ok_or(HostError::NotInFormat("a missing transport"))?;
        let tempo = transport.tempo.ok_or(HostError::NotInFormat("a missing tempo"))?;
        let (numerator, denominator) =
            transport.meter.ok_or(HostError::NotInFormat("a missing time signature"))?;
        if transport.loop_beats.is_some() {
            return Err(HostError::NotInFormat("a loop range"));
        }
        if transport.bar_start_beats.is_some() {
            return Err(HostError::NotInFormat("a bar line"));
        }
        self.plugin.set_playing(transport.playing).map_err(failed)?;
        self.plugin.set_tempo(tempo).map_err(failed)?;
        self.plugin
            .set_time_signature(i32::from(numerator), i32::from(denominator))
            .map_err(failed)?;
        let position =
            TransportPosition { samples: self.samples, quarter_notes: transport.position_beats };
        self.plugin.set_transport_position(position).map_err(failed)
    }
}

impl Host for Vst3Host {
    fn format(&self) -> Format {
        Format::Vst3
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError> {
        let parameters = self
            .plugin
            .get_parameters()
            .map_err(|e| HostError::plugin("list its parameters", e))?;
        Ok(parameters
            .into_iter()
            .map(|p| Parameter {
                id: p.id,
                name: p.name,
                default: p.default,
                value: p.value,
                steps: u32::try_from(p.step_count).ok().filter(|&steps| steps > 0),
            })
            .collect())
    }

    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        self.plugin
            .set_parameter(id, value.clamp(0.0, 1.0))
            .map_err(|e| HostError::plugin("set a parameter", e))
    }

    fn activate(
        &mut self,
        sample_rate: f64,
        max_block: u32,
        offline: bool,
    ) -> Result<(), HostError> {
        const CALL: &str = "activate";
        self.deactivate();
        let mode = if offline { ProcessMode::Offline } else { ProcessMode::Realtime };
        self.max_block = max_block as usize;
        // The mode goes first because both calls set the plugin up, and nice-plug 0.4.2 activates
        // with the mode of the set-up before the last.
        self.plugin
            .set_process_mode(mode)
            .and_then(|()| self.plugin.reconfigure(sample_rate, self.max_block))
            .and_then(|()| self.plugin.start_processing())
            .map_err(|e| HostError::plugin(CALL, e))?;
        self.buffers = AudioBuffers::new(CHANNELS, CHANNELS, self.max_block, sample_rate);
        self.samples = 0;
        Ok(())
    }

    fn deactivate(&mut self) {
        // A plugin that fails to stop has nothing a host could do about it.
        let _ = self.plugin.stop_processing();
    }

    /// VST3 has no reset of its own: hosts stop and start processing.
    fn reset(&mut self) -> Result<(), HostError> {
        self.plugin
            .stop_processing()
            .and_then(|()| self.plugin.start_processing())
            .map_err(|e| HostError::plugin("reset", e))
    }

    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError> {
        const CALL: &str = "process a block";
        emitted.notes.clear();
        emitted.others = 0;
        let frames = block.frames as usize;
        // The library would split a longer block silently, and offsets with it.
        if frames > self.max_block {
            return Err(HostError::Misuse(format!(
                "a block of {frames} samples, activated for at most {}",
                self.max_block
            )));
        }
        self.place(block)?;
        for change in block.changes {
            self.plugin
                .set_parameter_at(change.id, change.value.clamp(0.0, 1.0), change.at as i32)
                .map_err(|e| HostError::plugin(CALL, e))?;
        }
        for note in block.notes {
            self.plugin
                .send_midi_event_at(midi_event(note)?, note.at as i32)
                .map_err(|e| HostError::plugin(CALL, e))?;
        }
        for channel in self.buffers.inputs.iter_mut().chain(&mut self.buffers.outputs) {
            channel.resize(frames, 0.0);
        }
        self.plugin.process_audio(&mut self.buffers).map_err(|e| HostError::plugin(CALL, e))?;
        self.samples += i64::from(block.frames);
        for event in self.plugin.take_output_events() {
            match note_event(&event) {
                Some(note) => emitted.notes.push(note),
                None => emitted.others += 1,
            }
        }
        Ok(())
    }

    fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        self.plugin.save_state().map_err(|e| HostError::plugin("save its state", e))
    }

    fn load_state(&mut self, state: &[u8]) -> Result<(), HostError> {
        self.plugin.load_state(state).map_err(|e| HostError::plugin("load a state", e))
    }
}

impl Drop for Vst3Host {
    fn drop(&mut self) {
        self.deactivate();
    }
}

fn midi_event(note: &NoteEvent) -> Result<MidiEvent, HostError> {
    let channel = MidiChannel::from_index(note.channel)
        .ok_or_else(|| HostError::Misuse(format!("no MIDI channel {}", note.channel)))?;
    let velocity = (note.velocity.clamp(0.0, 1.0) * 127.0).round() as u8;
    Ok(match note.kind {
        Kind::On => MidiEvent::NoteOn { channel, note: note.key, velocity },
        Kind::Off => MidiEvent::NoteOff { channel, note: note.key, velocity },
    })
}

fn note_event(event: &PluginEvent) -> Option<NoteEvent> {
    let (kind, channel, pitch, velocity) = match event.data {
        PluginEventData::NoteOn { channel, pitch, velocity, .. } => {
            (Kind::On, channel, pitch, velocity)
        }
        PluginEventData::NoteOff { channel, pitch, velocity, .. } => {
            (Kind::Off, channel, pitch, velocity)
        }
        _ => return None,
    };
    Some(NoteEvent {
        at: u32::try_from(event.sample_offset).unwrap_or(u32::MAX),
        kind,
        channel: u8::try_from(channel).ok()?,
        key: u8::try_from(pitch).ok()?,
        velocity,
    })
}
