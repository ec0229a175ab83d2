//! Settings that go well together, by name. What must stay true: every preset can be trained as it is,
//! and a configuration beside it says only what differs from it.
use super::config::{Config, MAX_FILE_BYTES};
use super::error::TrainError;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use musegan_score::file;
use std::path::Path;
use toml::Table;

/// Settings with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it is called.
    pub name: &'static str,
    /// Its file: a comment of one line that says what it is, and the settings.
    text: &'static str,
}

/// All presets.
pub const ALL: [Preset; 7] = [
    Preset { name: "tutorial", text: include_str!("../../presets/tutorial.toml") },
    Preset { name: "first", text: include_str!("../../presets/first.toml") },
    Preset { name: "hinge-r1", text: include_str!("../../presets/hinge-r1.toml") },
    Preset { name: "relativistic", text: include_str!("../../presets/relativistic.toml") },
    Preset { name: "spectral", text: include_str!("../../presets/spectral.toml") },
    Preset { name: "smooth-labels", text: include_str!("../../presets/smooth-labels.toml") },
    Preset { name: "band", text: include_str!("../../presets/band.toml") },
];

impl Preset {
    /// What it is, in a line.
    #[must_use]
    pub fn line(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// Its settings, with those of a configuration file over them.
    ///
    /// # Errors
    /// [`TrainError::Config`], if the two do not go together too.
    pub fn with(self, config: Option<&Path>) -> Result<Config, TrainError> {
        let name = || config.map_or_else(|| format!("preset {}", self.name).into(), Path::to_owned);
        let refuse = |reason: String| TrainError::Config { file: name(), reason };
        let mut settings: Table = self.text.parse().map_err(|e| refuse(format!("{e}")))?;
        if let Some(path) = config {
            // For what it says of a key that it does not know, with the line.
            Config::parse(path)?;
            let bytes = file::read(path, MAX_FILE_BYTES).map_err(|e| refuse(e.to_string()))?;
            let text = String::from_utf8(bytes.unwrap_or_default());
            let text = text.map_err(|e| refuse(e.to_string()))?;
            lay_over(&mut settings, text.parse().map_err(|e| refuse(format!("{e}")))?);
        }
        let config: Config = settings.try_into().map_err(|e| refuse(format!("{e}")))?;
        let beside = |reason| refuse(format!("{reason} (with the preset {})", self.name));
        config.check().map_err(beside)?;
        Ok(config)
    }
}

/// Lays settings over others; tables are joined.
fn lay_over(settings: &mut Table, others: Table) {
    for (key, value) in others {
        match (settings.get_mut(&key), value) {
            (Some(toml::Value::Table(table)), toml::Value::Table(others)) => {
                lay_over(table, others)
            }
            (_, value) => {
                settings.insert(key, value);
            }
        }
    }
}

/// Reads a preset's name on a command line; its help names all of them with a line each.
#[must_use]
pub fn parser() -> impl TypedValueParser<Value = Preset> {
    let values = ALL.map(|preset| PossibleValue::new(preset.name).help(preset.line()));
    PossibleValuesParser::new(values).try_map(|name| {
        let found = ALL.into_iter().find(|preset| preset.name == name);
        found.ok_or("there is no such preset")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::config::{Loss, Network, Penalty};
    use super::*;

    fn preset(name: &str) -> Preset {
        *ALL.iter().find(|preset| preset.name == name).unwrap()
    }

    #[test]
    fn every_preset_can_be_trained_and_says_in_a_line_what_it_is() {
        for preset in ALL {
            let config = preset.with(None).unwrap();
            assert_eq!(config.network == Network::Band, preset.name == "band");
            let line = preset.line();
            assert!(line.ends_with('.') && line.len() > 20, "{}: {line}", preset.name);
        }
        assert_eq!(preset("tutorial").with(None).unwrap(), Config::default());
        let band = Config { network: Network::Band, ..Config::default() };
        assert_eq!(preset("band").with(None).unwrap(), band);
    }

    #[test]
    fn a_configuration_changes_what_it_names_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "batch = 8\n[objective]\npenalty_every = 2\n").unwrap();
        let config = preset("hinge-r1").with(Some(&path)).unwrap();
        let plain = preset("hinge-r1").with(None).unwrap();
        assert_eq!((config.objective.loss, config.objective.penalty), (Loss::Hinge, Penalty::R1));
        let mut expected = Config { batch: 8, ..plain };
        expected.objective.penalty_every = 2;
        assert_eq!(config, expected);
    }

    #[test]
    fn a_configuration_that_does_not_go_with_the_preset_is_refused_with_both_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "[objective]\nlabel_smoothing = 0.1\n").unwrap();
        let refused = preset("hinge-r1").with(Some(&path)).unwrap_err().to_string();
        let has = |part| refused.contains(part);
        assert!(has("mine.toml") && has("hinge-r1") && has("label_smoothing"), "{refused}");
        std::fs::write(&path, "batch = 8\nbatches = 9\n").unwrap();
        let refused = preset("hinge-r1").with(Some(&path)).unwrap_err().to_string();
        assert!(refused.contains("line 2") && refused.contains("batches"), "{refused}");
    }
}
