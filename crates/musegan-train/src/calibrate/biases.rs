//! Biases for weights of the band: how often each track begins notes, how many at once, and
//! how long they last.
//!
//! The codec's decoders are trained on codes of real bars. The generator's codes are a little less
//! sure, and what is a little less sure than one half is not played: chords come out thinner than
//! they are in the songs. So biases of the decoders' last layers are moved until each track begins
//! notes in as many steps, plays as many at once, and chooses each class of lengths as often as in
//! training songs. What must stay true: nothing else in the weights changes, and what happens
//! seldom changes little.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use musegan_model::Weights;
use musegan_model::band::Harmony;
use musegan_model::band::codec::lengths::CLASSES;
use musegan_model::band::codec::rhythm::Rhythm;
use musegan_model::band::frame::relative;
use musegan_model::device::{Devices, Playing};
use musegan_model::weights::{DEFAULT_THRESHOLDS, Parameter};
use musegan_score::grid::STEPS_PER_PHRASE;
use musegan_score::{Phrase, Track};

use super::{Calibrated, PHRASES, seeds};
use crate::dataset::Dataset;
use crate::devices::Bulk;
use crate::train::band::songbook::Songbook;

/// How often the band is listened to and moved.
const ROUNDS: usize = 8;
/// What a rate is taken for at least, so that what is rare is left alone.
const LEAST: f64 = 0.02;
/// The farthest that a bias is moved.
const FARTHEST: f64 = 2.0;

/// Numbers for each bias that is moved, of all tracks, one after the other.
#[derive(Clone, Debug)]
struct Biases {
    /// For notes beginning in a step.
    onsets: Vec<f64>,
    /// For more than one note in a step in which notes begin.
    at_once: Vec<f64>,
    /// For each class of the lengths of the shorter notes of such a step.
    short: Vec<f64>,
    /// The same of the longer ones.
    long: Vec<f64>,
}

impl Biases {
    fn zero() -> Self {
        let zeros = |of_track: usize| vec![0.0; Track::COUNT * of_track];
        Self { onsets: zeros(1), at_once: zeros(1), short: zeros(CLASSES), long: zeros(CLASSES) }
    }

    /// How often phrases do what the biases are for.
    fn rates(phrases: &[(Phrase, Harmony)]) -> Self {
        let mut rates = Self::zero();
        for (phrase, harmony) in phrases {
            let (notes, _) = relative(phrase, harmony);
            for track in Track::ALL {
                let of_track = notes.iter().filter(|note| note.track == track).count();
                rates.count(track, &Rhythm::of(track, &notes), of_track);
            }
        }
        for track in 0..Track::COUNT {
            let begun = rates.onsets[track].max(1.0);
            rates.at_once[track] = (rates.at_once[track] / begun - 1.0).max(0.0);
            for classes in [&mut rates.short, &mut rates.long] {
                classes[track * CLASSES..][..CLASSES].iter_mut().for_each(|count| *count /= begun);
            }
            rates.onsets[track] /= (phrases.len() * STEPS_PER_PHRASE) as f64;
        }
        rates
    }

    /// Counts a track of a phrase, which has so many notes.
    fn count(&mut self, track: Track, rhythm: &Rhythm, notes: usize) {
        self.onsets[track.index()] += f64::from(rhythm.onsets().count_ones());
        self.at_once[track.index()] += notes as f64;
        if track.is_drums() {
            // A drum is struck, for however long.
            return;
        }
        for step in (0..STEPS_PER_PHRASE).filter(|step| rhythm.begins(*step)) {
            let classes = rhythm.classes(step).map(usize::from);
            let [short, long] = classes.map(|class| track.index() * CLASSES + class);
            self.short[short] += 1.0;
            self.long[long] += 1.0;
        }
    }

    fn numbers(&mut self) -> [&mut Vec<f64>; 4] {
        [&mut self.onsets, &mut self.at_once, &mut self.short, &mut self.long]
    }

    /// With the tensors that hold them, and what they are moved by for a rate that differs by a
    /// factor of e.
    fn tensors(&self) -> [(&'static str, f64, &Vec<f64>); 4] {
        [
            ("codec.decode.rhythm.onsets.bias", 3.0, &self.onsets),
            ("codec.decode.pitch.onsets.bias", 2.0, &self.at_once),
            ("codec.decode.rhythm.short.bias", 1.0, &self.short),
            ("codec.decode.rhythm.long.bias", 1.0, &self.long),
        ]
    }
}

/// Looks for the biases at which rates are real ones.
struct Search {
    biases: Biases,
    /// What each bias was moved by last.
    last: Biases,
    /// Parts of its pace that each bias is moved at: half as fast from when it has gone too far.
    paces: Biases,
}

impl Search {
    fn begin() -> Self {
        let mut paces = Biases::zero();
        paces.numbers().into_iter().flatten().for_each(|pace| *pace = 1.0);
        Self { biases: Biases::zero(), last: Biases::zero(), paces }
    }

