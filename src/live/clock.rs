//! The live application's transport: even blocks of time counted from a start, so that nothing
//! drifts however late one block is.
use musegan_engine::{Block, Transport};
use musegan_score::Meter;
use std::time::{Duration, Instant};

/// The grain in which events are timed.
const SAMPLE_RATE: u32 = 48_000;
/// Five milliseconds: how far ahead notes are decided.
const BLOCK_SAMPLES: u32 = 240;

/// Beats and samples against the clock on the wall.
#[derive(Debug)]
pub struct Clock {
    bpm: f64,
    meter: Meter,
    started: Option<Instant>,
    block_start: u64,
    block_end: u64,
}

impl Clock {
    /// A clock at beat 0 that starts with its first block.
    #[must_use]
    pub const fn new(bpm: f64, meter: Meter) -> Self {
        Self { bpm, meter, started: None, block_start: 0, block_end: 0 }
    }

    /// Song position at the end of the last block, in quarter notes.
    #[must_use]
    pub fn pos_beats(&self) -> f64 {
        self.beats(self.block_end)
    }

    /// Length of a bar in quarter notes.
    #[must_use]
    pub const fn bar_beats(&self) -> f64 {
        self.meter.beats()
    }

    fn beats(&self, sample: u64) -> f64 {
        sample as f64 / f64::from(SAMPLE_RATE) * self.bpm / 60.0
    }

    /// A block in which the song stands still here.
    #[must_use]
    pub fn standing(&self) -> Block {
        self.block(false, BLOCK_SAMPLES)
    }

    /// The next block, not longer than to `last_beat`.
    pub fn next_block(&mut self, last_beat: Option<f64>) -> Block {
        self.started.get_or_insert_with(Instant::now);
        let samples_per_beat = f64::from(SAMPLE_RATE) * 60.0 / self.bpm;
        let left = last_beat.map_or(f64::INFINITY, |last| last * samples_per_beat);
        let left = (left.round() - self.block_end as f64).max(1.0);
        let samples = f64::from(BLOCK_SAMPLES).min(left) as u32;
        let block = self.block(true, samples);
        self.block_start = self.block_end;
        self.block_end += u64::from(samples);
        block
    }

    fn block(&self, playing: bool, samples: u32) -> Block {
        let transport = Transport {
            playing,
            tempo_bpm: Some(self.bpm),
            pos_beats: Some(self.pos_beats()),
            meter: Some((self.meter.numerator().into(), self.meter.denominator().into())),
            ..Transport::default()
        };
        let (sample_rate, patience) = (f64::from(SAMPLE_RATE), Duration::ZERO);
        Block { samples, sample_rate, transport, patience }
    }

    /// Returns when this sample of the last block is due; at once when it is past.
    pub fn wait_for_sample(&self, at_sample: u32) {
        self.wait(self.block_start + u64::from(at_sample));
    }

    /// Returns when the last block is over.
    pub fn wait_for_block_end(&self) {
        self.wait(self.block_end);
    }

    fn wait(&self, sample: u64) {
        let Some(started) = self.started else { return };
        let due = started + Duration::from_secs_f64(sample as f64 / f64::from(SAMPLE_RATE));
        spin_sleep::sleep(due.saturating_duration_since(Instant::now()));
    }
}
