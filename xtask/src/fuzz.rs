//! `cargo xtask fuzz`: libFuzzer looks for bytes that break something, guided by the code that
//! they reach. What it runs is in `fuzz/`; what it finds interesting stays in `fuzz/corpus`.
//!
//! cargo-fuzz is made for the nightly toolchain; `RUSTC_BOOTSTRAP` lets it have this one.
use std::process::Stdio;

use anyhow::bail;
use clap::Args;

use crate::stage::{Stages, succeed};
use crate::workspace::{Workspace, cargo};

/// A way in, and what must be compiled for it.
struct Target {
    name: &'static str,
    features: &'static str,
    /// AddressSanitizer, or none where no code is unsafe: ten times as many inputs.
    sanitizer: &'static str,
    /// A folder of files to begin with.
    seeds: Option<&'static str>,
    options: &'static [&'static str],
}

const TARGETS: [Target; 5] = [
    Target {
        name: "midi",
        features: "",
        sanitizer: "none",
        seeds: Some("crates/musegan-score/tests/midi/files"),
        options: &["-max_len=2048", "-dict=fuzz/midi.dict", "-timeout=5", "-rss_limit_mb=1024"],
    },
    Target {
        name: "transports",
        features: "",
        sanitizer: "address",
        seeds: None,
        options: &["-max_len=4096"],
    },
    Target {
        name: "weights",
        features: "model",
        sanitizer: "address",
        seeds: None,
        options: &["-max_len=16384", "-dict=fuzz/json.dict"],
    },
    Target {
        name: "states",
        features: "plugin",
        sanitizer: "address",
        seeds: None,
        options: &["-max_len=4096", "-dict=fuzz/json.dict"],
    },
    Target {
        name: "sessions",
        features: "plugin",
        sanitizer: "address",
        seeds: None,
        options: &["-max_len=4096"],
    },
];

/// What is fuzzed, and for how long.
#[derive(Args)]
pub struct Fuzz {
    /// midi, transports, weights, states or sessions; one after the other where none is named
    target: Option<String>,
    /// How long each is fuzzed
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Fuzz until so many inputs have been tried, however long that takes
    #[arg(long, conflicts_with = "seconds")]
    inputs: Option<u64>,
}

/// Fuzzes until the time is over or something breaks.
///
/// # Errors
/// If a name is none of a target, cargo-fuzz cannot be had, or something breaks; the bytes that
/// break it are then in `fuzz/artifacts`.
pub fn run(workspace: &Workspace, fuzz: &Fuzz) -> anyhow::Result<()> {
    let is_meant = |target: &&Target| fuzz.target.as_deref().is_none_or(|name| name == target.name);
    let targets: Vec<_> = TARGETS.iter().filter(is_meant).collect();
    if targets.is_empty() {
        bail!("no such target; there are {}", TARGETS.map(|target| target.name).join(", "));
    }
    let stages = Stages::start();
    if !has_cargo_fuzz() {
        stages.run("Installing cargo-fuzz", cargo().args(["install", "--locked", "cargo-fuzz"]))?;
    }
    for target in targets {
        let (until, limit) = match fuzz.inputs {
            Some(inputs) => (format!("{inputs} inputs"), format!("-runs={inputs}")),
            None => (format!("{} s", fuzz.seconds), format!("-max_total_time={}", fuzz.seconds)),
        };
        stages.headline(&format!("{} for {until}", target.name));
        let corpus = format!("fuzz/corpus/{}", target.name);
        std::fs::create_dir_all(&corpus)?;
        let mut command = cargo();
        command
            .args(["fuzz", "run", "--fuzz-dir", "fuzz", "--features", target.features])
            .args(["--sanitizer", target.sanitizer])
            .arg("--target-dir")
            .arg(workspace.target.join("fuzz"))
            .args([target.name, &corpus])
            .args(target.seeds)
            .args(["--", "-timeout=30", "-print_final_stats=1", &limit])
            .args(target.options)
            .env("RUSTC_BOOTSTRAP", "1");
        succeed(&mut command)?;
    }
    Ok(())
}

fn has_cargo_fuzz() -> bool {
    let mut version = cargo();
    version.args(["fuzz", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}
