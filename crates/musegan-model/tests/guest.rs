//! Inside a host we are a guest. Alone in its file, because it counts the process's threads.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use musegan_model::{Band, Device};
use musegan_score::Composition;

#[path = "fixture/read.rs"]
mod fixture;

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn playing_starts_no_thread() {
    let before = threads();
    let mut band = Band::new(&fixture::weights(), Device::Cpu);
    let song = Composition::default();
    let notes = (0..8).map(|index| band.phrase(&song, index).notes().count()).sum::<usize>();
    assert!(notes > 0);
    assert_eq!(threads(), before);
}
