//! The gradients of objectives for which the phrases of a batch must be known together: pairs of
//! phrases, the batch's spread, matched features. A step goes through all shards in phases, and what
//! lies between two phases sees the whole batch, in its order.
//!
//! What must stay true: without any of these it is what each [`Shard`] computes alone, and a penalty
//! is of the gradient of all scores' sum, which the spread makes depend on every phrase.
use super::super::config::Penalty;
use super::shard::{FAKE, PENALTY, Penalised, Phrases, REAL, Shard, Sums, WORTH, scale};
use super::worth::Worth;
use musegan_model::trainable::critic::{Cells, FEATURES, Tape, Want};
use musegan_model::trainable::{Critic, Spread};
use musegan_score::Track;
use rayon::prelude::*;

/// What the critic is, and what it is trained for.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) critic: &'a Critic,
    pub(super) weights: &'a [f32],
    pub(super) batch: usize,
    pub(super) worth: Worth,
    pub(super) penalised: Option<Penalised>,
    /// How loudly the batch's spread is heard, before the critic's own weight; 0 for not at all.
    pub(super) spread: f32,
    /// Weight of matched features.
    pub(super) matching: f64,
}

/// Beside the two sides: the phrases between them.
const BETWEEN: usize = 2;

impl Setting<'_> {
    /// What a spread of 1 adds to a score.
    fn heard(&self) -> f32 {
        self.critic.spread_weight().map_or(0.0, |place| self.spread * self.weights[place])
    }

    /// The spread of a batch of tapes, if it is heard.
    fn spread_of(&self, shards: &[Shard], tape: fn(&Shard) -> &Tape) -> Option<Spread> {
        self.critic.spread_weight()?;
        Some(Spread::of(shards.iter().map(|shard| tape(shard).features())))
    }

    /// Writes each shard's part of the critic's gradient, and its sums.
    pub(super) fn critic_gradient<'p>(
        &self,
        shards: &mut [Shard],
        phrases: impl Fn(&Shard) -> Phrases<'p> + Sync,
    ) {
        let penalised = self.penalised.map(|penalised| penalised.kind);
        shards.par_iter_mut().for_each(|shard| {
            let (sides, mix) = phrases(shard);
            shard.gradient.fill(0.0);
            let kept = shard.kept.iter_mut().flat_map(|kept| &mut kept.tapes);
            for (cells, tape) in sides.into_iter().zip(kept) {
                self.critic.forward(self.weights, cells, tape);
            }
            if penalised == Some(Penalty::Gradient) {
                shard.mix(sides, mix);
                self.critic.forward(self.weights, slices(&shard.mixed), &mut shard.tapes[0]);
            }
        });
        let tapes: [fn(&Shard) -> &Tape; 2] = [real_tape, fake_tape];
        let sides = tapes.map(|tape| self.spread_of(shards, tape));
        let between = match penalised {
            Some(Penalty::Gradient) => self.spread_of(shards, |shard| &shard.tapes[0]),
            _ => None,
        };
        let spreads = [&sides[REAL], &sides[FAKE], &between].map(Option::as_ref);
        let d_spreads = self.value_scores(shards, [spreads[REAL], spreads[FAKE]]);
        shards.par_iter_mut().for_each(|shard| {
            let (cells, _) = phrases(shard);
            self.learn(shard, cells, (spreads, d_spreads));
        });
        let moved = self.penalised.and_then(|p| self.penalise(shards, (spreads, p), &phrases));
        if let Some(place) = self.critic.spread_weight() {
            let values = [REAL, FAKE].map(|side| spreads[side].map_or(0.0, |s| s.value));
            let from_scores = d_spreads[REAL] * values[REAL] + d_spreads[FAKE] * values[FAKE];
            shards[0].gradient[place] += self.spread * (from_scores + moved.unwrap_or(0.0));
        }
    }

    /// What all scores are worth, with the derivatives; returns the sums of these.
    fn value_scores(&self, shards: &mut [Shard], spreads: [Option<&Spread>; 2]) -> [f32; 2] {
        let terms = spreads.map(|s| f64::from(self.heard() * s.map_or(0.0, |s| s.value)));
        let mut totals = [0.0; 2];
        for shard in shards {
            let mut sums = Sums::default();
            let Some(kept) = &mut shard.kept else { continue };
            for sample in 0..kept.d_scores[REAL].len() {
                let score =
                    |side: usize| f64::from(kept.tapes[side].scores()[sample]) + terms[side];
                let (real, fake) = (score(REAL), score(FAKE));
                let (value, d) = self.worth.to_critic(real, fake);
                sums[REAL] += real;
                sums[FAKE] += fake;
                sums[WORTH] += value;
                for (side, d) in d.into_iter().enumerate() {
                    let d = d / self.batch as f64;
                    kept.d_scores[side][sample] = d as f32;
                    totals[side] += d;
                }
            }
            shard.sums = sums;
        }
        totals.map(|total| total as f32)
    }

    /// Adds the gradient of the scores' worth.
    fn learn(
        &self,
        shard: &mut Shard,
        sides: [Cells<'_>; 2],
        (spreads, d_spreads): ([Option<&Spread>; 3], [f32; 2]),
    ) {
        let Shard { kept, flows: [flow, _], gradient, .. } = shard;
        let Some(kept) = kept else { return };
        for (side, cells) in sides.into_iter().enumerate() {
            let tape = &kept.tapes[side];
            let d_features = &mut kept.d_features[0];
            let through = self.heard() * d_spreads[side];
            let at_features = through_spread(spreads[side], tape, through, d_features);
            let at = (&kept.d_scores[side][..], at_features);
            self.critic.backward(self.weights, cells, tape, at, flow, Want::Weights(gradient));
        }
    }

    /// Adds the penalty's gradient; returns what it adds to that of the spread's weight.
    fn penalise<'p>(
        &self,
        shards: &mut [Shard],
        (spreads, penalised): ([Option<&Spread>; 3], Penalised),
        phrases: &(impl Fn(&Shard) -> Phrases<'p> + Sync),
    ) -> Option<f32> {
        let at_real = penalised.kind == Penalty::R1;
        let spread = if at_real { spreads[REAL] } else { spreads[BETWEEN] };
        // The penalised gradient is that of all scores' sum, of which each is a part.
        let through = self.heard() * self.batch as f32;
        shards.par_iter_mut().for_each(|shard| {
            let (sides, _) = phrases(shard);
            if let Some(kept) = shard.kept.as_mut().filter(|_| at_real) {
                std::mem::swap(&mut kept.tapes[REAL], &mut shard.tapes[0]);
            }
            let cells = if at_real { sides[REAL] } else { slices(&shard.mixed) };
            let Shard { kept: Some(kept), tapes: [tape, tangents], .. } = shard else { return };
            let at_features = through_spread(spread, tape, through, &mut kept.d_features[0]);
            let at = (&vec![1.0; shard.samples][..], at_features);
            let want = Want::Cells(&mut shard.d_cells);
            self.critic.backward(self.weights, cells, tape, at, &mut shard.flows[0], want);
            for (sample, d) in kept.d_tangents.iter_mut().enumerate() {
                let (penalty, rate) = penalised.aim(&mut shard.d_cells, sample, self.batch);
                shard.sums[PENALTY] += penalty;
                // All move together, so what each costs is in how far it moves.
                scale(&mut shard.d_cells, sample, rate);
                *d = 1.0;
            }
            let direction = slices(&shard.d_cells);
            self.critic.tangent(self.weights, direction, tape, tangents);
        });
        let moved = spread.map(|spread| {
            let tapes = shards.iter().map(|shard| &shard.tapes);
            spread.tangent(tapes.map(|[tape, tangents]| (tape.features(), tangents.features())))
        });
        shards.par_iter_mut().for_each(|shard| {
            let (sides, _) = phrases(shard);
            let cells = if at_real { sides[REAL] } else { slices(&shard.mixed) };
            let direction = slices(&shard.d_cells);
            let Some(kept) = &mut shard.kept else { return };
            let [tape, tangents] = &shard.tapes;
            let at_features = spread.zip(moved.as_ref()).map(|(spread, moved)| {
                kept.d_features.iter_mut().for_each(|d| d.fill(0.0));
                let [values, of_tangents] = &mut kept.d_features;
                let features = (tape.features(), tangents.features());
                spread.backward_tangent(moved, features, through, [values, of_tangents]);
                [&*values, &*of_tangents]
            });
            let at_features = at_features.map(|both| both.map(|d| &d[..]));
            let [flow, flow_t] = &mut shard.flows;
            let (cells, at) = ((cells, direction), (&kept.d_tangents[..], at_features));
            let (tapes, flows) = ((tape, tangents), (flow, flow_t));
            self.critic.backward_tangent(
                self.weights,
                cells,
                tapes,
                at,
                flows,
                &mut shard.gradient,
            );
        });
        moved.map(|moved| self.batch as f32 * moved.value)
    }

    /// Leaves the gradient at the generated cells in every shard, and the sums.
    pub(super) fn cells_gradient<'p>(
        &self,
        shards: &mut [Shard],
        sides: impl Fn(&Shard) -> [Cells<'p>; 2] + Sync,
    ) -> f64 {
        let needs_real = self.worth.is_of_pairs() || self.matching > 0.0;
        shards.par_iter_mut().for_each(|shard| {
            let cells = sides(shard);
            let Some(kept) = &mut shard.kept else { return };
            for side in if needs_real { REAL..FAKE + 1 } else { FAKE..FAKE + 1 } {
                self.critic.forward(self.weights, cells[side], &mut kept.tapes[side]);
            }
        });
        let fake = self.spread_of(shards, fake_tape);
        let real = if needs_real { self.spread_of(shards, real_tape) } else { None };
        let d_spread = self.value_generated(shards, [real.as_ref(), fake.as_ref()]);
        let pull = (self.matching > 0.0).then(|| Pull::new(shards, self.matching));
        shards.par_iter_mut().for_each(|shard| {
            let cells = sides(shard)[FAKE];
            let Shard { kept: Some(kept), flows: [flow, _], d_cells, .. } = shard else { return };
            let tape = &kept.tapes[FAKE];
            let d_features = &mut kept.d_features[0];
            d_features.fill(0.0);
            if let Some(spread) = &fake {
                spread.backward(tape.features(), self.heard() * d_spread, d_features);
            }
            if let Some(pull) = &pull {
                pull.add_to(d_features);
            }
            let at = (&kept.d_scores[FAKE][..], Some(&d_features[..]));
            self.critic.backward(self.weights, cells, tape, at, flow, Want::Cells(d_cells));
        });
        pull.map_or(0.0, |pull| pull.value)
    }

    /// What the generated phrases' scores are worth to the generator, with the derivatives; returns
    /// the sum of these.
    fn value_generated(&self, shards: &mut [Shard], spreads: [Option<&Spread>; 2]) -> f32 {
        let terms = spreads.map(|s| f64::from(self.heard() * s.map_or(0.0, |s| s.value)));
        let mut total = 0.0;
        for shard in shards {
            shard.sums = Sums::default();
            let Some(kept) = &mut shard.kept else { continue };
            let [real, fake] = &kept.tapes;
            for (d_score, (&real, &fake)) in
                kept.d_scores[FAKE].iter_mut().zip(real.scores().iter().zip(fake.scores()))
            {
                let (real, fake) = (f64::from(real) + terms[REAL], f64::from(fake) + terms[FAKE]);
                let (value, d) = self.worth.to_generator(fake, real);
                shard.sums[WORTH] += value;
                let d = d / self.batch as f64;
                *d_score = d as f32;
                total += d;
            }
        }
        total as f32
    }
}

