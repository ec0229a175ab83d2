//! Everything that decides what becomes of music, as a TOML file may set it.
//!
//! What must stay true: the settings alone, with a file's bytes and name, decide what the file
//! gives; a key that nobody reads is refused; and what the index stores reads back as the same
//! settings.
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use musegan_score::Layout;
use musegan_score::layout::Parts;
use musegan_score::quantise::Stride;
use serde::{Deserialize, Serialize};

use super::duplicates::{self, Choice};
use crate::dataset::Shape;

/// Examples of one file that a configuration may ask for.
const MOST_PHRASES_PER_FILE: u32 = 65_536;

/// A preset, a configuration file or a flag that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

/// What is made of music.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The preset that they began as.
    pub preset: Preset,
    /// How far apart examples begin.
    pub stride: PhraseStride,
    /// What becomes of notes that the layout has no pitch for.
    pub out_of_range: OutOfRange,
    /// The axes of an example.
    pub layout: LayoutSettings,
    /// What is kept.
    pub rules: Rules,
    /// Which duplicates are dropped.
    pub duplicates: duplicates::Rules,
    /// What is labelled.
    pub labels: Labels,
}

/// Names for what other systems train on, and what the band does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Five tracks, four bars of sixteenths, MIDI 24 to 95, with onsets and velocities: what the
    /// plugin plays.
    #[default]
    Band,
    /// The same as cells that sound or not, as MuseGAN's tutorial has them.
    Tutorial,
    /// Five tracks, four bars of 48 steps, MIDI 24 to 107, as MuseGAN has them.
    Musegan,
    /// The drums and the sixteen families of General MIDI, four bars of sixteenths, MIDI 24 to 95.
    Lpd17,
    /// A bar of melody and the bar before it, in two octaves, as MidiNet has them.
    Melody,
    /// Piano alone, four bars of sixteenths, 88 keys.
    Piano,
}

/// How far apart the examples of a song begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PhraseStride {
    /// One begins where the one before ends: no bar is in two.
    Phrase,
    /// Every bar: overlapping.
    Bar,
}

/// What becomes of notes that the layout has no pitch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutOfRange {
    /// They are left out and counted.
    Drop,
    /// Pitched ones move by octaves into the range; drums are left out and counted.
    Fold,
}

/// The axes of an example, and what its cells hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutSettings {
    /// "band", "families", "melody" or "piano".
    pub parts: PartsName,
    /// Bars of four beats.
    pub bars: u8,
    /// Steps in a quarter note.
    pub steps_per_beat: u8,
    /// MIDI number of the lowest pitch.
    pub lowest_pitch: u8,
    /// How many pitches there are.
    pub pitches: u8,
    /// Whether only cells count, without onsets and velocities.
    pub binary: bool,
}

/// [`Parts`] by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartsName {
    /// Five tracks.
    Band,
    /// Seventeen.
    Families,
    /// One voice.
    Melody,
    /// One piano.
    Piano,
}

/// What is kept, and what is left behind. Each drop is counted under the rule's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Fewest tracks that sound in an example.
    pub min_tracks: u8,
    /// A track that sounds in fewer bars of an example does not count as sounding.
    pub min_bars_per_track: u8,
    /// Fewest notes in a bar, as the mean of an example over all tracks.
    pub min_notes_per_bar: f32,
    /// Most notes of one track in one bar.
    pub max_notes_per_bar: u32,
    /// A note longer than this was never released, and is left out.
    pub max_note_beats: u32,
    /// Largest share of a song's onsets that lie nowhere near the grid.
    pub max_off_grid: f32,
    /// What becomes of a song whose triplets the grid has no steps for.
    pub triplets: Choice,
    /// What becomes of a song that swings.
    pub swing: SwingVerdict,
    /// Most examples of one file.
    pub max_phrases_per_file: u32,
}

/// What becomes of swing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SwingVerdict {
    /// The late notes go to their places, so that the song is straight; the plugin swings.
    Straighten,
    /// It is kept as it is, to the nearest step.
    Keep,
    /// It is left behind.
    Drop,
}

/// What is labelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Whether each example has its key.
    pub keys: bool,
    /// Whether each beat has its chord.
    pub chords: bool,
}

