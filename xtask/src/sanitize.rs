//! `cargo xtask sanitize`: the engine under ThreadSanitizer and AddressSanitizer.
//!
//! Both come with the stable toolchain but are switched on by an unstable flag, which
//! `RUSTC_BOOTSTRAP` allows. The standard library stays as it is: its atomics and its `Arc` are
//! compiled into ours, so races among them are seen; its locks are not. Before a sanitizer is
//! believed it must report a fault that is there.
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::stage::{Stages, output_of};
use crate::workspace::{Workspace, cargo};

/// One of the compiler's sanitizers.
struct Sanitizer {
    /// As the compiler calls it.
    flag: &'static str,
    title: &'static str,
    /// A program with a fault, and what is said of it.
    faulty: (&'static str, &'static str),
    /// Which tests of the engine are of interest.
    tests: &'static [&'static str],
}

const THREAD: Sanitizer = Sanitizer {
    flag: "thread",
    title: "ThreadSanitizer",
    faulty: ("race", "ThreadSanitizer: data race"),
    // The only one with threads.
    tests: &["--test", "queues"],
};

const ADDRESS: Sanitizer = Sanitizer {
    flag: "address",
    title: "AddressSanitizer",
    faulty: ("dangling", "AddressSanitizer: heap-use-after-free"),
    tests: &["--lib", "--tests"],
};

/// Runs the engine's tests under both.
///
/// # Errors
/// If this system has no sanitizers, one of them is blind, or it reports something.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let stages = Stages::start();
    threads(workspace, &stages)?;
    under(workspace, &stages, &ADDRESS)
}

/// The queues under ThreadSanitizer alone: about a minute when nothing is compiled yet.
///
/// # Errors
/// As [`run`].
pub fn threads(workspace: &Workspace, stages: &Stages) -> anyhow::Result<()> {
    under(workspace, stages, &THREAD)
}

fn under(workspace: &Workspace, stages: &Stages, sanitizer: &Sanitizer) -> anyhow::Result<()> {
    let target = target()?;
    let directory = workspace.target.join("sanitize").join(sanitizer.flag);
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    stages.headline(&format!("{} sees a fault", sanitizer.title));
    sees_a_fault(workspace, sanitizer, &target, directory.join("faulty"))?;

    let suppressions = workspace.root.join("xtask/src/sanitize/suppressions.txt");
    let mut tests = cargo();
    tests
        .args(["test", "--package", "musegan-engine", "--target", &target, "--target-dir"])
        .arg(&directory)
        .args(sanitizer.tests)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", flags(sanitizer).join(" "))
        .env("TSAN_OPTIONS", format!("suppressions={}", suppressions.display()));
    stages.run(&format!("The engine under {}", sanitizer.title), &mut tests)
}

/// Compiles a faulty program as the tests are compiled, and expects the report.
fn sees_a_fault(
    workspace: &Workspace,
    sanitizer: &Sanitizer,
    target: &str,
    program: PathBuf,
) -> anyhow::Result<()> {
    let (name, report) = sanitizer.faulty;
    let source = workspace.root.join("xtask/src/sanitize").join(name).with_extension("rs");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--target", target, "-o"]).arg(&program).arg(&source);
    output_of(rustc.args(flags(sanitizer)).env("RUSTC_BOOTSTRAP", "1"))?;
    let output = Command::new(&program)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() || !text.contains(report) {
        bail!("{} did not report the fault in {}:\n{text}", sanitizer.title, source.display());
    }
    eprintln!("{report}, as it should be: {}", workspace.shown(&source).display());
    Ok(())
}

fn flags(sanitizer: &Sanitizer) -> Vec<String> {
    let mut flags = vec![format!("-Zsanitizer={}", sanitizer.flag)];
    // The standard library is not compiled anew for it. AddressSanitizer does not mind.
    if sanitizer.flag == THREAD.flag {
        flags.push("-Cunsafe-allow-abi-mismatch=sanitizer".into());
    }
    flags
}

/// This machine's target, where it is one that has sanitizers.
///
/// # Errors
/// Where it is not, with those that are.
pub fn target() -> anyhow::Result<String> {
    const WITH: [&str; 3] =
        ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"];
    let about = output_of(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    if !WITH.contains(&host) {
        bail!("the Rust toolchain has no sanitizers for {host}; it has for {}", WITH.join(", "));
    }
    Ok(host.to_owned())
}
