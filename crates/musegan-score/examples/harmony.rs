//! How often keys and chords are found as they are annotated, on songs laid out like POP909: a
//! folder `NNN` with `NNN.mid`, `beat_midi.txt`, `chord_midi.txt` and `key_audio.txt`.
//!
//! `cargo run --release -p musegan-score --example harmony -- POP909_FOLDER`
use std::error::Error;
use std::ops::AddAssign;
use std::path::Path;
use std::time::{Duration, Instant};

use musegan_score::annotations::{TimedChord, read_chord_file};
use musegan_score::harmony::{Harmony, Pulse, Sounding, analyse};
use musegan_score::{Chord, Key, Song, midi};

/// As fine as the band's grid.
const STEPS_PER_BEAT: u32 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: harmony POP909_FOLDER")?;
    let mut folders: Vec<_> =
        std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    let (mut agreement, mut songs, mut spent) = (Agreement::default(), 0, Duration::ZERO);
    for folder in folders.iter().filter(|path| path.is_dir()) {
        match Annotated::read(folder) {
            Ok(song) => {
                let start = Instant::now();
                let harmony = analyse(&song.notes, &song.pulse);
                spent += start.elapsed();
                agreement += song.compare(&harmony);
                songs += 1;
            }
            Err(error) => println!("left out: {}: {error}", folder.display()),
        }
    }
    println!("{songs} songs, {:.0} µs each", spent.as_secs_f64() * 1e6 / f64::from(songs.max(1)));
    agreement.print();
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
    fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let name = folder.file_name().ok_or("no name")?;
        let song = midi::read_file(&folder.join(name).with_extension("mid"))?;
        let text = |file| std::fs::read_to_string(folder.join(file));
        let (beats, bars) = read_beats(&text("beat_midi.txt")?)?;
        let chords = read_chord_file(&text("chord_midi.txt")?)?;
        let keys = read_keys(&text("key_audio.txt")?)?;
        let middles = || beats.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
        Ok(Self {
            notes: sounding(&song, &beats),
            pulse: Pulse::of_bars(STEPS_PER_BEAT, bars),
            chords: middles().map(|at| chord_at(&chords, at)).collect(),
            keys: middles().map(|at| key_at(&keys, at)).collect(),
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
        agreement
    }
}

/// Seconds of the beats, and how many beats lie between bar lines.
fn read_beats(text: &str) -> Result<(Vec<f64>, Vec<u32>), Box<dyn Error>> {
    let (mut beats, mut bars) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let columns: Vec<f64> =
            line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let &[seconds, _, begins_bar] = &columns[..] else { return Err("no beat".into()) };
        match bars.last_mut() {
            Some(bar) if begins_bar == 0.0 => *bar += 1,
            _ => bars.push(1),
        }
        beats.push(seconds);
    }
    Ok((beats, bars))
}

