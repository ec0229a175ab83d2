//! A day of playing: events do not drift, memory does not grow, nothing is allocated.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::{Block, Controls, EventKind, Transport};
use stage::song::{FIRST_KEY, ladder};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

const SAMPLE_RATE: u64 = 48_000;
const SAMPLES: u64 = 512;
const HOURS: u64 = 24;
/// A tempo at which no step falls on a sample: 30,000/937 samples a tick.
const TEMPO_BPM: f64 = 93.7;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

/// The system's allocator, which counts what each thread asks of it.
struct Counting;

// SAFETY: everything is handed on to the system's allocator as it came; the counters are
// constant-initialised cells without destructors, so touching them never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        BYTES.set(BYTES.get() + layout.size() as i64);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        BYTES.set(BYTES.get() - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The sample that is nearest to a step of the song, in whole numbers.
fn sample_of_step(step: u64) -> u64 {
    (2 * step * 240 * 30_000 + 937) / (2 * 937)
}

#[test]
fn a_day_of_playing_neither_drifts_nor_allocates() {
    let blocks_per_hour = 3600 * SAMPLE_RATE / SAMPLES;
    let controls = Controls { density: 1.0, ..Controls::default() };
    let (mut player, mut desk) = musegan_engine::pair();
    let (mut step, mut held) = (0, Vec::new());
    player.prepare(&controls);
    for number in 0..HOURS * blocks_per_hour {
        while let Some(key) = desk.next_request() {
            desk.deliver(key, ladder(0, key.index)).unwrap();
        }
        let before = number * SAMPLES;
        let transport = Transport {
            playing: true,
            tempo_bpm: Some(TEMPO_BPM),
            pos_beats: Some(before as f64 * TEMPO_BPM / 60.0 / SAMPLE_RATE as f64),
            ..Transport::default()
        };
        let block = Block {
            samples: SAMPLES as u32,
            sample_rate: SAMPLE_RATE as f64,
            transport,
            patience: Duration::ZERO,
        };
        let calls = CALLS.get();
        let events = player.process(&block, &controls, &[]);
        assert_eq!(CALLS.get(), calls, "no allocation in block {number}");
        // Each step one note, and before it the end of the last.
        for event in events {
            let at = before + u64::from(event.at_sample);
            assert_eq!(at, sample_of_step(step), "step {step}");
            if event.kind != EventKind::Off {
                assert_eq!(u64::from(event.key - FIRST_KEY), step % 64, "step {step}");
                step += 1;
            }
        }
        if (number + 1).is_multiple_of(blocks_per_hour) {
            held.push(BYTES.get());
        }
    }
    println!("{HOURS} h, {step} notes at the very samples of their steps");
    assert_eq!(step, (HOURS * 3600 * SAMPLE_RATE * 937).div_ceil(30_000 * 240));
    let (least, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
    // A phrase more or less may be under way.
    assert!(most - least < 8192, "memory grows: {held:?}");
}
