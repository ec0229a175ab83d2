//! A CUDA compiler for the GPU half, on machines without a GPU and without a system-wide CUDA.
//!
//! An installed toolkit is used where one works; otherwise the compiler alone comes as wheels,
//! pinned in `cuda/wheels.txt`, into `target/cuda`: about 100 MB to fetch and 250 MB on the disk.
//! The rest of CUDA, the libraries that make a toolkit large, is never needed: our kernels are our
//! own.
//!
//! What must stay true: a compiler that [`find`] returns has just compiled a kernel, so a toolkit
//! that is too old or does not get on with this system's C++ compiler stands in nobody's way.
mod wheels;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::setup;
use crate::workspace::Workspace;

/// The oldest toolkit taken; older ones know neither C++17 nor today's cards.
const OLDEST: Release = Release(12, 0);

/// The cards' generations that a compiler is tried with, of those that it knows: Turing, Ampere (of
/// data centres and of desktops), Ada, Hopper, and Blackwell (likewise).
const ARCHITECTURES: [&str; 7] = ["75", "80", "86", "89", "90", "100", "120"];

/// A compiler that works.
pub struct Compiler {
    /// The absolute path of `nvcc`.
    pub nvcc: PathBuf,
    /// How it was found, for people.
    origin: &'static str,
    release: Release,
    architectures: Vec<&'static str>,
}

/// Major and minor version of CUDA.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Release(u32, u32);

impl std::fmt::Display for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { nvcc, origin, release: Release(major, minor), architectures } = self;
        write!(f, "CUDA {major}.{minor} from {origin}: {}\n    ", nvcc.display())?;
        write!(f, "compiles for sm_{}", architectures.join(", sm_"))
    }
}

/// `cargo xtask setup --cuda`: finds or installs a compiler and says which.
///
/// # Errors
/// If there is none and none can be installed; the text says why.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    println!("A CUDA compiler for the GPU half:");
    let compiler = ensure(workspace)?;
    println!("  {compiler}\nReady for `cargo xtask bundle musegan --release --gpu cuda`.");
    Ok(())
}

/// The compiler to use, installed below the target directory if the machine has none.
///
/// # Errors
/// If there is none and none can be installed; the text says why.
pub fn ensure(workspace: &Workspace) -> anyhow::Result<Compiler> {
    if cfg!(target_os = "macos") {
        bail!("there is no CUDA for macOS; a Mac's GPU is used through Metal, without a compiler");
    }
    setup::ensure_cxx()?;
    if let Some(compiler) = find(workspace)? {
        return Ok(compiler);
    }
    wheels::install(workspace)?;
    Compiler::of(workspace, &wheels::nvcc(workspace), wheels::ORIGIN)
        .context("the compiler from the wheels does not work")
}

/// The first compiler that works, of those that are installed and the wheels. Says on the terminal
/// which were passed over and why.
///
/// # Errors
/// If `MUSEGAN_NVCC` names one that does not work: who names one wants no other.
pub fn find(workspace: &Workspace) -> anyhow::Result<Option<Compiler>> {
    if let Some(nvcc) = std::env::var_os("MUSEGAN_NVCC") {
        let nvcc = Path::new(&nvcc);
        return Compiler::of(workspace, nvcc, "MUSEGAN_NVCC")
            .with_context(|| format!("MUSEGAN_NVCC is {}", nvcc.display()))
            .map(Some);
    }
    let mut candidates = installed();
    if wheels::are_installed(workspace) {
        candidates.push((wheels::nvcc(workspace), wheels::ORIGIN));
    }
    for (nvcc, origin) in candidates.iter().filter(|(nvcc, _)| nvcc.is_file()) {
        match Compiler::of(workspace, nvcc, origin) {
            Ok(compiler) => return Ok(Some(compiler)),
            Err(error) => eprintln!("  passed over {}: {error:#}", nvcc.display()),
        }
    }
    Ok(None)
}

