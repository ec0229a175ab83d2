//! `cargo xtask bench`: the figures the project promises, and those of PyTorch and of other readers
//! of MIDI files beside them.
//!
//! Each figure is measured by a program of its own; here they are run and tabled. With `--peers`
//! ours and theirs take turns, so that a machine which slows down slows down both.
mod peers;
mod reading;
mod readings;

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::bundle;
use crate::stage::{Stages, output_of, succeed};
use crate::workspace::{Workspace, cargo};
use readings::{Readings, phrase, row, step};

/// How often ours and theirs take turns; the best of each counts.
const TURNS: usize = 3;
/// Phrases of a training step of which the steps per second are measured.
const BATCHES: [usize; 2] = [16, 64];

/// What is measured.
#[derive(Args)]
pub struct Bench {
    /// Compare with others: PyTorch, or with --midi symusic, pypianoroll and MusPy, installed from
    /// PyPI below the target directory
    #[arg(long)]
    peers: bool,
    /// Measure only how fast the MIDI files below this folder are read; repeat for several
    #[arg(long, value_name = "FOLDER")]
    midi: Vec<PathBuf>,
}

/// Measures and prints tables.
///
/// # Errors
/// If building, measuring or installing the peers fails.
pub fn run(workspace: &Workspace, options: &Bench) -> anyhow::Result<()> {
    if options.midi.is_empty() {
        plugin_and_networks(workspace, options.peers)?;
        let peers = if options.peers { " --peers" } else { "" };
        println!(
            "\n  reading MIDI files: skipped, as the repository has none to measure with; \n    \
             cargo xtask bench{peers} --midi FOLDER"
        );
        Ok(())
    } else {
        reading::run(workspace, &options.midi, options.peers)
    }
}

fn plugin_and_networks(workspace: &Workspace, with_peers: bool) -> anyhow::Result<()> {
    let stages = Stages::start();
    let python = match with_peers {
        true => Some(peers::install(workspace, &stages, &peers::NETWORKS)?),
        false => None,
    };
    let host = bundle::release(workspace, &stages)?;
    stages.headline("Building the benches");
    succeed(cargo().args(["bench", "--bench", "phrase", "--bench", "step", "--no-run"]))?;

    stages.headline("Measuring");
    let clap = workspace.bundle("clap");
    let host = output_of(Command::new(host).arg("bench").arg(clap))?;
    let rows = host.lines().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    let weights = workspace.root.join("plugin-assets/weights.safetensors");
    let threads = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let mut phrases = Readings::lower_is_better();
    let mut steps = BATCHES.map(|batch| (batch.to_string(), Readings::higher_is_better()));
    for turn in 1..=if with_peers { TURNS } else { 1 } {
        if with_peers {
            eprintln!("  turn {turn} of {TURNS}");
        }
        phrases.take(&output_of(bench("phrase").arg(&weights))?, phrase)?;
        if let Some(python) = &python {
            phrases.take(&output_of(&mut python.script("generate.py"))?, phrase)?;
        }
        for (batch, steps) in &mut steps {
            let arguments = ["--threads", threads.as_str(), "--batch", batch.as_str()];
            steps.take(&output_of(bench("step").args(arguments))?, step("musegan"))?;
            if let Some(python) = &python {
                let mut train = python.script("train.py");
                steps.take(&output_of(train.args(arguments))?, step("pytorch"))?;
            }
        }
    }

    stages.headline("Results");
    println!("  the release CLAP in our headless host, 48 kHz, 120 BPM, five tracks\n");
    println!("{}", row("what\tmeasured\taim")?);
    println!("|{0:-<33}|{0:-<60}|{0:-<37}|", "");
    rows.iter().for_each(|row| println!("{row}"));
    println!(
        "\n  milliseconds per phrase, one thread: batches of the tutorial, the band that ships"
    );
    phrases.print("ms");
    for (batch, steps) in &steps {
        println!("\n  training steps per second, batch {batch}, {threads} threads");
        steps.print("/s");
    }
    Ok(())
}

/// A bench of the packages that are built by default, so that nothing is compiled twice.
fn bench(name: &str) -> Command {
    let mut command = cargo();
    command.args(["bench", "--quiet", "--bench", name, "--"]);
    command
}
