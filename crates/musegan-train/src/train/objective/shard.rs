//! A few phrases of a batch on their way through the critic. What must stay true: what a shard
//! computes depends on its phrases and, where the objective compares those of the whole batch, on
//! what the batch was found to be; never on which thread it runs on.
use super::super::config::Penalty;
use super::worth::Worth;
use musegan_model::trainable::Critic;
use musegan_model::trainable::critic::{Cells, FEATURES, Flow, Tape, Want};
use musegan_score::Track;
use musegan_score::roll::TRACK_CELLS;

/// The two sides of what a critic compares.
pub(super) const REAL: usize = 0;
pub(super) const FAKE: usize = 1;

/// Sums over a shard of the real and the generated scores, of penalties, and of what the scores are
/// worth.
pub(super) type Sums = [f64; 4];
pub(super) const PENALTY: usize = 2;
pub(super) const WORTH: usize = 3;

/// The phrases with the memory of their passes.
pub(super) struct Shard {
    pub(super) first: usize,
    pub(super) samples: usize,
    /// Of the phrases that are scored, and the tangents of their scores.
    pub(super) tapes: [Tape; 2],
    pub(super) flows: [Flow; 2],
    pub(super) mixed: [Vec<f32>; Track::COUNT],
    pub(super) d_cells: [Vec<f32>; Track::COUNT],
    pub(super) gradient: Vec<f32>,
    pub(super) sums: Sums,
    /// What is kept from phase to phase where the whole batch must be known.
    pub(super) kept: Option<Kept>,
}

/// What both sides leave until the whole batch is known.
pub(super) struct Kept {
    pub(super) tapes: [Tape; 2],
    /// Gradients at the scores.
    pub(super) d_scores: [Vec<f32>; 2],
    /// Gradients at the features, and at their tangents.
    pub(super) d_features: [Vec<f32>; 2],
    pub(super) d_tangents: Vec<f32>,
}

/// What is penalised, and how much.
#[derive(Clone, Copy)]
pub(super) struct Penalised {
    pub(super) kind: Penalty,
    pub(super) weight: f64,
}

/// A shard's phrases: real ones, generated ones, and where the penalty is taken between them.
pub(super) type Phrases<'a> = ([Cells<'a>; 2], &'a [f32]);

impl Shard {
    pub(super) fn new(first: usize, samples: usize, weights: usize, keeps: bool) -> Self {
        let cells = || std::array::from_fn(|_| vec![0.0; samples * TRACK_CELLS]);
        let kept = || Kept {
            tapes: std::array::from_fn(|_| Tape::new(samples)),
            d_scores: std::array::from_fn(|_| vec![0.0; samples]),
            d_features: std::array::from_fn(|_| vec![0.0; samples * FEATURES]),
            d_tangents: vec![0.0; samples],
        };
        Self {
            first,
            samples,
            tapes: std::array::from_fn(|_| Tape::new(samples)),
            flows: std::array::from_fn(|_| Flow::new(samples)),
            mixed: cells(),
            d_cells: cells(),
            gradient: vec![0.0; weights],
            sums: Sums::default(),
            kept: keeps.then(kept),
        }
    }

    /// The cells of this shard's phrases among a batch's.
    pub(super) fn part(&self) -> std::ops::Range<usize> {
        self.first * TRACK_CELLS..(self.first + self.samples) * TRACK_CELLS
    }

    /// The shard's part of the critic's gradient, where it takes nothing but its own phrases.
    pub(super) fn critic_gradient(
        &mut self,
        critic: &Critic,
        weights: &[f32],
        (sides, mix): Phrases<'_>,
        batch: usize,
        (worth, penalised): (Worth, Option<Penalised>),
    ) {
        self.gradient.fill(0.0);
        self.sums = Sums::default();
        for (side, cells) in sides.into_iter().enumerate() {
            let Self { tapes: [tape, _], flows: [flow, _], gradient, sums, .. } = self;
            critic.forward(weights, cells, tape);
            let mut d_scores = Vec::with_capacity(self.samples);
            for &score in tape.scores() {
                let score = f64::from(score);
                let (value, d) = worth.of_side(side, score);
                sums[side] += score;
                sums[WORTH] += value;
                d_scores.push((d / batch as f64) as f32);
            }
            let want = Want::Weights(gradient);
            critic.backward(weights, cells, tape, (&d_scores, None), flow, want);
            if let Some(penalised) = penalised.filter(|p| side == REAL && p.kind == Penalty::R1) {
                self.penalise(critic, weights, cells, batch, penalised);
            }
        }
        if let Some(penalised) = penalised.filter(|p| p.kind == Penalty::Gradient) {
            self.mix(sides, mix);
            let mixed = std::mem::take(&mut self.mixed);
            let cells = mixed.each_ref().map(|track| &track[..]);
            critic.forward(weights, cells, &mut self.tapes[0]);
            self.penalise(critic, weights, cells, batch, penalised);
            self.mixed = mixed;
        }
    }

