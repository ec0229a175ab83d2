//! How a run is doing, in words. What must stay true: a verdict depends on what was measured alone; it
//! is told when it changes and has lasted a few looks, never again and again.
//!
//! What critic and generator are worth to their losses says little in itself; what is looked at is how
//! the critic's loss, without its penalty, lies between two values that each loss has: that of a critic
//! that cannot tell real from generated phrases, and that of one which always can.
//!
//! | loss | cannot tell | always can |
//! |---|---|---|
//! | hinge | 2 | 0 |
//! | non-saturating, bce | 2 ln 2 | 0, or the entropy of the smoothed label |
//! | relativistic | ln 2 | 0 |
//!
//! Below a tenth of the way the critic dominates: what the generator learns from it fades. Within 3 %
//! of "cannot tell" it is confused, and beyond, at a tenth more, it is fooled: it takes generated
//! phrases for the real ones. The Wasserstein loss has no such scale. There the estimated distance, real
//! scores above generated ones, is held against its own past: at twice what it long has been the
//! generator falls behind; below a twentieth of the most that it has been the critic is confused, and as
//! far below zero fooled.
//!
//! The band's critic is relativistic, and dominates below a quarter of the way, where it is right of
//! pairs five times in six: its slope is penalised at real and at played phrases, so that scores which
//! are far apart mean music that is far apart.
//!
//! What is played says more. It has collapsed where phrases are alike, and diverges where it is twice
//! as far from real music as it once was, by a margin. An encoder says what the noise behind a phrase
//! means, in nats; the band has one before it has a critic.
mod verdict;

pub use verdict::Verdict;

use super::checkpoint::Score;
use super::config::{Loss, ObjectiveConfig};
use super::objective::Losses;
use std::f64::consts::LN_2;

/// Looks before anything is said, and looks that a verdict must last.
const FIRST: u32 = 20;
const LASTING: u32 = 5;
/// What a mean keeps of itself in a look: a short and a long memory.
const SHORT: f64 = 0.9;
const LONG: f64 = 0.99;
/// Scores further apart are no verdict of a critic's any more: `e^-100` is zero in single precision. A
/// critic whose gradients have length 1 cannot part two rolls by more than their distance, at most
/// √23040 = 152 where all cells differ.
const APART: f64 = 100.0;
const APART_WASSERSTEIN: f64 = 300.0;
/// Two phrases that share more of their cells are alike: two of real music share about a twentieth. Or
/// more than four times what the training phrases share.
const ALIKE: f64 = 0.2;
const TIMES_REAL: f64 = 4.0;
/// What is played diverges at so many times the least mean |z|, and so much above it.
const TIMES_BEST: f64 = 2.0;
const ABOVE_BEST: f64 = 0.1;
/// Nats in each number of the noise below which it means nothing: what one number in ten would have if
/// it said one of two things.
const LEAST_NATS: f64 = 0.07;
/// Shares of the way from a critic that always can tell to one that cannot, below which it dominates.
const DOMINATES: f64 = 0.1;
const DOMINATES_BAND: f64 = 0.25;

/// What a verdict is made from.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    /// The critic's loss without its penalty.
    pub worth: f64,
    /// The mean score of real phrases.
    pub real: f64,
    /// The mean score of generated phrases.
    pub fake: f64,
}

impl From<&Losses> for Signs {
    fn from(losses: &Losses) -> Self {
        Self { worth: losses.worth, real: losses.real, fake: losses.fake }
    }
}

/// Looks at a run from time to time.
#[derive(Clone, Debug)]
pub struct Health {
    loss: Loss,
    /// What the critic's loss comes to where it always can tell, and where it cannot.
    bounds: [f64; 2],
    /// The share of the way between the two below which the critic dominates.
    dominates: f64,
    /// Likeness beyond which phrases count as alike.
    alike: f64,
    /// The least mean |z| so far.
    best: f64,
    looks: u32,
    worth: f64,
    gap: f64,
    long_gap: f64,
    most_gap: f64,
    collapsed: bool,
    worse: bool,
    noise_unused: bool,
    said: Verdict,
    /// What was found last, and for how many looks.
    found: (Verdict, u32),
}

impl Health {
    /// For an objective, and the likeness of two training phrases if that is known.
    #[must_use]
    pub fn new(objective: &ObjectiveConfig, real_likeness: Option<f64>) -> Self {
        let label = 1.0 - objective.label_smoothing;
        let entropy = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        let bounds = match objective.loss {
            Loss::Wasserstein => [0.0, 0.0],
            Loss::Hinge => [0.0, 2.0],
            Loss::NonSaturating | Loss::Bce => [entropy(label) + entropy(1.0 - label), 2.0 * LN_2],
            Loss::Relativistic => [0.0, LN_2],
        };
        Self {
            loss: objective.loss,
            bounds,
            dominates: DOMINATES,
            best: f64::INFINITY,
            alike: real_likeness.map_or(ALIKE, |real| ALIKE.max(TIMES_REAL * real)),
            looks: 0,
            worth: 0.0,
            gap: 0.0,
            long_gap: 0.0,
            most_gap: 0.0,
            collapsed: false,
            worse: false,
            noise_unused: false,
            said: Verdict::Beginning,
            found: (Verdict::Beginning, 0),
        }
    }