impl Settings {
    /// The settings of a preset.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        let (layout, binary) = match preset {
            Preset::Band => (Layout::BAND, false),
            Preset::Tutorial => (Layout::BAND, true),
            Preset::Musegan => (Layout::MUSEGAN, false),
            Preset::Lpd17 => (Layout::LPD17, false),
            Preset::Melody => (Layout::MELODY, false),
            Preset::Piano => (Layout::PIANO, false),
        };
        let is_melody = preset == Preset::Melody;
        // Twelve steps to the beat hold swing as it is.
        let swing = match preset {
            Preset::Musegan => SwingVerdict::Keep,
            _ => SwingVerdict::Straighten,
        };
        Self {
            preset,
            stride: if is_melody { PhraseStride::Bar } else { PhraseStride::Phrase },
            out_of_range: if is_melody { OutOfRange::Fold } else { OutOfRange::Drop },
            layout: LayoutSettings::of(layout, binary),
            rules: Rules { swing, ..Rules::default() },
            duplicates: duplicates::Rules::default(),
            labels: Labels { keys: true, chords: true },
        }
    }

    /// A preset with what a TOML file sets on top. The file may name the preset itself; one that
    /// is given here wins.
    ///
    /// # Errors
    /// If the file cannot be read, has a key that does not exist, or a value that makes no sense.
    pub fn read(preset: Option<Preset>, file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::of(preset.unwrap_or_default())) };
        let text = musegan_score::file::read(file, 1 << 20)
            .and_then(|bytes| bytes.ok_or_else(|| std::io::ErrorKind::FileTooLarge.into()))
            .with_context(|| format!("cannot read {}", file.display()))?;
        let text = String::from_utf8_lossy(&text);
        let refusal = |e: &dyn std::fmt::Display| {
            // Serde names Rust's types, which say nothing to who writes a configuration.
            let reason = e.to_string().replace("expected u8", "expected a number from 0 to 255");
            let reason = reason.replace("expected u32", "expected a number from 0");
            let reason = reason.replace("expected struct ", "expected the table ");
            SettingsError(format!("{}: {}", file.display(), reason.trim_end()))
        };
        let mut written: toml::Table = toml::from_str(&text).map_err(|e| refusal(&e))?;
        let named = match (preset, written.remove("preset")) {
            (Some(preset), _) => preset,
            (None, Some(name)) => name.try_into().map_err(|e: toml::de::Error| refusal(&e))?,
            (None, None) => Preset::default(),
        };
        let whole = toml::Table::try_from(Self::of(named)).map_err(|e| refusal(&e))?;
        let settings: Self = laid_over(whole, written).try_into().map_err(|e| refusal(&e))?;
        settings.check().map_err(|e| refusal(&e))?;
        Ok(settings)
    }

    /// The rows of a dataset that is prepared so.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let preset = self.preset.to_possible_value();
        Shape {
            preset: preset.map_or(String::new(), |preset| preset.get_name().to_owned()),
            layout: self.layout.layout(),
            binary: self.layout.binary,
        }
    }

    /// Says what makes no sense.
    ///
    /// # Errors
    /// If anything does.
    pub fn check(&self) -> Result<(), SettingsError> {
        let refuse = |text: String| Err(SettingsError(text));
        let layout = &self.layout;
        if !(1..=16).contains(&layout.bars) {
            return refuse(format!("layout.bars is {}, expected 1 to 16", layout.bars));
        }
        if !(1..=24).contains(&layout.steps_per_beat) {
            let steps = layout.steps_per_beat;
            return refuse(format!("layout.steps_per_beat is {steps}, expected 1 to 24"));
        }
        if layout.pitches == 0 || layout.lowest_pitch > 128u8.saturating_sub(layout.pitches) {
            return refuse(format!(
                "layout.lowest_pitch {} and layout.pitches {} are not within MIDI 0 to 127",
                layout.lowest_pitch, layout.pitches
            ));
        }
        if layout.parts == PartsName::Melody && layout.pitches < 12 {
            return refuse("a melody needs layout.pitches of at least 12, an octave".into());
        }
        if self.out_of_range == OutOfRange::Fold && layout.pitches < 12 {
            return refuse("out_of_range = \"fold\" needs layout.pitches of at least 12".into());
        }
        let tracks = Parts::from(layout.parts).names().len();
        if usize::from(self.rules.min_tracks) > tracks {
            let min = self.rules.min_tracks;
            return refuse(format!("rules.min_tracks is {min}, the layout has {tracks} tracks"));
        }
        if self.rules.min_bars_per_track > layout.bars {
            let min = self.rules.min_bars_per_track;
            let bars = layout.bars;
            return refuse(format!("rules.min_bars_per_track is {min}, an example has {bars}"));
        }
        // What a file gives at most must fit into one record of a journal.
        let most = self.rules.max_phrases_per_file;
        if !(1..=MOST_PHRASES_PER_FILE).contains(&most) {
            return refuse(format!(
                "rules.max_phrases_per_file is {most}, expected 1 to {MOST_PHRASES_PER_FILE}"
            ));
        }
        if self.rules.max_note_beats == 0 {
            return refuse("rules.max_note_beats is 0, no note is so short".into());
        }
        for (name, value) in [
            ("min_notes_per_bar", self.rules.min_notes_per_bar),
            ("max_off_grid", self.rules.max_off_grid),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return refuse(format!("rules.{name} is {value}, expected a number from 0"));
            }
        }
        Ok(())
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            min_tracks: 1,
            min_bars_per_track: 1,
            min_notes_per_bar: 1.0,
            max_notes_per_bar: 128,
            max_note_beats: 64,
            max_off_grid: 0.25,
            triplets: Choice::Drop,
            swing: SwingVerdict::Straighten,
            max_phrases_per_file: 4096,
        }
    }
}

