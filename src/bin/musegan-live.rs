//! The live application: a band over MIDI ports, without a DAW.

use anyhow::Context;
use clap::Parser;
use musegan::live::{Band, clock::Clock, options::Options, ports};
use musegan_model::device::Choice;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Plays drums, piano, guitar, bass and strings, made up by a neural network, to a MIDI port.
#[derive(Debug, Parser)]
#[command(name = "musegan-live", version, after_help = EXAMPLES)]
struct Arguments {
    /// List the MIDI outputs and inputs and end.
    #[arg(long)]
    list_ports: bool,
    /// MIDI output, by its name or a part of it; without it a virtual port "MuseGAN" is opened
    /// where the system has such ports.
    #[arg(long, value_name = "NAME")]
    port: Option<String>,
    /// Weights file; without it the weights that ship with the program play.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Where the network runs: auto, cpu, cuda, cuda:N (card N, counted from 0) or metal; auto
    /// measures once which is faster.
    #[arg(long, default_value_t = Choice::Auto)]
    device: Choice,
    /// Stop after so many bars; without it play until Ctrl-C.
    #[arg(long, value_name = "N")]
    bars: Option<u32>,
    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Examples:
  musegan-live --list-ports
  musegan-live --port FLUID --seed 7 --bpm 96 --form aaba --fill-every 8
  musegan-live --port FLUID --meter 7/8 --key D --scale dorian --swing 0.3
  musegan-live --port FLUID --chords \"C | Am7 F | Dm7 | G7\" --take piano=2 --lock bass=7
  musegan-live --port FLUID --chords-from Keystation
  musegan-live --bars 16        (a virtual port; connect it with your patch bay)";

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
    let outputs = ports::outputs()?;
    if outputs.is_empty() {
        println!("There is no MIDI output. Start a synthesiser or plug in an instrument.");
    }
    outputs.iter().for_each(|name| println!("{name}"));
    let inputs = ports::inputs()?;
    if !inputs.is_empty() {
        println!("\nInputs, for --chords-from:");
    }
    inputs.iter().for_each(|name| println!("{name}"));
    Ok(())
}

fn play(arguments: &Arguments) -> anyhow::Result<()> {
    let options = &arguments.options;
    let mut clock = Clock::new(options.bpm, options.meter);
    let (weights, device) = (arguments.weights.as_deref(), arguments.device);
    let mut band = Band::new(weights, device, options.controls())?;
    band.warm_up(&clock)?;
    let device = band.settle()?;
    let (mut port, name) = match &arguments.port {
        Some(name) => (ports::open(name)?, name.as_str()),
        None => (ports::open_virtual()?, "the virtual port MuseGAN"),
    };
    if let Some(name) = &options.chords_from {
        band.listen_to(ports::listen(name)?);
    }
    let quitting = Arc::new(AtomicBool::new(false));
    let handler = quitting.clone();
    ctrlc::set_handler(move || handler.store(true, Relaxed)).context("no Ctrl-C handler")?;
    println!("The network runs on {device}.");
    if band.ignores_what_was_said() {
        eprintln!("These weights know neither chords nor takes, and play as they do without them.");
    }
    println!("Playing seed {} at {} BPM to {name}. Ctrl-C stops.", options.seed, options.bpm);
    let played = band.perform(&mut port, &mut clock, arguments.bars, &quitting);
    if let Some(lost) = band.lost_device() {
        eprintln!("The network went on elsewhere: {lost}.");
    }
    if band.rested_steps() > 0 {
        eprintln!("The network was late: {} sixteenths were rests.", band.rested_steps());
    }
    played
}
