//! What can be said to the live application about the music, and the controls it comes to.
use crate::params::ScaleChoice;
use clap::{Args, ValueEnum};
use musegan_engine::{ChannelMap, Controls};
use musegan_score::{Composition, Form, Meter, PitchClasses};
use nice_plug::prelude::Enum;

/// The options that decide what is played.
#[derive(Debug, Args)]
pub struct Options {
    /// Tempo in quarter notes per minute.
    #[arg(long, default_value_t = 120.0, value_parser = bpm)]
    pub bpm: f64,
    /// Time signature.
    #[arg(long, value_name = "N/D", default_value = "4/4", value_parser = meter)]
    pub meter: Meter,
    /// Which song; the same seed is always the same song.
    #[arg(long, default_value_t = 0, help_heading = "Song")]
    pub seed: u64,
    /// How unusual the song is, 0 to 2.
    #[arg(long, default_value_t = 1.0, value_parser = temperature, help_heading = "Song")]
    temperature: f32,
    /// How far the song is on its way to another, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = unit, help_heading = "Song")]
    morph: f32,
    /// The seed of that other song.
    #[arg(long, value_name = "SEED", default_value_t = 1, help_heading = "Song")]
    morph_seed: u64,
    /// Which sections follow each other.
    #[arg(long, value_enum, default_value_t = FormOption::Endless, help_heading = "Form")]
    form: FormOption,
    /// Length of a section: 4, 8, 16 or 32 bars.
    #[arg(long, value_name = "N", default_value = "8", value_parser = ["4", "8", "16", "32"],
        hide_possible_values = true, help_heading = "Form")]
    section_bars: String,
    /// How much a section differs when it comes again, 0 to 1.
    #[arg(long, default_value_t = 0.3, value_parser = unit, help_heading = "Form")]
    variation: f32,
    /// The drums play a fill in every 2nd, 4th, 8th or 16th bar; 0 for never.
    #[arg(long, value_name = "N", default_value = "0", value_parser = ["0", "2", "4", "8", "16"],
        hide_possible_values = true, help_heading = "Form")]
    fill_every: String,
    /// How many of the candidate notes sound, 0 to 1.
    #[arg(long, default_value_t = 0.5, value_parser = unit, help_heading = "Feel")]
    density: f32,
    /// How late every second sixteenth comes, 0 to 1; 0.67 is a triplet.
    #[arg(long, default_value_t = 0.0, value_parser = unit, help_heading = "Feel")]
    swing: f32,
    /// How unevenly notes are struck, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = unit, help_heading = "Feel")]
    humanise: f32,
    /// Semitones up or down for every track but the drums, -11 to 11.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_parser = semitones,
        help_heading = "Harmony")]
    transpose: i8,
    /// Hold the band to a key: C, F#, Bb, ...
    #[arg(long, value_parser = tonic, help_heading = "Harmony")]
    key: Option<u8>,
    /// The scale of that key.
    #[arg(long, value_parser = scale_names(), default_value = "major", requires = "key",
        help_heading = "Harmony")]
    scale: String,
    /// MIDI channels.
    #[arg(long, value_enum, default_value_t = Channels::DrumsOnTen)]
    channels: Channels,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormOption {
    /// Every four bars are new
    Endless,
    /// One section, again and again
    A,
    /// One section twice, another, and the first again
    Aaba,
    /// One section that comes back between two others
    Abac,
    /// Verse, chorus, verse, chorus, bridge, chorus
    VerseChorus,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Channels {
    /// Drums 1, piano 2, guitar 3, bass 4, strings 5
    OneToFive,
    /// Drums 10, piano 2, guitar 3, bass 4, strings 5
    DrumsOnTen,
}

impl Options {
    /// The engine's controls.
    #[must_use]
    pub fn controls(&self) -> Controls {
        Controls {
            composition: Composition {
                seed: self.seed,
                temperature: self.temperature,
                morph_seed: self.morph_seed,
                morph: self.morph,
                form: match self.form {
                    FormOption::Endless => Form::Endless,
                    FormOption::A => Form::A,
                    FormOption::Aaba => Form::Aaba,
                    FormOption::Abac => Form::Abac,
                    FormOption::VerseChorus => Form::VerseChorus,
                },
                // Both are among the possible values.
                section_bars: self.section_bars.parse().unwrap_or_default(),
                variation: self.variation,
                fill_every_bars: self.fill_every.parse().unwrap_or_default(),
                ..Composition::default()
            },
            density: self.density,
            swing: self.swing,
            humanise: self.humanise,
            transpose: self.transpose,
            scale: self.scale(),
            channels: match self.channels {
                Channels::OneToFive => ChannelMap::OneToFive,
                Channels::DrumsOnTen => ChannelMap::DrumsOnTen,
            },
            ..Controls::default()
        }
    }

    fn scale(&self) -> PitchClasses {
        let Some(tonic) = self.key else { return PitchClasses::default() };
        let ids = ScaleChoice::ids().unwrap_or_default();
        let index = ids.iter().position(|id| *id == self.scale).unwrap_or_default();
        musegan_score::Mode::from(ScaleChoice::from_index(index)).on(tonic)
    }
}

fn scale_names() -> clap::builder::PossibleValuesParser {
    ScaleChoice::ids().unwrap_or_default().iter().copied().into()
}

/// A note's name as semitones above C.
fn tonic(text: &str) -> Result<u8, String> {
    let mut letters = text.chars();
    let note = match letters.next().map(|letter| letter.to_ascii_uppercase()) {
        Some('C') => Some(0),
        Some('D') => Some(2),
        Some('E') => Some(4),
        Some('F') => Some(5),
        Some('G') => Some(7),
        Some('A') => Some(9),
        Some('B') => Some(11),
        _ => None,
    };
    let sharp = match letters.as_str() {
        "" => Some(0),
        "#" | "♯" => Some(1),
        "b" | "♭" => Some(11),
        _ => None,
    };
    let key = note.zip(sharp).map(|(note, sharp)| (note + sharp) % 12);
    key.ok_or_else(|| "expected a note such as C, F# or Bb".into())
}

fn meter(text: &str) -> Result<Meter, String> {
    let numbers = text.split_once('/');
    let numbers = numbers.and_then(|(n, d)| n.trim().parse().ok().zip(d.trim().parse().ok()));
    let meter = numbers.and_then(|(numerator, denominator)| Meter::new(numerator, denominator));
    meter.ok_or_else(|| "expected a time signature such as 4/4, 7/8 or 5/4".into())
}

fn bpm(text: &str) -> Result<f64, String> {
    in_range(text, 20.0, 999.0)
}

fn unit(text: &str) -> Result<f32, String> {
    in_range(text, 0.0, 1.0).map(|value| value as f32)
}

fn temperature(text: &str) -> Result<f32, String> {
    in_range(text, 0.0, 2.0).map(|value| value as f32)
}

fn semitones(text: &str) -> Result<i8, String> {
    let whole = text.parse().ok().filter(|semitones: &i8| (-11..=11).contains(semitones));
    whole.ok_or_else(|| "expected a whole number from -11 to 11".into())
}

fn in_range(text: &str, least: f64, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("expected a number from {least} to {most}")),
    }
}
