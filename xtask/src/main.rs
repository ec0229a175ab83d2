//! Everything a developer does with this repository: `cargo xtask COMMAND`.
//!
//! - `demo` builds the plugin, plays it without a DAW and leaves a `.mid` and a picture;
//!   `demo --audio` also a `.wav`, made with FluidSynth and a free soundfont.
//! - `test` is what CI runs: format, lints, documentation, and every test through the built
//!   plugin. `test --fast` leaves out everything but the tests.
//! - `daw-test` plays the VST3 in a real DAW, Ardour; the last part of `test`.
//! - `bundle musegan --release` makes the `.clap` and `.vst3` to install.
//!   `--gpu cuda` also builds the library that uses an NVIDIA card, and lays it beside them.
//! - `gpu-kit` collects what a machine with such a card needs to check and time everything.
//! - `gpu-emulated` builds the library with the CPU for a device, for tests run one by one.
//! - `bench` measures; `bench --peers` compares with PyTorch, `bench --peers --midi FOLDER` with other
//!   readers of MIDI files.
//! - `soak` plays random hosts by the million, and a day.
//! - `fuzz` looks for bytes that break something, guided by the code that they reach.
//! - `sanitize` runs the engine under ThreadSanitizer and AddressSanitizer.
//! - `setup` installs the system packages that building needs; the others look for them first.
//!   `setup --cuda` also leaves a CUDA compiler for the GPU half, which needs no GPU.
//!
//! This program itself needs nothing but Rust, git and a C compiler: what must be checked or
//! installed before the rest can be built has to be found out by something that builds without it.
#![forbid(unsafe_code)]

mod audio;
mod bench;
mod bundle;
mod cuda;
mod daw_test;
mod demo;
mod fuzz;
mod gpu;
mod kit;
mod sanitize;
mod setup;
mod soak;
mod stage;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::stage::Stages;
use crate::workspace::Workspace;

/// Set-up, bundle, demo, test, bench.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play the release build of the plugin for 16 bars; leaves target/demo/band.mid and band.png
    Demo {
        /// Also leave band.wav, made with FluidSynth and a free soundfont; installs both where allowed
        #[arg(long)]
        audio: bool,
    },
    /// Run everything CI runs: format, lints, documentation, tests
    Test {
        /// Only the tests, without format, lints and documentation
        #[arg(long)]
        fast: bool,
        /// Passed on to `cargo test`, as in `cargo xtask test --fast -- --test notes`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Build a package and bundle it into target/bundled: `bundle musegan --release`
    Bundle(bundle::Bundle),
    /// Measure process time, phrases and training steps, or with --midi the reading of files
    Bench(bench::Bench),
    /// Play the VST3 in Ardour 7, without a screen, and check every note; installs it where allowed
    DawTest,
    /// Fuzz MIDI files, the engine, weights files, states and sessions; installs cargo-fuzz if it is missing
    Fuzz(fuzz::Fuzz),
    /// Run the engine's tests under ThreadSanitizer and AddressSanitizer
    Sanitize,
    /// Try the engine with millions of random hosts on all cores, and with a day of playing
    Soak(soak::Soak),
    /// Collect in target/gpu-kit what checks and times everything on a machine with an NVIDIA card
    GpuKit,
    /// Build the GPU half with the CPU as its device and put it where the tests look
    GpuEmulated,
    /// Check the system packages that building needs, and install them where allowed
    Setup {
        /// Also find a CUDA compiler, or install one into target/cuda: no GPU needed
        #[arg(long)]
        cuda: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    if !matches!(command, Command::Setup { .. } | Command::Soak(_)) {
        setup::ensure_quietly()?;
    }
    match command {
        Command::Demo { audio } => demo::run(&workspace, *audio),
        Command::Test { fast, arguments } => test::run(&workspace, *fast, arguments),
        Command::Bundle(options) => bundle::run(&workspace, options),
        Command::GpuKit => kit::run(&workspace),
        Command::GpuEmulated => gpu::emulated(&workspace, &Stages::start()),
        Command::Bench(options) => bench::run(&workspace, options),
        Command::DawTest => daw_test::run(&workspace),
        Command::Fuzz(fuzz) => fuzz::run(&workspace, fuzz),
        Command::Sanitize => sanitize::run(&workspace),
        Command::Soak(soak) => soak::run(soak),
        Command::Setup { cuda } => {
            setup::run()?;
            if *cuda { cuda::run(&workspace) } else { Ok(()) }
        }
    }
}
