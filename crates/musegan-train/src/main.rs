//! The command line: one subcommand per job, each in its own file under `commands/`.
//!
//! Exit codes: 0 done, 1 the job failed, 2 the command line or a configuration was wrong. What a
//! command has to say goes to stdout in one piece when it is done; progress goes to stderr.
#![deny(unsafe_code)]

mod commands;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use musegan_train::prepare::SettingsError;
use musegan_train::train::TrainError;

/// The system's allocator gives freed pages back at once, and training then spends its time on
/// page faults.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code where the command line or a configuration file was wrong, as clap's own is.
const USAGE: u8 = 2;

/// Prepares datasets, trains the band's networks and writes the weights that the plugin plays.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
From your own MIDI files to weights that the plugin can load:
  musegan-train prepare --input ~/midi --output data/mine
  musegan-train train --data data/mine --run runs/mine --preset band
  musegan-train export --run runs/mine --output mine.safetensors
  musegan-train calibrate --weights mine.safetensors --data data/mine
  musegan-train generate --weights mine.safetensors --output listen";

#[derive(Debug, Subcommand)]
enum Command {
    Prepare(commands::prepare::Arguments),
    Merge(commands::merge::Arguments),
    Corpus(commands::corpus::Arguments),
    Train(commands::train::Arguments),
    Export(commands::export::Arguments),
    Calibrate(commands::calibrate::Arguments),
    Generate(commands::generate::Arguments),
    Interpolate(commands::interpolate::Arguments),
    Plot(commands::plot::Arguments),
    Evaluate(commands::evaluate::Arguments),
    Import(commands::import::Arguments),
    Inspect(commands::inspect::Arguments),
    Devices(commands::devices::Arguments),
    CheckDevice(commands::check_device::Arguments),
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    if matches!(command, Command::Train(_)) {
        enable_second_derivatives();
    }
    match run(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", sentence(&error));
            let is_usage = matches!(error.downcast_ref(), Some(TrainError::Config { .. }))
                || error.is::<SettingsError>();
            if is_usage { USAGE.into() } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let report = match command {
        Command::Prepare(arguments) => commands::prepare::run(arguments),
        Command::Merge(arguments) => commands::merge::run(arguments),
        Command::Corpus(arguments) => commands::corpus::run(arguments),
        Command::Train(arguments) => commands::train::run(arguments),
        Command::Export(arguments) => commands::export::run(arguments),
        Command::Calibrate(arguments) => commands::calibrate::run(arguments),
        Command::Generate(arguments) => commands::generate::run(arguments),
        Command::Interpolate(arguments) => commands::interpolate::run(arguments),
        Command::Plot(arguments) => commands::plot::run(arguments),
        Command::Evaluate(arguments) => commands::evaluate::run(arguments),
        Command::Import(arguments) => commands::import::run(arguments),
        Command::Inspect(arguments) => commands::inspect::run(arguments),
        Command::Devices(arguments) => commands::devices::run(arguments),
        Command::CheckDevice(arguments) => commands::check_device::run(arguments),
    }?;
    match io::stdout().write_all(report.as_bytes()).and_then(|()| io::stdout().flush()) {
        // Whoever reads only the beginning, as `head` does, has what they wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot print the outcome"),
    }
}

/// An error and its causes, but for those that it has said itself.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| {
        match (said.is_empty(), said.contains(&cause)) {
            (true, _) => cause,
            (_, true) => said,
            (_, false) => format!("{said}: {cause}"),
        }
    })
}

#[allow(unsafe_code)]
fn enable_second_derivatives() {
    // SAFETY: this is called at the start of `main`; parsing arguments starts no thread.
    unsafe { musegan_train::train::derivatives::enable() };
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        super::Arguments::command().debug_assert();
    }
}
