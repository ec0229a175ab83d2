//! The stream of (beat, event) is a function of the song position: a hundred thousand random
//! hosts against the oracle.
//!
//! `cargo xtask soak` runs the same with millions, on all cores. What fails is named by a number:
//! `cargo xtask soak --first NUMBER --transports 1` plays it again.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use stage::song::Songbook;
use stage::trial::{Counts, try_session};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const TRANSPORTS: u64 = 100_000;
/// How often a soak says how far it is.
const REPORT: Duration = Duration::from_secs(10);

/// How much is to be tried; the environment may ask for more than the tests do.
struct Course {
    first: u64,
    transports: u64,
    time: Duration,
    threads: u64,
}

impl Course {
    fn from_environment() -> Self {
        let asked = |name| std::env::var(name).ok().and_then(|text: String| text.parse().ok());
        let minutes = asked("MUSEGAN_SOAK_MINUTES");
        let transports = if minutes.is_some() { u64::MAX } else { TRANSPORTS };
        Self {
            first: asked("MUSEGAN_SOAK_FIRST").unwrap_or(0),
            transports: asked("MUSEGAN_SOAK_TRANSPORTS").unwrap_or(transports),
            time: minutes.map_or(Duration::MAX, |minutes| Duration::from_secs(60 * minutes)),
            threads: asked("MUSEGAN_SOAK_THREADS").unwrap_or(1),
        }
    }
}

/// What all threads have done.
#[derive(Default)]
struct Tally {
    begun: AtomicU64,
    done: AtomicU64,
    calls: AtomicU64,
    events: AtomicU64,
    stop: AtomicBool,
    failure: Mutex<Option<String>>,
}

impl Tally {
    fn try_sessions(&self, course: &Course) {
        let mut songs = Songbook::default();
        while !self.stop.load(Ordering::Relaxed) {
            if self.done.load(Ordering::Relaxed) >= course.transports {
                break;
            }
            let session = self.begun.fetch_add(1, Ordering::Relaxed);
            match try_session(course.first.wrapping_add(session), &mut songs) {
                Ok(Some(counts)) => self.count(counts),
                Ok(None) => {}
                Err(why) => {
                    self.stop.store(true, Ordering::Relaxed);
                    self.failure.lock().unwrap().get_or_insert(why);
                }
            }
        }
    }

    fn count(&self, counts: Counts) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.calls.fetch_add(counts.calls, Ordering::Relaxed);
        self.events.fetch_add(counts.events, Ordering::Relaxed);
    }

    fn report(&self, began: Instant) {
        println!(
            "{} transports, {} calls, {} events, all as foretold; {:.1} s",
            self.done.load(Ordering::Relaxed),
            self.calls.load(Ordering::Relaxed),
            self.events.load(Ordering::Relaxed),
            began.elapsed().as_secs_f64()
        );
    }
}

#[test]
fn whatever_the_host_does_the_stream_is_the_one_its_positions_ask_for() {
    let (course, tally, began) = (Course::from_environment(), Tally::default(), Instant::now());
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..course.threads).map(|_| scope.spawn(|| tally.try_sessions(&course))).collect();
        let mut reported = began;
        while !workers.iter().all(|worker| worker.is_finished()) {
            std::thread::sleep(Duration::from_millis(20));
            if began.elapsed() > course.time {
                tally.stop.store(true, Ordering::Relaxed);
            }
            if reported.elapsed() > REPORT {
                tally.report(began);
                reported = Instant::now();
            }
        }
    });
    if let Some(why) = tally.failure.lock().unwrap().take() {
        panic!("{why}");
    }
    tally.report(began);
    let (done, events) = (tally.done.into_inner(), tally.events.into_inner());
    assert!(done < 1000 || events > 80 * done, "most of them play: {events} events in {done}");
}
