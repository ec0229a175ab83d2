//! From the phrase of one seed to that of another in steps: `.mid` files, and all of it in a picture.
//!
//! What must stay true: the first and the last step are the two seeds' phrases as `generate` writes
//! them, and the same options give the same bytes.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use musegan_model::device::{Devices, Playing};
use musegan_model::sampling::{self, Way};
use musegan_model::{Band, Device, Weights};
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::picture::{self, Column, Layout};
use musegan_score::{Composition, Phrase, TimedNote, Track, midi};

use crate::devices::expect_chosen;

/// Columns of the picture; of more steps some are left out.
const MOST_COLUMNS: usize = 11;

/// Between what, how, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The weights file.
    pub weights: PathBuf,
    /// Folder for the files; created if it is not there.
    pub output: PathBuf,
    /// The seeds at the two ends.
    pub seeds: [u64; 2],
    /// Which of their phrases.
    pub phrase: i64,
    /// How latents between two are found.
    pub way: Way,
    /// Whose latents alone change; `None` for all.
    pub track: Option<Track>,
    /// Steps from one end to the other, at least 1.
    pub steps: usize,
    /// Tempo of the `.mid` files, in beats per minute.
    pub bpm: f64,
    /// Where the networks run.
    pub devices: Devices,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Interpolated {
    /// The places on the way, both ends included.
    pub places: Vec<Place>,
    /// Notes that are in one of the two ends alone.
    pub changed_in_all: usize,
    /// How many files.
    pub files: usize,
    /// The device that played.
    pub playing: Playing,
}

/// One place on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// From 0 to 1.
    pub share: f32,
    /// Notes of the phrase.
    pub notes: usize,
    /// Notes that are in this phrase or the one before, but not in both.
    pub changed: usize,
}

/// Plays the way and writes it.
///
/// # Errors
/// If the weights or the device are refused, the model has no latents of one track, or a file cannot
/// be written.
pub fn run(options: &Options) -> Result<Interpolated> {
    let weights = Weights::read(&options.weights)?;
    let mut band = Band::new(&weights, Device::Cpu);
    band.choose(&options.devices);
    expect_chosen(band.playing())?;
    let [from, to] = options.seeds.map(|seed| Composition { seed, ..Composition::default() });
    let steps = options.steps.max(1);
    let phrases = (0..=steps).map(|step| {
        let share = step as f32 / steps as f32;
        let way = (options.way, share);
        let phrase = band.between((&from, &to), options.phrase, way, options.track)?;
        Ok((share, sampling::sounding(&phrase)))
    });
    let phrases: Vec<(f32, Phrase)> = phrases.collect::<Result<_>>()?;
    let files = write(&phrases, options)?;
    let notes: Vec<_> = phrases.iter().map(|(_, phrase)| onsets(phrase)).collect();
    let changed = |a: &Onsets, b: &Onsets| a.symmetric_difference(b).count();
    let places = phrases.iter().enumerate().map(|(step, &(share, _))| Place {
        share,
        notes: notes[step].len(),
        changed: changed(&notes[step.saturating_sub(1)], &notes[step]),
    });
    let places = places.collect();
    let changed_in_all = changed(&notes[0], &notes[steps]);
    Ok(Interpolated { places, changed_in_all, files, playing: band.playing().clone() })
}

/// Track, step and pitch of each note.
type Onsets = BTreeSet<(usize, usize, u8)>;

fn onsets(phrase: &Phrase) -> Onsets {
    let onset = |(track, note): (Track, &musegan_score::Note)| {
        (track.index(), note.onset().index(), note.pitch.number())
    };
    phrase.notes().map(onset).collect()
}

/// Writes all files and returns how many they are.
fn write(phrases: &[(f32, Phrase)], options: &Options) -> Result<usize> {
    let folder = &options.output;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let digits = (phrases.len() - 1).to_string().len().max(2);
    for (step, (_, phrase)) in phrases.iter().enumerate() {
        let file = folder.join(format!("step-{step:0digits$}.mid"));
        save(&file, &midi::write_phrases(std::slice::from_ref(phrase), options.bpm)?)?;
    }
    let all: Vec<_> = phrases.iter().map(|(_, phrase)| phrase.clone()).collect();
    save(&folder.join("way.mid"), &midi::write_phrases(&all, options.bpm)?)?;
    save(&folder.join("way.png"), &drawn(phrases, options)?)?;
    Ok(phrases.len() + 2)
}

fn save(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// A share as a percentage.
#[must_use]
pub fn said(share: f32) -> String {
    let tenths = (f64::from(share) * 1000.0).round();
    format!("{} %", tenths / 10.0)
}

/// The places side by side, of many as many as fit, evenly chosen.
fn drawn(phrases: &[(f32, Phrase)], options: &Options) -> Result<Vec<u8>> {
    let count = phrases.len().min(MOST_COLUMNS);
    let place = |column: usize| column * (phrases.len() - 1) / (count - 1).max(1);
    let columns = (0..count).map(|column| {
        let (share, phrase) = &phrases[place(column)];
        let notes = TimedNote::of_phrase(phrase, 0.0).collect();
        Column { title: said(*share), notes }
    });
    let columns: Vec<_> = columns.collect();
    let [from, to] = options.seeds;
    let mut layout = Layout::new(format!("From seed {from} to seed {to}"), BARS_PER_PHRASE);
    let way = match options.way {
        Way::Linear => "linear",
        Way::Spherical => "spherical",
    };
    layout.caption = match options.track {
        Some(track) => format!("{way}, latents of the {} alone", track.name().to_lowercase()),
        None => way.into(),
    };
    layout.size = (184 + 250 * count.max(4) as u32, 1000);
    Ok(picture::side_by_side(&columns, &layout)?)
}
