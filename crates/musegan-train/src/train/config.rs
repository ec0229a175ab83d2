//! The settings of a training run: one TOML file. What must stay true: an unknown key or a value
//! out of range is an error with a sentence, never ignored.
mod learning;
mod objective;

pub use learning::{Learning, Schedule};
pub use objective::{Loss, ObjectiveConfig, Penalty};

use super::band::BandConfig;
use super::error::TrainError;
use musegan_model::trainable::critic::Form;
use musegan_score::file;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A longer file is not read. One with every setting has some hundred bytes.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 20;
/// The settings of the first version.
const OLDEST: [&str; 15] = [
    "steps",
    "batch",
    "seed",
    "learning_rate",
    "learning_rate_end",
    "betas",
    "critic_steps",
    "penalty",
    "average",
    "keys",
    "log_every",
    "checkpoint_every",
    "checkpoints",
    "sample_every",
    "threads",
];

/// Settings of a run. The defaults are those of the 2019 MuseGAN tutorial, which trained 20,000
/// steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which networks are trained.
    pub network: Network,
    /// Steps of the whole run, `1..`. The band's phases have their own.
    pub steps: u64,
    /// Phrases of a batch, `2..=1024`.
    pub batch: usize,
    /// Key of all randomness.
    pub seed: u64,
    /// Adam's learning rate for both networks, above 0 and at most 1.
    pub learning_rate: f64,
    /// What the learning rate has sunk to at the last step: a share of it, `0..=1`. 1 keeps it.
    pub learning_rate_end: f64,
    /// Adam's two decays, `0..1`.
    pub betas: [f64; 2],
    /// Critic steps of a step, `1..=20`.
    pub critic_steps: u32,
    /// Generator steps of a step, after the critic's, `1..=20`.
    pub generator_steps: u32,
    /// Weight of the penalty, `0..=1000`.
    pub penalty: f64,
    /// Decay of the moving average of the generator's weights that is exported, `0..1`.
    /// 0 exports the weights themselves.
    pub average: f64,
    /// The keys that phrases are heard in.
    pub keys: Keys,
    /// Steps between two lines of the log, `1..`.
    pub log_every: u64,
    /// Steps between two checkpoints, `1..`.
    pub checkpoint_every: u64,
    /// Checkpoints that are kept, `1..`.
    pub checkpoints: usize,
    /// Steps between two samples; 0 writes none.
    pub sample_every: u64,
    /// Steps between two measurements by the yardstick, which choose the best checkpoint; 0 makes none.
    pub evaluate_every: u64,
    /// Threads; 0 takes as many as there are processors. It does not change the result.
    pub threads: usize,
    /// What the tutorial networks are trained for.
    pub objective: ObjectiveConfig,
    /// How fast the tutorial's generator learns.
    pub generator: Learning,
    /// How fast the tutorial's critic learns.
    pub critic: Learning,
    /// What only the model `band` has.
    pub band: BandConfig,
}

/// The networks that can be trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Those of the 2019 MuseGAN tutorial.
    #[default]
    Tutorial,
    /// The band: a codec of bars, and a generator of its latents.
    Band,
}

