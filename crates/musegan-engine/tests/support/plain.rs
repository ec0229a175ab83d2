//! A host without whims: it plays from a beat on, in blocks of given lengths, and its worker
//! answers after every block. For tests that say one thing.
use super::call::Call;
use super::machine::Machine;
use super::oracle::Stream;
use super::song::Songbook;
use musegan_engine::{Block, Controls, Event, KeyChange, Status, Transport};
use std::time::Duration;

pub struct Plain {
    pub sample_rate: f64,
    pub tempo_bpm: f64,
    pub pos_beats: f64,
    pub meter: Option<(i32, i32)>,
    pub line_beats: Option<f64>,
    pub cycle: Option<(f64, f64)>,
    pub controls: Controls,
    /// What is played into the band in the next block.
    pub keys: Vec<KeyChange>,
    pub worker_works: bool,
    pub machine: Machine,
    pub songs: Songbook,
}

impl Plain {
    /// 48 kHz and 120 BPM: a beat is 24,000 samples, a step 6,000.
    pub fn new(controls: Controls) -> Self {
        Self {
            sample_rate: 48_000.0,
            tempo_bpm: 120.0,
            pos_beats: 0.0,
            meter: None,
            line_beats: None,
            cycle: None,
            controls,
            keys: Vec::new(),
            worker_works: true,
            machine: Machine::default(),
            songs: Songbook::default(),
        }
    }

    /// One of another song.
    pub fn of(songs: Songbook, controls: Controls) -> Self {
        Self { songs, ..Self::new(controls) }
    }

    /// Stands at a beat for a sample, then plays for so many beats, in blocks of so many samples
    /// in turn, and stops. Gives what was heard, counted from the first sample of playing.
    pub fn take(mut self, from: f64, beats: f64, blocks: &[u32]) -> Stream {
        self.stand(from);
        self.machine.clear();
        self.play_to(from + beats, blocks);
        self.block(false, 1);
        self.machine
            .stream()
            .into_iter()
            .map(|event| (event.0 - 1, event.1, event.2, event.3))
            .collect()
    }

    /// Stands still at a beat for a sample.
    pub fn stand(&mut self, pos_beats: f64) {
        self.pos_beats = pos_beats;
        self.block(false, 1);
    }

    /// Plays on to a beat, in blocks of so many samples in turn; the last may pass it.
    pub fn play_to(&mut self, end_beats: f64, blocks: &[u32]) {
        for &samples in blocks.iter().cycle() {
            if self.pos_beats >= end_beats - 1e-9 {
                break;
            }
            self.block(true, samples);
        }
    }

    /// One call.
    pub fn block(&mut self, playing: bool, samples: u32) -> Vec<Event> {
        let transport = Transport {
            playing,
            tempo_bpm: Some(self.tempo_bpm),
            pos_beats: Some(self.pos_beats),
            meter: self.meter,
            bar_start_beats: self.line_beats,
            loop_beats: self.cycle,
        };
        let block =
            Block { samples, sample_rate: self.sample_rate, transport, patience: Duration::ZERO };
        let keys = std::mem::take(&mut self.keys);
        let call = Call { reset: false, block, controls: self.controls, keys };
        let events = self.machine.call(&call).unwrap();
        if self.worker_works {
            self.machine.answer(&mut self.songs);
        }
        if playing {
            self.pos_beats += f64::from(samples) * self.tempo_bpm / 60.0 / self.sample_rate;
        }
        events
    }

    pub fn status(&self) -> Status {
        self.machine.status()
    }
}

/// The notes begun.
pub fn ons(stream: &Stream) -> Stream {
    stream.iter().copied().filter(|event| event.1 > 0).collect()
}

/// Everything there is to play.
pub fn all() -> Controls {
    Controls { density: 1.0, ..Controls::default() }
}
