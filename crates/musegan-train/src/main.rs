//! The command line: one subcommand per job, each in its own file under `commands/`.
//!
//! Exit codes: 0 done, 1 the job failed, 2 the command line or a configuration was wrong.

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The system's allocator gives freed pages back at once, and training then spends its time on
/// page faults.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Prepares datasets, trains the band's networks and writes the weights that the plugin plays.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
From your own MIDI files to weights that the plugin can load:
  musegan-train prepare --input ~/midi --output data/mine
  musegan-train train --data data/mine --run runs/mine --steps 8000
  musegan-train export --run runs/mine --output mine.safetensors
  musegan-train generate --weights mine.safetensors --output listen";

#[derive(Debug, Subcommand)]
enum Command {
    Prepare(commands::prepare::Arguments),
    Generate(commands::generate::Arguments),
    Evaluate(commands::evaluate::Arguments),
    Import(commands::import::Arguments),
    Inspect(commands::inspect::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Prepare(arguments) => commands::prepare::run(&arguments),
        Command::Generate(arguments) => commands::generate::run(&arguments),
        Command::Evaluate(arguments) => commands::evaluate::run(&arguments),
        Command::Import(arguments) => commands::import::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
