//! The yardstick: measures of phrases, of generated ones beside real ones that no training saw.
//!
//! What must stay true: a measure is a plain definition on one phrase or on a set, the same for
//! generated and for real music; and the same weights and dataset give the same table. One family
//! of measures per file:
//!
//! * [`tracks`]: what each track plays;
//! * [`harmony`]: what the pitched tracks sound like together;
//! * [`likeness`]: how much phrases of a set repeat each other;
//! * [`table`]: means, spreads and the mean |z|.
//!
//! Not here yet: the nearest training phrase, the classifier that tells generated from real, and
//! MuseGAN's published metrics.

pub mod harmony;
pub mod likeness;
pub mod sounding;
pub mod table;
pub mod tracks;

use anyhow::{Result, bail, ensure};
use musegan_model::Weights;
use musegan_model::device::{Devices, Playing};
use musegan_model::weights::Thresholds;
use musegan_score::{Phrase, Track};
use rayon::prelude::*;

use crate::dataset::Dataset;
use crate::devices::Bulk;
use sounding::Sounding;
use table::{Row, Table};

/// Phrases compared on either side, where there are as many.
pub const PHRASES: usize = 2000;

/// One measure of a phrase, with the track it belongs to if it belongs to one.
#[derive(Clone, Copy)]
pub struct Measure {
    /// What it is called in tables and files.
    pub name: &'static str,
    /// The track, or `None` for a measure of all tracks together.
    pub track: Option<Track>,
    value: fn(&Phrase, &Sounding, Track) -> Option<f64>,
}

impl Measure {
    /// Its value for a phrase, or `None` where it is not defined, such as the mean length of no
    /// notes.
    #[must_use]
    pub fn of(&self, phrase: &Phrase, sounding: &Sounding) -> Option<f64> {
        (self.value)(phrase, sounding, self.track.unwrap_or(Track::Drums))
    }
}

/// All measures of a phrase, in the order of the table.
#[must_use]
pub fn measures() -> Vec<Measure> {
    let mut measures = tracks::measures();
    measures.extend(harmony::measures());
    measures
}

/// Compares two sets of phrases.
#[must_use]
pub fn compare(subject: &[Phrase], real: &[Phrase]) -> Table {
    let measures = measures();
    let subject_values = values(&measures, subject);
    let real_values = values(&measures, real);
    let rows = measures
        .iter()
        .enumerate()
        .map(|(column, measure)| {
            let of = |values: &[Vec<Option<f64>>]| -> Vec<f64> {
                values.iter().filter_map(|row| row[column]).collect()
            };
            Row::new(measure, &of(&subject_values), &of(&real_values))
        })
        .collect();
    Table {
        phrases: [subject.len(), real.len()],
        rows,
        likeness: [likeness::between_phrases(subject), likeness::between_phrases(real)],
    }
}

/// One row per phrase, one column per measure.
fn values(measures: &[Measure], phrases: &[Phrase]) -> Vec<Vec<Option<f64>>> {
    let of = |phrase: &Phrase| {
        let sounding = Sounding::of(phrase);
        measures.iter().map(|measure| measure.of(phrase, &sounding)).collect()
    };
    phrases.par_iter().map(of).collect()
}

/// The phrases that the weights play at temperature 1 with seeds `0..count`, the first of each,
/// and the device that played them.
///
/// # Errors
/// If a device was asked for by name that cannot be had.
pub fn generated(
    weights: &Weights,
    thresholds: Thresholds,
    count: usize,
    devices: &Devices,
) -> Result<(Vec<Phrase>, Playing)> {
    let mut bulk = Bulk::new(weights, devices)?;
    let seeds: Vec<u64> = (0..count as u64).collect();
    let phrases = bulk.map(&seeds, |roll| roll.phrase(thresholds));
    Ok((phrases, bulk.playing().clone()))
}

/// Which songs of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Songs {
    /// Those that no training sees.
    HeldOut,
    /// The others.
    Training,
    /// Both.
    All,
}

/// Up to `count` phrases of such songs, spread evenly over the dataset; only those of the named
/// corpora, or of all where none is named.
///
/// # Errors
/// If the dataset has not the band's layout, a corpus is not in it, or no phrase is left.
pub fn real(
    dataset: &Dataset,
    songs: Songs,
    corpora: &[String],
    count: usize,
) -> Result<Vec<Phrase>> {
    dataset.expect_band()?;
    let known: Vec<_> = dataset.corpora().iter().map(|corpus| corpus.name.as_str()).collect();
    if let Some(unknown) = corpora.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no corpus {unknown:?} in {}; it has {}", dataset.path().display(), known.join(", "));
    }
    let wanted = |&phrase: &usize| {
        let song = dataset.song(phrase);
        (songs == Songs::All || song.held_out == (songs == Songs::HeldOut))
            && (corpora.is_empty() || corpora.iter().any(|name| name == known[song.corpus]))
    };
    let numbers: Vec<_> = (0..dataset.len()).filter(wanted).collect();
    ensure!(
        !numbers.is_empty(),
        "{} has no phrase of {} songs to compare with",
        dataset.path().display(),
        match songs {
            Songs::HeldOut => "held-out",
            Songs::Training => "training",
            Songs::All => "any",
        }
    );
    let count = count.min(numbers.len());
    let chosen = (0..count).map(|i| dataset.phrase(numbers[i * numbers.len() / count]));
    Ok(chosen.collect())
}

#[cfg(test)]
mod testing {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::{Note, Pitch, Step, Velocity};

    /// A phrase from (track, onset step, length in steps, MIDI pitch).
    pub fn phrase(notes: &[(Track, usize, usize, u8)]) -> Phrase {
        Phrase::new(notes.iter().map(|&(track, onset, length, pitch)| {
            let (onset, pitch) = (Step::new(onset).unwrap(), Pitch::new(pitch).unwrap());
            (track, Note::new(onset, length, pitch, Velocity::DEFAULT))
        }))
    }

    /// The named measure of a phrase.
    pub fn measured(phrase: &Phrase, name: &str, track: Option<Track>) -> Option<f64> {
        let measures = measures();
        let measure = measures.iter().find(|m| m.name == name && m.track == track).unwrap();
        measure.of(phrase, &Sounding::of(phrase))
    }
}
