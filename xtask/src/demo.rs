//! `cargo xtask demo`: from a clone to music.
use std::process::Command;

use crate::audio::{self, Synthesiser};
use crate::bundle;
use crate::stage::Stages;
use crate::workspace::Workspace;

/// Builds, plays, and says where everything is; with `audio` also as sound.
///
/// # Errors
/// If building or playing fails, or nothing that makes sound can be had.
pub fn run(workspace: &Workspace, audio: bool) -> anyhow::Result<()> {
    // Before a build that takes minutes.
    let synthesiser = audio.then(Synthesiser::find).transpose()?;
    let stages = Stages::start();
    let host = bundle::release(workspace, &stages)?;
    let clap = workspace.bundle("clap");
    let output = workspace.target.join("demo");
    let mut demo = Command::new(host);
    demo.arg("demo").arg(&clap).arg("--output").arg(workspace.shown(&output));
    stages.run("Playing 16 bars", &mut demo)?;
    if let Some(synthesiser) = synthesiser {
        audio::render(&synthesiser, &output, workspace, &stages)?;
    }
    stages.headline("In a DAW");
    for bundle in [&clap, &workspace.bundle("vst3")] {
        println!("  {}", workspace.shown(bundle).display());
    }
    println!();
    for line in installing() {
        println!("  {line}");
    }
    Ok(())
}

/// Where this system's hosts look for plugins.
fn installing() -> [&'static str; 6] {
    let [clap, clap_hosts, vst3, vst3_hosts] = if cfg!(target_os = "macos") {
        [
            "CLAP: cp -r target/bundled/MuseGAN.clap ~/Library/Audio/Plug-Ins/CLAP/",
            "      for Bitwig Studio, Reaper",
            "VST3: cp -r target/bundled/MuseGAN.vst3 ~/Library/Audio/Plug-Ins/VST3/",
            "      for Ableton Live, Cubase, Studio One and most others",
        ]
    } else if cfg!(windows) {
        [
            r"CLAP: copy MuseGAN.clap to C:\Program Files\Common Files\CLAP",
            "      for Bitwig Studio, FL Studio, Reaper",
            r"VST3: copy MuseGAN.vst3 to C:\Program Files\Common Files\VST3",
            "      for Ableton Live, Cubase, Studio One and most others",
        ]
    } else {
        [
            "CLAP: mkdir -p ~/.clap && cp target/bundled/MuseGAN.clap ~/.clap/",
            "      for Bitwig Studio, Reaper",
            "VST3: mkdir -p ~/.vst3 && cp -r target/bundled/MuseGAN.vst3 ~/.vst3/",
            "      for Ardour, Bitwig Studio, Reaper",
        ]
    };
    [
        clap,
        clap_hosts,
        vst3,
        vst3_hosts,
        "",
        "Rescan plugins, put MuseGAN on a track and route its MIDI channels 1 to 5 to instruments.",
    ]
}