    /// For the band, and the likeness of two training phrases if that is known.
    #[must_use]
    pub fn of_band(real_likeness: Option<f64>) -> Self {
        let objective = ObjectiveConfig { loss: Loss::Relativistic, ..ObjectiveConfig::default() };
        Self { dominates: DOMINATES_BAND, ..Self::new(&objective, real_likeness) }
    }

    /// Takes in what a step measured. Gives the verdict where it is another than what was said last.
    pub fn look(&mut self, signs: Signs) -> Option<Verdict> {
        let gap = signs.real - signs.fake;
        if self.looks == 0 {
            (self.worth, self.gap, self.long_gap) = (signs.worth, gap, gap);
        }
        self.looks = self.looks.saturating_add(1);
        let keep = |mean: &mut f64, new: f64, share: f64| *mean += (1.0 - share) * (new - *mean);
        keep(&mut self.worth, signs.worth, SHORT);
        keep(&mut self.gap, gap, SHORT);
        // Of all looks until there are many: at first the distance grows from nothing.
        let looks = f64::from(self.looks);
        keep(&mut self.long_gap, gap, LONG.min((looks - 1.0) / looks));
        if self.looks >= FIRST {
            self.most_gap = self.most_gap.max(self.gap);
        }
        self.find(self.judge(gap))
    }

    /// The same of a step before there is a critic.
    pub fn look_without_critic(&mut self) -> Option<Verdict> {
        self.find(self.heard().unwrap_or(Verdict::Healthy))
    }

    /// Takes in how good what is played is.
    pub fn listen(&mut self, score: &Score) {
        self.collapsed = score.likeness.is_some_and(|likeness| likeness > self.alike);
        self.worse = score.mean_abs_z > (TIMES_BEST * self.best).max(self.best + ABOVE_BEST);
        self.best = self.best.min(score.mean_abs_z);
    }

    /// Takes in how many nats an encoder finds in each number of the noise.
    pub fn find_noise(&mut self, nats: f64) {
        self.noise_unused = nats < LEAST_NATS;
    }

