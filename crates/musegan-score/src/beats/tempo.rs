//! Seconds and ticks of a song, through its tempo map.
use crate::Song;
use crate::song::{DEFAULT_MICROS_PER_BEAT, Tempo};

/// A song's tempo map, made ready for many questions, each of which takes logarithmic time.
///
/// Both ways are monotone; a tick that becomes seconds becomes the same tick again as long as a
/// tick lasts a microsecond and the song some years.
#[derive(Clone, Debug, PartialEq)]
pub struct TempoMap {
    ticks_per_beat: u32,
    /// Sorted by tick; the first begins at 0.
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    tick: u64,
    /// Microseconds until here, times ticks per beat, which makes them whole.
    scaled_micros: u128,
    micros_per_beat: u32,
}

impl TempoMap {
    /// The tempo map of a song.
    #[must_use]
    pub fn of(song: &Song) -> Self {
        let first = Tempo { tick: 0, micros_per_beat: DEFAULT_MICROS_PER_BEAT };
        let mut spans: Vec<Span> = Vec::with_capacity(song.tempos.len() + 1);
        for tempo in std::iter::once(&first).chain(&song.tempos) {
            let micros_per_beat = tempo.micros_per_beat.max(1);
            let Some(last) = spans.last_mut() else {
                spans.push(Span { tick: 0, scaled_micros: 0, micros_per_beat });
                continue;
            };
            let tick = tempo.tick.max(last.tick);
            let scaled_micros = last.scaled_micros_at(tick);
            if tick == last.tick {
                last.micros_per_beat = micros_per_beat;
            } else {
                spans.push(Span { tick, scaled_micros, micros_per_beat });
            }
        }
        Self { ticks_per_beat: song.ticks_per_beat.max(1), spans }
    }

    /// Seconds from the song's beginning to this tick.
    #[must_use]
    pub fn seconds_at(&self, tick: u64) -> f64 {
        let after = self.spans.partition_point(|span| span.tick <= tick);
        let span = self.spans[after.saturating_sub(1)];
        span.scaled_micros_at(tick) as f64 / self.scale()
    }

    /// The tick nearest to these seconds; before the song's beginning negative ones, as if its
    /// first tempo had been there before. What is no number is 0.
    #[must_use]
    pub fn tick_at(&self, seconds: f64) -> i64 {
        let scaled = seconds * self.scale();
        let after = self.spans.partition_point(|span| span.scaled_micros as f64 <= scaled);
        let span = self.spans[after.saturating_sub(1)];
        let within = (scaled - span.scaled_micros as f64) / f64::from(span.micros_per_beat);
        // Rounded before it is added, so that a long song costs no precision.
        i64::try_from(span.tick).unwrap_or(i64::MAX).saturating_add(within.round() as i64)
    }

    /// Whether there is more than one tempo.
    pub(super) const fn changes(&self) -> bool {
        self.spans.len() > 1
    }

    fn scale(&self) -> f64 {
        1e6 * f64::from(self.ticks_per_beat)
    }
}

impl Span {
    fn scaled_micros_at(&self, tick: u64) -> u128 {
        self.scaled_micros + u128::from(tick - self.tick) * u128::from(self.micros_per_beat)
    }
}
