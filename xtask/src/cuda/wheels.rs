//! The compiler alone, from pinned wheels below the target directory.
//!
//! A folder is complete or not there: pip fills one beside it, which takes its place at the end. A
//! copy of the list lies in it, so that another list installs anew.
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::setup;
use crate::stage::succeed;
use crate::workspace::{Workspace, copy, remove};

/// What people are told about where the compiler is from.
pub const ORIGIN: &str = "wheels in target/cuda";

/// In the repository; also the name of the copy in the folder.
const LIST: &str = "xtask/src/cuda/wheels.txt";

/// Where the wheels of the list have it.
#[must_use]
pub fn nvcc(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("nvidia/cu13/bin").join(super::nvcc_name())
}

/// Whether the folder holds what the list says.
#[must_use]
pub fn are_installed(workspace: &Workspace) -> bool {
    let copy = std::fs::read(folder(workspace).join("wheels.txt"));
    let list = std::fs::read(workspace.root.join(LIST));
    matches!((copy, list), (Ok(copy), Ok(list)) if copy == list)
}

/// Fetches and unpacks them. What pip has fetched before it takes from its cache, so an interrupted
/// run does not begin again from nothing.
///
/// # Errors
/// If there is no pip, or it fails.
pub fn install(workspace: &Workspace) -> anyhow::Result<()> {
    setup::ensure_pip()?;
    let (folder, list) = (folder(workspace), workspace.root.join(LIST));
    let partial = folder.with_extension("partial");
    remove(&partial)?;
    eprintln!("  installing the compiler into target/cuda: 100 MB to fetch, 250 MB on the disk");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]);
    // Their dependencies are libraries that nothing here links.
    pip.args(["--no-deps", "--only-binary", ":all:"]);
    pip.arg("--target").arg(&partial).arg("--requirement").arg(&list);
    succeed(pip.env("PIP_ROOT_USER_ACTION", "ignore")).context(
        "the CUDA compiler cannot be installed; run `cargo xtask setup --cuda` again, or set \
         CUDA_HOME to an installed toolkit",
    )?;
    copy(&list, &partial.join("wheels.txt"))?;
    remove(&folder)?;
    std::fs::rename(&partial, &folder)
        .with_context(|| format!("cannot create {}", folder.display()))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("cuda")
}