    /// Mixes each real phrase with the generated one beside it.
    pub(super) fn mix(&mut self, [real, fake]: [Cells<'_>; 2], mix: &[f32]) {
        for ((mixed, real), fake) in self.mixed.iter_mut().zip(real).zip(fake) {
            for (sample, &share) in mix.iter().enumerate() {
                let own = sample * TRACK_CELLS..(sample + 1) * TRACK_CELLS;
                let pair = real[own.clone()].iter().zip(&fake[own.clone()]);
                for (mixed, (real, fake)) in mixed[own].iter_mut().zip(pair) {
                    *mixed = share * real + (1.0 - share) * fake;
                }
            }
        }
    }

    /// Adds the penalty's gradient for the phrases that the first tape has just scored.
    fn penalise(
        &mut self,
        critic: &Critic,
        weights: &[f32],
        cells: Cells<'_>,
        batch: usize,
        penalised: Penalised,
    ) {
        let Self { tapes: [tape, tangents], flows: [flow, flow_t], gradient, .. } = self;
        let want = Want::Cells(&mut self.d_cells);
        critic.backward(weights, cells, tape, (&vec![1.0; self.samples], None), flow, want);
        let mut d_tangents = vec![0.0; self.samples];
        for (sample, d) in d_tangents.iter_mut().enumerate() {
            let (penalty, rate) = penalised.aim(&mut self.d_cells, sample, batch);
            self.sums[PENALTY] += penalty;
            *d = rate;
        }
        let direction = self.d_cells.each_ref().map(|track| &track[..]);
        critic.tangent(weights, direction, tape, tangents);
        let (cells, tapes) = ((cells, direction), (&*tape, &*tangents));
        let (at, flows) = ((&d_tangents[..], None), (flow, flow_t));
        critic.backward_tangent(weights, cells, tapes, at, flows, gradient);
    }

    /// Scores generated cells and leaves the gradient of what they are worth at them.
    pub(super) fn cells_gradient(
        &mut self,
        critic: &Critic,
        weights: &[f32],
        fake: Cells<'_>,
        (worth, batch): (Worth, usize),
    ) {
        let [tape, _] = &mut self.tapes;
        critic.forward(weights, fake, tape);
        self.sums = Sums::default();
        let mut d_scores = Vec::with_capacity(self.samples);
        for &score in tape.scores() {
            let (value, d) = worth.to_generator(f64::from(score), 0.0);
            self.sums[WORTH] += value;
            d_scores.push((d / batch as f64) as f32);
        }
        let want = Want::Cells(&mut self.d_cells);
        critic.backward(weights, fake, tape, (&d_scores, None), &mut self.flows[0], want);
    }
}

impl Penalised {
    /// Turns one sample's gradient at its cells into the direction along which its score is to move,
    /// and returns its penalty, without the weight, and how much that movement costs.
    pub(super) fn aim(
        self,
        cells: &mut [Vec<f32>; Track::COUNT],
        sample: usize,
        batch: usize,
    ) -> (f64, f32) {
        let norm = length(cells, sample);
        match self.kind {
            Penalty::Gradient => {
                scale(cells, sample, 1.0 / norm.max(1e-12));
                let rate = self.weight as f32 * 2.0 * (norm - 1.0) / batch as f32;
                (f64::from(norm - 1.0).powi(2), rate)
            }
            Penalty::R1 => (f64::from(norm).powi(2), self.weight as f32 / batch as f32),
            Penalty::None => (0.0, 0.0),
        }
    }

    /// What a mean penalty adds to the loss.
    pub(super) fn value(self, mean: f64) -> f64 {
        match self.kind {
            Penalty::Gradient => self.weight * mean,
            Penalty::R1 => 0.5 * self.weight * mean,
            Penalty::None => 0.0,
        }
    }
}

/// The length of one sample's cells.
fn length(cells: &[Vec<f32>; Track::COUNT], sample: usize) -> f32 {
    let own = sample * TRACK_CELLS..(sample + 1) * TRACK_CELLS;
    let mut squares = 0.0f64;
    for track in cells {
        let mut lanes = [0.0f32; 16];
        for chunk in track[own.clone()].as_chunks::<16>().0 {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += x * x;
            }
        }
        squares += lanes.iter().copied().map(f64::from).sum::<f64>();
    }
    squares.sqrt() as f32
}

pub(super) fn scale(cells: &mut [Vec<f32>; Track::COUNT], sample: usize, factor: f32) {
    let own = sample * TRACK_CELLS..(sample + 1) * TRACK_CELLS;
    for track in cells {
        track[own.clone()].iter_mut().for_each(|x| *x *= factor);
    }
}
