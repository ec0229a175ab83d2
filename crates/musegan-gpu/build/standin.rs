//! The stand-in for the driver, `libcuda.so.1`, and the image without kernels that it takes.
//!
//! Whatever is linked from this package then looks for the driver beside itself and in the folder where
//! the stand-in is built, so that neither a test nor a copied library needs an environment variable.
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What the library includes as its kernels; the stand-in knows it.
const IMAGE: &str = "no kernels: for the driver's stand-in\0";

const BUILT: &str = "/// The release of CUDA that the kernels would be compiled with.
pub(crate) const RELEASE: &str = \"13.0\";
/// Compute capabilities that they would be compiled for.
pub(crate) const CAPABILITIES: &str = \"7.5 and later\";
";

/// Compiles the stand-in and writes what `cuda::compile` would.
pub fn compile(kernels: &Path) -> Result<(), String> {
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return Err("the feature `standin` is for tests on Linux".into());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    let write = |name: &str, text: &str| {
        fs::write(out.join(name), text).map_err(|error| format!("cannot write {name}: {error}"))
    };
    write("kernels.fatbin", IMAGE)?;
    write("built.rs", BUILT)?;
    println!("cargo::rerun-if-changed=standin");
    let mut compiler = cc::Build::new();
    // As the emulated device is compiled, so that the numbers are the same.
    compiler.cpp(true).std("c++17").opt_level(2).flag("-ffp-contract=off");
    for flag in ["-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-U_FORTIFY_SOURCE"] {
        compiler.flag(flag);
    }
    let compiler = compiler.include(kernels).try_get_compiler();
    let mut command = compiler.map_err(|error| error.to_string())?.to_command();
    command.args(["-shared", "-pthread", "standin/driver.cpp", "-o"]);
    command.arg(out.join("libcuda.so.1"));
    let status = command.status().map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if !status.success() {
        return Err(format!("{command:?} failed ({status})"));
    }
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN:{}", out.display());
    Ok(())
}
