//! How faithful what the codec's decoder says is to the bars that it was given: the loss of the first
//! phase, and in the third what keeps the decoder to real music.
//!
//! Per bar in which a note begins: the cross entropy of its onsets, and at the onsets themselves the
//! error of the length and of the velocity. What must stay true: a track's bars weigh alike, and so do
//! the tracks, in whatever parts a batch is taken.
use super::batch::Cells;
use super::config::CodecPhase;
use musegan_model::band::codec::{Decoded, STEP_NUMBERS};
use musegan_model::band::frame::WINDOW;
use musegan_model::tape::{Node, Tape};
use musegan_score::Track;
use musegan_score::grid::STEPS_PER_BAR;

/// Errors of length codes above this count by their size, below it by their square.
const LENGTH_EDGE: f32 = 0.05;
/// The same of velocity codes.
const VELOCITY_EDGE: f32 = 0.05;

/// What is measured of each track: a sum over a part of a batch that gives the batch's mean when the
/// parts are added.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faithfulness {
    /// Nats of the onsets of a bar.
    pub onsets: f64,
    /// Error of the length codes of a bar.
    pub lengths: f64,
    /// Error of the velocity codes of a bar.
    pub velocities: f64,
    /// Onsets that are there.
    pub real: f64,
    /// Onsets that are said to be there.
    pub said: f64,
    /// Both.
    pub kept: f64,
}

impl Faithfulness {
    /// Adds what another part of the batch measured.
    pub fn add(&mut self, other: &Self) {
        self.onsets += other.onsets;
        self.lengths += other.lengths;
        self.velocities += other.velocities;
        self.real += other.real;
        self.said += other.said;
        self.kept += other.kept;
    }

    /// The F1 score of the onsets.
    #[must_use]
    pub fn f1(&self) -> f64 {
        2.0 * self.kept / (self.real + self.said).max(1.0)
    }
}

/// The reciprocals of a batch's numbers of bars with an onset, by which each bar is weighed.
#[must_use]
pub fn bar_weights(bars: [usize; Track::COUNT]) -> [f32; Track::COUNT] {
    bars.map(|bars| 1.0 / bars.max(1) as f32)
}

/// The loss of what was decoded of a part of a batch, a mean over the tracks.
pub fn loss(
    tape: &mut Tape,
    decoded: Decoded,
    cells: &Cells,
    weights: &[f32; Track::COUNT],
    settings: &CodecPhase,
) -> (Node, [Faithfulness; Track::COUNT]) {
    let truth = Truth::of(cells, weights);
    let rows = truth.rows.len();
    let onsets = tape.bits_cross_entropy(decoded.onsets, &truth.planes[0]);
    let row_weights = tape.constant(rows, 1, &truth.rows);
    let onsets = tape.mul(onsets, row_weights);
    let weighed: Vec<f32> = truth.planes[0]
        .chunks_exact(WINDOW)
        .zip(&truth.rows)
        .flat_map(|(onsets, weight)| onsets.iter().map(move |onset| onset * weight))
        .collect();
    let weighed = tape.constant(rows, WINDOW, &weighed);
    let mut error = |said, plane: &[f32], edge| {
        let plane = tape.constant(rows, WINDOW, plane);
        let error = tape.sub(said, plane);
        let error = tape.huber(error, edge);
        tape.mul(error, weighed)
    };
    let lengths = error(decoded.lengths, &truth.planes[1], LENGTH_EDGE);
    let velocities = error(decoded.velocities, &truth.planes[2], VELOCITY_EDGE);
    let measured = measured(tape, decoded, [onsets, lengths, velocities], &truth);
    let share = 1.0 / Track::COUNT as f64;
    let terms = [(onsets, 1.0), (lengths, settings.lengths), (velocities, settings.velocities)];
    let terms = terms.map(|(term, weight)| {
        let sum = tape.sum(term);
        tape.scale(sum, (weight * share) as f32)
    });
    let loss = tape.add(terms[0], terms[1]);
    (tape.add(loss, terms[2]), measured)
}

/// What should have been said.
struct Truth {
    /// Onsets, length codes and velocity codes, `(rows, WINDOW)` each.
    planes: [Vec<f32>; 3],
    /// The weight of each row, 0 in bars without an onset.
    rows: Vec<f32>,
}

impl Truth {
    fn of(cells: &Cells, weights: &[f32; Track::COUNT]) -> Self {
        let steps = || cells.cells.chunks_exact(STEP_NUMBERS);
        let plane = |plane: usize| {
            steps().flat_map(|step| &step[plane * WINDOW..][..WINDOW]).copied().collect()
        };
        let rows = cells.bar_weights(weights).flat_map(|weight| [weight; STEPS_PER_BAR]).collect();
        Self { planes: [plane(0), plane(1), plane(2)], rows }
    }
}

fn measured(
    tape: &Tape,
    decoded: Decoded,
    terms: [Node; 3],
    truth: &Truth,
) -> [Faithfulness; Track::COUNT] {
    let of_track = truth.planes[0].len() / Track::COUNT;
    std::array::from_fn(|track| {
        let part = |values: &'_ [f32]| -> f64 {
            values[track * of_track..][..of_track].iter().map(|x| f64::from(*x)).sum()
        };
        let [onsets, lengths, velocities] = terms.map(|term| part(tape.value(term)));
        let real = &truth.planes[0][track * of_track..][..of_track];
        let said = &tape.value(decoded.onsets)[track * of_track..][..of_track];
        let rows = &truth.rows[track * of_track / WINDOW..][..of_track / WINDOW];
        let mut found = Faithfulness { onsets, lengths, velocities, ..Faithfulness::default() };
        let steps = real.chunks_exact(WINDOW).zip(said.chunks_exact(WINDOW)).zip(rows);
        for ((real, said), _) in steps.filter(|(_, weight)| **weight > 0.0) {
            for (real, said) in real.iter().zip(said) {
                let said = f64::from(u8::from(*said > 0.0));
                found.real += f64::from(*real);
                found.said += said;
                found.kept += f64::from(*real) * said;
            }
        }
        found
    })
}