/// Where a toolkit of the system would have its compiler, and who said so.
fn installed() -> Vec<(PathBuf, &'static str)> {
    let program = nvcc_name();
    let mut places = Vec::new();
    for variable in ["CUDA_HOME", "CUDA_PATH"] {
        if let Some(home) = std::env::var_os(variable).filter(|home| !home.is_empty()) {
            places.push((PathBuf::from(home).join("bin").join(&program), variable));
        }
    }
    for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        places.push((folder.join(&program), "PATH"));
    }
    places.push((Path::new("/usr/local/cuda/bin").join(&program), "/usr/local/cuda"));
    places
}

fn nvcc_name() -> String {
    format!("nvcc{}", std::env::consts::EXE_SUFFIX)
}

impl Compiler {
    /// Tries a compiler with a small kernel.
    fn of(workspace: &Workspace, nvcc: &Path, origin: &'static str) -> anyhow::Result<Self> {
        let nvcc = std::path::absolute(nvcc)?;
        let version = answer(Command::new(&nvcc).arg("--version"))?;
        let release = released(&version).context("`nvcc --version` names no release")?;
        if release < OLDEST {
            let (Release(major, minor), Release(oldest, _)) = (release, OLDEST);
            bail!("CUDA {major}.{minor} is too old, {oldest} or newer is needed");
        }
        let known = answer(Command::new(&nvcc).arg("--list-gpu-code"))?;
        let known: Vec<_> = known.split_whitespace().collect();
        let mut architectures = ARCHITECTURES.to_vec();
        architectures.retain(|one| known.contains(&format!("sm_{one}").as_str()));
        compile_probe(workspace, &nvcc, &architectures)?;
        Ok(Self { nvcc, origin, release, architectures })
    }
}

fn compile_probe(workspace: &Workspace, nvcc: &Path, architectures: &[&str]) -> anyhow::Result<()> {
    let Some(newest) = architectures.last() else {
        bail!("it knows none of sm_{}", ARCHITECTURES.join(", sm_"));
    };
    let scratch = workspace.target.join("tmp");
    std::fs::create_dir_all(&scratch)
        .with_context(|| format!("cannot create {}", scratch.display()))?;
    let mut compile = Command::new(nvcc);
    compile.args(["--fatbin", "-std=c++17"]).arg(workspace.root.join("xtask/src/cuda/probe.cu"));
    compile.arg("-o").arg(scratch.join("cuda-probe.fatbin"));
    for one in architectures {
        compile.arg(format!("-gencode=arch=compute_{one},code=sm_{one}"));
    }
    // What the driver of a card that comes after them compiles at run time.
    compile.arg(format!("-gencode=arch=compute_{newest},code=compute_{newest}"));
    answer(&mut compile).context("it cannot compile a small kernel")?;
    Ok(())
}

/// What a program prints; if it fails, the error is the first line in which it says so.
fn answer(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", Path::new(&name).display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let telling = said.lines().find(|line| line.contains("error"));
        bail!("{}", telling.or_else(|| said.lines().next()).unwrap_or("it says nothing"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `Cuda compilation tools, release 13.0, V13.0.88`
fn released(version: &str) -> Option<Release> {
    let (_, rest) = version.split_once("release ")?;
    let (number, _) = rest.split_once(',')?;
    let (major, minor) = number.split_once('.')?;
    Some(Release(major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_from_what_the_compiler_says() {
        let said = "Built on Wed\nCuda compilation tools, release 12.10, V12.10.88\nBuild cuda_13";
        assert_eq!(released(said), Some(Release(12, 10)));
        assert!(Release(12, 10) > Release(12, 9) && Release(11, 8) < OLDEST);
        assert_eq!(released("nvcc: not found"), None);
    }

    #[test]
    fn what_a_failing_program_says_first_is_the_error() {
        let script = "echo context >&2; echo 'x.h: fatal error: missing' >&2; exit 1";
        let error = answer(Command::new("sh").args(["-c", script])).err();
        assert!(error.is_some_and(|error| error.to_string() == "x.h: fatal error: missing"));
        assert!(answer(&mut Command::new("no-such-program")).is_err());
    }
}