    /// What was said last.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.said
    }

    fn judge(&self, gap: f64) -> Verdict {
        let wasserstein = self.loss == Loss::Wasserstein;
        let apart = if wasserstein { APART_WASSERSTEIN } else { APART };
        if self.gap.abs() > apart || !gap.is_finite() {
            return Verdict::Divergence;
        }
        match self.heard() {
            Some(verdict) => verdict,
            None if self.looks < FIRST => Verdict::Beginning,
            None if wasserstein => self.judge_distance(),
            None => self.judge_worth(),
        }
    }

    /// What is amiss whatever a critic says.
    const fn heard(&self) -> Option<Verdict> {
        match () {
            () if self.worse => Some(Verdict::Divergence),
            () if self.collapsed => Some(Verdict::Collapse),
            () if self.noise_unused => Some(Verdict::NoiseUnused),
            () => None,
        }
    }

    fn judge_worth(&self) -> Verdict {
        let [always, never] = self.bounds;
        let share = (self.worth - always) / (never - always);
        match share {
            share if share < self.dominates => Verdict::CriticDominates,
            share if share > 1.1 => Verdict::CriticFooled,
            share if share > 0.97 => Verdict::Confused,
            _ => Verdict::Healthy,
        }
    }

    fn judge_distance(&self) -> Verdict {
        let noise = 0.05 * self.most_gap;
        if self.gap < -noise {
            Verdict::CriticFooled
        } else if self.gap < noise {
            Verdict::Confused
        } else if self.gap > 2.0 * self.long_gap.max(noise) {
            Verdict::CriticDominates
        } else {
            Verdict::Healthy
        }
    }

    fn find(&mut self, verdict: Verdict) -> Option<Verdict> {
        let lasted = if self.found.0 == verdict { self.found.1 + 1 } else { 1 };
        self.found = (verdict, lasted);
        if verdict == self.said || verdict == Verdict::Beginning || lasted < LASTING {
            return None;
        }
        self.said = verdict;
        Some(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(loss: Loss) -> Health {
        Health::new(&ObjectiveConfig { loss, ..ObjectiveConfig::default() }, Some(0.05))
    }

    /// What is said, one after the other, of looks at these losses: the critic's worth and the gap.
    fn said(health: &mut Health, looks: usize, worth: f64, gap: f64) -> Vec<Verdict> {
        let signs = |n: usize| {
            // As noisy as batches are.
            let noise = [0.0, 0.02, -0.02][n % 3];
            Signs { worth: worth * (1.0 + noise), real: gap * (1.0 + noise), fake: 0.0 }
        };
        (0..looks).filter_map(|n| health.look(signs(n))).collect()
    }

    #[test]
    fn each_verdict_is_said_once_when_it_begins() {
        let mut run = health(Loss::Hinge);
        assert_eq!(said(&mut run, 15, 1.2, 0.8), []);
        assert_eq!(said(&mut run, 100, 1.2, 0.8), [Verdict::Healthy]);
        assert_eq!(said(&mut run, 100, 0.02, 3.0), [Verdict::CriticDominates]);
        let back = said(&mut run, 100, 2.0, 0.0);
        assert_eq!(back, [Verdict::Healthy, Verdict::Confused]);
        assert_eq!(said(&mut run, 100, 2.6, -0.6), [Verdict::CriticFooled]);
    }

    #[test]
    fn thresholds_fit_the_loss() {
        use Verdict::{Confused, CriticDominates, Healthy};
        for (loss, confused, healthy, dominant) in [
            (Loss::Hinge, 2.0, 1.0, 0.1),
            (Loss::NonSaturating, 2.0 * LN_2, 0.9, 0.1),
            (Loss::Relativistic, LN_2, 0.55, 0.05),
        ] {
            for (worth, verdict) in
                [(confused, Confused), (healthy, Healthy), (dominant, CriticDominates)]
            {
                assert_eq!(said(&mut health(loss), 60, worth, 0.5), [verdict], "{loss:?} {worth}");
            }
        }
    }

    #[test]
    fn a_smoothed_label_leaves_a_perfect_critic_its_entropy() {
        let smooth =
            ObjectiveConfig { loss: Loss::Bce, label_smoothing: 0.1, ..ObjectiveConfig::default() };
        // −.9 ln .9 − .1 ln .1 = .325.
        let mut run = Health::new(&smooth, None);
        assert_eq!(said(&mut run, 60, 0.33, 4.0), [Verdict::CriticDominates]);
    }

    #[test]
    fn a_wasserstein_critic_is_held_against_its_own_past() {
        let mut run = health(Loss::Wasserstein);
        assert_eq!(said(&mut run, 300, -8.0, 8.0), [Verdict::Healthy]);
        assert_eq!(said(&mut run, 40, -30.0, 30.0), [Verdict::CriticDominates]);
        let later = said(&mut run, 400, -30.0, 30.0);
        assert_eq!(later, [Verdict::Healthy], "it has long been there");
        assert_eq!(said(&mut run, 100, 0.0, 0.0), [Verdict::Confused]);
        assert_eq!(said(&mut run, 100, 9.0, -9.0), [Verdict::CriticFooled]);
        let away = said(&mut run, 100, -900.0, 900.0);
        assert_eq!(away.last(), Some(&Verdict::Divergence));
    }

    #[test]
    fn phrases_that_are_alike_are_a_collapse_whatever_the_losses_say() {
        let mut run = health(Loss::Relativistic);
        said(&mut run, 60, 0.55, 0.3);
        let alike = |likeness| Score { mean_abs_z: 1.0, likeness: Some(likeness) };
        run.listen(&alike(0.08));
        assert_eq!(said(&mut run, 20, 0.55, 0.3), []);
        run.listen(&alike(0.5));
        assert_eq!(said(&mut run, 20, 0.55, 0.3), [Verdict::Collapse]);
        run.listen(&alike(0.08));
        assert_eq!(said(&mut run, 20, 0.55, 0.3), [Verdict::Healthy]);
    }

    #[test]
    fn music_twice_as_far_from_real_music_as_it_was_is_a_divergence() {
        let mut run = health(Loss::Relativistic);
        said(&mut run, 60, 0.55, 0.3);
        let far = |mean_abs_z| Score { mean_abs_z, likeness: None };
        let mut then = |mean_abs_z| {
            run.listen(&far(mean_abs_z));
            said(&mut run, 20, 0.55, 0.3)
        };
        assert_eq!(then(0.5), []);
        assert_eq!(then(0.04), []);
        assert_eq!(then(0.12), [], "three times as far, but near");
        assert_eq!(then(0.2), [Verdict::Divergence]);
        assert_eq!(then(0.1), [Verdict::Healthy]);
    }

    #[test]
    fn the_bands_critic_dominates_at_a_quarter_of_the_way() {
        let band = || Health::of_band(None);
        assert_eq!(said(&mut band(), 60, 0.3 * LN_2, 1.4), [Verdict::Healthy]);
        assert_eq!(said(&mut band(), 60, 0.2 * LN_2, 1.9), [Verdict::CriticDominates]);
        let mut tutorial = health(Loss::Relativistic);
        assert_eq!(said(&mut tutorial, 60, 0.2 * LN_2, 1.9), [Verdict::Healthy]);
    }

    #[test]
    fn one_bad_batch_is_no_verdict() {
        let mut run = health(Loss::NonSaturating);
        said(&mut run, 60, 0.9, 1.0);
        assert_eq!(said(&mut run, 1, 4.0, -3.0), []);
        assert_eq!(said(&mut run, 60, 0.9, 1.0), []);
    }
}