    /// Moves the biases to where rates would be nearer to real ones.
    fn go_on(&mut self, real: &Biases, played: &Biases) {
        let Self { biases, last, paces } = self;
        let rates = real.tensors().into_iter().zip(played.tensors());
        let state = biases.numbers().into_iter().zip(last.numbers()).zip(paces.numbers());
        for (((biases, last), paces), ((_, pace, real), (_, _, played))) in state.zip(rates) {
            for index in 0..biases.len() {
                let apart = (real[index].max(LEAST) / played[index].max(LEAST)).ln();
                if apart * last[index] < 0.0 {
                    paces[index] *= 0.5;
                }
                last[index] = pace * paces[index] * apart;
                biases[index] = (biases[index] + last[index]).clamp(-FARTHEST, FARTHEST);
            }
        }
    }
}

/// The weights with the biases at which the band plays as training songs do.
pub(super) fn set(
    weights: &Weights,
    dataset: &Dataset,
    devices: &Devices,
    source: &str,
) -> Result<Calibrated> {
    let book = Songbook::of(dataset)?;
    let count = PHRASES.min(book.len());
    let chosen = (0..count).map(|number| book.phrase(number * book.len() / count, 0));
    let real = Biases::rates(&chosen.collect::<Vec<_>>());
    let mut search = Search::begin();
    let (before, mut playing) = listen(weights, devices)?;
    let (mut calibrated, mut played) = (weights.clone(), before.clone());
    for _ in 0..ROUNDS {
        search.go_on(&real, &played);
        calibrated = with_biases(weights, &search.biases, source)?;
        (played, playing) = listen(&calibrated, devices)?;
    }
    Ok(Calibrated { weights: calibrated, playing, set: said([&before, &played, &real]) })
}

/// How often the band does what the biases are for, and the device that plays it.
fn listen(weights: &Weights, devices: &Devices) -> Result<(Biases, Playing)> {
    let mut bulk = Bulk::new(weights, devices)?;
    let phrases = bulk.phrases(&seeds(), DEFAULT_THRESHOLDS).into_iter();
    let over_its_chords = |phrase: Phrase| {
        let harmony = Harmony { chords: *phrase.chords(), key: None };
        (phrase, harmony)
    };
    let rates = Biases::rates(&phrases.map(over_its_chords).collect::<Vec<_>>());
    Ok((rates, bulk.playing().clone()))
}

/// The weights with biases moved so far.
fn with_biases(weights: &Weights, moved: &Biases, source: &str) -> Result<Weights> {
    let parameters = weights.parameters();
    let mut tensors: BTreeMap<_, _> = parameters
        .map(|(name, shape, values)| (name, Parameter { shape, values: values.to_vec() }))
        .collect();
    for (name, _, moved) in moved.tensors() {
        let Some(Parameter { values, .. }) = tensors.get_mut(name) else { continue };
        // One for each class, or one for all pitches of a track.
        let of_each = values.len() / moved.len();
        for (values, by) in values.chunks_mut(of_each.max(1)).zip(moved) {
            values.iter_mut().for_each(|value| *value += *by as f32);
        }
    }
    let (architecture, provenance) = (weights.architecture().clone(), weights.provenance().clone());
    let moved = Weights::new(architecture, provenance, tensors, source)?;
    Ok(moved.with_thresholds(weights.thresholds(), source)?)
}

/// What the tracks play before, after and in songs.
fn said(rates: [&Biases; 3]) -> String {
    let mut said = String::from("before, after and in training songs:\n");
    for track in Track::ALL {
        let steps = rates.map(|rates| rates.onsets[track.index()] * STEPS_PER_PHRASE as f64);
        let notes = rates.map(|rates| rates.at_once[track.index()] + 1.0);
        let three = |values: [f64; 3]| values.map(|value| format!("{value:.2}")).join(", ");
        let (steps, notes) = (three(steps), three(notes));
        let name = track.name();
        // Writing to a string does not fail.
        let _ = writeln!(
            said,
            "  {name:8} begins notes in so many steps of a phrase: {steps}; so many at once: {notes}"
        );
    }
    said
}
