//! How long one call of process takes.
//!
//! The plugin plays in real-time mode with all five tracks. Between the calls the host rests, as
//! one does, so that the plugin's worker keeps up and its cold caches are part of the figure; a
//! plugin that only rests would look fast, therefore the notes are counted too.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use musegan_host::{Emitted, Kind, load};

use super::{SAMPLE_RATE, beats_per_sample, block, quantile, report};

/// Seconds of the song that are played before and while it is measured.
const WARM_UP_SECONDS: f64 = 20.0;
const MEASURED_SECONDS: f64 = 220.0;
/// Rest after each second of the song.
const REST_PER_SECOND: Duration = Duration::from_millis(19);

pub(super) fn run(plugin: &Path, frames: u32, aim: &str) -> anyhow::Result<()> {
    let mut host = load(plugin)?;
    host.activate(SAMPLE_RATE, frames, false)?;
    let seconds = f64::from(frames) / SAMPLE_RATE;
    let mut emitted = Emitted::default();
    let mut times = Vec::new();
    let mut notes = 0;
    for index in 0..((WARM_UP_SECONDS + MEASURED_SECONDS) / seconds) as usize {
        let at_sample = index as f64 * f64::from(frames);
        let block = block(true, at_sample * beats_per_sample(), frames);
        let started = Instant::now();
        host.process(&block, &mut emitted)?;
        let took = started.elapsed();
        if index as f64 * seconds >= WARM_UP_SECONDS {
            times.push(took.as_secs_f64() * 1e6);
            notes += emitted.notes.iter().filter(|note| note.kind == Kind::On).count();
        }
        std::thread::sleep(REST_PER_SECOND.mul_f64(seconds));
    }
    ensure!(notes > 0, "the plugin played no note, so its time says nothing");
    times.sort_unstable_by(f64::total_cmp);
    let (median, p99) = (quantile(&times, 0.5), quantile(&times, 0.99));
    let measured =
        format!("{median:.2} us median, {p99:.1} us p99 ({} calls, {notes} notes)", times.len());
    report(&format!("process, {frames} samples"), &measured, aim);
    Ok(())
}
