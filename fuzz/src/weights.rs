//! Weights files that are none, or are not quite: refused with a sentence, or played.
use musegan_model::{Band, Device, Weights};
use musegan_score::Composition;

/// A file that plays.
const REAL: &[u8] = include_bytes!("../../plugin-assets/weights.safetensors");
/// Bytes of a `.safetensors` file ahead of its header, which say how long that is.
const PREFIX: usize = 8;

/// Reads a file that the bytes spell, or the real one as they change it.
pub fn run(bytes: &[u8]) {
    let Some((&manner, rest)) = bytes.split_first() else { return };
    let header_end = PREFIX + usize::from(u16::from_le_bytes([REAL[0], REAL[1]]));
    let file = match manner % 4 {
        0 => rest.to_vec(),
        1 => changed(REAL, header_end, rest),
        2 => {
            let keep = rest.iter().fold(0usize, |sum, &byte| sum.wrapping_mul(251) + byte as usize);
            REAL[..keep % REAL.len()].to_vec()
        }
        // Another header ahead of the real tensors.
        _ => [&(rest.len() as u64).to_le_bytes(), rest, &REAL[header_end..]].concat(),
    };
    match Weights::from_bytes(&file, "fuzzed.safetensors") {
        Err(error) => assert!(error.to_string().contains("fuzzed.safetensors"), "{error}"),
        Ok(weights) => {
            let again = Weights::from_bytes(&weights.to_bytes(), "written.safetensors");
            assert_eq!(again.expect("what is written can be read").to_bytes(), weights.to_bytes());
            Band::new(&weights, Device::default()).phrase(&Composition::default(), 0);
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
