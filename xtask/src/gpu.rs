//! The GPU half: built, and laid where what plays or trains looks for it.
//!
//! It is a library of its own, `libmusegan_gpu.so` or `musegan_gpu.dll`, opened at run time from
//! the folder of the plugin or program that is running. Nothing links it: without it everything
//! works, on the CPU.
//!
//! For the tests it is built with the feature `emulated`, the same kernels on the CPU, into
//! `target/test-bundles/gpu/`; on Linux with a stand-in for the cards' driver into
//! `target/test-bundles/gpu/standin/`; and where there is a CUDA compiler as it ships into
//! `target/test-bundles/gpu/cuda/`. They never load `target/debug/libmusegan_gpu.so`: every build
//! of the workspace writes over that one.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use clap::ValueEnum;

use crate::cuda::{self, Compiler};
use crate::setup;
use crate::stage::{Stages, succeed};
use crate::workspace::{Workspace, cargo, copy, remove};

mod standin;

/// The package that is the library.
const PACKAGE: &str = "musegan-gpu";

/// Tells the library's build script which `nvcc` to call.
const COMPILER_VARIABLE: &str = "MUSEGAN_NVCC";

/// Tells its tests which library to open.
const LIBRARY_VARIABLE: &str = "MUSEGAN_GPU_LIBRARY";

/// What a bundle plays on besides the CPU.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Gpu {
    /// Nothing
    None,
    /// NVIDIA's cards, through a library beside the plugin
    Cuda,
}

/// The library's file name on this system.
#[must_use]
pub fn library() -> String {
    format!("{}musegan_gpu{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// The library as it ships.
pub struct Built {
    /// In the target directory.
    pub path: PathBuf,
    compiler: Compiler,
    profile: &'static [&'static str],
}

impl Built {
    /// Builds its tests, without running them.
    #[must_use]
    pub fn tests(&self) -> Command {
        let mut command = cargo();
        command.args(["test", "--no-run", "--package", PACKAGE, "--features", "cuda"]);
        command.args(self.profile).env(COMPILER_VARIABLE, &self.compiler.nvcc);
        command
    }
}

/// Builds the library for CUDA, optimised or not.
///
/// # Errors
/// If no CUDA compiler is set up, or the build fails.
pub fn cuda(workspace: &Workspace, release: bool) -> anyhow::Result<Built> {
    let compiler = cuda::find(workspace)?.context(
        "building for a GPU needs a CUDA compiler; `cargo xtask setup --cuda` installs one",
    )?;
    eprintln!("  {compiler}");
    let (profile, folder) =
        if release { (&["--release"][..], "release") } else { (&[][..], "debug") };
    succeed(build("cuda").args(profile).env(COMPILER_VARIABLE, &compiler.nvcc))?;
    let path = workspace.target.join(folder).join(library());
    Ok(Built { path, compiler, profile })
}

/// Puts the library beside the plugin in every bundle; without one, takes away what an earlier
/// bundling put there. Gives the places.
///
/// # Errors
/// If a bundle cannot be read or written.
pub fn lay(workspace: &Workspace, built: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![workspace.target.join("bundled")];
    let contents = workspace.bundle("vst3").join("Contents");
    if contents.is_dir() {
        for entry in std::fs::read_dir(&contents)? {
            let folder = entry?.path();
            // Of the folders there, one per system, those with the plugin's binary.
            if folder.is_dir() && holds_plugin(&folder)? {
                folders.push(folder);
            }
        }
    }
    let places: Vec<_> = folders.iter().map(|folder| folder.join(library())).collect();
    for place in &places {
        remove(place)?;
        if let Some(built) = built {
            copy(built, place)?;
        }
    }
    Ok(places)
}

fn holds_plugin(folder: &Path) -> anyhow::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        if entry?.path().file_stem().is_some_and(|stem| stem == "MuseGAN") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Builds the library whose device is the CPU, and on Linux the one for cards with a stand-in for
/// their driver, and puts them where the tests look.
///
/// # Errors
/// If there is no C++ compiler or the build fails.
pub fn emulated(workspace: &Workspace, stages: &Stages) -> anyhow::Result<()> {
    setup::ensure_cxx()?;
    stages.run("Building the GPU half, emulated, for the tests", &mut build("emulated"))?;
    take_away(workspace, &for_tests(workspace).join(library()))?;
    if cfg!(target_os = "linux") { standin::prepare(workspace, stages) } else { Ok(()) }
}

/// Lints of the half that is built with a feature, and that the workspace's lints do not see.
///
/// # Errors
/// If there is something to say.
pub fn lint(stages: &Stages) -> anyhow::Result<()> {
    setup::ensure_cxx()?;
    stages.run("Lints of the GPU half, emulated", &mut clippy("emulated"))?;
    if cfg!(target_os = "linux") { standin::lint(stages) } else { Ok(()) }
}

/// The library's own tests, on the emulated device and, on Linux, through the stand-in.
///
/// # Errors
/// If one fails.
pub fn test(stages: &Stages, fast: bool) -> anyhow::Result<()> {
    let plain = ["test", "--package", PACKAGE];
    stages.run("Tests of the GPU half without kernels", cargo().args(plain))?;
    let test = ["test", "--package", PACKAGE, "--features", "emulated"];
    stages.run("Tests of the GPU half, emulated", cargo().args(test))?;
    if cfg!(target_os = "linux") { standin::test(stages, fast) } else { Ok(()) }
}

/// The library as it ships, which opens, and says why not where there is no driver; on Linux also
/// with the stand-in, by which its own image of the kernels is taken.
///
/// # Errors
/// If the build or a test fails.
pub fn test_cuda(
    workspace: &Workspace,
    stages: &Stages,
    compiler: &Compiler,
) -> anyhow::Result<()> {
    let nvcc = &compiler.nvcc;
    let mut clippy = clippy("cuda");
    stages.run("Lints of the GPU half for CUDA", clippy.env(COMPILER_VARIABLE, nvcc))?;
    stages.run("Building the GPU half for CUDA", build("cuda").env(COMPILER_VARIABLE, nvcc))?;
    let built = for_tests(workspace).join("cuda").join(library());
    take_away(workspace, &built)?;
    let test = ["test", "--package", PACKAGE, "--features", "cuda", "--test", "driver"];
    let mut test_driver = cargo();
    test_driver.args(test).env(COMPILER_VARIABLE, nvcc).env(LIBRARY_VARIABLE, &built);
    stages.run("Tests of the GPU half with this machine's driver, or none", &mut test_driver)?;
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let test_driver = standin::found_by(workspace, &mut test_driver);
    stages.run("Tests of the GPU half for CUDA with a stand-in for the driver", test_driver)
}

fn for_tests(workspace: &Workspace) -> PathBuf {
    workspace.target.join("test-bundles/gpu")
}

fn build(feature: &str) -> Command {
    let mut command = cargo();
    command.args(["build", "--package", PACKAGE, "--features", feature]);
    command
}

fn clippy(feature: &str) -> Command {
    let mut command = cargo();
    command.args(["clippy", "--package", PACKAGE, "--all-targets", "--features", feature]);
    command.args(["--", "--deny", "warnings"]);
    command
}

/// Takes the library that was just built away from the programs of the debug build: with `auto` they
/// would find it beside themselves and take a device that is there for tests. Whoever has an old one
/// loaded keeps it: it is not written over.
fn take_away(workspace: &Workspace, to: &Path) -> anyhow::Result<()> {
    let built = workspace.target.join("debug").join(library());
    remove(to)?;
    copy(&built, to)?;
    remove(&built)
}
