//! When a block is due: hosts call process in time with the sound card, one block at a time or
//! several at once and then none for a while.
use std::time::{Duration, Instant};

/// How fast a deck processes, measured against the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// 1 is real time, 10 ten times as fast.
    pub speed: f64,
    /// How many calls come at once; 1 for a steady host.
    pub burst: u32,
}

/// Makes a thread wait until its next block is due.
#[derive(Debug)]
pub(super) struct Clock {
    pace: Pace,
    calls: u32,
    began: Instant,
    /// Seconds of sound processed since.
    sounded: f64,
}

impl Clock {
    pub fn new(pace: Pace) -> Self {
        Self { pace, calls: 0, began: Instant::now(), sounded: 0.0 }
    }

    /// Call before each block of this length.
    pub fn wait(&mut self, seconds: f64) {
        if self.calls.is_multiple_of(self.pace.burst.max(1)) {
            let due = Duration::try_from_secs_f64(self.sounded / self.pace.speed);
            let due = due.unwrap_or_default();
            std::thread::sleep(due.saturating_sub(self.began.elapsed()));
        }
        self.calls = self.calls.wrapping_add(1);
        self.sounded += seconds;
    }
}
