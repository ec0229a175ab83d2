//! The options of `generate` that bring music along: to accompany, to vary, to morph.

use std::path::PathBuf;

use musegan_score::Track;
use musegan_train::generate::Own;

use super::super::track;
use super::song;

/// The group that clap puts these options in.
pub const GROUP: &str = "Own";

/// What is done with music that is there.
#[derive(Debug, clap::Args)]
#[group(id = GROUP, multiple = true, conflicts_with = "latents")]
#[command(next_help_heading = "Music of your own, which the model band can hear")]
pub struct Arguments {
    /// Play along with the --given tracks of this file, phrase by phrase
    #[arg(long, value_name = "FILE.mid", requires = "given",
          conflicts_with_all = ["vary", "morph_from", "regenerate", "lock"])]
    accompany: Option<PathBuf>,
    /// Tracks that are there: drums, piano, guitar, bass, strings
    #[arg(long, value_name = "TRACK", value_delimiter = ',', requires = "accompany",
          value_parser = track)]
    given: Vec<Track>,
    /// Vary the first four bars of this file, in each sample another way
    #[arg(long, value_name = "FILE.mid", conflicts_with_all = [
          "morph_from", "temperature", "form", "section_bars", "variation", "fill_every",
          "morph_seed", "morph", "chords", "regenerate", "lock"])]
    vary: Option<PathBuf>,
    /// How much they are varied: 0 leaves them as they are, 1 keeps style and chords alone
    #[arg(long, default_value_t = 0.5, value_parser = song::share, requires = "vary")]
    amount: f32,
    /// Begin with the first four bars of this file, and go step by step to those of --morph-to
    #[arg(long, value_name = "FILE.mid", requires = "morph_to",
          conflicts_with = song::GROUP)]
    morph_from: Option<PathBuf>,
    /// End with the first four bars of this file
    #[arg(long, value_name = "FILE.mid", requires = "morph_from")]
    morph_to: Option<PathBuf>,
    /// Steps from one to the other
    #[arg(long, value_name = "N", default_value_t = 16, requires = "morph_from",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    steps: u32,
}

impl Arguments {
    /// What they ask for, if anything.
    pub fn own(&self) -> Option<Own> {
        let Self { accompany, given, vary, amount, morph_from, morph_to, steps } = self;
        if let Some(file) = accompany {
            let given = Track::ALL.map(|track| given.contains(&track));
            return Some(Own::Accompany { file: file.clone(), given });
        }
        if let Some(file) = vary {
            return Some(Own::Vary { file: file.clone(), amount: *amount });
        }
        let (from, to) = morph_from.clone().zip(morph_to.clone())?;
        Some(Own::Morph { from, to, steps: *steps as usize })
    }
}
