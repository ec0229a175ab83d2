//! Weights files that are none, or are not quite: refused with a sentence, or played.
use musegan_model::band::Dimensions;
use musegan_model::{Band, Device, Weights};
use musegan_score::{Composition, Take, Track};
use std::sync::LazyLock;

/// Files that play: the tutorial's networks, and a small band that nobody has trained.
static REAL: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let small = Dimensions { hidden: 32, width: 16, step: 8, ..Dimensions::BAND };
    let band = Weights::untrained(small, 8, 1).expect("small networks");
    [include_bytes!("../../tests/tutorial.safetensors").to_vec(), band.to_bytes()]
});
/// Bytes of a `.safetensors` file ahead of its header, which say how long that is.
const PREFIX: usize = 8;

/// Reads a file that the bytes spell, or the real one as they change it.
pub fn run(bytes: &[u8]) {
    let Some((&manner, rest)) = bytes.split_first() else { return };
    let real = &REAL[usize::from(manner / 4 % 2)];
    let header = real[..PREFIX].iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let header_end = PREFIX + header;
    let file = match manner % 4 {
        0 => rest.to_vec(),
        1 => changed(real, header_end, rest),
        2 => {
            let keep = rest.iter().fold(0usize, |sum, &byte| sum.wrapping_mul(251) + byte as usize);
            real[..keep % real.len()].to_vec()
        }
        // Another header ahead of the real tensors.
        _ => [&(rest.len() as u64).to_le_bytes(), rest, &real[header_end..]].concat(),
    };
    match Weights::from_bytes(&file, "fuzzed.safetensors") {
        Err(error) => assert!(error.to_string().contains("fuzzed.safetensors"), "{error}"),
        Ok(weights) => {
            let again = Weights::from_bytes(&weights.to_bytes(), "written.safetensors");
            assert_eq!(again.expect("what is written can be read").to_bytes(), weights.to_bytes());
            let mut composition = Composition { fill_every_bars: 2, ..Composition::default() };
            let take = Take { number: 1, locked: Some(7) };
            composition.takes = composition.takes.with(Track::Piano, take);
            Band::new(&weights, Device::default()).phrase(&composition, 0);
        }
    }
}

/// The file with some bytes of its first part replaced.
fn changed(file: &[u8], part: usize, changes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for change in changes.chunks_exact(3) {
        let at = (change[0] as usize * 256 + change[1] as usize) % part;
        file[at] = change[2];
    }
    file
}
