//! The yardstick: measures of phrases, of generated ones beside real ones that no training saw.
//!
//! What must stay true: a measure is a plain definition on one phrase or on a set, the same for
//! generated and for real music; and the same weights and dataset give the same table, whatever
//! the threads. One family of measures per file:
//!
//! * [`tracks`]: what each track plays;
//! * [`harmony`]: what the pitched tracks sound like together;
//! * [`likeness`]: how much phrases of a set repeat each other;
//! * [`table`](mod@table): means, spreads and the mean |z|;
//! * [`telling`]: whether a classifier tells the two sets apart;
//! * [`memory`]: how near phrases lie to those that were trained on;
//! * [`published`] and [`muspy`]: what others print.
//!
//! The way of a comparison: [`music`] and [`input`] fetch two sets of phrases, [`Comparison`] does
//! all that is counted, [`text`], [`json`] and [`picture`] say what came of it.

pub mod harmony;
pub mod input;
pub mod json;
pub mod likeness;
pub mod memory;
pub mod music;
pub mod muspy;
pub mod picture;
pub mod published;
pub mod sounding;
pub mod table;
pub mod telling;
pub mod text;
pub mod tracks;

use anyhow::Result;
use musegan_model::Weights;
use musegan_model::device::{Devices, Playing};
use musegan_model::weights::Thresholds;
use musegan_score::{Phrase, Track};
use rayon::prelude::*;

use crate::dataset::{Dataset, OnsetSource};
use crate::devices::Bulk;
use memory::Memory;
pub use music::{Music, Songs};
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

/// One row for each phrase, one column for each of [`measures`]; `None` where it is not defined.
pub type Values = Vec<Vec<Option<f64>>>;

/// Everything that is counted of two sets of phrases.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What a note of either is.
    pub onsets: OnsetSource,
    /// Every measure of every phrase: of the measured ones, and of the real ones.
    pub values: [Values; 2],
    /// Likeness of each pair of phrases that was compared, of either set.
    pub likeness: [Vec<f64>; 2],
    /// Means and spreads.
    pub table: Table,
    /// Area under the curve of the classifier, where there are phrases enough.
    pub telling_apart: Option<f64>,
    /// Nearness to the training phrases, where there are any to compare with.
    pub memory: Option<Memory>,
    /// MuseGAN's metrics.
    pub published: Vec<published::Row>,
    /// MusPy's.
    pub muspy: Vec<muspy::Row>,
}

impl Comparison {
    /// Compares phrases with real ones, and where a dataset and its training phrases are given both
    /// with these.
    #[must_use]
    pub fn of(subject: Music, real: Music, training: Option<(&Dataset, &[usize])>) -> Self {
        let (subject, real) = subject.alike(real);
        let sets = [&subject.phrases, &real.phrases];
        let measures = measures();
        let values = sets.map(|phrases| values(&measures, phrases));
        let likeness = sets.map(|phrases| likeness::of_pairs(phrases));
        let means = likeness.each_ref().map(|pairs| sounding::mean(pairs.iter().copied()));
        let memory = training.filter(|(_, phrases)| !phrases.is_empty());
        Self {
            onsets: subject.onsets,
            table: table(&measures, &values, means),
            telling_apart: telling::area(&values[0], &values[1]),
            memory: memory.map(|(data, phrases)| Memory::of(sets[0], sets[1], data, phrases)),
            published: published::compare(sets[0], sets[1]),
            muspy: muspy::compare(sets[0], sets[1]),
            values,
            likeness,
        }
    }
}

/// Compares two sets of phrases by the measures alone.
#[must_use]
pub fn compare(subject: &[Phrase], real: &[Phrase]) -> Table {
    let measures = measures();
    let sets = [subject, real];
    let values = sets.map(|phrases| values(&measures, phrases));
    table(&measures, &values, sets.map(likeness::between_phrases))
}

fn table(measures: &[Measure], values: &[Values; 2], likeness: [Option<f64>; 2]) -> Table {
    let rows = measures.iter().enumerate().map(|(column, measure)| {
        let of =
            |values: &Values| -> Vec<f64> { values.iter().filter_map(|row| row[column]).collect() };
        Row::new(measure, &of(&values[0]), &of(&values[1]))
    });
    let phrases = [values[0].len(), values[1].len()];
    Table { phrases, rows: rows.collect(), likeness }
}

fn values(measures: &[Measure], phrases: &[Phrase]) -> Values {
    let of = |phrase: &Phrase| {
        let sounding = Sounding::of(phrase);
        measures.iter().map(|measure| measure.of(phrase, &sounding)).collect()
    };
    phrases.par_iter().map(of).collect()
}

/// The phrases that the weights play at default settings with seeds `0..count`, the first of each:
/// notes stronger than `thresholds`; and the device that played them.
///
/// # Errors
/// If a device was asked for by name that cannot be had.
pub fn generated(
    weights: &Weights,
    thresholds: Thresholds,
    count: usize,
    devices: &Devices,
) -> Result<(Music, Playing)> {
    let mut bulk = Bulk::new(weights, devices)?;
    let seeds: Vec<u64> = (0..count as u64).collect();
    let onsets = if bulk.has_onsets() { OnsetSource::Notes } else { OnsetSource::Runs };
    let music = Music { phrases: bulk.phrases(&seeds, thresholds), onsets };
    Ok((music, bulk.playing().clone()))
}

/// Up to `count` phrases of such songs: see [`Music::of_dataset`].
///
/// # Errors
/// If the dataset has not the band's layout, a corpus is not in it, or no phrase is left.
pub fn real(
    dataset: &Dataset,
    songs: Songs,
    corpora: &[String],
    count: usize,
) -> Result<Vec<Phrase>> {
    Ok(Music::of_dataset(dataset, songs, corpora, count)?.phrases)
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
