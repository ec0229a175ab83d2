//! Compiles the kernels: for cards with feature `cuda`, for this machine's processor with feature
//! `emulated`, not at all without either; and with feature `standin` for this processor, too, in a
//! library that stands in for the cards' driver.
use std::path::Path;

#[cfg(all(feature = "cuda", not(feature = "standin")))]
#[path = "build/cuda.rs"]
mod cuda;
#[cfg(feature = "standin")]
#[path = "build/standin.rs"]
mod standin;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=kernels");
    let kernels = Path::new("kernels");
    #[cfg(all(feature = "standin", not(feature = "emulated")))]
    if let Err(reason) = standin::compile(kernels) {
        println!("cargo::error={reason}");
    }
    #[cfg(all(feature = "cuda", not(any(feature = "emulated", feature = "standin"))))]
    if let Err(reason) = cuda::compile(kernels) {
        println!("cargo::error={reason}");
    }
    #[cfg(all(feature = "emulated", not(feature = "cuda")))]
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        // Unoptimised they are too slow to test anything with.
        .opt_level(2)
        .flag("-fno-exceptions")
        .flag("-fno-rtti")
        .flag("-ffp-contract=off")
        .cpp_link_stdlib(None)
        .file(kernels.join("emulator.cpp"))
        .compile("musegan_kernels");
    let _ = kernels;
}
