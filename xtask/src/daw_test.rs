//! `cargo xtask daw-test`: the VST3 in a real DAW.
//!
//! Debian's Ardour 7 runs without a screen, plays the scripts of `tests/daw` at the speed of
//! music, all at once, and writes down every event that came out of the plugin and what it was
//! told. Each note must be the one that our own host hears at that place of the song.
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::daw_test::ardour::Run;
use crate::daw_test::tape::{Note, Pass};
use crate::daw_test::transcript::Transcript;
use crate::daw_test::truth::{Tempos, Truth};
use crate::stage::Stages;
use crate::workspace::{Workspace, cargo};
use crate::{bundle, setup};

mod ardour;
mod tape;
mod transcript;
mod truth;

pub use ardour::is_installed;

/// One script of `tests/daw` and what has to come of it.
struct Scenario {
    script: &'static str,
    about: &'static str,
    /// Arguments for the headless host.
    song: &'static [&'static str],
    tempos: Tempos,
    /// Where each pass begins, in quarter notes.
    begins: &'static [f64],
    /// What may be missing at the beginning of each pass, in quarter notes: after a jump to where
    /// nothing was prepared, the first sixteenths may rest.
    grace_beats: f64,
    /// Quarter notes from which on only MIDI's own rules are checked.
    until_beats: f64,
}

const SCENARIO: Scenario = Scenario {
    script: "",
    about: "",
    song: &[],
    tempos: &[(0.0, 120.0)],
    begins: &[0.0],
    grace_beats: 0.0,
    until_beats: f64::INFINITY,
};

const SCENARIOS: [Scenario; 6] = [
    Scenario { script: "roll", about: "eight bars from the start, recorded", ..SCENARIO },
    Scenario {
        script: "loop",
        about: "beats 12 to 20 again and again",
        begins: &[12.0; 5],
        ..SCENARIO
    },
    Scenario {
        script: "locate",
        about: "jumps while rolling and while stopped",
        begins: &[0.0, 40.0, 17.5, 8.0, 26.75],
        grace_beats: 0.25,
        ..SCENARIO
    },
    Scenario {
        script: "tempo",
        about: "173 BPM, then 91",
        tempos: &[(0.0, 173.0), (14.0, 91.0)],
        ..SCENARIO
    },
    Scenario {
        script: "metre",
        about: "four bars of 7/8, then 4/4",
        song: &["--meter", "7/8"],
        // Ardour tells VST3 a bar line that is right in 4/4 only. The plugin then counts bars from
        // the song's start, which is right up to the change.
        until_beats: 14.0,
        ..SCENARIO
    },
    Scenario {
        script: "reopen",
        about: "seed and density saved, opened again",
        song: &["--set", "Seed=0.3", "--set", "Density=0.8"],
        ..SCENARIO
    },
];

/// Installs Ardour where that is allowed, builds, plays.
///
/// # Errors
/// If Ardour is not there, or a scenario fails.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    setup::ensure_ardour()?;
    let stages = Stages::start();
    // The same packages and features as for the other tests, so nothing is compiled twice.
    let build = ["build", "--lib", "--examples"];
    stages.run("Building the plugin", cargo().args(build))?;
    stages.headline("Bundling the plugin for the tests");
    bundle::for_tests(workspace)?;
    play(workspace, &stages)
}

