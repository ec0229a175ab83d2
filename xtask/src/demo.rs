//! `cargo xtask demo`: from a clone to music.
use std::process::Command;

use crate::bundle;
use crate::stage::Stages;
use crate::workspace::Workspace;

/// Builds, plays, and says where everything is.
///
/// # Errors
/// If building or playing fails.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let stages = Stages::start();
    let host = bundle::release(workspace, &stages)?;
    let output = workspace.target.join("demo");
    let clap = workspace.bundle("clap");
    stages.run(
        "Playing 16 bars",
        Command::new(host).arg("demo").arg(&clap).arg("--output").arg(&output),
    )?;
    stages.headline("In a DAW");
    let vst3 = workspace.bundle("vst3");
    println!("  {}", workspace.shown(&clap));
    println!("  {}", workspace.shown(&vst3));
    println!();
    for line in installing() {
        println!("  {line}");
    }
    Ok(())
}

/// Where this system's hosts look for plugins.
fn installing() -> [&'static str; 6] {
    let (clap, vst3) = if cfg!(target_os = "macos") {
        (
            "CLAP: cp -r target/bundled/MuseGAN.clap ~/Library/Audio/Plug-Ins/CLAP/",
            "VST3: cp -r target/bundled/MuseGAN.vst3 ~/Library/Audio/Plug-Ins/VST3/",
        )
    } else if cfg!(windows) {
        (
            r"CLAP: copy MuseGAN.clap to C:\Program Files\Common Files\CLAP",
            r"VST3: copy MuseGAN.vst3 to C:\Program Files\Common Files\VST3",
        )
    } else {
        (
            "CLAP: mkdir -p ~/.clap && cp target/bundled/MuseGAN.clap ~/.clap/",
            "VST3: mkdir -p ~/.vst3 && cp -r target/bundled/MuseGAN.vst3 ~/.vst3/",
        )
    };
    [
        clap,
        "      Bitwig Studio, Reaper, Studio One, FL Studio, Qtractor",
        vst3,
        "      Ableton Live, Cubase, Reaper, Bitwig Studio, Ardour, Studio One, FL Studio",
        "",
        "Rescan plugins, put MuseGAN on a track and route its five MIDI channels to instruments.",
    ]
}
