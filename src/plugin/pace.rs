//! Whether the host renders or plays, told by how fast it asks for blocks.
//!
//! Hosts announce an offline render, but not all of them, and the framework's VST3 side (0.4.2)
//! passes the mode on one set-up late. A host that runs far ahead of the clock on the wall is
//! rendering, whatever it says. Audio thread; reads the monotonic clock, which is no system call.
use std::time::Instant;

/// A host that plays live is ahead by its buffers at most.
const LIVE_LEAD_SECONDS: f64 = 0.5;
/// The lead that is remembered at most.
const MOST_LEAD_SECONDS: f64 = 2.0;
/// A lead shrinks so much faster than the clock runs, so that playing after a render counts as
/// playing soon.
const FORGETTING: f64 = 1.5;

/// How far the host is ahead of the clock on the wall.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: Option<Instant>,
    lead_seconds: f64,
}

impl Pace {
    /// The song stands: whatever comes next begins anew.
    pub fn stand(&mut self) {
        *self = Self::default();
    }

    /// Counts a block of so many seconds and says whether the host was ahead before it as only a
    /// render is.
    pub fn is_render(&mut self, block_seconds: f64, now: Instant) -> bool {
        let elapsed = self.last.map_or(0.0, |last| now.duration_since(last).as_secs_f64());
        self.last = Some(now);
        let lead = (self.lead_seconds - elapsed * FORGETTING).max(0.0);
        self.lead_seconds = (lead + block_seconds).min(MOST_LEAD_SECONDS);
        lead > LIVE_LEAD_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Whether each block of 10 ms counted as a render, when one comes every so many
    /// milliseconds.
    fn every(pace: &mut Pace, clock: &mut Instant, milliseconds: f64, blocks: usize) -> Vec<bool> {
        let mut renders = Vec::new();
        for _ in 0..blocks {
            *clock += Duration::from_secs_f64(milliseconds / 1000.0);
            renders.push(pace.is_render(0.01, *clock));
        }
        renders
    }

    #[test]
    fn a_host_in_time_plays_and_one_far_ahead_renders() {
        let (mut pace, mut clock) = (Pace::default(), Instant::now());
        assert!(every(&mut pace, &mut clock, 10.0, 1000).iter().all(|render| !render));
        let fast = every(&mut pace, &mut clock, 0.1, 200);
        let begun = fast.iter().position(|render| *render).unwrap_or(usize::MAX);
        assert!((40..60).contains(&begun), "after {begun} blocks");
        assert!(fast[begun..].iter().all(|render| *render));
        let slow = every(&mut pace, &mut clock, 10.0, 1000);
        assert!(slow.last() == Some(&false), "playing after a render counts as playing");
    }

    #[test]
    fn bursts_after_a_hiccup_are_playing() {
        let (mut pace, mut clock) = (Pace::default(), Instant::now());
        for _ in 0..50 {
            assert!(every(&mut pace, &mut clock, 200.0, 1).iter().all(|render| !render));
            assert!(every(&mut pace, &mut clock, 0.0, 19).iter().all(|render| !render));
        }
    }
}
