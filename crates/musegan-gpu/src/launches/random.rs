//! Chance: phrases for a batch, normal and uniform numbers.
use crate::launch::{Launch, Launches};
use musegan_device::Operation;
use musegan_device::operation::{Draw, Key, Keys};

/// Tracks of a phrase, and words of a block of the stream.
const TRACKS: u32 = 5;
const BLOCK_WORDS: u64 = 16;

/// Adds what an operation comes to.
pub(super) fn add(operation: &Operation, launches: &mut Launches) {
    match *operation {
        Operation::Draw(draw) if draw.samples > 0 => launches.push(phrases(&draw)),
        Operation::Normals { key, out, samples, per_sample } => {
            let blocks = u64::from(samples) * u64::from(per_sample) / BLOCK_WORDS;
            launches.push(keyed(Launch::over("normals", blocks).with(out).with(blocks), &key));
        }
        Operation::Uniforms { key, out, samples } => {
            let launch = Launch::over("uniforms", samples.into()).with(out).with(samples);
            launches.push(keyed(launch, &key));
        }
        _ => {}
    }
}

fn phrases(draw: &Draw) -> Launch {
    let keys: u32 = match draw.keys {
        Keys::AsWritten => 0,
        Keys::Random => 1,
        Keys::White => 2,
    };
    let launch = Launch::new("draw", [draw.samples, TRACKS, 1])
        .with(draw.bits)
        .with(draw.facts)
        .with(draw.phrases)
        .with(draw.songs)
        .with(draw.songs_count)
        .with(draw.weights_total)
        .with(keys)
        .with(draw.out)
        .with(draw.group_stride);
    keyed(launch, &draw.key)
}

/// Every kernel that draws ends with these arguments.
fn keyed(launch: Launch, key: &Key) -> Launch {
    launch.with(key.clock).with(key.seed).with(key.purpose).with(key.round)
}
