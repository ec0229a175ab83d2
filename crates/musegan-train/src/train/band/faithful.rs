//! How faithful what the codec's decoders say is to the bars that it was given: the loss of the first
//! phase, and in the third what keeps the decoders to real music.
//!
//! Of a bar: the cross entropy of the steps in which notes begin, and in those of the classes of their
//! lengths and of the notes themselves, which of them are the longer ones, and the error of their
//! velocities. The bass plays one note at a time, so its notes are one of many classes. What must stay
//! true: a bar counts by its weight alone, in whatever parts a batch is taken.
use super::config::CodecPhase;
use musegan_model::band::codec::lengths::CLASSES;
use musegan_model::band::codec::rhythm::has_two_lengths;
use musegan_model::band::codec::{Bars, pitch, rhythm};
use musegan_model::band::frame::WINDOW;
use musegan_model::tape::{Node, Tape};
use musegan_score::Track;
use musegan_score::grid::STEPS_PER_BAR;

/// Errors of velocity codes above this count by their size, below it by their square.
const VELOCITY_EDGE: f32 = 0.05;

/// What is measured of each track, weighed as the loss is: means over the bars once the parts of a
/// batch are added.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faithfulness {
    /// Nats of where notes begin.
    pub begins: f64,
    /// Nats of the classes of their lengths.
    pub lengths: f64,
    /// Nats of the notes.
    pub notes: f64,
    /// Nats of which are the longer ones.
    pub long: f64,
    /// Error of the velocity codes.
    pub velocities: f64,
    /// Share of the bars whose onsets are all there and no others.
    pub rhythms: f64,
    /// Onsets, and those of which the longer class is right.
    pub onsets: [f64; 2],
    /// Notes that are there, that are said to be there, and both.
    pub cells: [f64; 3],
}

impl Faithfulness {
    /// Adds what another part of the batch measured.
    pub fn add(&mut self, other: &Self) {
        self.begins += other.begins;
        self.lengths += other.lengths;
        self.notes += other.notes;
        self.long += other.long;
        self.velocities += other.velocities;
        self.rhythms += other.rhythms;
        self.onsets = std::array::from_fn(|i| self.onsets[i] + other.onsets[i]);
        self.cells = std::array::from_fn(|i| self.cells[i] + other.cells[i]);
    }

    /// What it says of a track, by name: of lengths nothing for drums, which have none, and whether
    /// notes are the longer ones only where there are two lengths.
    pub fn named(&self, track: Track) -> impl Iterator<Item = (&'static str, f64)> {
        let [real, said, kept] = self.cells;
        let exact = self.onsets[1] / self.onsets[0].max(f64::MIN_POSITIVE);
        let (sounds_on, two) = (!track.is_drums(), has_two_lengths(track));
        let all = [
            ("begins", true, self.begins),
            ("lengths", sounds_on, self.lengths),
            ("notes", true, self.notes),
            ("long", two, self.long),
            ("velocities", true, self.velocities),
            ("rhythms_exact", true, self.rhythms),
            ("lengths_exact", sounds_on, exact),
            ("notes_kept", true, kept / real.max(f64::MIN_POSITIVE)),
            ("notes_f1", true, 2.0 * kept / (real + said).max(f64::MIN_POSITIVE)),
        ];
        let told = all.into_iter().filter(|(_, is_told, _)| *is_told);
        told.map(|(name, _, value)| (name, value))
    }
}

/// The loss of what was said of these bars, whose pitches were said knowing their rhythm; `weights`
/// has one for each, in track order.
pub fn loss(
    tape: &mut Tape,
    (rhythm, pitch): (rhythm::Said, pitch::Said),
    bars: &Bars,
    weights: &[f32],
    settings: &CodecPhase,
) -> (Node, [Faithfulness; Track::COUNT]) {
    let truth = Truth::of(bars, weights);
    let mut terms = Terms { tape, truth: &truth, measured: Default::default(), sum: None };
    terms.rhythm(rhythm);
    terms.notes(pitch);
    terms.cells(pitch, settings.velocities as f32);
    let Terms { tape, mut measured, sum, .. } = terms;
    truth.compare(tape, rhythm, pitch, &mut measured);
    let none = || tape.constant(1, 1, &[0.0]);
    (sum.unwrap_or_else(none), measured)
}

/// What should have been said. A row is a step.
struct Truth<'a> {
    bars: &'a Bars,
    /// The weight of each row.
    weights: Vec<f32>,
    /// The rows in which notes begin.
    rows: Vec<u32>,
    /// The first row of each track, and the end.
    tracks: [usize; Track::COUNT + 1],
}

