//! What files can do to a band: weights that are damaged, replaced, deleted, or that do not answer
//! leave the last good ones playing, and are taken up when they have been put right.
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use musegan_host::{Deck, Format, Recording, Setup};
use musegan_model::Weights;

use crate::hosted::{FORMATS, RATE, assert_same, deck, finish, onsets, played, plugin};

const TUTORIAL: &[u8] = include_bytes!("../tutorial.safetensors");

/// Others than the plugin carries: they play sparsely.
fn sparse() -> Vec<u8> {
    let weights = Weights::from_bytes(TUTORIAL, "tutorial").unwrap();
    weights.with_thresholds([0.9; 5], "sparse").unwrap().to_bytes()
}

/// Opens a song that was saved with this weights file.
fn choose(deck: &mut Deck, format: Format, file: &Path) {
    let text = serde_json::json!({
        "params": {},
        "fields": {"weights": serde_json::to_string(&file.display().to_string()).unwrap()},
    });
    let text = text.to_string();
    let state = match format {
        Format::Clap => [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat(),
        Format::Vst3 => text.into_bytes(),
    };
    deck.host().load_state(&state).unwrap();
}

fn with(format: Format, file: &Path) -> Deck {
    let mut deck = deck(format);
    choose(&mut deck, format, file);
    deck
}

fn assert_plays(played: &Recording, expected: &Recording, from: f64, to: f64, label: &str) {
    assert_same(&onsets(played, from, to), &onsets(expected, from, to), label);
}

/// Plays the song's start until it is this one; fails when it does not come to be.
fn until_playing(deck: &mut Deck, expected: &Recording) {
    let since = Instant::now();
    let expected = onsets(expected, 0.0, 8.0);
    loop {
        deck.take_recording();
        deck.stop().unwrap();
        deck.seek(0.0);
        deck.play_beats(8.0).unwrap();
        deck.stop().unwrap();
        if onsets(deck.ledger().recording(), 0.0, 8.0) == expected {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(10), "what was put right is not taken up");
        std::thread::sleep(Duration::from_millis(100));
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("band.safetensors");
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

#[test]
fn a_file_that_was_garbage_plays_once_it_is_put_right() {
    let folder = Folder::new();
    for format in FORMATS {
        let usual = played(deck(format), 8.0);
        let other = played(with(format, &folder.file(&sparse())), 8.0);
        assert_ne!(onsets(&usual, 0.0, 8.0), onsets(&other, 0.0, 8.0));
        let file = folder.file(b"no weights");
        let mut deck = with(format, &file);
        until_playing(&mut deck, &usual);
        folder.file(&sparse());
        until_playing(&mut deck, &other);
        // What becomes of it now does not matter any more.
        folder.file(b"garbage again");
        std::thread::sleep(Duration::from_millis(1500));
        until_playing(&mut deck, &other);
        std::fs::remove_file(&file).unwrap();
        until_playing(&mut deck, &other);
        finish(deck);
    }
}

#[test]
fn a_file_that_was_missing_plays_once_it_is_there() {
    let folder = Folder::new();
    for format in FORMATS {
        let usual = played(deck(format), 8.0);
        let file = folder.file(&sparse());
        let other = played(with(format, &file), 8.0);
        std::fs::remove_file(&file).unwrap();
        let mut deck = with(format, &file);
        until_playing(&mut deck, &usual);
        folder.file(&sparse());
        until_playing(&mut deck, &other);
        finish(deck);
    }
}

/// A file that does not answer: whoever opens it waits until the lease on it ends, as for a network
/// drive that is gone.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod leased {
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::path::Path;

    /// From Linux' `fcntl.h`; the crate has it not.
    const F_SETSIG: libc::c_int = 10;

    pub struct Lease(File);

    impl Lease {
        pub fn on(file: &Path) -> Self {
            let file = File::options().read(true).write(true).open(file).unwrap();
            let descriptor = file.as_raw_fd();
            // SAFETY: plain calls on a descriptor that is open.
            unsafe {
                // The signal that someone waits must be one that is ignored.
                assert_eq!(libc::fcntl(descriptor, F_SETSIG, libc::SIGURG), 0);
                assert_eq!(libc::fcntl(descriptor, libc::F_SETLEASE, libc::F_WRLCK), 0);
            }
            Self(file)
        }
    }

    impl Drop for Lease {
        fn drop(&mut self) {
            // SAFETY: as above.
            unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) };
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_does_not_answer_leaves_the_band_playing_live_and_plays_when_it_does() {
    let folder = Folder::new();
    for format in FORMATS {
        let usual = played(deck(format), 64.0);
        let file = folder.file(&sparse());
        let other = played(with(format, &file), 8.0);
        let mut live = Deck::new(plugin(format), Setup::live(RATE, 512)).unwrap();
        live.pace(Some(musegan_host::Pace { speed: 1.0, burst: 1 }));
        live.set_tempo(480.0);
        live.stop().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        live.play_beats(4.0).unwrap();
        let lease = leased::Lease::on(&file);
        choose(&mut live, format, &file);
        live.play_beats(44.0).unwrap();
        let recording = live.take_recording();
        assert_plays(&recording, &usual, 0.0, 47.0, &format!("{format:?} while it hangs"));
        drop(lease);
        live.pace(None);
        until_playing(&mut live, &other);
        finish(live);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_plugin_that_waits_for_a_file_can_be_rendered_dropped_and_unloaded() {
    let folder = Folder::new();
    for format in FORMATS {
        let usual = played(deck(format), 16.0);
        let file = folder.file(&sparse());
        let lease = leased::Lease::on(&file);
        let mut deck = with(format, &file);
        // A bounce in CLAP waits for what plays; one in VST3 may not be known as one yet.
        if format == Format::Vst3 {
            std::thread::sleep(Duration::from_millis(2500));
        }
        deck.play_beats(16.0).unwrap();
        deck.stop().unwrap();
        let since = Instant::now();
        assert_plays(&finish(deck), &usual, 0.0, 16.0, &format!("{format:?}"));
        assert!(since.elapsed() < Duration::from_secs(1), "{format:?} {:?}", since.elapsed());
        // The reader that was left behind goes on in what would be no code if it were unloaded.
        drop(lease);
        std::thread::sleep(Duration::from_millis(100));
    }
}
