//! How soon after a seek to a bar that nobody has heard the band plays it.
//!
//! The host runs in real time in blocks of a millisecond and jumps to a little before a bar line.
//! If the phrase is ready in time the downbeat is heard, else it rests.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use musegan_host::{Emitted, Host, Kind, Parameter, load};

use super::{SAMPLE_RATE, beats_per_sample, block, report};

/// A millisecond.
const FRAMES: u32 = 48;
const SEEKS: u32 = 200;
/// Phrases that lie between two seeks.
const FAR_PHRASES: u32 = 37;

pub(super) fn run(plugin: &Path) -> anyhow::Result<()> {
    for lead in [1, 2, 4] {
        let mut host = load(plugin)?;
        fill(host.as_mut())?;
        host.activate(SAMPLE_RATE, FRAMES, false)?;
        roll(host.as_mut(), Duration::from_millis(200))?;
        let mut heard = 0;
        for seek in 1..=SEEKS {
            let line = f64::from(seek * FAR_PHRASES * 16 + seek % 4 * 4);
            heard += u32::from(downbeat_sounds(host.as_mut(), line, lead)?);
        }
        let share = f64::from(heard) / f64::from(SEEKS) * 100.0;
        let aim = if lead == 2 { "all" } else { "" };
        let name = format!("seek to {lead} ms before a downbeat");
        report(&name, &format!("{share:.1} % of {SEEKS} downbeats heard"), aim);
    }
    Ok(())
}

/// Every candidate note sounds, so that each downbeat has one.
fn fill(host: &mut dyn Host) -> anyhow::Result<()> {
    let parameters = host.parameters()?;
    let density = parameters.iter().find(|Parameter { name, .. }| name == "Density");
    host.set_parameter(density.context("the plugin has no density")?.id, 1.0)?;
    Ok(())
}

/// Rolls from the song's start, so that the plugin knows that it is played.
fn roll(host: &mut dyn Host, time: Duration) -> anyhow::Result<()> {
    let (started, mut emitted) = (Instant::now(), Emitted::default());
    for index in 0..time.as_millis() as u32 {
        wait_until(started + Duration::from_millis(1) * index);
        let beats = f64::from(index * FRAMES) * beats_per_sample();
        host.process(&block(true, beats, FRAMES), &mut emitted)?;
    }
    Ok(())
}

/// Jumps to `lead` blocks before a bar line and plays across it in real time.
fn downbeat_sounds(host: &mut dyn Host, line: f64, lead: u32) -> anyhow::Result<bool> {
    let (started, mut emitted) = (Instant::now(), Emitted::default());
    for index in 0..=lead {
        wait_until(started + Duration::from_millis(1) * index);
        let samples = f64::from(index * FRAMES) - f64::from(lead * FRAMES);
        host.process(&block(true, line + samples * beats_per_sample(), FRAMES), &mut emitted)?;
    }
    let sounds = emitted.notes.iter().any(|note| note.kind == Kind::On && note.at == 0);
    // The next seek shall find the worker at rest.
    std::thread::sleep(Duration::from_millis(30));
    Ok(sounds)
}

/// Waits as audio threads do: asleep. One that spins keeps a core from everybody else.
fn wait_until(due: Instant) {
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
}
