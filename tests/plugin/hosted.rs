//! Finds the bundles, loads them, and says in few words what the tests compare.
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use musegan_host::{Deck, Event, Format, Host, Kind, Recording, Setup, load};

/// The sample rate where a test does not say otherwise.
pub const RATE: f64 = 48_000.0;
/// Both formats, for tests of what must be the same in both.
pub const FORMATS: [Format; 2] = [Format::Clap, Format::Vst3];

const COMMAND: &str = "run `cargo xtask test --fast`, which builds it and then runs the tests";

/// A fresh instance of the plugin from its bundle.
pub fn plugin(format: Format) -> Box<dyn Host> {
    load(&bundle(format)).unwrap()
}

/// A deck with a fresh instance, exporting in blocks of 512.
pub fn deck(format: Format) -> Deck {
    Deck::new(plugin(format), Setup::offline(RATE, 512)).unwrap()
}

/// Ends the session, and the test if anything was wrong with the stream.
pub fn finish(deck: Deck) -> Recording {
    let recording = deck.finish();
    assert_eq!(recording.faults, [], "the stream is not in order");
    assert_eq!(recording.others, 0, "events that are no notes");
    recording
}

/// A state of this text in the form that each format keeps it in.
pub fn state(format: Format, text: &str) -> Vec<u8> {
    match format {
        Format::Clap => [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat(),
        Format::Vst3 => text.as_bytes().to_vec(),
    }
}

/// Rolls from the song's start, stops, and gives what was played.
pub fn played(mut deck: Deck, beats: f64) -> Recording {
    deck.play_beats(beats).unwrap();
    deck.stop().unwrap();
    finish(deck)
}

/// A note on as the song has it, wherever and however fast it is played:
/// (step, channel, key, velocity), a step being a sixteenth.
pub type Onset = (i64, u8, u8, u8);

/// The ons between two song positions in quarter notes, sorted.
pub fn onsets(recording: &Recording, from: f64, to: f64) -> Vec<Onset> {
    let mut onsets: Vec<_> = recording
        .events
        .iter()
        .filter(|event| event.kind == Kind::On)
        .map(|event| (step(event), event.channel, event.key, event.velocity))
        .filter(|onset| ((from * 4.0) as i64..(to * 4.0) as i64).contains(&onset.0))
        .collect();
    onsets.sort_unstable();
    onsets
}

/// The step nearest to an event.
pub fn step(event: &Event) -> i64 {
    (event.at_beats * 4.0).round() as i64
}

/// Two sessions gave the same events at the same samples in the same order. Says where they part
/// when they did not.
pub fn assert_same_stream(left: &Recording, right: &Recording, label: &str) {
    let stream = |recording: &Recording| -> Vec<_> {
        let events = recording.events.iter();
        events.map(|e| (e.at_sample, e.kind, e.channel, e.key, e.velocity)).collect()
    };
    assert_same(&stream(left), &stream(right), label);
}

/// Two lists of events or onsets are the same. Says where they part when they are not.
pub fn assert_same<T: PartialEq + Debug>(left: &[T], right: &[T], label: &str) {
    let differs = left.iter().zip(right).position(|(left, right)| left != right);
    let at = differs.unwrap_or(left.len().min(right.len()));
    assert!(
        left == right,
        "{label}: {} and {} events, the same up to {at}, then {:?} against {:?}",
        left.len(),
        right.len(),
        left.get(at),
        right.get(at)
    );
}

/// The channels that were played on.
pub fn channels(recording: &Recording) -> BTreeSet<u8> {
    recording.events.iter().map(|event| event.channel).collect()
}

/// The number of a parameter in hosts' automation and projects. It is the framework's hash of the
/// parameter's name in the state; should either change, users' automation would be lost.
pub fn id(name: &str) -> u32 {
    name.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
        & !(1 << 31)
}

/// Normalised values of the parameters, `0.0..=1.0`.
pub mod value {
    /// Of `seed`.
    pub fn seed(seed: u32) -> f64 {
        f64::from(seed) / 9_999.0
    }

    /// Of `…_oct`.
    pub fn octave(octave: i8) -> f64 {
        (f64::from(octave) + 2.0) / 4.0
    }

    /// Of `…_take`.
    pub fn take(take: u8) -> f64 {
        f64::from(take) / 99.0
    }

    /// Of `…_vel`.
    pub fn velocity(factor: f64) -> f64 {
        factor / 2.0
    }

    /// Of `form`: 0 for endless, A, AABA, ABAC, verse-chorus.
    pub fn form(choice: u8) -> f64 {
        f64::from(choice) / 4.0
    }

    /// Of `key`: 0 for off, else one more than semitones above C.
    pub fn key(choice: u8) -> f64 {
        f64::from(choice) / 12.0
    }

    /// Of `incoming`: notes pass through.
    pub const PASS: f64 = 0.5;
    /// Of `incoming`: notes are chords.
    pub const CHORDS: f64 = 1.0;

    /// Of `output`: 0 for all, else one more than the track's number.
    pub fn output(choice: u8) -> f64 {
        f64::from(choice) / 5.0
    }
}

/// The bundle that the tests load. It must be there and newer than the plugin's sources:
/// testing yesterday's plugin proves nothing.
pub fn bundle(format: Format) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let (bundle, library) = match format {
        Format::Clap => ("MuseGAN.clap", "MuseGAN.clap"),
        Format::Vst3 => ("MuseGAN.vst3", "MuseGAN.vst3"),
    };
    let bundle = target.join("test-bundles/bundled").join(bundle);
    assert!(bundle.exists(), "{library} has not been built for the tests: {COMMAND}");
    let built = newest(&bundle).0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parts = [
        "src",
        "plugin-assets",
        "crates/musegan-score/src",
        "crates/musegan-engine/src",
        "crates/musegan-model/src",
        "crates/musegan-device/src",
    ];
    for (changed, source) in parts.iter().map(|part| newest(&root.join(part))) {
        assert!(
            changed <= built,
            "{} is newer than the {library} built for the tests: {COMMAND}",
            source.display()
        );
    }
    bundle
}

/// The newest file at or below a path.
fn newest(path: &Path) -> (SystemTime, PathBuf) {
    if path.is_dir() {
        let children = std::fs::read_dir(path).unwrap();
        let newest = children.map(|child| newest(&child.unwrap().path())).max();
        newest.unwrap_or((SystemTime::UNIX_EPOCH, path.to_owned()))
    } else {
        (path.metadata().unwrap().modified().unwrap(), path.to_owned())
    }
}
