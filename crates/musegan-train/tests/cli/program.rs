//! Runs the program in a temporary folder, and makes small inputs for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity, midi};

/// A temporary folder in which the program is run.
pub struct Workplace {
    folder: tempfile::TempDir,
}

/// How a run of the program ended.
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it reported.
    pub stderr: String,
}

impl Workplace {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Writes a file, and the folders it lies in.
    pub fn write(&self, below: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs the program here with arguments separated by spaces.
    pub fn run(&self, arguments: &str) -> Outcome {
        self.run_on_threads(arguments, 2)
    }

    /// The same with so many threads for reading files.
    pub fn run_on_threads(&self, arguments: &str, threads: usize) -> Outcome {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_musegan-train"))
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .env("RAYON_NUM_THREADS", threads.to_string())
            // What it remembers is this folder's, and not the user's.
            .env("HOME", self.folder.path())
            .env("XDG_CACHE_HOME", self.path("cache"))
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the program and expects it to succeed.
    pub fn succeed(&self, arguments: &str) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments}: {}", outcome.stderr);
        outcome
    }

    /// Runs the program and expects it to fail with this code, saying all of these words.
    pub fn fail(&self, arguments: &str, code: i32, words: &[&str]) {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, code, "{arguments}: {}", outcome.stderr);
        for word in words {
            assert!(outcome.stderr.contains(word), "no {word:?} in {:?}", outcome.stderr);
        }
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    }
}

/// Every file below a folder with its bytes, sorted by path.
pub fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let below = entry.path().strip_prefix(folder).unwrap().to_owned();
            (below, fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// A note of a phrase.
pub fn note(onset: usize, length: usize, pitch: u8, velocity: i32) -> Note {
    let (onset, pitch) = (Step::new(onset).unwrap(), Pitch::new(pitch).unwrap());
    Note::new(onset, length, pitch, Velocity::clamped(velocity))
}

/// A phrase of drums, piano and bass, another one for each number.
pub fn phrase(number: u8) -> Phrase {
    let drums = (0..16).map(|beat| (Track::Drums, note(beat * 4, 1, 36 + number % 8, 100)));
    let piano = (0..4).map(|bar| (Track::Piano, note(bar * 16, 16, 60 + number % 12, 70)));
    let bass = (0..8).map(|half| (Track::Bass, note(half * 8, 6, 36 + number % 12, 80)));
    Phrase::new(drums.chain(piano).chain(bass))
}

/// A `.mid` file of such phrases.
pub fn mid(numbers: std::ops::Range<u8>) -> Vec<u8> {
    midi::write_phrases(&numbers.map(phrase).collect::<Vec<_>>(), 120.0).unwrap()
}