impl<'a> Truth<'a> {
    fn of(bars: &'a Bars, weights: &[f32]) -> Self {
        let weights: Vec<f32> = weights.iter().flat_map(|w| [*w; STEPS_PER_BAR]).collect();
        let begins = |row: &usize| bars.rhythms[row * rhythm::STEP_NUMBERS] > 0.5;
        let rows = (0..weights.len()).filter(|row| weights[*row] > 0.0 && begins(row));
        let of_track = weights.len() / Track::COUNT;
        let rows = rows.map(|row| row as u32).collect();
        Self { bars, weights, rows, tracks: std::array::from_fn(|track| track * of_track) }
    }

    fn track(&self, row: usize) -> Track {
        Track::ALL[row / self.tracks[1].max(1)]
    }

    /// The class of a row's shorter notes, or of its longer ones.
    fn class(&self, row: usize, longer: bool) -> usize {
        let first = row * rhythm::STEP_NUMBERS + 1 + if longer { CLASSES } else { 0 };
        let ones = &self.bars.rhythms[first..first + CLASSES];
        ones.iter().position(|one| *one > 0.5).unwrap_or(0)
    }

    /// One of the three windows of a row: onsets, velocities, longer notes.
    fn window(&self, row: usize, number: usize) -> &[f32] {
        &self.bars.pitches[row * pitch::STEP_NUMBERS + number * WINDOW..][..WINDOW]
    }

    /// Rows in which notes begin, of the tracks that are wanted.
    fn rows_of(&self, wanted: impl Fn(Track) -> bool) -> Vec<u32> {
        self.rows.iter().copied().filter(|row| wanted(self.track(*row as usize))).collect()
    }

    /// Counts what is right.
    fn compare(
        &self,
        tape: &Tape,
        rhythm: rhythm::Said,
        pitch: pitch::Said,
        measured: &mut [Faithfulness; Track::COUNT],
    ) {
        let onsets = tape.value(rhythm.onsets);
        for (bar, logits) in onsets.chunks_exact(STEPS_PER_BAR).enumerate() {
            let first = bar * STEPS_PER_BAR;
            let begins =
                |step: usize| self.bars.rhythms[(first + step) * rhythm::STEP_NUMBERS] > 0.5;
            if (0..STEPS_PER_BAR).all(|step| begins(step) == (logits[step] > 0.0)) {
                let weight = f64::from(self.weights[first]) * Track::COUNT as f64;
                measured[self.track(first).index()].rhythms += weight;
            }
        }
        let (long, cells) = (tape.value(rhythm.long), tape.value(pitch.onsets));
        for row in self.rows.iter().map(|row| *row as usize) {
            let track = self.track(row);
            let found = &mut measured[track.index()];
            let is_right = highest(&long[row * CLASSES..][..CLASSES]) == self.class(row, true);
            found.onsets[0] += 1.0;
            found.onsets[1] += f64::from(u8::from(is_right));
            let logits = &cells[row * WINDOW..][..WINDOW];
            let top = highest(logits);
            for (cell, (real, logit)) in self.window(row, 0).iter().zip(logits).enumerate() {
                let said = cell == top || track != Track::Bass && *logit > 0.0;
                let said = f64::from(u8::from(said));
                let real = f64::from(*real);
                let counts = [real, said, real * said];
                found.cells = std::array::from_fn(|i| found.cells[i] + counts[i]);
            }
        }
    }
}

/// The loss on its way: the terms so far.
struct Terms<'a, 't, 'w> {
    tape: &'t mut Tape<'w>,
    truth: &'a Truth<'a>,
    measured: [Faithfulness; Track::COUNT],
    sum: Option<Node>,
}

