//! What we compare with, from PyPI into virtual environments below the target directory.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::stage::{Stages, succeed};
use crate::workspace::Workspace;

/// Peers that are installed together.
pub struct Peers {
    names: &'static str,
    /// The environment's folder in the target directory.
    venv: &'static str,
    /// What it holds, a file of `bench/peers`.
    requirements: &'static str,
}

/// Train and sample the same networks.
pub const NETWORKS: Peers =
    Peers { names: "PyTorch", venv: "peers-venv", requirements: "requirements.txt" };
/// Read MIDI files.
pub const READERS: Peers = Peers {
    names: "symusic, pypianoroll and MusPy",
    venv: "readers-venv",
    requirements: "readers.txt",
};

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

/// Makes the environment, or takes it as it is when the requirements have not changed.
///
/// # Errors
/// If there is no Python 3 with venv, or PyPI cannot be reached.
pub fn install(workspace: &Workspace, stages: &Stages, peers: &Peers) -> anyhow::Result<Python> {
    let venv = workspace.target.join(peers.venv);
    let scripts = workspace.root.join("bench/peers");
    let program = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = scripts.join(peers.requirements);
    let installed = venv.join("requirements.txt");
    if !same(&requirements, &installed) {
        let Peers { names, venv: folder, .. } = peers;
        stages.headline(&format!("Installing {names} from PyPI into target/{folder} (once)"));
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
