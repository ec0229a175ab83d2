//! What a plugin costs its host: the time of process, how soon a seek is heard, and what a rested
//! and a busy host pay in all.
//!
//! Every figure is one line, `name<TAB>measured<TAB>aim`, for whoever makes a table of them. The
//! host's own handling of events is part of each process call.
mod load;
mod process;
mod seek;

use std::path::Path;

use musegan_host::{Block, Transport};

const SAMPLE_RATE: f64 = 48_000.0;
const TEMPO: f64 = 120.0;

/// Measures everything.
///
/// # Errors
/// If the plugin fails or plays nothing.
pub fn run(plugin: &Path) -> anyhow::Result<()> {
    process::run(plugin, 512, "median below 2 us, p99 below 10 us")?;
    process::run(plugin, 16_384, "p99 below 50 us")?;
    seek::run(plugin)?;
    load::resting(plugin)?;
    load::rolling(plugin, 64)
}

fn report(name: &str, measured: &str, aim: &str) {
    println!("{name}\t{measured}\t{aim}");
}

fn beats_per_sample() -> f64 {
    TEMPO / 60.0 / SAMPLE_RATE
}

/// A block of a song in 4/4.
fn block(playing: bool, beats: f64, frames: u32) -> Block<'static> {
    let transport = Transport {
        playing,
        position_beats: Some(beats),
        tempo: Some(TEMPO),
        meter: Some((4, 4)),
        bar_start_beats: Some((beats / 4.0).floor() * 4.0),
        ..Transport::default()
    };
    Block { frames, transport: Some(transport), ..Block::default() }
}

/// The value below which this share of the sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}
