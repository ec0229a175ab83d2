//! Beats on which what was found agrees with what is annotated, and how that is printed.
use std::ops::AddAssign;

use musegan_score::{Chord, Key};

/// Beats on which what was found agrees with what is annotated.
#[derive(Default)]
pub struct Agreement {
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
    /// Duration on each semitone above the tonic, in major and in minor: of the song that is
    /// counted, and summed over the songs before it as shares.
    degrees: [[f64; 12]; 2],
    shares: [[f64; 12]; 2],
}

impl Agreement {
    pub fn add_chord(&mut self, annotated: Option<Chord>, found: Option<Chord>) {
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

    pub fn add_key(&mut self, annotated: Option<Key>, found: Option<Key>) {
        let Some(annotated) = annotated else { return };
        self.key_beats += 1;
        match found {
            Some(found) => self.key[relation(annotated, found)] += 1,
            None => self.no_key += 1,
        }
    }

    /// The key of the whole against the one that is annotated longest.
    pub fn add_song(&mut self, annotated: &[Option<Key>], found: Option<Key>) {
        let count =
            |code: &u8| annotated.iter().flatten().filter(|key| key.code() == *code).count();
        let Some(longest) = (0..24_u8).max_by_key(count).and_then(Key::of_code) else { return };
        self.songs += 1;
        match found {
            Some(found) => self.song_key[relation(longest, found)] += 1,
            None => self.song_no_key += 1,
        }
    }

    /// A note that lasts so many steps while this key is annotated.
    pub fn add_note(&mut self, annotated: Option<Key>, pitch: u8, steps: f64) {
        if let Some(key) = annotated {
            let degree = (pitch + 12 - key.tonic()) % 12;
            self.degrees[usize::from(key.is_minor)][usize::from(degree)] += steps;
        }
    }

    /// All notes of a song have been added. Each song counts once, in the mode it is mostly in.
    pub fn end_of_song(&mut self) {
        let sums = self.degrees.map(|mode| mode.iter().sum::<f64>());
        let mode = usize::from(sums[1] > sums[0]);
        if sums[mode] > 0.0 {
            for (share, degree) in self.shares[mode].iter_mut().zip(self.degrees[mode]) {
                *share += degree / sums[mode];
            }
        }
        self.degrees = Default::default();
    }

    pub fn print(&self) {
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
        for (mode, shares) in ["major", "minor"].iter().zip(self.shares) {
            let sum = shares.iter().sum::<f64>().max(1.0);
            println!("degrees in {mode}: {:.3?}", shares.map(|share| share / sum));
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
        for (mine, others) in self.shares.iter_mut().flatten().zip(other.shares.iter().flatten()) {
            *mine += others;
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
