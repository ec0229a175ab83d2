//! PyTorch, from PyPI into a virtual environment below the target directory.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::stage::{Stages, succeed};
use crate::workspace::Workspace;

/// A Python that has what `bench/peers` needs.
pub struct Python {
    program: PathBuf,
    scripts: PathBuf,
}

impl Python {
    /// One of the scripts of `bench/peers`, to be run.
    #[must_use]
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(self.scripts.join(name));
        command
    }
}

/// Makes `target/peers-venv`, or takes it as it is when the requirements have not changed.
///
/// # Errors
/// If there is no Python 3 with venv, or PyPI cannot be reached.
pub fn install(workspace: &Workspace, stages: &Stages) -> anyhow::Result<Python> {
    let venv = workspace.target.join("peers-venv");
    let scripts = workspace.root.join("bench/peers");
    let program = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = scripts.join("requirements.txt");
    let installed = venv.join("requirements.txt");
    if !same(&requirements, &installed) {
        stages.headline("Installing PyTorch from PyPI into target/peers-venv (once)");
        let made = Command::new("python3").args(["-m", "venv"]).arg(&venv).status();
        if !made.is_ok_and(|status| status.success()) {
            bail!(
                "--peers needs Python 3 with its venv module, which is missing; on Debian and \
                 Ubuntu: sudo apt-get install -y python3-venv"
            );
        }
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--requirement"];
        succeed(Command::new(&program).args(pip).arg(&requirements))?;
        std::fs::copy(&requirements, &installed)?;
    }
    Ok(Python { program, scripts })
}

fn same(left: &Path, right: &Path) -> bool {
    match (std::fs::read(left), std::fs::read(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}