impl Terms<'_, '_, '_> {
    fn rhythm(&mut self, said: rhythm::Said) {
        let all: Vec<u32> = (0..self.truth.weights.len() as u32).collect();
        let begins = self.truth.bars.rhythms.iter().step_by(rhythm::STEP_NUMBERS);
        let begins: Vec<f32> = begins.copied().collect();
        let nats = self.tape.bits_cross_entropy(said.onsets, &begins);
        self.add(nats, &all, 1.0, |found, nats| found.begins += nats);
        let two = self.truth.rows_of(has_two_lengths);
        let one = self.truth.rows_of(|track| !track.is_drums());
        for (logits, rows, longer) in [(said.short, two, false), (said.long, one, true)] {
            let classes: Vec<u32> =
                rows.iter().map(|row| self.truth.class(*row as usize, longer) as u32).collect();
            let logits = self.tape.gather(logits, &rows);
            let nats = self.tape.class_cross_entropy(logits, &classes);
            self.add(nats, &rows, 1.0, |found, nats| found.lengths += nats);
        }
    }

    fn notes(&mut self, said: pitch::Said) {
        let bass = self.truth.rows_of(|track| track == Track::Bass);
        let notes: Vec<u32> =
            bass.iter().map(|row| highest(self.truth.window(*row as usize, 0)) as u32).collect();
        let logits = self.tape.gather(said.onsets, &bass);
        let nats = self.tape.class_cross_entropy(logits, &notes);
        self.add(nats, &bass, 1.0, |found, nats| found.notes += nats);
        let others = self.truth.rows_of(|track| track != Track::Bass);
        let notes: Vec<f32> =
            others.iter().flat_map(|row| self.truth.window(*row as usize, 0)).copied().collect();
        let logits = self.tape.gather(said.onsets, &others);
        let nats = self.tape.bits_cross_entropy(logits, &notes);
        let nats = self.tape.sum_columns(nats);
        self.add(nats, &others, 1.0, |found, nats| found.notes += nats);
    }

    /// What is said of the cells in which notes begin, each of them a row.
    fn cells(&mut self, said: pitch::Said, velocities: f32) {
        let mut cells: Vec<(u32, u32)> = Vec::new();
        for &row in &self.truth.rows {
            let window = self.truth.window(row as usize, 0).iter().zip(0u32..);
            let on = window.filter(|(onset, _)| **onset > 0.5);
            cells.extend(on.map(|(_, cell)| (row, row * WINDOW as u32 + cell)));
        }
        let (rows, places): (Vec<u32>, Vec<u32>) = cells.iter().copied().unzip();
        let truth = self.truth;
        let value = |place: u32, number: usize| {
            truth.window(place as usize / WINDOW, number)[place as usize % WINDOW]
        };
        let real: Vec<f32> = places.iter().map(|place| value(*place, 1)).collect();
        let error = self.picked(said.velocities, &places);
        let real = self.tape.constant(places.len(), 1, &real);
        let error = self.tape.sub(error, real);
        let error = self.tape.huber(error, VELOCITY_EDGE);
        self.add(error, &rows, velocities, |found, error| found.velocities += error);

        let differs = |row: u32| {
            let row = row as usize;
            has_two_lengths(truth.track(row)) && truth.class(row, false) != truth.class(row, true)
        };
        let (rows, places): (Vec<u32>, Vec<u32>) =
            cells.into_iter().filter(|(row, _)| differs(*row)).unzip();
        let real: Vec<f32> = places.iter().map(|place| value(*place, 2)).collect();
        let logits = self.picked(said.long, &places);
        let nats = self.tape.bits_cross_entropy(logits, &real);
        self.add(nats, &rows, 1.0, |found, nats| found.long += nats);
    }

    /// Elements of a matrix, one below the other.
    fn picked(&mut self, matrix: Node, places: &[u32]) -> Node {
        let elements = self.tape.rows(matrix) * self.tape.columns(matrix);
        let column = self.tape.reshape(matrix, elements, 1);
        self.tape.gather(column, places)
    }

    /// Adds a term, one number for each of these rows.
    fn add(&mut self, term: Node, rows: &[u32], weight: f32, note: fn(&mut Faithfulness, f64)) {
        if rows.is_empty() {
            return;
        }
        for (&row, value) in rows.iter().zip(self.tape.value(term)) {
            let of_row = f64::from(self.truth.weights[row as usize]) * Track::COUNT as f64;
            let track = self.truth.track(row as usize).index();
            note(&mut self.measured[track], f64::from(*value) * of_row);
        }
        let weights: Vec<f32> =
            rows.iter().map(|row| self.truth.weights[*row as usize] * weight).collect();
        let weights = self.tape.constant(rows.len(), 1, &weights);
        let term = self.tape.mul(term, weights);
        let term = self.tape.sum(term);
        self.sum = Some(match self.sum {
            Some(sum) => self.tape.add(sum, term),
            None => term,
        });
    }
}

/// The first of the greatest.
fn highest(logits: &[f32]) -> usize {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter().position(|&logit| logit == greatest).unwrap_or(0)
}
