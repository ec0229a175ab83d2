//! The system packages that building needs.
//!
//! On Linux these are few, because the editor opens X11 and OpenGL at run time: ALSA for the live
//! application's MIDI ports, a C compiler and pkg-config. The GPU half needs a C++ compiler, and a
//! CUDA compiler, which [`cuda`](crate::cuda) finds or installs.
//! macOS and Windows need nothing beyond Rust's own requirements.
use std::process::{Command, Stdio};

use anyhow::bail;

use crate::audio;
use crate::daw_test;
use crate::stage::succeed;

/// One thing that building needs, and the Debian package that has it.
struct Need {
    what: &'static str,
    package: &'static str,
    present: fn() -> bool,
}

const NEEDS: [Need; 3] = [
    Need {
        what: "a C compiler (cc)",
        package: "build-essential",
        present: || runs("cc", "--version"),
    },
    Need { what: "pkg-config", package: "pkg-config", present: || runs("pkg-config", "--version") },
    Need {
        what: "the ALSA headers (alsa.pc)",
        package: "libasound2-dev",
        present: || library("alsa"),
    },
];

/// Its kernels are compiled as C++ for the tests, and nvcc compiles through it.
const CXX: Need = Need {
    what: "a C++ compiler (c++)",
    package: "build-essential",
    present: || runs("c++", "--version"),
};

/// Fetches what a list of requirements names.
const PIP: Need = Need {
    what: "pip (python3 -m pip)",
    package: "python3-pip",
    present: || quiet(Command::new("python3").args(["-m", "pip", "--version"])),
};

/// Another major version keeps its files elsewhere and speaks another Lua.
const ARDOUR: Need = Need {
    what: "Ardour 7 (ardour7-lua)",
    package: "\"ardour=1:7.*\"",
    present: daw_test::is_installed,
};

/// What plays a file of notes as sound, and the sounds.
const SOUND: [Need; 2] = [
    Need {
        what: "FluidSynth (fluidsynth)",
        package: "fluidsynth",
        present: || runs("fluidsynth", "--version"),
    },
    Need {
        what: "a General MIDI soundfont (.sf2 or .sf3)",
        package: "fluid-soundfont-gm",
        present: || audio::soundfont().is_some(),
    },
];

/// Checks every need, installs what is missing where that is allowed.
///
/// # Errors
/// If something is missing that may not be installed from here; the text says how to.
pub fn run() -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        println!("Nothing to set up: this system brings what building needs.");
        return Ok(());
    }
    for need in &NEEDS {
        let mark = if (need.present)() { "found" } else { "missing" };
        println!("  {:<28} {mark}", need.what);
    }
    ensure_quietly()?;
    println!("Ready to build.");
    Ok(())
}

/// Says nothing when nothing is missing; otherwise as [`run`].
///
/// # Errors
/// As [`run`].
pub fn ensure_quietly() -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    ensure("building", &NEEDS)
}

/// As [`ensure_quietly`] for building the GPU half.
///
/// # Errors
/// As [`run`].
pub fn ensure_cxx() -> anyhow::Result<()> {
    if cfg!(windows) { Ok(()) } else { ensure("the GPU half", &[CXX]) }
}

/// As [`ensure_quietly`] for what comes as wheels.
///
/// # Errors
/// As [`run`].
pub fn ensure_pip() -> anyhow::Result<()> {
    ensure("installing the CUDA compiler", &[PIP])
}

/// As [`ensure_quietly`] for the test in a DAW.
///
/// # Errors
/// As [`run`]; also where there is no Linux.
pub fn ensure_ardour() -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the test in a DAW needs Linux, where Ardour runs without a screen");
    }
    ensure("the test in a DAW", &[ARDOUR])
}

/// As [`ensure_quietly`] for notes as sound.
///
/// # Errors
/// As [`run`].
pub fn ensure_sound() -> anyhow::Result<()> {
    ensure("the demo as sound", &SOUND)
}

fn ensure(purpose: &str, needs: &[Need]) -> anyhow::Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    let listed = missing.iter().map(|need| need.what).collect::<Vec<_>>().join(", ");
    if !runs("apt-get", "--version") {
        bail!(
            "{purpose} needs {listed}; install them with this system's package manager \
             (on Debian the packages are {})",
            packages.join(" ")
        );
    }
    let packages = packages.join(" ");
    let install =
        format!("apt-get update && apt-get install -y --no-install-recommends {packages}");
    let Some(mut shell) = privileged_shell() else {
        bail!("{purpose} needs {listed}, which this installs: sudo sh -c '{install}'");
    };
    eprintln!("{purpose} needs {listed}: installing {packages}");
    succeed(shell.args(["sh", "-c", &install]))?;
    if let Some(need) = self::missing(needs).first() {
        bail!("{} is still missing after installing {}", need.what, need.package);
    }
    Ok(())
}

fn missing(needs: &[Need]) -> Vec<&Need> {
    needs.iter().filter(|need| !(need.present)()).collect()
}

/// `env` as root: directly, or through a sudo that asks no password.
fn privileged_shell() -> Option<Command> {
    let environment = "DEBIAN_FRONTEND=noninteractive";
    let user = Command::new("id").arg("-u").output().ok()?;
    if user.stdout.trim_ascii() == b"0" {
        let mut command = Command::new("env");
        command.arg(environment);
        return Some(command);
    }
    let allowed = quiet(Command::new("sudo").args(["-n", "true"]));
    allowed.then(|| {
        let mut command = Command::new("sudo");
        command.args(["-n", "env", environment]);
        command
    })
}

fn library(name: &str) -> bool {
    quiet(Command::new("pkg-config").args(["--exists", name]))
}

fn runs(program: &str, argument: &str) -> bool {
    quiet(Command::new(program).arg(argument))
}

fn quiet(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