/// What draws the mean features of generated phrases to those of real ones: the squared distance of
/// the two (Salimans et al., 2016).
struct Pull {
    value: f64,
    /// The same at every generated phrase.
    gradient: Vec<f32>,
}

impl Pull {
    fn new(shards: &[Shard], weight: f64) -> Self {
        let mean = |tape: fn(&Shard) -> &Tape| {
            let mut sums = vec![0.0f64; FEATURES];
            for features in shards.iter().flat_map(|s| tape(s).features().as_chunks::<FEATURES>().0)
            {
                sums.iter_mut().zip(features).for_each(|(sum, &f)| *sum += f64::from(f));
            }
            sums
        };
        let batch = shards.iter().map(|shard| shard.samples).sum::<usize>() as f64;
        let distances: Vec<f64> = mean(fake_tape)
            .into_iter()
            .zip(mean(real_tape))
            .map(|(fake, real)| (fake - real) / batch)
            .collect();
        let value = weight * distances.iter().map(|d| d * d).sum::<f64>();
        let gradient = distances.iter().map(|d| (2.0 * weight * d / batch) as f32).collect();
        Self { value, gradient }
    }

    fn add_to(&self, d_features: &mut [f32]) {
        for d in d_features.chunks_exact_mut(FEATURES) {
            d.iter_mut().zip(&self.gradient).for_each(|(d, pull)| *d += pull);
        }
    }
}

/// The gradient at the features, if there is a spread through which it comes.
fn through_spread<'d>(
    spread: Option<&Spread>,
    tape: &Tape,
    factor: f32,
    d_features: &'d mut [f32],
) -> Option<&'d [f32]> {
    let spread = spread?;
    d_features.fill(0.0);
    spread.backward(tape.features(), factor, d_features);
    Some(d_features)
}

fn slices(cells: &[Vec<f32>; Track::COUNT]) -> Cells<'_> {
    cells.each_ref().map(|track| &track[..])
}

/// The tapes of the shards that are [kept](Shard::kept).
fn real_tape(shard: &Shard) -> &Tape {
    shard.kept.as_ref().map_or(&shard.tapes[0], |kept| &kept.tapes[REAL])
}

fn fake_tape(shard: &Shard) -> &Tape {
    shard.kept.as_ref().map_or(&shard.tapes[0], |kept| &kept.tapes[FAKE])
}
