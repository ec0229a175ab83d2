//! Stages of a longer run: a headline with the time elapsed before each, and the command itself.
use std::io::IsTerminal;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// Times a run from its first stage.
pub struct Stages {
    started: Instant,
    bold: (&'static str, &'static str),
}

impl Stages {
    /// Starts the clock.
    #[must_use]
    pub fn start() -> Self {
        let bold = if std::io::stderr().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        Self { started: Instant::now(), bold }
    }

    /// Prints a stage's headline.
    pub fn headline(&self, title: &str) {
        let (on, off) = self.bold;
        let seconds = self.started.elapsed().as_secs();
        let line = "─".repeat(62usize.saturating_sub(title.chars().count()));
        eprintln!("\n{on}── {title} {line} {seconds:>4} s{off}");
    }

    /// Prints the headline and runs the command with the terminal's own output.
    ///
    /// # Errors
    /// If the command cannot be started or does not succeed.
    pub fn run(&self, title: &str, command: &mut Command) -> anyhow::Result<()> {
        self.headline(title);
        succeed(command)
    }
}

/// Runs a command with the terminal's own output.
///
/// # Errors
/// If it cannot be started or does not succeed; the text is the command as one would type it.
pub fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a command and gives what it printed; its errors go to the terminal.
///
/// # Errors
/// If it cannot be started or does not succeed.
pub fn output_of(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        eprint!("{text}");
        bail!("`{}` failed ({})", shown(command), output.status);
    }
    Ok(text)
}

fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
