//! Reading and writing `.mid` files through the public API.
#![allow(clippy::unwrap_used)]

mod damage;
// What `cargo xtask fuzz midi` tries with bytes that it searches for.
#[path = "../../../../fuzz/src/midi.rs"]
mod fuzzed;
mod hostile;
mod reading;
mod writing;

use std::path::Path;

use musegan_score::{Song, midi};

const END: &[u8] = &[0x00, 0xFF, 0x2F, 0x00];

/// A file of these tracks, whose chunk lengths are right.
fn file(format: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.extend([format, 0, tracks.len() as u8]);
    bytes.extend(division);
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend((track.len() as u32).to_be_bytes());
        bytes.extend(*track);
    }
    bytes
}

fn one_track(events: &[&[u8]]) -> Song {
    midi::read(&file(0, [0, 96], &[&events.concat()])).unwrap()
}

/// (onset, length, pitch, velocity) of every note, part by part.
fn notes(song: &Song) -> Vec<(u64, u64, u8, u8)> {
    let notes = song.parts.iter().flat_map(|part| &part.notes);
    notes.map(|n| (n.onset, n.length, n.pitch.number(), n.velocity.value())).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/midi/files");
    std::fs::read(folder.join(name)).unwrap()
}

fn c_major(tick_step: u64) -> Vec<(u64, u64, u8, u8)> {
    let scale = [60, 62, 64, 65, 67, 69, 71, 72];
    (0..).zip(scale).map(|(i, pitch)| (i * tick_step, tick_step, pitch, 127)).collect()
}
