//! Ardour without a screen, sound card or anybody's settings: a home folder of its own for each
//! run, in which the plugin is scanned and one script of `tests/daw` is played.
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::workspace::Workspace;

/// Where Debian puts Ardour 7.
const LIBRARIES: &str = "/usr/lib/ardour7";
/// A scenario takes 25 s, most of which is music; this is for a very busy machine.
const PATIENCE: Duration = Duration::from_secs(100);

/// Whether Ardour 7 is installed.
#[must_use]
pub fn is_installed() -> bool {
    Path::new(LIBRARIES).join("luasession").exists()
        && Path::new(LIBRARIES).join("ardour-vst3-scanner").exists()
}

/// One run of Ardour.
pub struct Run {
    folder: PathBuf,
    bundle: PathBuf,
    scripts: PathBuf,
}

impl Run {
    /// Prepares the folders and lets Ardour's scanner find the plugin.
    ///
    /// # Errors
    /// If a file cannot be written or the scanner does not like the plugin.
    pub fn prepare(workspace: &Workspace, bundle: &Path, name: &str) -> anyhow::Result<Self> {
        let folder = workspace.target.join("daw-test").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let scripts = workspace.root.join("tests").join("daw");
        let run = Self { folder, bundle: bundle.to_owned(), scripts };
        let taps = run.folder.join("config/ardour7/scripts");
        fs::create_dir_all(&taps).with_context(|| format!("cannot create {}", taps.display()))?;
        fs::copy(run.scripts.join("tap.lua"), taps.join("tap.lua"))
            .context("cannot copy the tap")?;
        let scanner = Path::new(LIBRARIES).join("ardour-vst3-scanner");
        let mut scan = run.command(&scanner, "scan.log")?;
        scan.args(["--force", "--verbose"]).arg(&run.bundle);
        run.finish(scan.spawn()?, "scan.log").context("Ardour's scanner")?;
        let scanned = fs::read_to_string(run.folder.join("scan.log"))?;
        ensure!(scanned.contains("Found Plugin: MuseGAN"), "Ardour finds no plugin:\n{scanned}");
        Ok(run)
    }

    /// Plays a script and gives its transcript.
    ///
    /// # Errors
    /// If Ardour fails or does not end in time; the text has its log.
    pub fn play(&self, script: &str) -> anyhow::Result<String> {
        let transcript = self.folder.join("transcript");
        let mut ardour = self.command("ardour7-lua".as_ref(), "ardour.log")?;
        ardour.arg(self.scripts.join(format!("{script}.lua"))).arg(&self.scripts);
        ardour.arg(self.folder.join("session")).arg(&transcript);
        let child = ardour.spawn().context("cannot start ardour7-lua")?;
        self.finish(child, "ardour.log")?;
        fs::read_to_string(&transcript)
            .with_context(|| format!("cannot read {}", transcript.display()))
    }

    /// A program of Ardour's in this run's home, its output in a log.
    fn command(&self, program: &Path, log: &str) -> anyhow::Result<Command> {
        let log = File::create(self.folder.join(log)).context("cannot write a log")?;
        let mut command = Command::new(program);
        command
            .env("HOME", &self.folder)
            .env("XDG_CONFIG_HOME", self.folder.join("config"))
            .env("XDG_CACHE_HOME", self.folder.join("cache"))
            .env("XDG_DATA_HOME", self.folder.join("data"))
            .env("LD_LIBRARY_PATH", LIBRARIES)
            .env("VST3_PATH", self.bundle.parent().context("the bundle lies nowhere")?)
            .env_remove("DISPLAY")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }

    fn finish(&self, mut child: Child, log: &str) -> anyhow::Result<()> {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if started.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                break None;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let log = || fs::read_to_string(self.folder.join(log)).unwrap_or_default();
        match status {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("it failed ({status}); its log:\n{}", log()),
            None => bail!("not done after {} s; its log:\n{}", PATIENCE.as_secs(), log()),
        }
    }
}
