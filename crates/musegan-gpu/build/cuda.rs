//! The kernels for CUDA cards, as one image that the driver takes apart: machine code for the
//! generations of cards that there are, and an intermediate form that the driver compiles for those
//! that come.
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Turing, Ampere (of data centres and of desktops), Ada, Hopper, Blackwell (likewise); of these,
/// what the compiler knows.
const GENERATIONS: [u32; 7] = [75, 80, 86, 89, 90, 100, 120];

/// Compiles all kernels and writes what the library includes: `kernels.fatbin`, and in `built.rs`
/// what it was built for.
pub fn compile(kernels: &Path) -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    let nvcc = find()?;
    let known = answer(Command::new(&nvcc).arg("--list-gpu-code"))?;
    let generations: Vec<_> = GENERATIONS
        .into_iter()
        .filter(|one| known.split_whitespace().any(|code| code == format!("sm_{one}")))
        .collect();
    let (Some(oldest), Some(newest)) = (generations.first(), generations.last()) else {
        return Err(format!("{} knows none of sm_{GENERATIONS:?}", nvcc.display()));
    };
    let mut command = Command::new(&nvcc);
    command.args(["--fatbin", "-std=c++17", "-O3", "--fmad=true"]);
    // Compressed images need a newer driver than uncompressed ones.
    command.arg("--no-compress");
    // One card's code beside another's, as many as cargo has jobs.
    command.arg("--threads").arg(env::var("NUM_JOBS").unwrap_or_else(|_| "1".into()));
    for one in &generations {
        command.arg(format!("-gencode=arch=compute_{one},code=sm_{one}"));
    }
    for one in [oldest, newest] {
        command.arg(format!("-gencode=arch=compute_{one},code=compute_{one}"));
    }
    command.arg(kernels.join("all.cu")).arg("-o").arg(out.join("kernels.fatbin"));
    answer(&mut command)?;

    let version = answer(Command::new(&nvcc).arg("--version"))?;
    let release = released(&version)
        .ok_or_else(|| format!("`{} --version` names no release", nvcc.display()))?;
    let capabilities: Vec<_> =
        generations.iter().map(|one| format!("{}.{}", one / 10, one % 10)).collect();
    let text = format!(
        "/// The release of CUDA that the kernels were compiled with.\n\
         pub(crate) const RELEASE: &str = {release:?};\n\
         /// Compute capabilities that they were compiled for.\n\
         pub(crate) const CAPABILITIES: &str = {:?};\n",
        capabilities.join(", ")
    );
    std::fs::write(out.join("built.rs"), text).map_err(|error| error.to_string())
}

/// The compiler: `MUSEGAN_NVCC`, that of the toolkit which `CUDA_HOME` or `CUDA_PATH` name, or the
/// first on the path.
fn find() -> Result<PathBuf, String> {
    for variable in ["MUSEGAN_NVCC", "CUDA_HOME", "CUDA_PATH", "PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let name = format!("nvcc{}", env::consts::EXE_SUFFIX);
    let set = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty());
    if let Some(nvcc) = set("MUSEGAN_NVCC").map(PathBuf::from) {
        return match nvcc.is_absolute() && nvcc.is_file() {
            true => Ok(nvcc),
            false => Err(format!("MUSEGAN_NVCC is {}, no file's absolute path", nvcc.display())),
        };
    }
    let homes = ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(set);
    let homes = homes.map(|home| PathBuf::from(home).join("bin"));
    let path = set("PATH").unwrap_or_default();
    homes
        .chain(env::split_paths(&path))
        .map(|folder| folder.join(&name))
        .find(|nvcc| nvcc.is_file())
        .ok_or_else(|| {
            "the feature `cuda` needs CUDA's compiler, nvcc, which is neither named by \
             MUSEGAN_NVCC nor below CUDA_HOME or CUDA_PATH nor on the PATH; \
             `cargo xtask setup --cuda` installs one and says where"
                .into()
        })
}

/// What a program prints; if it fails, the error says how.
fn answer(command: &mut Command) -> Result<String, String> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot start {name}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        // Cargo takes an error of one line.
        let said = said.trim().replace('\n', "; ");
        return Err(format!("{name} failed ({}): {said}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `Cuda compilation tools, release 13.0, V13.0.88`
fn released(version: &str) -> Option<&str> {
    version.split_once("release ")?.1.split_once(',').map(|(release, _)| release)
}
