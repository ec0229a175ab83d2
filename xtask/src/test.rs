//! `cargo xtask test`: what CI runs.
//!
//! The debug bundle that the black-box tests load is built with the same packages and features as
//! the tests, so nothing is compiled twice, and has the framework's allocation guard switched on.
//! These are all packages but xtask itself, whose dependencies would change everybody's features,
//! and the GPU half, which is built on its own, three times: with the CPU for a device, as the tests
//! of everything that uses a GPU load it; on Linux for cards, with a stand-in for their driver; and as
//! it ships, where there is a CUDA compiler or one can be had.
use crate::stage::Stages;
use crate::workspace::{Workspace, cargo};
use crate::{bundle, cuda, daw_test, gpu, sanitize, setup};

/// Runs every stage in turn; the test runner's own lines come last.
///
/// # Errors
/// If a stage fails; the later ones do not run. A DAW that is not there is no failure.
pub fn run(workspace: &Workspace, fast: bool, arguments: &[String]) -> anyhow::Result<()> {
    let stages = Stages::start();
    if !fast {
        stages.run("Format", cargo().args(["fmt", "--all", "--check"]))?;
        let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        stages.run("Lints", cargo().args(clippy))?;
        gpu::lint(&stages)?;
        let doc = ["doc", "--workspace", "--no-deps", "--document-private-items"];
        stages.run("Documentation", cargo().args(doc).env("RUSTDOCFLAGS", "--deny warnings"))?;
    }
    let build = ["build", "--lib", "--bins", "--tests", "--examples"];
    stages.run("Building plugin and tests", cargo().args(build))?;
    stages.headline("Bundling the plugin for the tests");
    bundle::for_tests(workspace)?;
    gpu::emulated(workspace, &stages)?;
    stages.run("Tests of xtask", cargo().args(["test", "--quiet", "--package", "xtask"]))?;
    stages.run("Tests", cargo().arg("test").args(arguments))?;
    gpu::test(&stages, fast)?;
    if fast {
        return Ok(());
    }
    match cuda::ensure(workspace) {
        Ok(compiler) => gpu::test_cuda(workspace, &stages, &compiler)?,
        Err(error) => println!("\nLeft out the GPU half for CUDA: {error:#}"),
    }
    match sanitize::target() {
        Ok(_) => sanitize::threads(workspace, &stages)?,
        Err(error) => println!("\nLeft out the queues under ThreadSanitizer: {error:#}"),
    }
    match setup::ensure_ardour() {
        Ok(()) => daw_test::play(workspace, &stages),
        Err(error) => {
            println!("\nLeft out the test in a real DAW: {error:#}");
            Ok(())
        }
    }
}