fn read_keys(text: &str) -> Result<Vec<(f64, f64, Key)>, Box<dyn Error>> {
    let line = |line: &str| -> Result<_, Box<dyn Error>> {
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

fn key_at(keys: &[(f64, f64, Key)], seconds: f64) -> Option<Key> {
    keys.iter().find(|(start, end, _)| (*start..*end).contains(&seconds)).map(|(_, _, key)| *key)
}

/// The notes on steps between the beats.
fn sounding(song: &Song, beats: &[f64]) -> Vec<Sounding> {
    let seconds = |tick: u64| {
        let (mut at, mut before, mut micros) = (0.0, 0, 500_000);
        for tempo in song.tempos.iter().take_while(|tempo| tempo.tick <= tick) {
            at += (tempo.tick - before) as f64 * f64::from(micros);
            (before, micros) = (tempo.tick, tempo.micros_per_beat);
        }
        (at + (tick - before) as f64 * f64::from(micros)) / f64::from(song.ticks_per_beat) / 1e6
    };
    let step = |seconds: f64| {
        let after = beats.partition_point(|beat| *beat <= seconds);
        let last = after.checked_sub(1)?;
        let (start, end) = (beats[last], *beats.get(after)?);
        let beat = last as f64 + (seconds - start) / (end - start);
        Some((beat * f64::from(STEPS_PER_BEAT)).round() as u32)
    };
    let last_step = beats.len() as u32 * STEPS_PER_BEAT;
    let notes = song.parts.iter().flat_map(|part| {
        part.notes.iter().filter_map(|note| {
            let onset = step(seconds(note.onset))?;
            let end = step(seconds(note.end())).unwrap_or(last_step).max(onset + 1);
            Some(Sounding { onset, end, pitch: note.pitch.number(), ..Sounding::default() })
        })
    });
    notes.collect()
}

/// Beats on which what was found agrees with what is annotated.
#[derive(Default)]
struct Agreement {
    beats: u32,
    root: u32,
    with_third: u32,
    third: u32,
    quality: u32,
    bass: u32,
    missed: u32,
    silent: u32,
    silent_found: u32,
    key_beats: u32,
    /// The same key, a fifth away, the relative, the parallel, another.
    key: [u32; 5],
    no_key: u32,
    songs: u32,
    song_key: [u32; 5],
    song_no_key: u32,
}

impl Agreement {
    fn add_chord(&mut self, annotated: Option<Chord>, found: Option<Chord>) {
        let Some(annotated) = annotated else {
            self.silent += 1;
            self.silent_found += u32::from(found.is_none());
            return;
        };
        self.beats += 1;
        let third =
            |chord: Chord| chord.quality.semitones().iter().copied().find(|i| matches!(i, 3 | 4));
        self.with_third += u32::from(third(annotated).is_some());
        let Some(found) = found else {
            self.missed += 1;
            return;
        };
        let same_root = annotated.root() == found.root();
        self.root += u32::from(same_root);
        self.third +=
            u32::from(same_root && third(annotated).is_some() && third(annotated) == third(found));
        self.quality += u32::from(same_root && annotated.quality == found.quality);
        self.bass += u32::from(annotated.bass() == found.bass());
    }

    fn add_key(&mut self, annotated: Option<Key>, found: Option<Key>) {
        let Some(annotated) = annotated else { return };
        self.key_beats += 1;
        match found {
            Some(found) => self.key[relation(annotated, found)] += 1,
            None => self.no_key += 1,
        }
    }

    /// The key of the whole against the one that is annotated longest.
    fn add_song(&mut self, annotated: &[Option<Key>], found: Option<Key>) {
        let count =
            |code: &u8| annotated.iter().flatten().filter(|key| key.code() == *code).count();
        let Some(longest) = (0..24_u8).max_by_key(count).and_then(Key::of_code) else { return };
        self.songs += 1;
        match found {
            Some(found) => self.song_key[relation(longest, found)] += 1,
            None => self.song_no_key += 1,
        }
    }

    fn print(&self) {
        let of = |count: u32, all: u32| 100.0 * f64::from(count) / f64::from(all.max(1));
        println!("chords, of {} annotated beats", self.beats);
        println!("  root                {:.1} %", of(self.root, self.beats));
        println!(
            "  root and third      {:.1} % of {}",
            of(self.third, self.with_third),
            self.with_third
        );
        println!("  root and quality    {:.1} %", of(self.quality, self.beats));
        println!("  bass                {:.1} %", of(self.bass, self.beats));
        println!("  none found          {:.1} %", of(self.missed, self.beats));
        println!(
            "  none where none is  {:.1} % of {}",
            of(self.silent_found, self.silent),
            self.silent
        );
        for (title, key, none, all) in [
            ("beats", self.key, self.no_key, self.key_beats),
            ("songs", self.song_key, self.song_no_key, self.songs),
        ] {
            let [same, fifth, relative, parallel, other] = key.map(|count| of(count, all));
            let weighted = same + 0.5 * fifth + 0.3 * relative + 0.2 * parallel;
            println!("keys, of {all} {title}: {weighted:.1} % weighted as in MIREX");
            println!(
                "  same {same:.1} %, a fifth away {fifth:.1} %, relative {relative:.1} %, \
                      parallel {parallel:.1} %, other {other:.1} %, unclear {:.1} %",
                of(none, all)
            );
        }
    }
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, other: Self) {
        self.beats += other.beats;
        self.root += other.root;
        self.with_third += other.with_third;
        self.third += other.third;
        self.quality += other.quality;
        self.bass += other.bass;
        self.missed += other.missed;
        self.silent += other.silent;
        self.silent_found += other.silent_found;
        self.key_beats += other.key_beats;
        self.no_key += other.no_key;
        self.songs += other.songs;
        self.song_no_key += other.song_no_key;
        for i in 0..5 {
            self.key[i] += other.key[i];
            self.song_key[i] += other.song_key[i];
        }
    }
}

/// Index into the kinds of agreement between keys.
fn relation(annotated: Key, found: Key) -> usize {
    let up = (found.tonic() + 12 - annotated.tonic()) % 12;
    let to_relative = if annotated.is_minor { 3 } else { 9 };
    match (annotated.is_minor == found.is_minor, up) {
        (true, 0) => 0,
        (true, 5 | 7) => 1,
        (false, up) if up == to_relative => 2,
        (false, 0) => 3,
        _ => 4,
    }
}
