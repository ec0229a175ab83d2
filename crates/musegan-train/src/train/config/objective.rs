//! What the tutorial networks are trained for: parts that are chosen one by one, the table
//! `[objective]` of a configuration. What must stay true: the defaults are the tutorial's WGAN-GP,
//! and a combination that makes no sense is refused with the reason.
use super::Config;
use serde::{Deserialize, Serialize};

/// The parts of the objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectiveConfig {
    /// What scores are worth.
    pub loss: Loss,
    /// How far the label of real phrases lies below 1, with `bce`: `0..0.5`.
    pub label_smoothing: f64,
    /// Which gradient is penalised. The penalty's weight is the setting `penalty`.
    pub penalty: Penalty,
    /// Critic steps from one penalty to the next, `1..=1000`; the penalty then weighs as much more.
    pub penalty_every: u32,
    /// Whether the critic's weights are divided by their largest singular value, in place of its
    /// layer norm.
    pub spectral_norm: bool,
    /// Weight of the distance between the mean features of real and of generated phrases that the
    /// generator is to shorten, `0..=1000`.
    pub feature_matching: f64,
    /// How loudly the critic hears how much the phrases of a batch differ, `0..=1000`.
    pub minibatch_statistics: f64,
    /// Weight of the error with which an encoded phrase is played again, `0..=1000`.
    pub reconstruction: f64,
    /// Weight of the divergence of an encoder's latents from noise, `0..=1000`.
    pub kl: f64,
}

/// What the scores D of real phrases x and of generated ones G are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Critic: `D(G) − D(x)`; generator: `−D(G)` (Arjovsky et al., 2017).
    Wasserstein,
    /// Critic: `max(0, 1 − D(x)) + max(0, 1 + D(G))`; generator: `−D(G)` (Lim & Ye, 2017).
    Hinge,
    /// Critic: `ln(1 + e^−D(x)) + ln(1 + e^D(G))`; generator: `ln(1 + e^−D(G))` (Goodfellow et al.,
    /// 2014).
    NonSaturating,
    /// The same as cross-entropy of labels, of which that of real phrases may be below 1.
    Bce,
    /// Critic: `ln(1 + e^(D(G) − D(x)))` of pairs; generator: the same the other way round
    /// (Jolicoeur-Martineau, 2018).
    Relativistic,
}

/// Which gradient of the critic is penalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Penalty {
    /// Its distance from length 1, between real and generated phrases (Gulrajani et al., 2017).
    Gradient,
    /// Half its squared length, at real phrases (Mescheder et al., 2018).
    R1,
    /// None.
    None,
}

impl Default for ObjectiveConfig {
    fn default() -> Self {
        Self {
            loss: Loss::Wasserstein,
            label_smoothing: 0.0,
            penalty: Penalty::Gradient,
            penalty_every: 1,
            spectral_norm: false,
            feature_matching: 0.0,
            minibatch_statistics: 0.0,
            reconstruction: 0.0,
            kl: 0.0,
        }
    }
}

impl Loss {
    /// Its name in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasserstein => "wasserstein",
            Self::Hinge => "hinge",
            Self::NonSaturating => "non-saturating",
            Self::Bce => "bce",
            Self::Relativistic => "relativistic",
        }
    }
}

impl ObjectiveConfig {
    /// Checks every range, and that the parts go together.
    pub(super) fn check(&self, config: &Config) -> Result<(), String> {
        let weights = [
            ("feature_matching", self.feature_matching),
            ("minibatch_statistics", self.minibatch_statistics),
            ("reconstruction", self.reconstruction),
            ("kl", self.kl),
        ];
        for (key, weight) in weights {
            if !(0.0..=1000.0).contains(&weight) {
                return Err(format!("`{key}` must be between 0 and 1000, not {weight}"));
            }
        }
        if !(0.0..0.5).contains(&self.label_smoothing) {
            let found = self.label_smoothing;
            return Err(format!("`label_smoothing` must be from 0 to below 0.5, not {found}"));
        }
        if !(1..=1000).contains(&self.penalty_every) {
            let found = self.penalty_every;
            return Err(format!("`penalty_every` must be between 1 and 1000, not {found}"));
        }
        let penalised = self.penalty != Penalty::None && config.penalty > 0.0;
        match self.nonsense(penalised) {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(()),
        }
    }

    /// Why the parts do not go together.
    fn nonsense(&self, penalised: bool) -> Option<&'static str> {
        let wasserstein = self.loss == Loss::Wasserstein;
        let bounded = self.spectral_norm;
        let cases = [
            (
                wasserstein && !penalised && !bounded,
                "`loss = \"wasserstein\"` needs a penalty or spectral_norm: nothing else keeps the \
                 critic's scores from growing without end; set `penalty = \"gradient\"` with a \
                 weight above 0, or `spectral_norm = true`, or take another loss",
            ),
            (
                wasserstein && self.penalty == Penalty::R1 && !bounded,
                "`penalty = \"r1\"` does not bound `loss = \"wasserstein\"`: it flattens the scores \
                 at real phrases only, and those of generated ones fall without end; take \
                 `penalty = \"gradient\"`, or another loss",
            ),
            (
                wasserstein && !penalised && self.minibatch_statistics > 0.0,
                "`minibatch_statistics` needs a penalty with `loss = \"wasserstein\"`: \
                 spectral_norm does not bound the weight of the batch's spread",
            ),
            (
                self.label_smoothing > 0.0 && self.loss != Loss::Bce,
                "`label_smoothing` needs labels, which only `loss = \"bce\"` has; take that, or leave \
                 label_smoothing out",
            ),
            (
                self.penalty_every > 1 && !penalised,
                "`penalty_every` has no penalty to space out: set `penalty = \"r1\"` or \
                 `\"gradient\"` with a weight above 0, or leave penalty_every out",
            ),
            (
                self.reconstruction > 0.0 || self.kl > 0.0,
                "`reconstruction` and `kl` need an encoder, which the tutorial networks do not have; \
                 `network = \"band\"` has one, with settings in `[band]`",
            ),
        ];
        cases.into_iter().find_map(|(nonsense, reason)| nonsense.then_some(reason))
    }
}
