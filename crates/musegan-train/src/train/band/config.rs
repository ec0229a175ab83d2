//! The settings of the model `band`: one table per phase of a run. What must stay true: the defaults
//! are the recipe that the shipped band was trained with, and a value out of range is a sentence.
use super::phase::Phase;
use musegan_model::band::Dimensions;
use serde::{Deserialize, Serialize};

/// Settings of a run that trains the band, the table `[band]` of a configuration. Every phase has a
/// table of its own; what the run has in common is outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BandConfig {
    /// Share of the phrases that are heard in another key than the one that they were written in,
    /// drawn anew each time, `0..=1`.
    pub transposed: f64,
    /// Entries of the bank of sheets and chords that is exported, `1..=65536`.
    pub bank: usize,
    /// Sizes of the networks, all of them or none.
    pub dimensions: Dimensions,
    /// First: what a bar of one track sounds like.
    pub codec: CodecPhase,
    /// Second: how the bars of a phrase go together, from what the codec says about real phrases.
    pub second: SecondPhase,
    /// Third: the same against a critic that hears what is played.
    pub adversarial: AdversarialPhase,
}

/// The bar codec, a variational autoencoder for each track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodecPhase {
    /// Steps of this phase, `1..`.
    pub steps: u64,
    /// Bars of each track in a batch, `4..=1024`.
    pub batch: usize,
    /// Adam's learning rate after the warm-up; it sinks to nearly nothing along half a cosine.
    pub learning_rate: f64,
    /// Adam's two decays, `0..1`.
    pub betas: [f64; 2],
    /// Steps in which the learning rate rises.
    pub warm_up: u64,
    /// Weight of a nat of the latents' divergence, `0..=10`. With more the codes lie nearer to a normal
    /// distribution, and say less.
    pub divergence: f64,
    /// Steps in which that weight rises.
    pub divergence_warm_up: u64,
    /// Weight of the lengths' error, `0..=100`.
    pub lengths: f64,
    /// Weight of the velocities' error, `0..=100`.
    pub velocities: f64,
}

/// The generator as the decoder of a second variational autoencoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecondPhase {
    /// Steps of this phase, `1..`.
    pub steps: u64,
    /// Phrases of a batch, `1..=1024`.
    pub batch: usize,
    /// Adam's learning rate, for the generator and its encoder.
    pub learning_rate: f64,
    /// Adam's two decays, `0..1`.
    pub betas: [f64; 2],
    /// Steps in which the learning rate rises.
    pub warm_up: u64,
    /// Share of the phrases that have one to four tracks given, `0..=1`.
    pub given: f64,
    /// Weight of a nat of the noise's divergence, `0..=10`.
    pub divergence: f64,
    /// Steps in which that weight rises. Without them, or with a weight near 1, the noise comes to mean
    /// nothing.
    pub divergence_warm_up: u64,
    /// Weight of the error of what is played against its style sheet, `0..=100`.
    pub sheet: f64,
    /// Steps before that error is first measured.
    pub sheet_from: u64,
    /// Steps between two measurements of it, `1..`.
    pub sheet_every: u64,
    /// Standard deviation of the noise on the style sheets, in their own, `0..=1`.
    pub sheet_noise: f64,
    /// Decay of the moving averages of generator and encoder, `0..1`.
    pub average: f64,
}

