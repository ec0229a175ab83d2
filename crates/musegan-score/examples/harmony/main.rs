//! How often keys and chords are found as they are annotated.
//!
//! `cargo run --release -p musegan-score --example harmony -- FOLDER`
//!
//! The folder is laid out like POP909, a folder `NNN` with `NNN.mid`, `beat_midi.txt`,
//! `chord_midi.txt` and `key_audio.txt` for each song, or holds `.mid` files in 4/4 with chords as
//! markers, as `musegan-train corpus build` writes them. Printed last: how much of what sounds is
//! on each degree of the annotated keys, the mean over songs.
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use agreement::Agreement;
use musegan_score::annotations::{Annotations, TimedChord, read_chord_file};
use musegan_score::beats::{BeatFile, TempoMap};
use musegan_score::harmony::{Harmony, Pulse, Sounding, analyse};
use musegan_score::{Chord, Key, Song, midi};

mod agreement;

/// As fine as the band's grid.
const STEPS_PER_BEAT: u32 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: harmony FOLDER")?;
    let mut entries: Vec<PathBuf> = Vec::new();
    collect(Path::new(&folder), &mut entries)?;
    entries.sort();
    let (mut agreement, mut songs, mut spent) = (Agreement::default(), 0, Duration::ZERO);
    for path in &entries {
        match Annotated::read(path) {
            Ok(song) => {
                let start = Instant::now();
                let harmony = analyse(&song.notes, &song.pulse);
                spent += start.elapsed();
                agreement += song.compare(&harmony);
                songs += 1;
            }
            Err(error) => println!("left out: {}: {error}", path.display()),
        }
    }
    println!("{songs} songs, {:.0} µs each", spent.as_secs_f64() * 1e6 / f64::from(songs.max(1)));
    agreement.print();
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "mid") {
            files.push(path);
        }
    }
    Ok(())
}

/// A song with its annotations, on beats.
struct Annotated {
    notes: Vec<Sounding>,
    pulse: Pulse,
    chords: Vec<Option<Chord>>,
    keys: Vec<Option<Key>>,
}

impl Annotated {
    fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let song = midi::read_file(path)?;
        if path.with_file_name("beat_midi.txt").exists() {
            Self::with_files(&song, path)
        } else {
            Self::with_markers(&song)
        }
    }

    fn with_files(song: &Song, path: &Path) -> Result<Self, Box<dyn Error>> {
        let beside = |name| std::fs::read_to_string(path.with_file_name(name));
        let beats = BeatFile::parse(beside("beat_midi.txt")?.as_bytes())?;
        let chords = read_chord_file(&beside("chord_midi.txt")?)?;
        let keys = read_keys(&beside("key_audio.txt")?)?;
        let seconds: Vec<f64> = beats.beats().iter().map(|beat| beat.seconds).collect();
        let tempos = TempoMap::of(song);
        let ticks: Vec<i64> = seconds.iter().map(|&seconds| tempos.tick_at(seconds)).collect();
        let mut bars = Vec::new();
        for beat in beats.beats() {
            match bars.last_mut() {
                Some(bar) if !beat.begins_bar => *bar += 1,
                _ => bars.push(1),
            }
        }
        let middles = || seconds.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
        Ok(Self {
            notes: Sounding::of_song(song, &ticks, STEPS_PER_BEAT),
            pulse: Pulse::of_bars(STEPS_PER_BEAT, bars),
            chords: middles().map(|at| chord_at(&chords, at)).collect(),
            keys: middles().map(|at| key_at(&keys, at)).collect(),
        })
    }

    fn with_markers(song: &Song) -> Result<Self, Box<dyn Error>> {
        let annotations = Annotations::of_markers(song);
        if !annotations.has_chords() {
            return Err("no chord among its markers".into());
        }
        let notes = song.parts.iter().flat_map(|part| &part.notes);
        let end = notes.map(|note| note.onset).max().unwrap_or(0);
        let ticks: Vec<i64> =
            (0..=end as i64).step_by(song.ticks_per_beat.max(1) as usize).collect();
        let bars = ticks.len().div_ceil(4);
        let signature = song.keys.first().map(|signature| signature.key);
        Ok(Self {
            notes: Sounding::of_song(song, &ticks, STEPS_PER_BEAT),
            pulse: Pulse::four_four(STEPS_PER_BEAT, bars),
            chords: ticks.iter().map(|&tick| annotations.chord_at(tick as u64)).collect(),
            keys: vec![signature; ticks.len()],
        })
    }

    fn compare(&self, harmony: &Harmony) -> Agreement {
        let mut agreement = Agreement::default();
        for (annotated, found) in self.chords.iter().zip(&harmony.chords) {
            agreement.add_chord(*annotated, *found);
        }
        for (annotated, found) in self.keys.iter().zip(&harmony.keys) {
            agreement.add_key(*annotated, *found);
        }
        agreement.add_song(&self.keys, harmony.key);
        for note in &self.notes {
            let steps = note.onset..note.end;
            let key = self.keys.get((note.onset / STEPS_PER_BEAT) as usize);
            agreement.add_note(key.copied().flatten(), note.pitch, steps.len() as f64);
        }
        agreement.end_of_song();
        agreement
    }
}

/// From where to where in seconds, and which.
type TimedKey = (f64, f64, Key);

fn read_keys(text: &str) -> Result<Vec<TimedKey>, Box<dyn Error>> {
    let line = |line: &str| -> Result<TimedKey, Box<dyn Error>> {
        let mut words = line.split_whitespace();
        let mut word = || words.next().ok_or("a key is \"start end key\"");
        Ok((word()?.parse()?, word()?.parse()?, word()?.parse()?))
    };
    text.lines().map(line).collect()
}

fn chord_at(chords: &[TimedChord], seconds: f64) -> Option<Chord> {
    let covers = |c: &&TimedChord| (c.start_seconds..c.end_seconds).contains(&seconds);
    chords.iter().find(covers)?.chord
}

fn key_at(keys: &[TimedKey], seconds: f64) -> Option<Key> {
    keys.iter().find(|(start, end, _)| (*start..*end).contains(&seconds)).map(|(_, _, key)| *key)
}
