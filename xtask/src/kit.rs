//! `cargo xtask gpu-kit`: what a machine with a GPU needs to check and time this project, in one
//! folder.
//!
//! There is nothing to build there: neither Rust nor CUDA, only the driver. `gpu.sh` in the folder
//! is all that has to be run; the programs beside it need no other file of the repository.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::gpu;
use crate::stage::{Stages, output_of, succeed};
use crate::workspace::{Workspace, cargo, copy, remove};

/// From the repository, and their names in the kit.
const FILES: [(&str, &str); 5] = [
    ("bench/gpu.sh", "gpu.sh"),
    ("bench/peers/networks.py", "peers/networks.py"),
    ("bench/peers/train.py", "peers/train.py"),
    ("bench/peers/generate.py", "peers/generate.py"),
    ("tests/tutorial.safetensors", "tutorial.safetensors"),
];

/// Builds everything and collects it in `target/gpu-kit`.
///
/// # Errors
/// If this is no Linux, no CUDA compiler is set up, or building or copying fails.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the kit is made and run on Linux");
    }
    let stages = Stages::start();
    stages.headline("Building the GPU half for CUDA");
    let library = gpu::cuda(workspace, true)?;
    let kit = workspace.target.join("gpu-kit");
    remove(&kit)?;
    copy(&library.path, &kit.join(gpu::library()))?;
    stages.headline("Building its tests");
    let kernel_tests = executables(&mut library.tests())?;
    stages.headline("Building the trainer and the benches");
    succeed(cargo().args(["build", "--release", "--bin", "musegan-train"]))?;
    let benches = ["bench", "--no-run", "--bench", "phrase", "--bench", "step"];
    let benches = executables(cargo().args(benches))?;

    stages.headline("Collecting");
    for (from, to) in FILES {
        copy(&workspace.root.join(from), &kit.join(to))?;
    }
    let trainer = workspace.target.join("release/musegan-train");
    copy_stripped(&trainer, &kit.join("musegan-train"))?;
    for (name, program) in benches {
        copy_stripped(&program, &kit.join(name))?;
    }
    for (name, program) in kernel_tests {
        copy_stripped(&program, &kit.join("tests").join(name))?;
    }
    let mib = size(&kit)? as f64 / f64::from(1 << 20);
    println!("{}: {mib:.1} MiB", workspace.shown(&kit).display());
    println!("Copy it to a machine with an NVIDIA card and run gpu.sh there: docs/gpu.md.");
    Ok(())
}

/// Runs a build and gives the names and files of its test and bench programs, as cargo tells them.
fn executables(build: &mut Command) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let told = output_of(build.arg("--message-format=json-render-diagnostics"))?;
    Ok(told.lines().filter_map(executable).collect())
}

/// The program that one of cargo's messages is about, unless it is an ordinary one.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let program = message["executable"].as_str()?;
    let name = message["target"]["name"].as_str()?;
    let is_test = message["profile"]["test"].as_bool()?;
    is_test.then(|| (name.into(), program.into()))
}

/// Copies a program without its symbols, which are half of it; as it is where there is no `strip`.
fn copy_stripped(from: &Path, to: &Path) -> anyhow::Result<()> {
    copy(from, to)?;
    match Command::new("strip").arg(to).status() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => {
            result.with_context(|| format!("cannot strip {}", to.display()))?;
            Ok(())
        }
    }
}

/// Of all files in a folder, in bytes.
fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.file_type()?.is_dir() {
            true => size(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_cargos_messages_those_about_tests_and_benches_name_a_program() {
        let message = |test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["bench"],"name":"step"}},
                "profile":{{"test":{test}}},"executable":"/target/release/deps/step-1a2b"}}"#
            )
        };
        let found = executable(&message(true));
        assert_eq!(found, Some(("step".into(), "/target/release/deps/step-1a2b".into())));
        assert_eq!(executable(&message(false)), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(executable("warning: not JSON"), None);
    }
}