/// The generator against the critic, the decoder learning with it or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdversarialPhase {
    /// Steps of this phase, `1..`.
    pub steps: u64,
    /// Phrases of a batch, `2..=1024`.
    pub batch: usize,
    /// Adam's learning rate for the generator and its encoder.
    pub learning_rate: f64,
    /// Adam's learning rate for the critic.
    pub critic_learning_rate: f64,
    /// Adam's learning rate for the codec's decoder; 0 leaves it as it is. One that learns on forgets
    /// real bars unless `codec` holds it to them.
    pub decoder_learning_rate: f64,
    /// Adam's two decays for generator, encoder and decoder, `0..1`.
    pub betas: [f64; 2],
    /// Adam's two decays for the critic, `0..1`.
    pub critic_betas: [f64; 2],
    /// Steps in which the learning rates rise.
    pub warm_up: u64,
    /// Share of the phase, at its end, in which the learning rates sink to a twentieth, `0..=1`.
    pub fade: f64,
    /// Share of the phrases that have one to four tracks given, `0..=1`.
    pub given: f64,
    /// Share of the phrases whose style sheet is not that of the phrase whose chords they have,
    /// `0..=1`.
    pub crossed: f64,
    /// Weight of the critic's opinion, `0..=100`.
    pub critic: f64,
    /// Weight of the second phase's own loss, `0..=100`.
    pub second: f64,
    /// Weight of the error of what is played against its style sheet, `0..=100`.
    pub sheet: f64,
    /// Standard deviation of the noise on the style sheets, in their own, `0..=1`.
    pub sheet_noise: f64,
    /// Weight of semitone clashes beyond those of real phrases, `0..=100`.
    pub clashes: f64,
    /// Weight of the codec's own loss, which keeps the decoder faithful, `0..=100`.
    pub codec: f64,
    /// Weight of the critic's penalty, `0..=1000`.
    pub penalty: f64,
    /// Steps between two measurements of the penalty, `1..`.
    pub penalty_every: u64,
    /// Standard deviation of the noise across which the critic's slope is measured, `0.001..=1`.
    pub penalty_reach: f64,
    /// Decay of the moving averages of generator, encoder and decoder that are exported, `0..1`.
    pub average: f64,
    /// Steps between two looks at the yardstick, which keep the best checkpoint; 0 takes none.
    pub evaluate_every: u64,
    /// Phrases that are generated for it, `10..=100000`.
    pub evaluate_phrases: usize,
}

impl Default for BandConfig {
    fn default() -> Self {
        Self {
            transposed: 0.5,
            bank: 4096,
            dimensions: Dimensions::BAND,
            codec: CodecPhase::default(),
            second: SecondPhase::default(),
            adversarial: AdversarialPhase::default(),
        }
    }
}

impl Default for CodecPhase {
    fn default() -> Self {
        Self {
            steps: 20_000,
            batch: 96,
            learning_rate: 1.2e-3,
            betas: [0.9, 0.99],
            warm_up: 200,
            divergence: 0.1,
            divergence_warm_up: 300,
            lengths: 4.0,
            velocities: 1.0,
        }
    }
}

impl Default for SecondPhase {
    fn default() -> Self {
        Self {
            steps: 3000,
            batch: 32,
            learning_rate: 1e-3,
            betas: [0.5, 0.98],
            warm_up: 50,
            given: 0.5,
            divergence: 0.1,
            divergence_warm_up: 600,
            sheet: 0.3,
            sheet_from: 500,
            sheet_every: 3,
            sheet_noise: 0.05,
            average: 0.995,
        }
    }
}

impl Default for AdversarialPhase {
    fn default() -> Self {
        Self {
            steps: 15_000,
            batch: 32,
            learning_rate: 2e-4,
            critic_learning_rate: 5e-4,
            decoder_learning_rate: 0.0,
            betas: [0.5, 0.98],
            critic_betas: [0.0, 0.97],
            warm_up: 50,
            fade: 0.3,
            given: 0.5,
            crossed: 0.5,
            critic: 1.0,
            second: 1.0,
            sheet: 0.3,
            sheet_noise: 0.05,
            clashes: 0.3,
            codec: 0.05,
            penalty: 10.0,
            penalty_every: 4,
            penalty_reach: 0.1,
            average: 0.995,
            evaluate_every: 1000,
            evaluate_phrases: 500,
        }
    }
}

