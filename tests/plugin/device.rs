//! The library for graphics cards beside the plugin: found there, used, and followed by the CPU when
//! its device fails. The band plays the same throughout.
//!
//! The library is the one that is built for tests; whether the plugin uses its device shows in the
//! memory that it takes there.
use crate::emulated::{Emulated, LOST};
use crate::hosted::{FORMATS, RATE, assert_same, bundle, finish, onsets, played, state};
use musegan_host::{Deck, Format, Recording, Setup, load};
use musegan_model::device::{Gpu, Library};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A copy of the plugin's bundle, and where its code is in there.
fn installed(format: Format, folder: &Path) -> (PathBuf, PathBuf) {
    let bundle = bundle(format);
    let copy = folder.join(bundle.file_name().unwrap());
    let binary = copied(&bundle, &copy).expect("a bundle holds a file");
    (copy, binary)
}

/// Copies a file, or a folder with all that is in it, and gives the last file copied.
fn copied(from: &Path, to: &Path) -> Option<PathBuf> {
    if !from.is_dir() {
        std::fs::copy(from, to).unwrap();
        return Some(to.into());
    }
    std::fs::create_dir(to).unwrap();
    let entries = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().file_name());
    entries.filter_map(|name| copied(&from.join(&name), &to.join(&name))).last()
}

/// The networks of the tutorial, which cards can play, whatever the plugin carries.
const TUTORIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tutorial.safetensors");

/// An instance of this copy whose song asks for a device.
fn on_device(copy: &Path, format: Format, device: &str) -> Deck {
    let mut deck = Deck::new(load(copy).unwrap(), Setup::offline(RATE, 512)).unwrap();
    let text = |text: &str| serde_json::json!(text).to_string();
    let fields = serde_json::json!({"device": text(device), "weights": text(TUTORIAL)});
    let text = serde_json::json!({"params": {}, "fields": fields}).to_string();
    deck.host().load_state(&state(format, &text)).unwrap();
    deck
}

/// So much of what the CPU plays.
fn usual(format: Format, beats: f64) -> Recording {
    played(on_device(&bundle(format), format, "cpu"), beats)
}

fn is_used(gpu: &Gpu) -> bool {
    gpu.memory().map(|memory| memory.free < memory.total).unwrap()
}

/// Waits until the device's memory is used, or is not.
fn wait_until_used(gpu: &Gpu, used: bool) {
    let since = Instant::now();
    while is_used(gpu) != used {
        assert!(since.elapsed() < Duration::from_secs(60), "never used: {used}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_library_beside_the_plugin_is_used_and_a_device_lost_in_mid_song_is_not_heard() {
    for format in FORMATS {
        let usual = usual(format, 64.0);
        let folder = tempfile::tempdir().unwrap();
        let (copy, binary) = installed(format, folder.path());
        let emulated = Emulated::beside(&binary);
        let gpu = Gpu::open(&Library::open(&emulated.path).unwrap(), 0).unwrap();
        wait_until_used(&gpu, false);
        let mut deck = on_device(&copy, format, "cuda:0");
        wait_until_used(&gpu, true);
        deck.play_beats(24.0).unwrap();
        wait_until_used(&gpu, true);
        // What is asked first may be one that was opened for other weights and is given back anyway,
        // and a render may be over before the device plays: it is lost until it plays no more.
        let since = Instant::now();
        let mut beats = 24.0;
        while beats < 64.0 || (is_used(&gpu) && since.elapsed() < Duration::from_secs(60)) {
            emulated.fail_after(1, LOST);
            deck.play_beats(8.0).unwrap();
            beats += 8.0;
            std::thread::sleep(Duration::from_millis(20));
        }
        deck.stop().unwrap();
        wait_until_used(&gpu, false);
        let recording = finish(deck);
        let label = format!("{format:?}");
        assert_same(&onsets(&recording, 0.0, 64.0), &onsets(&usual, 0.0, 64.0), &label);
    }
}

#[test]
fn a_plugin_that_is_dropped_gives_its_device_back() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let (copy, binary) = installed(format, folder.path());
        let emulated = Emulated::beside(&binary);
        let gpu = Gpu::open(&Library::open(&emulated.path).unwrap(), 0).unwrap();
        for _ in 0..2 {
            let deck = on_device(&copy, format, "cuda:0");
            wait_until_used(&gpu, true);
            drop(deck);
            wait_until_used(&gpu, false);
        }
    }
}

#[test]
fn a_library_beside_the_plugin_that_is_none_leaves_the_cpu_playing() {
    for format in FORMATS {
        let usual = usual(format, 16.0);
        let folder = tempfile::tempdir().unwrap();
        let (copy, binary) = installed(format, folder.path());
        let emulated = Emulated::beside(&binary);
        let whole = std::fs::read(&emulated.path).unwrap();
        for (label, bytes) in [("garbage", &b"no library"[..]), ("cut", &whole[..4096])] {
            std::fs::remove_file(&emulated.path).unwrap();
            std::fs::write(&emulated.path, bytes).unwrap();
            for device in ["auto", "cuda:0"] {
                let played = played(on_device(&copy, format, device), 16.0);
                let label = format!("{format:?} {label} {device}");
                assert_same(&onsets(&played, 0.0, 16.0), &onsets(&usual, 0.0, 16.0), &label);
            }
        }
    }
}
