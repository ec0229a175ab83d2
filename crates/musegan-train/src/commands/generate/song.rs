//! The options of `generate` that say which song: the plugin's model controls.

use musegan_score::{Composition, Form};

use super::super::positive;

/// The group that clap puts these options in.
pub const GROUP: &str = "Song";

/// Which song.
#[derive(Debug, clap::Args)]
#[group(id = GROUP, multiple = true)]
#[command(next_help_heading = "Song, as in the plugin")]
pub struct Arguments {
    /// Seed
    #[arg(long, default_value_t = Composition::default().seed)]
    seed: u64,
    /// Standard deviation of the latents: 1 is what was trained on
    #[arg(long, default_value_t = Composition::default().temperature,
          value_parser = positive::<f32>)]
    temperature: f32,
    /// Sections that follow each other; in the endless form every phrase is new
    #[arg(long, value_enum, default_value = "endless")]
    form: FormName,
    /// Length of a section in bars, rounded up to whole phrases of four
    #[arg(long, value_name = "BARS", default_value_t = Composition::default().section_bars,
          value_parser = clap::value_parser!(u16).range(1..))]
    section_bars: u16,
    /// How much a section differs when it comes again, from 0 to 1
    #[arg(long, default_value_t = Composition::default().variation, value_parser = share)]
    variation: f32,
    /// The drums play a fill in every such bar; 0 for never
    #[arg(long, value_name = "BARS", default_value_t = Composition::default().fill_every_bars)]
    fill_every: u16,
    /// Seed of another song, of the same form
    #[arg(long, value_name = "SEED", default_value_t = Composition::default().morph_seed)]
    morph_seed: u64,
    /// How far the song is on its way to the other, from 0 to 1
    #[arg(long, default_value_t = Composition::default().morph, value_parser = share)]
    morph: f32,
}

/// A form by its name.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormName {
    Endless,
    A,
    Aaba,
    Abac,
    VerseChorus,
}

impl Arguments {
    /// The song they name.
    pub fn composition(&self) -> Composition {
        Composition {
            seed: self.seed,
            temperature: self.temperature,
            morph_seed: self.morph_seed,
            morph: self.morph,
            form: match self.form {
                FormName::Endless => Form::Endless,
                FormName::A => Form::A,
                FormName::Aaba => Form::Aaba,
                FormName::Abac => Form::Abac,
                FormName::VerseChorus => Form::VerseChorus,
            },
            section_bars: self.section_bars,
            variation: self.variation,
            fill_every_bars: self.fill_every,
            ..Composition::default()
        }
    }
}

fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to 1".into()),
    }
}