/// How phrases are transposed on their way into a batch; drums never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keys {
    /// Not at all.
    AsWritten,
    /// To any of the twelve keys, another one each time.
    Random,
    /// To where most cells lie on the white keys: C major, A minor and their modes. The band then
    /// plays in this key only, but much more firmly in it.
    White,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            network: Network::Tutorial,
            steps: 20_000,
            batch: 16,
            seed: 0,
            learning_rate: 1e-3,
            learning_rate_end: 1.0,
            betas: [0.5, 0.9],
            critic_steps: 1,
            generator_steps: 1,
            penalty: 10.0,
            average: 0.0,
            keys: Keys::AsWritten,
            log_every: 10,
            checkpoint_every: 250,
            checkpoints: 3,
            sample_every: 500,
            evaluate_every: 1000,
            threads: 0,
            objective: ObjectiveConfig::default(),
            generator: Learning::default(),
            critic: Learning::default(),
            band: BandConfig::default(),
        }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`TrainError::Config`] naming the file and the key.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let config = Self::parse(path)?;
        let refuse = |reason| TrainError::Config { file: path.to_owned(), reason };
        config.check().map_err(refuse)?;
        Ok(config)
    }

    /// Reads a file. Whether its settings go together is not known yet.
    pub(super) fn parse(path: &Path) -> Result<Self, TrainError> {
        let refuse = |reason: String| TrainError::Config { file: path.to_owned(), reason };
        let bytes = file::read(path, MAX_FILE_BYTES).map_err(|e| refuse(e.to_string()))?;
        let bytes = bytes.ok_or_else(|| refuse("it is too long for settings".to_owned()))?;
        let text = std::str::from_utf8(&bytes).map_err(|e| refuse(e.to_string()))?;
        toml::from_str(text).map_err(|e| refuse(e.to_string()))
    }

    /// The file's text with every setting in it.
    ///
    /// # Errors
    /// [`TrainError::Config`] for a number that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(self)
            .map_err(|e| TrainError::Config { file: "config.toml".into(), reason: e.to_string() })
    }

    /// Every setting by its name with those of its tables, as in `band.codec.batch`, and its value as
    /// TOML says it.
    ///
    /// # Errors
    /// As [`to_toml`](Self::to_toml).
    pub fn named(&self) -> Result<BTreeMap<String, String>, TrainError> {
        let text = self.to_toml()?;
        let named = settings(&text).filter_map(|(table, line)| {
            let (key, value) = line.split_once(" = ")?;
            let name = match table.trim_matches(['[', ']']) {
                "" => key.to_owned(),
                table => format!("{table}.{key}"),
            };
            Some((name, value.to_owned()))
        });
        Ok(named.collect())
    }

    /// SHA-256, hexadecimal, of the settings that a run of the tutorial networks may not change on its
    /// way: all but `steps`, `threads`, `evaluate_every` and the band's. A setting that older programs
    /// (`OLDEST`) did not have counts only where it is not as they were.
    ///
    /// # Errors
    /// As [`to_toml`](Self::to_toml).
    pub fn digest(&self) -> Result<String, TrainError> {
        let defaults = Self::default();
        let usual = defaults.to_toml()?;
        let Self { evaluate_every, band, .. } = defaults;
        let same_in_all = Self { steps: 1, threads: 0, evaluate_every, band, ..self.clone() };
        let usual: BTreeSet<_> = settings(&usual).collect();
        let mut text = String::new();
        for (table, line) in settings(&same_in_all.to_toml()?) {
            let key = line.split(' ').next().unwrap_or_default();
            let is_old = table.is_empty() && OLDEST.contains(&key);
            if is_old || !usual.contains(&(table, line)) {
                text += &format!("{table}{line}\n");
            }
        }
        Ok(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Why no graphics card trains with these settings, if none does: cards know the tutorial's
    /// objective alone.
    #[must_use]
    pub fn not_on_cards(&self) -> Option<String> {
        let ObjectiveConfig { loss, penalty, penalty_every, spectral_norm, .. } = self.objective;
        let ObjectiveConfig { feature_matching, minibatch_statistics, .. } = self.objective;
        let plain =
            |learning: &Learning| learning.warm_up == 0 && learning.schedule != Schedule::Cosine;
        let reason = match () {
            () if loss != Loss::Wasserstein => format!("`loss = \"{}\"`", loss.name()),
            () if penalty != Penalty::Gradient => "another penalty".to_owned(),
            () if penalty_every > 1 => "`penalty_every`".to_owned(),
            () if spectral_norm => "`spectral_norm`".to_owned(),
            () if feature_matching > 0.0 => "`feature_matching`".to_owned(),
            () if minibatch_statistics > 0.0 => "`minibatch_statistics`".to_owned(),
            () if self.generator_steps > 1 => "`generator_steps`".to_owned(),
            () if !plain(&self.generator) || !plain(&self.critic) => {
                "a learning rate that warms up or follows a cosine".to_owned()
            }
            () => return None,
        };
        Some(format!(
            "cards train with the Wasserstein loss and gradient penalty alone, and these settings \
             have {reason}"
        ))
    }

    /// The form of the critic that these settings train.
    #[must_use]
    pub fn form(&self) -> Form {
        let ObjectiveConfig { spectral_norm, minibatch_statistics, .. } = self.objective;
        Form { layer_norm: !spectral_norm, spread: minibatch_statistics > 0.0 }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// The sentence for the first setting that is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let expect = |holds: bool, key: &str, range: &str, found: String| {
            if holds { Ok(()) } else { Err(format!("`{key}` must be {range}, not {found}")) }
        };
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let decay = |x: f64| (0.0..1.0).contains(&x);
        let list = format!("{:?}", self.betas);
        expect(self.steps >= 1, "steps", "at least 1", self.steps.to_string())?;
        if self.batch == 1 && self.objective.minibatch_statistics > 0.0 {
            let reason = "`minibatch_statistics` compares the phrases of a batch, of which `batch = 1` \
                          has one: set batch to 2 or more";
            return Err(reason.to_owned());
        }
        let batch = (2..=1024).contains(&self.batch);
        expect(batch, "batch", "between 2 and 1024", self.batch.to_string())?;
        let rate = self.learning_rate > 0.0 && self.learning_rate <= 1.0;
        expect(rate, "learning_rate", "above 0 and at most 1", self.learning_rate.to_string())?;
        let end = self.learning_rate_end;
        expect(share(end), "learning_rate_end", "between 0 and 1", end.to_string())?;
        expect(self.betas.into_iter().all(decay), "betas", "two numbers from 0 to below 1", list)?;
        let critic_steps = (1..=20).contains(&self.critic_steps);
        expect(critic_steps, "critic_steps", "between 1 and 20", self.critic_steps.to_string())?;
        let generator_steps = (1..=20).contains(&self.generator_steps);
        let found = self.generator_steps.to_string();
        expect(generator_steps, "generator_steps", "between 1 and 20", found)?;
        let penalty = (0.0..=1000.0).contains(&self.penalty);
        expect(penalty, "penalty", "between 0 and 1000", self.penalty.to_string())?;
        expect(decay(self.average), "average", "from 0 to below 1", self.average.to_string())?;
        expect(self.log_every >= 1, "log_every", "at least 1", self.log_every.to_string())?;
        let every = self.checkpoint_every;
        expect(every >= 1, "checkpoint_every", "at least 1", every.to_string())?;
        expect(self.checkpoints >= 1, "checkpoints", "at least 1", self.checkpoints.to_string())?;
        expect(self.threads <= 1024, "threads", "at most 1024", self.threads.to_string())?;
        self.generator.check("generator")?;
        self.critic.check("critic")?;
        self.objective.check(self)?;
        self.band.check()
    }
}

/// The lines of a configuration's text, each with its table's.
fn settings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut table = "";
    text.lines().filter(|line| !line.is_empty()).filter_map(move |line| {
        if line.starts_with('[') {
            table = line;
            return None;
        }
        Some((table, line))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_that_older_programs_knew_have_the_digest_that_they_gave_them() {
        let text = "steps = 1\nbatch = 16\nseed = 7\nlearning_rate = 0.001\n\
                    learning_rate_end = 1.0\nbetas = [0.5, 0.9]\ncritic_steps = 1\n\
                    penalty = 10.0\naverage = 0.0\nkeys = \"as-written\"\nlog_every = 10\n\
                    checkpoint_every = 250\ncheckpoints = 3\nsample_every = 500\nthreads = 0\n";
        let digest: String = Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect();
        let config = Config { seed: 7, steps: 99, evaluate_every: 3, ..Config::default() };
        assert_eq!(config.digest().unwrap(), digest);
        let critic = Learning { warm_up: 3, ..Learning::default() };
        assert_ne!(Config { critic, ..config }.digest().unwrap(), digest);
    }
}
