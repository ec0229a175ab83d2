//! Prints the notes that a plugin plays in one roll from the song's start, to compare with what
//! another host heard:
//!
//! ```text
//! cargo run -p musegan-host --example notes -- target/bundled/MuseGAN.vst3 --beats 64
//! ```
//!
//! One line per note: channel, key, velocity, begin and end in quarter notes.
use std::path::PathBuf;

use anyhow::bail;
use clap::Parser;
use musegan_host::{Deck, Setup, load};

#[derive(Parser)]
struct Arguments {
    /// The .clap or .vst3 bundle
    plugin: PathBuf,
    /// How far to play, in quarter notes
    #[arg(long, default_value_t = 64.0)]
    beats: f64,
    /// Time signature from the song's start, as in 7/8
    #[arg(long, default_value = "4/4", value_parser = meter)]
    meter: (u16, u16),
    /// A parameter's name and its value from 0 to 1, as in Density=0.8
    #[arg(long = "set", value_parser = setting)]
    settings: Vec<(String, f64)>,
}

fn meter(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('/').map(|(n, d)| (n.parse(), d.parse()));
    match parts {
        Some((Ok(numerator), Ok(denominator))) => Ok((numerator, denominator)),
        _ => Err("expected a time signature, as in 7/8".into()),
    }
}

fn setting(text: &str) -> Result<(String, f64), String> {
    match text.split_once('=').map(|(name, value)| (name, value.parse())) {
        Some((name, Ok(value))) => Ok((name.into(), value)),
        _ => Err("expected a name and a value, as in Density=0.8".into()),
    }
}

fn main() -> anyhow::Result<()> {
    let Arguments { plugin, beats, meter: (numerator, denominator), settings } = Arguments::parse();
    let mut deck = Deck::new(load(&plugin)?, Setup::offline(48_000.0, 512))?;
    for (name, value) in &settings {
        let parameters = deck.host().parameters()?;
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == *name) else {
            bail!("{} has no parameter {name}", plugin.display());
        };
        deck.host().set_parameter(parameter.id, *value)?;
    }
    deck.set_meter(numerator, denominator);
    deck.stop()?;
    deck.play_beats(beats)?;
    deck.stop()?;
    for note in deck.finish().notes {
        println!(
            "{} {} {} {:.6} {:.6}",
            note.channel, note.key, note.velocity, note.start_beats, note.end_beats
        );
    }
    Ok(())
}
