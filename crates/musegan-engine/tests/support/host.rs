//! Hosts drawn by lot. What every call says and what the song does between calls hangs together
//! as in a host; every way in which hosts differ or err is drawn as well.
mod mixer;
mod places;

use super::call::Call;
use super::dice::Dice;
use mixer::Mixer;
use musegan_engine::{Block, Transport};
use std::time::Duration;

/// Metres songs have, and some that they have not.
const METERS: [&[(i32, i32)]; 3] = [
    &[(4, 4), (3, 4), (5, 4), (7, 8), (12, 8)],
    &[(2, 4), (6, 8), (9, 8), (13, 16), (3, 2)],
    &[(1, 4), (3, 32), (1, 64), (64, 16), (5, 1)],
];
const RATES: [f64; 10] =
    [8e3, 8e3, 11_025.0, 22_050.0, 44_100.0, 44_100.0, 48_000.0, 48_000.0, 96e3, 768e3];

/// What the host does about a loop's end.
#[derive(Clone, Copy, PartialEq)]
enum Wrapping {
    /// Tells the loop and leaves it to the plugin to wrap inside the block.
    Inside,
    /// Cuts the block at the end.
    AtEdge,
    /// Runs on to the block's end and jumps with the next.
    Late,
}

/// A session's host, song and listener.
struct Host {
    dice: Dice,
    calls: Vec<Call>,
    mixer: Mixer,
    playing: bool,
    sample_rate: f64,
    tempo_bpm: f64,
    /// The tempo it last told.
    told_bpm: f64,
    /// Factor on the tempo from call to call.
    ramp: f64,
    pos_beats: f64,
    meter: (i32, i32),
    /// The bar that holds the position begins here.
    line_beats: f64,
    /// In force from the next bar line.
    next_meter: Option<(i32, i32)>,
    cycle: Option<(f64, f64)>,
    manners: Manners,
}

/// What a host always does.
struct Manners {
    wrapping: Wrapping,
    /// Samples of a block: `None` for anything.
    block: Option<u32>,
    tells_tempo: bool,
    tells_meter: bool,
    tells_line: bool,
    tells_loop: bool,
    /// How far the position that it tells may be off, in quarter notes.
    lies_beats: f64,
    /// Probability of anything unusual per call.
    restless: f64,
}

/// The calls of a session, the last of which stops the song.
pub fn session(number: u64) -> Vec<Call> {
    let mut host = Host::draw(Dice::new(number));
    for _ in 0..host.dice.whole(3, 60) {
        host.act();
        let samples = host.samples();
        host.call(samples);
    }
    host.playing = false;
    host.call(1);
    host.calls
}

impl Host {
    fn draw(mut dice: Dice) -> Self {
        let manners = Manners {
            wrapping: dice.pick(&[
                Wrapping::Inside,
                Wrapping::Inside,
                Wrapping::AtEdge,
                Wrapping::Late,
            ]),
            block: dice.pick(&[
                None,
                None,
                None,
                Some(1),
                Some(64),
                Some(441),
                Some(512),
                Some(2048),
                Some(16_384),
            ]),
            tells_tempo: dice.chance(0.9),
            tells_meter: dice.chance(0.9),
            tells_line: dice.chance(0.8),
            tells_loop: dice.chance(0.9),
            lies_beats: dice.pick(&[0.0, 0.0, 0.0, 1e-9, 1e-3, 0.02, 0.06]),
            restless: dice.pick(&[0.02, 0.1, 0.3]),
        };
        let sample_rate =
            if dice.chance(0.8) { dice.pick(&RATES) } else { dice.octaves(8e3, 768e3) };
        let tempo_bpm = dice.pick(&[120.0, 93.7, 20.0, 999.0, 0.0]);
        let tempo_bpm = if tempo_bpm > 0.0 { tempo_bpm } else { dice.octaves(20.0, 999.0) };
        let mixer = Mixer::draw(&mut dice);
        let mut host = Self {
            playing: dice.chance(0.7),
            meter: meter(&mut dice),
            dice,
            calls: Vec::new(),
            mixer,
            sample_rate,
            tempo_bpm,
            told_bpm: 120.0,
            ramp: 1.0,
            pos_beats: 0.0,
            line_beats: 0.0,
            next_meter: None,
            cycle: None,
            manners,
        };
        host.seek();
        host
    }

    fn bar_beats(&self) -> f64 {
        4.0 * f64::from(self.meter.0) / f64::from(self.meter.1)
    }

    fn beats_per_sample(&self) -> f64 {
        self.tempo_bpm / 60.0 / self.sample_rate
    }

