//! Saved songs that are none, or are not quite: whatever is loaded, every parameter stays in its
//! range and the next good song is loaded as if nothing had been.
use musegan_host::{Format, Host};

/// Bytes that CLAP's state has ahead of its text.
const PREFIX: usize = 8;

/// Loads what the bytes spell, or the good state as they change it.
pub fn run(host: &mut dyn Host, good: &[u8], bytes: &[u8]) {
    let Some((&manner, rest)) = bytes.split_first() else { return };
    let text = if host.format() == Format::Clap { &good[PREFIX..] } else { good };
    let state = match manner % 5 {
        0 => rest.to_vec(),
        1 => framed(host, rest),
        2 => framed(host, &changed(text, rest)),
        3 => {
            let keep = rest.iter().fold(0usize, |sum, &byte| sum.wrapping_mul(251) + byte as usize);
            good[..keep % good.len()].to_vec()
        }
        _ => framed(host, &respelt(text, rest)),
    };
    let _ = host.load_state(&state);
    for parameter in host.parameters().expect("parameters after a state") {
        assert!((0.0..=1.0).contains(&parameter.value), "{parameter:?}");
    }
    host.load_state(good).expect("a good state after any other");
    assert_eq!(host.save_state().expect("a state to save"), good);
}

/// The text as the format keeps it.
fn framed(host: &dyn Host, text: &[u8]) -> Vec<u8> {
    match host.format() {
        Format::Clap => [&(text.len() as u64).to_le_bytes(), text].concat(),
        Format::Vst3 => text.to_vec(),
    }
}

/// The text with some bytes replaced.
fn changed(text: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for change in changes.chunks_exact(3) {
        let at = (change[0] as usize * 256 + change[1] as usize) % text.len();
        text[at] = change[2];
    }
    text
}

/// The text with one of its numbers replaced by something else.
fn respelt(text: &[u8], bytes: &[u8]) -> Vec<u8> {
    let Some((&which, value)) = bytes.split_first() else { return text.to_vec() };
    let colons: Vec<_> = (0..text.len()).filter(|&at| text[at] == b':').collect();
    let start = colons[usize::from(which) % colons.len()] + 1;
    let rest = text[start..].iter().position(|byte| b",}".contains(byte));
    let end = rest.map_or(text.len(), |length| start + length);
    [&text[..start], value, &text[end..]].concat()
}
