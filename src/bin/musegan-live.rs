//! The live application: a band over MIDI ports, without a DAW.

use anyhow::Context;
use clap::{Parser, ValueEnum};
use musegan::live::{Band, clock::Clock, ports};
use musegan_engine::{ChannelMap, Controls};
use musegan_score::Composition;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Plays drums, piano, guitar, bass and strings, made up by a neural network, to a MIDI port.
#[derive(Debug, Parser)]
#[command(name = "musegan-live", version, after_help = EXAMPLES)]
struct Arguments {
    /// List the MIDI outputs and end.
    #[arg(long)]
    list_ports: bool,
    /// MIDI output, by its name or a part of it; without it a virtual port "MuseGAN" is opened
    /// where the system has such ports.
    #[arg(long, value_name = "NAME")]
    port: Option<String>,
    /// Tempo in quarter notes per minute.
    #[arg(long, default_value_t = 120.0, value_parser = bpm)]
    bpm: f64,
    /// Which song; the same seed is always the same song.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Weights file; without it the weights that ship with the program play.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Stop after so many bars; without it play until Ctrl-C.
    #[arg(long, value_name = "N")]
    bars: Option<u32>,
    /// How many of the candidate notes sound, 0 to 1.
    #[arg(long, default_value_t = 0.5, value_parser = unit)]
    density: f32,
    /// Spread of the network's input, 0 to 2.
    #[arg(long, default_value_t = 1.0, value_parser = temperature)]
    temperature: f32,
    /// Semitones up or down for every track but the drums, -11 to 11.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_parser = semitones)]
    transpose: i8,
    /// MIDI channels.
    #[arg(long, value_enum, default_value_t = Channels::DrumsOnTen)]
    channels: Channels,
}

const EXAMPLES: &str = "\
Examples:
  musegan-live --list-ports
  musegan-live --port FLUID --seed 7 --bpm 96
  musegan-live --bars 16        (a virtual port; connect it with your patch bay)";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Channels {
    /// Drums 1, piano 2, guitar 3, bass 4, strings 5
    OneToFive,
    /// Drums 10, piano 2, guitar 3, bass 4, strings 5
    DrumsOnTen,
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
    in_range(text, -11.0, 11.0).map(|value| value as i8)
}

fn in_range(text: &str, least: f64, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("expected a number from {least} to {most}")),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if arguments.list_ports { list_ports() } else { play(&arguments) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list_ports() -> anyhow::Result<()> {
    let names = ports::names()?;
    if names.is_empty() {
        println!("There is no MIDI output. Start a synthesiser or plug in an instrument.");
    }
    names.iter().for_each(|name| println!("{name}"));
    Ok(())
}

fn play(arguments: &Arguments) -> anyhow::Result<()> {
    let controls = Controls {
        composition: Composition {
            seed: arguments.seed,
            temperature: arguments.temperature,
            ..Composition::default()
        },
        density: arguments.density,
        transpose: arguments.transpose,
        channels: match arguments.channels {
            Channels::OneToFive => ChannelMap::OneToFive,
            Channels::DrumsOnTen => ChannelMap::DrumsOnTen,
        },
        ..Controls::default()
    };
    let mut clock = Clock::new(arguments.bpm);
    let mut band = Band::new(arguments.weights.as_deref(), controls)?;
    band.warm_up(&clock)?;
    let (mut port, name) = match &arguments.port {
        Some(name) => (ports::open(name)?, name.as_str()),
        None => (ports::open_virtual()?, "the virtual port MuseGAN"),
    };
    let quitting = Arc::new(AtomicBool::new(false));
    let handler = quitting.clone();
    ctrlc::set_handler(move || handler.store(true, Relaxed)).context("no Ctrl-C handler")?;
    println!("Playing seed {} at {} BPM to {name}. Ctrl-C stops.", arguments.seed, arguments.bpm);
    let played = band.perform(&mut port, &mut clock, arguments.bars, &quitting);
    if band.rested_steps() > 0 {
        eprintln!("The network was late: {} steps were rests.", band.rested_steps());
    }
    played
}