    /// What may happen between two calls.
    fn act(&mut self) {
        let restless = self.manners.restless;
        if self.dice.chance(restless) {
            self.playing = !self.playing;
        }
        if self.dice.chance(restless) {
            self.seek();
        }
        if self.dice.chance(restless) {
            self.set_loop();
        }
        if self.dice.chance(restless) {
            match self.dice.below(4) {
                0 => self.tempo_bpm = self.dice.octaves(20.0, 999.0),
                1 => self.ramp = self.dice.between(0.9, 1.12),
                2 => self.ramp = 1.0,
                _ => self.tempo_bpm += self.dice.between(-1.0, 1.0),
            }
        }
        self.tempo_bpm = (self.tempo_bpm * self.ramp).clamp(20.0, 999.0);
        if self.dice.chance(restless) {
            let meter = meter(&mut self.dice);
            if self.dice.chance(0.8) {
                self.next_meter = Some(meter);
            } else {
                self.meter = meter;
            }
        }
        if self.dice.chance(restless / 20.0) {
            self.sample_rate = self.dice.pick(&RATES);
        }
        self.mixer.touch(&mut self.dice);
    }

    /// Length of the next block, cut where the host itself would cut it.
    fn samples(&mut self) -> u32 {
        let dice = &mut self.dice;
        if dice.chance(0.05) {
            return 0;
        }
        let samples = match self.manners.block {
            Some(samples) if dice.chance(0.95) => f64::from(samples),
            _ if dice.chance(0.3) => dice.octaves(1.0, 16_384.0),
            _ => (dice.octaves(0.01, 3.0) / self.tempo_bpm * 60.0 * self.sample_rate).min(16_384.0),
        };
        // Nobody asks for more than half a phrase at once; then the worker could not keep up.
        let beats = (2.0 * self.bar_beats()).min(16.0);
        let beats_per_sample = self.tempo_bpm.max(self.told_bpm) / 60.0 / self.sample_rate;
        let mut samples = samples.min(beats / beats_per_sample).max(1.0) as u32;
        let mut cut_at = |beats: f64| {
            let until = ((beats - self.pos_beats) / self.beats_per_sample()).round();
            if until >= 1.0 && until < f64::from(samples) {
                samples = until as u32;
            }
        };
        if self.next_meter.is_some() {
            cut_at(self.line_beats + self.bar_beats());
        }
        if let Some((_, end)) = self.cycle.filter(|_| self.manners.wrapping == Wrapping::AtEdge) {
            cut_at(end);
        }
        samples
    }

    /// One call, sometimes two for one callback, and what the song does meanwhile.
    fn call(&mut self, samples: u32) {
        let call = self.next_call(samples);
        if self.dice.chance(self.manners.restless / 4.0) {
            self.calls.push(call.clone());
        }
        self.calls.push(call);
        if self.playing {
            self.advance(samples);
        }
    }

    fn next_call(&mut self, samples: u32) -> Call {
        let (dice, manners) = (&mut self.dice, &self.manners);
        let unusual = manners.restless / 8.0;
        let lie = dice.between(-manners.lies_beats, manners.lies_beats);
        let tells_tempo = manners.tells_tempo && !dice.chance(unusual);
        if tells_tempo {
            self.told_bpm = self.tempo_bpm;
        }
        let transport = Transport {
            playing: self.playing,
            tempo_bpm: tells_tempo.then_some(self.tempo_bpm),
            pos_beats: (!dice.chance(unusual)).then_some(self.pos_beats + lie),
            meter: match (manners.tells_meter, dice.chance(unusual)) {
                (true, false) => Some(self.meter),
                (true, true) => Some(dice.pick(&[(0, 4), (4, 0), (65, 4), (3, 5), (-1, -1)])),
                (false, _) => None,
            },
            bar_start_beats: match (manners.tells_line, dice.chance(unusual)) {
                (true, false) => Some(self.line_beats),
                (true, true) => dice.pick(&[None, Some(f64::NAN), Some(1e300)]),
                (false, _) => None,
            },
            loop_beats: self
                .cycle
                .filter(|_| manners.tells_loop && manners.wrapping != Wrapping::Late),
        };
        let block =
            Block { samples, sample_rate: self.sample_rate, transport, patience: Duration::ZERO };
        let reset = dice.chance(unusual);
        Call { reset, block, controls: self.mixer.controls, keys: self.mixer.keys(dice, samples) }
    }

    fn advance(&mut self, samples: u32) {
        let from = self.pos_beats;
        self.pos_beats += f64::from(samples) * self.beats_per_sample();
        if let Some((start, end)) = self.cycle
            && from < end
            && self.pos_beats >= end - 0.5 * self.beats_per_sample()
        {
            self.pos_beats = match self.manners.wrapping {
                Wrapping::Inside => start + (self.pos_beats - end).rem_euclid(end - start),
                Wrapping::AtEdge | Wrapping::Late => start,
            };
            self.line_beats = self.line_of(self.line_beats);
        }
        let next = self.line_beats + self.bar_beats();
        if self.pos_beats >= next - 0.5 * self.beats_per_sample()
            && let Some(meter) = self.next_meter.take()
        {
            (self.line_beats, self.meter) = (next, meter);
        }
        if self.pos_beats >= self.line_beats + self.bar_beats() {
            self.line_beats = self.line_of(self.line_beats);
        }
    }
}

fn meter(dice: &mut Dice) -> (i32, i32) {
    let kind = dice.pick(&METERS);
    dice.pick(kind)
}
