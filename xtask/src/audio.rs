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

/// Bytes before the samples of a file of sound as FluidSynth writes it.
const HEADER: usize = 44;
/// Of 32,768; what it writes where nothing plays lies within 1.
const AUDIBLE: u16 = 1000;

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
    // FluidSynth succeeds even where it read no soundfont, and then writes silence of full length.
    let written =
        std::fs::read(&sound).with_context(|| format!("cannot read {}", sound.display()))?;
    if loudest(&written) < AUDIBLE {
        bail!("fluidsynth left no sound in {}", sound.display());
    }
    println!("  {}", workspace.shown(&sound).display());
    println!("  with {}", synthesiser.soundfont.display());
    Ok(())
}

/// The loudest sample of a `.wav` of 16 bits.
fn loudest(sound: &[u8]) -> u16 {
    let samples = sound.get(HEADER..).unwrap_or_default().as_chunks().0;
    samples.iter().map(|&sample| i16::from_le_bytes(sample).unsigned_abs()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_known_from_sound_whatever_the_header_says() {
        let file = |samples: [i16; 3]| {
            let samples = samples.into_iter().flat_map(i16::to_le_bytes);
            [0xFF; HEADER].into_iter().chain(samples).collect::<Vec<_>>()
        };
        assert!(loudest(&file([0, 1, -1])) < AUDIBLE);
        assert_eq!(loudest(&file([0, i16::MIN, 7])), 1 << 15);
        assert_eq!(loudest(b"RIFF"), 0);
    }
}
