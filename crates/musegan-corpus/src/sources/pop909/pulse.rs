//! The beats of a performance, at a tempo that a band would count.
//!
//! What must stay true: beats go up in time, and seconds and beats turn into each other.
use musegan_score::beats::BeatFile;

/// Slower beats are counted twice as fast, faster ones half as fast.
const SLOWEST_BPM: f64 = 55.0;
const FASTEST_BPM: f64 = 185.0;
/// A gap this much longer than the median lacks beats.
const GAP: f64 = 1.6;
/// More beats are not missing anywhere.
const MAX_MISSING: usize = 8;

/// Where beats lie.
pub(super) struct Pulse {
    seconds: Vec<f64>,
    /// Beats at which the beat file begins a bar.
    marks: Vec<bool>,
    median: f64,
}

impl Pulse {
    /// Of a beat file, with missing beats put in.
    pub fn of(file: &BeatFile) -> Result<Self, String> {
        let mut pulse = Self {
            seconds: file.beats().iter().map(|beat| beat.seconds).collect(),
            marks: file.beats().iter().map(|beat| beat.begins_bar).collect(),
            median: 0.0,
        };
        pulse.measure()?;
        pulse.complete();
        if 60.0 / pulse.median < SLOWEST_BPM {
            pulse.double();
        } else if 60.0 / pulse.median > FASTEST_BPM {
            pulse.halve();
        }
        pulse.measure()?;
        let bpm = pulse.bpm();
        if (SLOWEST_BPM..=FASTEST_BPM).contains(&bpm) {
            Ok(pulse)
        } else {
            Err(format!("{bpm:.0} beats a minute"))
        }
    }

    /// Beats a minute.
    pub fn bpm(&self) -> f64 {
        60.0 / self.median
    }

    /// How many there are, at least eight.
    pub fn count(&self) -> usize {
        self.seconds.len()
    }

    /// Whether the beat file begins a bar here.
    pub fn is_marked(&self, beat: usize) -> bool {
        self.marks[beat]
    }

    /// When a beat comes; beyond the ends as regularly as at most.
    pub fn seconds_at(&self, beat: f64) -> f64 {
        let last = self.seconds.len() - 1;
        let index = (beat.floor().max(0.0) as usize).min(last);
        let within = beat - index as f64;
        let length = match self.seconds.get(index + 1) {
            Some(next) if within >= 0.0 => next - self.seconds[index],
            _ => self.median,
        };
        self.seconds[index] + within * length
    }

    /// At which beat so many seconds have passed.
    pub fn beat_at(&self, seconds: f64) -> f64 {
        let after = self.seconds.partition_point(|beat| *beat <= seconds);
        let Some(index) = after.checked_sub(1) else {
            return (seconds - self.seconds[0]) / self.median;
        };
        let length = self.seconds.get(after).map_or(self.median, |next| next - self.seconds[index]);
        index as f64 + (seconds - self.seconds[index]) / length
    }

    fn measure(&mut self) -> Result<(), String> {
        let mut gaps: Vec<_> = self.seconds.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if gaps.len() < 8 {
            return Err(format!("only {} beats", self.seconds.len()));
        }
        gaps.sort_by(f64::total_cmp);
        self.median = gaps[gaps.len() / 2];
        Ok(())
    }

    /// Puts in the beats that were not heard.
    fn complete(&mut self) {
        let mut seconds = Vec::with_capacity(self.seconds.len());
        let mut marks = Vec::with_capacity(self.seconds.len());
        for (index, &start) in self.seconds.iter().enumerate() {
            seconds.push(start);
            marks.push(self.marks[index]);
            let Some(gap) = self.seconds.get(index + 1).map(|next| next - start) else { break };
            if gap > GAP * self.median {
                let pieces = ((gap / self.median).round() as usize).clamp(2, MAX_MISSING);
                for piece in 1..pieces {
                    seconds.push(start + gap * piece as f64 / pieces as f64);
                    marks.push(false);
                }
            }
        }
        (self.seconds, self.marks) = (seconds, marks);
    }

    fn double(&mut self) {
        let mut seconds = Vec::with_capacity(self.seconds.len() * 2);
        for pair in self.seconds.windows(2) {
            seconds.extend([pair[0], f64::midpoint(pair[0], pair[1])]);
        }
        seconds.extend(self.seconds.last());
        let marks = &self.marks;
        self.marks = (0..seconds.len()).map(|i| i.is_multiple_of(2) && marks[i / 2]).collect();
        self.seconds = seconds;
    }

    /// Keeps the beats on which bars begin, and every second one from there.
    fn halve(&mut self) {
        let odd = self.marks.iter().skip(1).step_by(2).filter(|mark| **mark).count();
        let even = self.marks.iter().step_by(2).filter(|mark| **mark).count();
        let first = usize::from(odd > even);
        self.seconds = self.seconds.iter().copied().skip(first).step_by(2).collect();
        self.marks = self.marks.iter().copied().skip(first).step_by(2).collect();
    }
}
