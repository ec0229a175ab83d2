//! The three clocks and every conversion between them: beats in the song (`f64`, quarter notes),
//! ticks and steps in a bar (`i64`, see [`Bar`]), samples in the block (`u32`).
use crate::bar::Bar;
use musegan_score::Meter;
use musegan_score::meter::TICKS_PER_BEAT;
use std::time::Duration;

/// Used until a host names a tempo.
const DEFAULT_TEMPO_BPM: f64 = 120.0;
/// What a host may ask for; anything outside is taken for the nearest end.
const TEMPO_RANGE_BPM: std::ops::RangeInclusive<f64> = 1.0..=999.0;
/// Samples per second that are believed; hosts use 8 kHz to 768 kHz.
const SAMPLE_RATES: std::ops::RangeInclusive<f64> = 1e3..=10e6;
/// Used when a host states no usable sample rate.
const DEFAULT_SAMPLE_RATE: f64 = 48_000.0;
/// A song of this many beats lasts 145 years at 120 BPM; positions beyond it are no positions.
pub(crate) const FARTHEST_BEAT: f64 = 1e10;

/// Where the song stands at the first sample of a block, as the host tells it. Fields may be
/// missing, not finite or absurd.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transport {
    /// Whether the song is rolling.
    pub playing: bool,
    /// Quarter notes per minute.
    pub tempo_bpm: Option<f64>,
    /// Song position in quarter notes; negative in a count-in.
    pub pos_beats: Option<f64>,
    /// Time signature, numerator and denominator; 4/4 where there is none or an absurd one.
    pub meter: Option<(i32, i32)>,
    /// A bar line, in quarter notes: where the bar of `pos_beats` begins. Where there is none, bars
    /// are counted from the song's start.
    pub bar_start_beats: Option<f64>,
    /// Start and end of the active loop in quarter notes; `None` when the host does not loop.
    pub loop_beats: Option<(f64, f64)>,
}

/// One call of the host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// Length in samples; zero is allowed.
    pub samples: u32,
    /// Samples per second.
    pub sample_rate: f64,
    /// Where the song stands at sample 0.
    pub transport: Transport,
    /// How long a phrase that is due may be waited for. Zero in live playing: then what is late is
    /// a rest.
    pub patience: Duration,
}

impl Block {
    /// Samples per second.
    pub(crate) fn sample_rate(&self) -> f64 {
        let usable = SAMPLE_RATES.contains(&self.sample_rate);
        if usable { self.sample_rate } else { DEFAULT_SAMPLE_RATE }
    }

    /// Quarter notes per sample, from a tempo that the host may not have named.
    pub(crate) fn beats_per_sample(&self, last_tempo_bpm: f64) -> f64 {
        self.tempo_bpm(last_tempo_bpm) / 60.0 / self.sample_rate()
    }

    /// The host's tempo, or the last one it named.
    pub(crate) fn tempo_bpm(&self, last_tempo_bpm: f64) -> f64 {
        match self.transport.tempo_bpm {
            Some(bpm) if bpm.is_finite() && bpm > 0.0 => {
                bpm.clamp(*TEMPO_RANGE_BPM.start(), *TEMPO_RANGE_BPM.end())
            }
            _ if last_tempo_bpm > 0.0 => last_tempo_bpm,
            _ => DEFAULT_TEMPO_BPM,
        }
    }

    /// The host's position where it makes sense.
    pub(crate) fn pos_beats(&self) -> Option<f64> {
        self.transport.pos_beats.filter(|pos| pos.is_finite() && pos.abs() < FARTHEST_BEAT)
    }

    /// The bar that holds a position.
    pub(crate) fn bar(&self, pos_beats: f64) -> Bar {
        let meter = self.transport.meter.and_then(|(n, d)| Meter::new(n, d));
        Bar::holding(pos_beats, self.transport.bar_start_beats, meter.unwrap_or_default())
    }

    /// The active loop where it makes sense: finite and not empty.
    pub(crate) fn loop_beats(&self) -> Option<(f64, f64)> {
        let sane = |beat: f64| beat.is_finite() && beat.abs() < FARTHEST_BEAT;
        self.transport.loop_beats.filter(|&(start, end)| sane(start) && sane(end) && start < end)
    }
}

/// A stretch of a block over which song position grows evenly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// Song position at `first_sample`.
    pub pos_beats: f64,
    pub beats_per_sample: f64,
    pub first_sample: u32,
    /// One past the last sample.
    pub end_sample: u32,
}

impl Segment {
    /// The sample nearest to a tick of a bar, not before the segment. May lie at or past
    /// `end_sample`: then the tick is not this segment's.
    pub fn sample_of(&self, bar: Bar, tick: i64) -> i64 {
        let beats = bar.start_beats() - self.pos_beats + tick as f64 / TICKS_PER_BEAT as f64;
        let samples = (beats / self.beats_per_sample).round() as i64;
        i64::from(self.first_sample).saturating_add(samples.max(0))
    }

    /// The first tick of a bar whose nearest sample is the segment's first or later.
    pub fn first_tick(&self, bar: Bar) -> i64 {
        let beats = self.pos_beats - 0.5 * self.beats_per_sample - bar.start_beats();
        ((beats * TICKS_PER_BEAT as f64).ceil() as i64).max(0)
    }

    /// Song position at the end.
    pub fn end_beats(&self) -> f64 {
        self.pos_beats + f64::from(self.end_sample - self.first_sample) * self.beats_per_sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_belongs_to_the_sample_nearest_to_it() {
        let segment = Segment {
            pos_beats: 0.0,
            beats_per_sample: 93.7 / 60.0 / 44_100.0,
            first_sample: 0,
            end_sample: 441,
        };
        let bar = Bar::holding(0.0, None, Meter::COMMON);
        assert_eq!(segment.sample_of(bar, 0), 0);
        let step = (0.25f64 * 60.0 / 93.7 * 44_100.0).round() as i64;
        assert_eq!(segment.sample_of(bar, 240), step);
        assert_eq!(segment.first_tick(bar), 0);
    }
}
