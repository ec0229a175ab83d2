//! `musegan-host`: play a plugin without a DAW and keep what it played (`demo`), or time it
//! (`bench`). Exit codes: 0 done, 1 failed, 2 wrong usage.
#![forbid(unsafe_code)]

mod bench;
mod demo;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A headless host for CLAP and VST3 plugins that emit notes.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Roll the transport once and write what was played as band.mid and band.png
    Demo {
        /// The .clap or .vst3 bundle
        plugin: PathBuf,
        /// Folder for band.mid and band.png, created where missing
        #[arg(long)]
        output: PathBuf,
        /// Bars of 4/4
        #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=4096))]
        bars: u32,
        /// Beats per minute
        #[arg(long, default_value_t = 120.0, value_parser = tempo)]
        tempo: f64,
    },
    /// Measure what the plugin costs its host: process, seeks, resting and rolling in number
    Bench {
        /// The .clap or .vst3 bundle
        plugin: PathBuf,
    },
}

fn tempo(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(tempo) if (20.0..=999.0).contains(&tempo) => Ok(tempo),
        _ => Err("expected 20 to 999 beats per minute".into()),
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo { plugin, output, bars, tempo } => demo::run(&plugin, &output, bars, tempo),
        Command::Bench { plugin } => bench::run(&plugin),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
