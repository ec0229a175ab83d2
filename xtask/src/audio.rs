//! The demo as sound: FluidSynth plays its `.mid` with a free General MIDI soundfont.
//!
//! Nothing of it is part of the product, whose notes any instrument plays; it lets one hear them
//! without a DAW.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::setup;
use crate::stage::Stages;
use crate::workspace::Workspace;

/// Where systems keep soundfonts: Debian's and Fedora's folders, and Homebrew's.
const FOLDERS: [&str; 4] = [
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/opt/homebrew/share/soundfonts",
];
/// The free ones of Debian, best first: packages fluid-soundfont-gm, musescore-general-soundfont
/// and timgm6mb-soundfont.
const KNOWN: [&str; 4] =
    ["FluidR3_GM.sf2", "MuseScore_General.sf3", "TimGM6mb.sf2", "default-GM.sf2"];

/// What turns notes into sound.
pub struct Synthesiser {
    soundfont: PathBuf,
}

impl Synthesiser {
    /// FluidSynth with a soundfont, which are installed first where that is allowed.
    ///
    /// # Errors
    /// If one of them is missing; the text says how to install it.
    pub fn find() -> anyhow::Result<Self> {
        setup::ensure_sound()?;
        let Some(soundfont) = soundfont() else { bail!("no soundfont in {}", FOLDERS.join(", ")) };
        Ok(Self { soundfont })
    }
}

/// The best General MIDI soundfont that is installed.
pub fn soundfont() -> Option<PathBuf> {
    let known = FOLDERS.iter().flat_map(|folder| KNOWN.map(|name| Path::new(folder).join(name)));
    let mut found: Vec<PathBuf> = known.filter(|file| file.is_file()).collect();
    found.sort_by_key(|file| KNOWN.iter().position(|name| file.ends_with(name)));
    found.into_iter().next()
}

/// Plays `band.mid` into `band.wav` beside it.
///
/// # Errors
/// If FluidSynth fails or writes nothing.
pub fn render(
    synthesiser: &Synthesiser,
    folder: &Path,
    workspace: &Workspace,
    stages: &Stages,
) -> anyhow::Result<()> {
    let (notes, sound) = (folder.join("band.mid"), folder.join("band.wav"));
    if sound.exists() {
        std::fs::remove_file(&sound)
            .with_context(|| format!("cannot replace {}", sound.display()))?;
    }
    let mut fluidsynth = Command::new("fluidsynth");
    // No shell, no MIDI input; a file of 44.1 kHz, as fast as it goes; louder than it would be, with
    // room for a loud song.
    fluidsynth.args(["-q", "-n", "-i", "-g", "0.5", "-r", "44100", "-F"]).arg(&sound);
    fluidsynth.arg(&synthesiser.soundfont).arg(&notes);
    stages.run("Playing it with FluidSynth", &mut fluidsynth)?;
    // FluidSynth says little and succeeds even where it read no soundfont.
    let bytes = std::fs::metadata(&sound).map_or(0, |file| file.len());
    if bytes < 100_000 {
        bail!("fluidsynth left no sound in {}", sound.display());
    }
    println!("  {}", workspace.shown(&sound).display());
    println!("  with {}", synthesiser.soundfont.display());
    Ok(())
}
