//! How long one call of process takes, as a host would measure it.
//!
//! The plugin plays in real-time mode. Between the calls the host rests, as one does, so that the
//! plugin's worker keeps up and its cold caches are part of the figure; a plugin that only rests
//! would look fast, therefore the notes are counted too.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use musegan_host::{Block, Emitted, Kind, Transport, load};

const SAMPLE_RATE: f64 = 48_000.0;
const FRAMES: u32 = 512;
const TEMPO: f64 = 120.0;
const WARM_UP: usize = 2_000;
const MEASURED: usize = 20_000;
const REST: Duration = Duration::from_micros(200);

/// Prints `median_ns=… p99_ns=… blocks=… notes=…` for the process call; the host's own handling
/// of events is included.
///
/// # Errors
/// If the plugin fails or plays nothing.
pub fn run(plugin: &Path) -> anyhow::Result<()> {
    let mut host = load(plugin)?;
    host.activate(SAMPLE_RATE, FRAMES, false)?;
    let mut emitted = Emitted::default();
    let mut times = Vec::with_capacity(MEASURED);
    let mut notes = 0;
    for index in 0..WARM_UP + MEASURED {
        let beats = index as f64 * f64::from(FRAMES) / SAMPLE_RATE * TEMPO / 60.0;
        let block = Block {
            frames: FRAMES,
            transport: Some(Transport {
                playing: true,
                position_beats: Some(beats),
                tempo: Some(TEMPO),
                meter: Some((4, 4)),
                bar_start_beats: Some((beats / 4.0).floor() * 4.0),
                ..Transport::default()
            }),
            ..Block::default()
        };
        let started = Instant::now();
        host.process(&block, &mut emitted)?;
        let took = started.elapsed();
        if index >= WARM_UP {
            times.push(took.as_nanos());
            notes += emitted.notes.iter().filter(|note| note.kind == Kind::On).count();
        }
        std::thread::sleep(REST);
    }
    ensure!(notes > 0, "the plugin played no note, so its time says nothing");
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied();
    let median = at(0.5).context("nothing was measured")?;
    let p99 = at(0.99).context("nothing was measured")?;
    println!("median_ns={median} p99_ns={p99} blocks={MEASURED} notes={notes}");
    Ok(())
}