impl BandConfig {
    /// Steps of all phases together.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let later = self.second.steps.saturating_add(self.adversarial.steps);
        self.codec.steps.saturating_add(later)
    }

    /// The phase that the step after so many finished ones belongs to, and how many steps of it are
    /// finished. Past the end it is the last phase.
    #[must_use]
    pub fn phase(&self, step: u64) -> (Phase, u64) {
        let second = self.codec.steps;
        let adversarial = second.saturating_add(self.second.steps);
        match step {
            _ if step < second => (Phase::Codec, step),
            _ if step < adversarial => (Phase::Second, step - second),
            _ => (Phase::Adversarial, step - adversarial),
        }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// The sentence for the first setting that is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let (c, s, a) = (&self.codec, &self.second, &self.adversarial);
        let checks = [
            share("transposed", self.transposed),
            among("bank", self.bank, 1, 65_536),
            steps("codec.steps", c.steps),
            among("codec.batch", c.batch, 4, 1024),
            rate("codec.learning_rate", c.learning_rate),
            decays("codec.betas", c.betas),
            number("codec.divergence", c.divergence, 10.0),
            number("codec.lengths", c.lengths, 100.0),
            number("codec.velocities", c.velocities, 100.0),
            steps("second.steps", s.steps),
            among("second.batch", s.batch, 1, 1024),
            rate("second.learning_rate", s.learning_rate),
            decays("second.betas", s.betas),
            share("second.given", s.given),
            number("second.divergence", s.divergence, 10.0),
            number("second.sheet", s.sheet, 100.0),
            steps("second.sheet_every", s.sheet_every),
            share("second.sheet_noise", s.sheet_noise),
            decays("second.average", [s.average, 0.0]),
            steps("adversarial.steps", a.steps),
            among("adversarial.batch", a.batch, 2, 1024),
            rate("adversarial.learning_rate", a.learning_rate),
            rate("adversarial.critic_learning_rate", a.critic_learning_rate),
            share("adversarial.decoder_learning_rate", a.decoder_learning_rate),
            decays("adversarial.betas", a.betas),
            decays("adversarial.critic_betas", a.critic_betas),
            share("adversarial.fade", a.fade),
            share("adversarial.given", a.given),
            share("adversarial.crossed", a.crossed),
            number("adversarial.critic", a.critic, 100.0),
            number("adversarial.second", a.second, 100.0),
            number("adversarial.sheet", a.sheet, 100.0),
            share("adversarial.sheet_noise", a.sheet_noise),
            number("adversarial.clashes", a.clashes, 100.0),
            number("adversarial.codec", a.codec, 100.0),
            number("adversarial.penalty", a.penalty, 1000.0),
            steps("adversarial.penalty_every", a.penalty_every),
            reach("adversarial.penalty_reach", a.penalty_reach),
            decays("adversarial.average", [a.average, 0.0]),
            among("adversarial.evaluate_phrases", a.evaluate_phrases, 10, 100_000),
        ];
        checks.into_iter().collect::<Result<(), String>>()?;
        let sizes = self.dimensions.check();
        sizes.map_err(|misshapen| format!("`band.dimensions`: {misshapen}"))
    }
}

fn expect(holds: bool, key: &str, range: &str, found: String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("`band.{key}` must be {range}, not {found}")) }
}

fn steps(key: &str, found: u64) -> Result<(), String> {
    expect((1..=1 << 40).contains(&found), key, "at least 1", found.to_string())
}

fn among(key: &str, found: usize, low: usize, high: usize) -> Result<(), String> {
    let range = format!("between {low} and {high}");
    expect((low..=high).contains(&found), key, &range, found.to_string())
}

fn share(key: &str, found: f64) -> Result<(), String> {
    expect((0.0..=1.0).contains(&found), key, "between 0 and 1", found.to_string())
}

fn number(key: &str, found: f64, high: f64) -> Result<(), String> {
    let range = format!("between 0 and {high}");
    expect((0.0..=high).contains(&found), key, &range, found.to_string())
}

fn rate(key: &str, found: f64) -> Result<(), String> {
    expect(found > 0.0 && found <= 1.0, key, "above 0 and at most 1", found.to_string())
}

fn reach(key: &str, found: f64) -> Result<(), String> {
    expect((0.001..=1.0).contains(&found), key, "between 0.001 and 1", found.to_string())
}

fn decays(key: &str, found: [f64; 2]) -> Result<(), String> {
    let holds = found.into_iter().all(|decay| (0.0..1.0).contains(&decay));
    expect(holds, key, "from 0 to below 1", format!("{found:?}"))
}
