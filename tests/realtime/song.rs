//! What the audio thread is asked to play: a song that hardly ever just goes on. Allocates nothing
//! once made.
use std::time::Duration;

use musegan_host::{Block, Emitted, Kind, NoteEvent, ParameterChange, Processor, Transport};

/// So high that thousands of blocks pass in a few seconds of real time.
pub const RATE: f64 = 192_000.0;
/// Samples of the longest block.
pub const LONGEST: u32 = 112;

/// Numbers that only look random, the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn fraction(&mut self) -> f64 {
        self.below(1 << 20) as f64 / (1 << 20) as f64
    }
}

pub struct Song {
    dice: Dice,
    /// Parameters that are automated.
    automated: Vec<u32>,
    transport: Transport,
    changes: Vec<ParameterChange>,
    notes: Vec<NoteEvent>,
    emitted: Emitted,
    /// Notes begun.
    pub ons: usize,
}

impl Song {
    pub fn new(automated: Vec<u32>) -> Self {
        let transport = Transport {
            playing: true,
            position_beats: Some(0.0),
            position_seconds: Some(0.0),
            tempo: Some(120.0),
            meter: Some((4, 4)),
            bar_start_beats: Some(0.0),
            bar_number: Some(0),
            loop_beats: None,
        };
        Self {
            dice: Dice::new(7),
            automated,
            transport,
            changes: Vec::with_capacity(8),
            notes: Vec::with_capacity(8),
            emitted: Emitted { notes: Vec::with_capacity(1 << 14), ..Emitted::default() },
            ons: 0,
        }
    }

    /// The next block, which the plugin must take, and how long it lasts.
    pub fn block(&mut self, processor: &mut dyn Processor) -> Duration {
        let frames =
            if self.dice.one_in(100) { 0 } else { 1 + self.dice.below(LONGEST.into()) as u32 };
        self.steer();
        self.automate(frames);
        self.strike(frames);
        if self.dice.one_in(700) {
            processor.reset().unwrap();
        }
        let block = Block {
            frames,
            transport: Some(self.transport),
            changes: &self.changes,
            notes: &self.notes,
            queue_limit: self.dice.one_in(50).then_some(2),
            ..Block::default()
        };
        processor.process(&block, &mut self.emitted).unwrap();
        self.ons += self.emitted.notes.iter().filter(|note| note.kind == Kind::On).count();
        let seconds = f64::from(frames) / RATE;
        self.roll(seconds);
        Duration::from_secs_f64(seconds)
    }

    /// Stop, play, seek, loop, tempo, metre.
    fn steer(&mut self) {
        let (dice, transport) = (&mut self.dice, &mut self.transport);
        if dice.one_in(if transport.playing { 400 } else { 20 }) {
            transport.playing = !transport.playing;
        }
        if dice.one_in(300) {
            transport.position_beats = Some(dice.fraction() * 4_000.0 - 16.0);
        }
        if dice.one_in(300) {
            let start = transport.position_beats.unwrap_or_default();
            let lasts = 0.01 + dice.fraction() * dice.fraction() * 8.0;
            transport.loop_beats = (!dice.one_in(3)).then_some((start, start + lasts));
        }
        if dice.one_in(100) {
            transport.tempo = Some(40.0 + dice.fraction() * 900.0);
        }
        if dice.one_in(500) {
            transport.meter = Some([(4, 4), (3, 4), (7, 8), (5, 4)][dice.below(4) as usize]);
        }
    }

    fn automate(&mut self, frames: u32) {
        self.changes.clear();
        if self.automated.is_empty() || frames == 0 || !self.dice.one_in(10) {
            return;
        }
        for _ in 0..=self.dice.below(3) {
            let id = self.automated[self.dice.below(self.automated.len() as u64) as usize];
            let at = self.dice.below(frames.into()) as u32;
            self.changes.push(ParameterChange { at, id, value: self.dice.fraction() });
        }
        self.changes.sort_unstable_by_key(|change| change.at);
    }

    /// Somebody plays along.
    fn strike(&mut self, frames: u32) {
        self.notes.clear();
        if frames == 0 || !self.dice.one_in(10) {
            return;
        }
        let kind = if self.dice.one_in(2) { Kind::On } else { Kind::Off };
        let (channel, key) = (self.dice.below(16) as u8, 36 + self.dice.below(12) as u8);
        let at = self.dice.below(frames.into()) as u32;
        self.notes.push(NoteEvent { at, kind, channel, key, velocity: 0.5 });
    }

    /// The song moves on, as a host moves it.
    fn roll(&mut self, seconds: f64) {
        let transport = &mut self.transport;
        let (Some(position), Some(tempo)) = (transport.position_beats, transport.tempo) else {
            return;
        };
        if !transport.playing {
            return;
        }
        let mut position = position + seconds * tempo / 60.0;
        if let Some((start, end)) = transport.loop_beats
            && position >= end
        {
            position = start + (position - end) % (end - start);
        }
        let (beats, unit) = transport.meter.unwrap_or((4, 4));
        let bar = 4.0 * f64::from(beats) / f64::from(unit);
        transport.position_beats = Some(position);
        transport.position_seconds = Some(position * 60.0 / tempo);
        transport.bar_number = Some((position / bar).floor() as i32);
        transport.bar_start_beats = Some((position / bar).floor() * bar);
    }
}
