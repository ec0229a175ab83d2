//! The library for cards where there is none: with a stand-in for their driver, which runs the
//! kernels on the CPU and holds the library to the driver's rules. Linux only.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::{PACKAGE, build, clippy, for_tests, library, take_away};
use crate::stage::{Stages, output_of};
use crate::workspace::{Workspace, cargo, copy, remove};

const FEATURE: &str = "standin";

/// The driver's file name.
const DRIVER: &str = "libcuda.so.1";

/// Where both lie for the tests. The library finds the driver that lies beside it.
pub fn folder(workspace: &Workspace) -> PathBuf {
    for_tests(workspace).join(FEATURE)
}

/// Builds both and puts them there.
///
/// # Errors
/// If the build fails.
pub fn prepare(workspace: &Workspace, stages: &Stages) -> anyhow::Result<()> {
    stages.headline("Building the GPU half with a stand-in for the driver, for the tests");
    let told = output_of(build(FEATURE).arg("--message-format=json-render-diagnostics"))?;
    let driver = told.lines().find_map(built).context("cargo does not tell where it built")?;
    let folder = folder(workspace);
    remove(&folder.join(DRIVER))?;
    copy(&driver.join(DRIVER), &folder.join(DRIVER))?;
    take_away(workspace, &folder.join(library()))
}

/// Where the library's build script wrote, if that is what one of cargo's messages is about.
fn built(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let is_ours = message["package_id"].as_str()?.contains(&format!("/{PACKAGE}#"));
    is_ours.then(|| message["out_dir"].as_str().map(PathBuf::from)).flatten()
}

/// Lints of the half for cards, which so need no CUDA compiler.
///
/// # Errors
/// If there is something to say.
pub fn lint(stages: &Stages) -> anyhow::Result<()> {
    stages.run("Lints of the GPU half with a stand-in for the driver", &mut clippy(FEATURE))
}

/// The library's own tests; the quick ones, or all.
///
/// # Errors
/// If one fails.
pub fn test(stages: &Stages, fast: bool) -> anyhow::Result<()> {
    let mut test = cargo();
    test.args(["test", "--package", PACKAGE, "--features", FEATURE]);
    if fast {
        test.args(["--test", "standin", "--test", "interface"]);
    }
    stages.run("Tests of the GPU half with a stand-in for the driver", &mut test)
}

/// Has a program find the stand-in before any driver.
pub fn found_by<'a>(workspace: &Workspace, program: &'a mut Command) -> &'a mut Command {
    let folders = [folder(workspace)].into_iter().chain(paths("LD_LIBRARY_PATH"));
    let joined = std::env::join_paths(folders).unwrap_or_default();
    program.env("LD_LIBRARY_PATH", joined)
}

fn paths(variable: &str) -> Vec<PathBuf> {
    let value = std::env::var_os(variable).unwrap_or_default();
    std::env::split_paths(&value).filter(|path| path != Path::new("")).collect()
}
