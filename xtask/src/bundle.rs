//! Building the plugin and putting it into the bundles hosts load.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::stage::{Stages, succeed};
use crate::workspace::{Workspace, cargo};

/// The package that is a plugin.
const PACKAGE: &str = "musegan";

/// Builds and bundles into `target/bundled`, and says where.
///
/// # Errors
/// If the package is no plugin, or building or writing fails.
pub fn run(
    workspace: &Workspace,
    package: &str,
    release: bool,
    arguments: &[String],
) -> anyhow::Result<()> {
    if package != PACKAGE {
        bail!("{package} is not a plugin; try `cargo xtask bundle {PACKAGE} --release`");
    }
    let mut arguments = arguments.to_vec();
    if release {
        arguments.push("--release".into());
    }
    build(workspace, &arguments)
}

/// The release bundles and the headless host that `demo` and `bench` load them with.
///
/// # Errors
/// If building or writing fails.
pub fn release(workspace: &Workspace, stages: &Stages) -> anyhow::Result<PathBuf> {
    stages.headline("Building the plugin (a first build takes minutes)");
    build(workspace, &["--release".into()])?;
    Ok(workspace
        .target
        .join("release")
        .join(format!("musegan-host{}", std::env::consts::EXE_SUFFIX)))
}

/// Plugin and host are built in one go: apart, their shared crates would be compiled twice with
/// different features.
fn build(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    let packages = ["--package", PACKAGE, "--package", "musegan-host"];
    succeed(cargo().arg("build").args(packages).args(arguments))?;
    nice_plug_xtask::bundle(&workspace.target, PACKAGE, arguments, false)
}

/// Bundles the debug build for the tests into `target/test-bundles/bundled`, so that a release
/// bundle in `target/bundled` stays what it is.
///
/// # Errors
/// If the library is not built or writing fails.
pub fn for_tests(workspace: &Workspace) -> anyhow::Result<()> {
    let library =
        format!("{}{PACKAGE}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let built = workspace.target.join("debug").join(&library);
    let apart = workspace.target.join("test-bundles");
    copy(&built, &apart.join("debug").join(&library))?;
    // Whoever has the old bundles loaded keeps them: nothing is written over.
    match std::fs::remove_dir_all(apart.join("bundled")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("cannot remove the tests' old bundles");
        }
        _ => {}
    }
    nice_plug_xtask::bundle(&apart, PACKAGE, &[], false)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
    }
    std::fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