/// Plays every scenario with the test bundle, which is built.
///
/// # Errors
/// If one fails.
pub fn play(workspace: &Workspace, stages: &Stages) -> anyhow::Result<()> {
    stages.headline("In Ardour (half a minute of music)");
    let bundle = workspace.target.join("test-bundles/bundled/MuseGAN.vst3");
    // Ardour takes a plugin that was written in the second of its scan for a newer one.
    thread::sleep(Duration::from_millis(1100));
    let reports = thread::scope(|scope| {
        let play = |scenario| {
            let bundle = &bundle;
            scope.spawn(move || scenario_passes(workspace, bundle, scenario))
        };
        let threads: Vec<_> = SCENARIOS.iter().map(play).collect();
        threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    let mut failed = 0;
    for (scenario, report) in SCENARIOS.iter().zip(reports) {
        let Scenario { script, about, .. } = scenario;
        match report.unwrap_or_else(|_| bail!("the test itself failed")) {
            Ok(report) => println!("  {script:<7} {about:<40} {report}"),
            Err(error) => {
                failed += 1;
                println!("  {script:<7} {about:<40} FAILED: {error:#}");
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} scenarios failed in Ardour", SCENARIOS.len());
    Ok(())
}

/// Plays a scenario and says in half a sentence what was checked.
fn scenario_passes(
    workspace: &Workspace,
    bundle: &Path,
    scenario: &Scenario,
) -> anyhow::Result<String> {
    let run = Run::prepare(workspace, bundle, scenario.script)?;
    let truth = Truth::of(workspace, bundle, scenario.song, scenario.tempos)?;
    let transcript = Transcript::read(&run.play(scenario.script)?)?;
    let passes = tape::passes(&transcript)?;
    let begins: Vec<_> = passes.iter().map(|pass| pass.from).collect();
    ensure!(
        begins.len() == scenario.begins.len()
            && begins.iter().zip(scenario.begins).all(|(&from, &at)| truth.is_near(at, from)),
        "the song was played from the samples {begins:?} instead of the beats {:?}",
        scenario.begins
    );
    let mut placed = 0;
    for (index, pass) in passes.iter().enumerate() {
        let pass = until(pass, truth.sample(scenario.until_beats));
        truth
            .compare(&pass, scenario.grace_beats)
            .with_context(|| format!("pass {} from sample {}", index + 1, pass.from))?;
        placed += pass.notes.len();
    }
    let notes: Vec<&Note> = passes.iter().flat_map(|pass| &pass.notes).collect();
    // A track may rest; what the song has there was compared above.
    ensure!(!notes.is_empty(), "no note was played");
    let mut report = format!("{} notes, each with its off", notes.len());
    if placed > 0 {
        report += &format!(", {placed} in their places");
    }
    if let ([.., pass], false) = (&passes[..], transcript.recorded.is_empty()) {
        recording_is_right(&transcript, pass, &truth)?;
        report += &format!("; Ardour recorded {} of them", transcript.recorded.len());
    }
    Ok(report)
}

/// The beginning of a pass up to a song position in samples.
fn until(pass: &Pass, sample: f64) -> Pass {
    let to = pass.to.min(sample.min(i64::MAX as f64) as i64);
    let cut = |note: &Note| Note { length: note.length.min(to - note.start), ..*note };
    let notes = pass.notes.iter().filter(|note| note.start < to).map(cut);
    Pass { from: pass.from, to, notes: notes.collect() }
}

/// Compares what the second track recorded with the song. Ardour places a recording with or
/// without the latency of its outputs, and leaves out what was played on the way up to the start.
fn recording_is_right(transcript: &Transcript, pass: &Pass, truth: &Truth) -> anyhow::Result<()> {
    const TICKS_PER_BEAT: i64 = 1920;
    let sample = |ticks: i64| truth.sample(ticks as f64 / TICKS_PER_BEAT as f64).round() as i64;
    let placed = |later: i64| {
        let shifted = |note: &Note| {
            let start = sample(note.start) + later;
            Note { start, length: sample(note.start + note.length) + later - start, ..*note }
        };
        let notes: Vec<_> = transcript.recorded.iter().map(shifted).collect();
        let to = notes.iter().map(|note| note.start + note.length).max().unwrap_or_default();
        Pass { from: pass.from, to, notes }
    };
    truth
        .compare(&placed(0), 1.0 / 16.0)
        .or_else(|_| truth.compare(&placed(transcript.latency), 1.0 / 16.0))
        .context("Ardour's recording")
}
