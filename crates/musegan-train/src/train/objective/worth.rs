//! What scores are worth, and the derivatives: [`Loss`] on numbers. What must stay true: a derivative
//! is that of the value beside it.
use super::super::config::{Loss, ObjectiveConfig};
use super::shard::REAL;

/// A loss with what it needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worth {
    loss: Loss,
    /// The label of real phrases.
    label: f64,
}

impl Worth {
    pub(super) fn of(objective: &ObjectiveConfig) -> Self {
        Self { loss: objective.loss, label: 1.0 - objective.label_smoothing }
    }

    /// Whether what a generated phrase is worth depends on the real one beside it.
    pub(super) fn is_of_pairs(self) -> bool {
        self.loss == Loss::Relativistic
    }

    /// To the critic, of a phrase of one side (real, generated) with this score, where losses are not
    /// of pairs: the value and its derivative.
    pub(super) fn of_side(self, side: usize, score: f64) -> (f64, f64) {
        if side == REAL { self.of_real(score) } else { self.of_fake(score) }
    }

    /// To the critic, of a real phrase with the score `real` and a generated one with `fake`: the
    /// value, and its derivatives at the two.
    pub(super) fn to_critic(self, real: f64, fake: f64) -> (f64, [f64; 2]) {
        if self.is_of_pairs() {
            let lead = fake - real;
            return (softplus(lead), [-sigmoid(lead), sigmoid(lead)]);
        }
        let ((of_real, d_real), (of_fake, d_fake)) = (self.of_real(real), self.of_fake(fake));
        (of_real + of_fake, [d_real, d_fake])
    }

    /// To the generator, of a generated phrase with the score `fake`, and a real one with `real`
    /// where losses are of pairs: the value, and its derivative at `fake`.
    pub(super) fn to_generator(self, fake: f64, real: f64) -> (f64, f64) {
        match self.loss {
            Loss::Wasserstein | Loss::Hinge => (-fake, -1.0),
            Loss::NonSaturating | Loss::Bce => (softplus(-fake), -sigmoid(-fake)),
            Loss::Relativistic => (softplus(real - fake), -sigmoid(real - fake)),
        }
    }

    /// The part of a real phrase, where losses are not of pairs.
    fn of_real(self, score: f64) -> (f64, f64) {
        match self.loss {
            Loss::Wasserstein | Loss::Relativistic => (-score, -1.0),
            Loss::Hinge if score < 1.0 => (1.0 - score, -1.0),
            Loss::Hinge => (0.0, 0.0),
            Loss::NonSaturating | Loss::Bce => {
                (softplus(score) - self.label * score, sigmoid(score) - self.label)
            }
        }
    }

    /// The part of a generated phrase, where losses are not of pairs.
    fn of_fake(self, score: f64) -> (f64, f64) {
        match self.loss {
            Loss::Wasserstein | Loss::Relativistic => (score, 1.0),
            Loss::Hinge if score > -1.0 => (1.0 + score, 1.0),
            Loss::Hinge => (0.0, 0.0),
            Loss::NonSaturating | Loss::Bce => (softplus(score), sigmoid(score)),
        }
    }
}

fn softplus(x: f64) -> f64 {
    // Without overflow for large scores.
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