impl LayoutSettings {
    fn of(layout: Layout, binary: bool) -> Self {
        let parts = match layout.parts {
            Parts::Band => PartsName::Band,
            Parts::Families => PartsName::Families,
            Parts::Melody => PartsName::Melody,
            Parts::Piano => PartsName::Piano,
        };
        let Layout { bars, steps_per_beat, lowest_pitch, pitches, .. } = layout;
        Self { parts, bars, steps_per_beat, lowest_pitch, pitches, binary }
    }

    /// As music knows it.
    #[must_use]
    pub fn layout(&self) -> Layout {
        let Self { bars, steps_per_beat, lowest_pitch, pitches, .. } = *self;
        Layout { parts: self.parts.into(), bars, steps_per_beat, lowest_pitch, pitches }
    }
}

impl From<PartsName> for Parts {
    fn from(name: PartsName) -> Self {
        match name {
            PartsName::Band => Self::Band,
            PartsName::Families => Self::Families,
            PartsName::Melody => Self::Melody,
            PartsName::Piano => Self::Piano,
        }
    }
}

impl From<PhraseStride> for Stride {
    fn from(stride: PhraseStride) -> Self {
        match stride {
            PhraseStride::Phrase => Self::Phrase,
            PhraseStride::Bar => Self::Bar,
        }
    }
}

/// `upper` where it says something, `lower` elsewhere.
fn laid_over(mut lower: toml::Table, upper: toml::Table) -> toml::Table {
    for (key, value) in upper {
        let value = match (lower.remove(&key), value) {
            (Some(toml::Value::Table(lower)), toml::Value::Table(upper)) => {
                toml::Value::Table(laid_over(lower, upper))
            }
            // Whoever writes 1 for a number means 1.0.
            (Some(toml::Value::Float(_)), toml::Value::Integer(number)) => {
                toml::Value::Float(number as f64)
            }
            (_, value) => value,
        };
        lower.insert(key, value);
    }
    lower
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_settings_in_the_documentation_are_all_there_are_with_the_values_of_band() {
        let text = include_str!("../../../../docs/preparing.md");
        let (_, text) = text.split_once("```toml\n").unwrap();
        let (text, _) = text.split_once("```").unwrap();
        assert_eq!(toml::from_str::<Settings>(text).unwrap(), Settings::of(Preset::Band));
    }

    #[test]
    fn what_the_index_stores_reads_back_as_the_same_settings() {
        for &preset in Preset::value_variants() {
            let settings = Settings::of(preset);
            settings.check().unwrap();
            let stored = serde_json::to_value(&settings).unwrap();
            assert_eq!(serde_json::from_value::<Settings>(stored).unwrap(), settings);
        }
    }
}
