//! Building the plugin and putting it into the bundles hosts load.
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use crate::gpu::{self, Gpu};
use crate::stage::{Stages, succeed};
use crate::workspace::{Workspace, cargo, copy, remove};

/// The package that is a plugin.
const PACKAGE: &str = "musegan";

/// What is bundled, and how.
#[derive(Args)]
pub struct Bundle {
    /// The package: musegan
    package: String,
    /// Optimised, as released
    #[arg(long)]
    release: bool,
    /// Also build the library that plays and trains on a GPU, and lay it beside the plugin
    #[arg(long, value_enum, default_value_t = Gpu::None)]
    gpu: Gpu,
    /// Passed on to `cargo build`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Builds and bundles into `target/bundled`, and says where.
///
/// # Errors
/// If the package is no plugin, a compiler is missing, or building or writing fails.
pub fn run(workspace: &Workspace, bundle: &Bundle) -> anyhow::Result<()> {
    let Bundle { package, release, gpu, arguments } = bundle;
    if package != PACKAGE {
        bail!("{package} is not a plugin; try `cargo xtask bundle {PACKAGE} --release`");
    }
    if *gpu == Gpu::Cuda && arguments.iter().any(|argument| argument.starts_with("--target")) {
        bail!("--gpu cuda builds for the system it runs on only; leave out --target");
    }
    // First, because it is the part for which something may be missing.
    let library = match gpu {
        Gpu::None => None,
        Gpu::Cuda => Some(gpu::cuda(workspace, *release)?.path),
    };
    let mut arguments = arguments.clone();
    if *release {
        arguments.push("--release".into());
    }
    build(workspace, &arguments)?;
    let laid = gpu::lay(workspace, library.as_deref())?;
    if let Some(library) = &library {
        println!("The GPU half, which belongs beside whatever is to use it:");
        for place in std::iter::once(library).chain(&laid) {
            println!("  {}", workspace.shown(place).display());
        }
    }
    Ok(())
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
    remove(&apart.join("bundled"))?;
    nice_plug_xtask::bundle(&apart, PACKAGE, &[], false)
}
