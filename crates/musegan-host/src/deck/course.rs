//! Where the song is after so many samples, at a steady or a sliding tempo.
//!
//! The position is always counted from an anchor, never a running sum, so rolling for a day does
//! not drift. A seek or a new tempo sets a new anchor.

/// How near to a sample, in samples, a position counts as on it: positions are sums of rounded
/// numbers.
const ON_A_SAMPLE: f64 = 1e-6;

/// A position that moves with the samples.
#[derive(Clone, Debug)]
pub(super) struct Course {
    sample_rate: f64,
    anchor_beats: f64,
    anchor_seconds: f64,
    /// Samples since the anchor.
    since: u64,
    /// Quarter notes per minute at the anchor.
    tempo: f64,
    slide: Option<Slide>,
}

/// A tempo that changes evenly from the anchor on.
#[derive(Clone, Copy, Debug)]
struct Slide {
    to: f64,
    samples: u64,
}

impl Course {
    pub fn new(sample_rate: f64, tempo: f64) -> Self {
        let (anchor_beats, anchor_seconds) = (0.0, 0.0);
        Self { sample_rate, anchor_beats, anchor_seconds, since: 0, tempo, slide: None }
    }

    /// In quarter notes.
    pub fn position(&self) -> f64 {
        self.beats_after(self.since)
    }

    /// Time since the song's start, as if all before the last seek had had the tempo of then.
    pub fn seconds(&self) -> f64 {
        self.anchor_seconds + self.since as f64 / self.sample_rate
    }

    /// Quarter notes per minute.
    pub fn tempo(&self) -> f64 {
        match self.slide {
            Some(slide) if self.since >= slide.samples => slide.to,
            Some(slide) => {
                self.tempo + (slide.to - self.tempo) * self.since as f64 / slide.samples as f64
            }
            None => self.tempo,
        }
    }

    pub fn beats_per_sample(&self) -> f64 {
        self.tempo() / 60.0 / self.sample_rate
    }

    pub fn advance(&mut self, samples: u64) {
        self.since += samples;
    }

    /// Jumps; a sliding tempo slides on.
    pub fn seek(&mut self, beats: f64) {
        self.set_anchor();
        self.anchor_beats = beats;
        self.anchor_seconds = beats * 60.0 / self.tempo;
    }

    pub fn set_tempo(&mut self, tempo: f64) {
        self.set_anchor();
        self.tempo = tempo;
        self.slide = None;
    }

    /// Slides to a tempo, evenly in time.
    pub fn slide_tempo(&mut self, to: f64, seconds: f64) {
        self.set_anchor();
        self.slide = Some(Slide { to, samples: (seconds * self.sample_rate).round() as u64 });
    }

    pub fn set_sample_rate(&mut self, sample_rate: f64) {
        let seconds_left = self.slide.map(|slide| {
            (slide.to, slide.samples.saturating_sub(self.since) as f64 / self.sample_rate)
        });
        self.set_anchor();
        self.sample_rate = sample_rate;
        if let Some((to, seconds)) = seconds_left {
            self.slide_tempo(to, seconds);
        }
    }

    /// Samples from here to the first at or after a position, at least one; `None` if it lies
    /// behind.
    pub fn samples_until(&self, beats: f64) -> Option<u64> {
        let position = self.position();
        if position >= beats {
            return None;
        }
        if self.slide.is_none_or(|slide| self.since >= slide.samples) {
            let samples = (beats - position) / self.beats_per_sample();
            return Some(((samples - ON_A_SAMPLE).ceil() as u64).max(1));
        }
        let slack = ON_A_SAMPLE * self.beats_per_sample();
        let reaches = |samples| self.beats_after(self.since + samples) >= beats - slack;
        let (mut short, mut far) = (0, 1);
        while !reaches(far) {
            // A song that slides to a standstill gets nowhere.
            (short, far) = (far, u64::checked_mul(far, 2)?);
        }
        while far - short > 1 {
            let middle = short + (far - short) / 2;
            *(if reaches(middle) { &mut far } else { &mut short }) = middle;
        }
        Some(far)
    }

    fn set_anchor(&mut self) {
        let (beats, seconds, tempo) = (self.position(), self.seconds(), self.tempo());
        self.slide = self.slide.filter(|slide| self.since < slide.samples);
        if let Some(slide) = &mut self.slide {
            slide.samples -= self.since;
        }
        (self.anchor_beats, self.anchor_seconds, self.tempo) = (beats, seconds, tempo);
        self.since = 0;
    }

    /// The position so many samples after the anchor.
    fn beats_after(&self, samples: u64) -> f64 {
        let beats_per_sample = |tempo: f64| tempo / 60.0 / self.sample_rate;
        let Some(slide) = self.slide else {
            return self.anchor_beats + samples as f64 * beats_per_sample(self.tempo);
        };
        let sliding = samples.min(slide.samples) as f64;
        let steady = samples.saturating_sub(slide.samples) as f64;
        let share = sliding / (slide.samples as f64).max(1.0);
        let mean = self.tempo + 0.5 * share * (slide.to - self.tempo);
        self.anchor_beats + sliding * beats_per_sample(mean) + steady * beats_per_sample(slide.to)
    }
}
