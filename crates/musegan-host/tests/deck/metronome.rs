//! A host whose plugin clicks on every beat it is told of and keeps all that it is told.
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use musegan_host::{
    Block, Controller, Deck, Emitted, Format, Host, HostError, Kind, NoteEvent, Parameter,
    ParameterChange, Processor, Setup, Transport, TransportEvent,
};

pub const RATE: f64 = 48_000.0;
pub const KEY: u8 = 60;

/// One call of process.
#[derive(Clone)]
pub struct Call {
    pub frames: u32,
    pub transport: Option<Transport>,
    pub transports: Vec<TransportEvent>,
    pub changes: Vec<ParameterChange>,
    pub notes: Vec<NoteEvent>,
    pub queue_limit: Option<usize>,
    pub thread: ThreadId,
}

impl Call {
    pub fn position(&self) -> f64 {
        self.transport.unwrap().position_beats.unwrap()
    }

    pub fn bar_start(&self) -> f64 {
        self.transport.unwrap().bar_start_beats.unwrap()
    }
}

/// All calls so far.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Call>>>);

impl Heard {
    pub fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }

    pub fn lengths(&self) -> Vec<u32> {
        self.calls().iter().map(|call| call.frames).collect()
    }
}

#[derive(Default)]
pub struct Metronome {
    pub clicks: Clicks,
    pub knobs: Knobs,
}

#[derive(Default)]
pub struct Clicks {
    pub heard: Heard,
    pub never_ends: bool,
}

impl Processor for Clicks {
    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError> {
        *emitted = Emitted::default();
        self.heard.0.lock().unwrap().push(Call {
            frames: block.frames,
            transport: block.transport,
            transports: block.transports.into(),
            changes: block.changes.into(),
            notes: block.notes.into(),
            queue_limit: block.queue_limit,
            thread: std::thread::current().id(),
        });
        let Some(Transport {
            playing: true, position_beats: Some(from), tempo, loop_beats, ..
        }) = block.transport
        else {
            return Ok(());
        };
        let beats_per_sample = tempo.unwrap() / 60.0 / RATE;
        for at in 0..block.frames {
            let mut beats = from + f64::from(at) * beats_per_sample;
            match loop_beats {
                Some((start, end)) if from < end && beats >= end - 1e-9 => beats += start - end,
                _ => {}
            }
            if (beats - beats.round()).abs() < 0.4 * beats_per_sample {
                let click = |kind| NoteEvent { at, kind, channel: 0, key: KEY, velocity: 1.0 };
                emitted.notes.push(click(Kind::On));
                if !self.never_ends {
                    emitted.notes.push(NoteEvent { at: at + 1, ..click(Kind::Off) });
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        Ok(())
    }
}

#[derive(Default)]
pub struct Knobs;

impl Controller for Knobs {
    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError> {
        Ok(Vec::new())
    }
    fn set_parameter(&mut self, _: u32, _: f64) -> Result<(), HostError> {
        Ok(())
    }
    fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        Ok(Vec::new())
    }
    fn load_state(&mut self, _: &[u8]) -> Result<(), HostError> {
        Ok(())
    }
}

impl Host for Metronome {
    fn format(&self) -> Format {
        Format::Clap
    }
    fn name(&self) -> &str {
        "Metronome"
    }
    fn activate(&mut self, _: f64, _: u32, _: bool) -> Result<(), HostError> {
        Ok(())
    }
    fn deactivate(&mut self) {}
    fn halves(&mut self) -> (&mut dyn Controller, &mut dyn Processor) {
        (&mut self.knobs, &mut self.clicks)
    }
}

pub fn metronome(blocks: &[u32]) -> (Deck, Heard) {
    let host = Metronome::default();
    let heard = host.clicks.heard.clone();
    let setup = Setup { sample_rate: RATE, blocks: blocks.into(), offline: true };
    (Deck::new(Box::new(host), setup).unwrap(), heard)
}
