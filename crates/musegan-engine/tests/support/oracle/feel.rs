//! What the controls make of a note: whether, where and how hard it sounds.
use musegan_engine::{Chord, Controls, Output};
use musegan_score::{Note, Phrase, Pitch, Step, Track};

/// What pitches are moved into.
#[derive(Clone, Debug, PartialEq)]
pub enum Fit {
    Scale,
    /// Keys, the lowest first.
    Keys(Vec<u8>),
    /// Nothing, for the phrase follows the chord.
    AsIs,
}

impl Fit {
    /// That of a step of a phrase over a chord.
    pub fn of(chord: &[u8], phrase: &Phrase, step: Step, controls: &Controls) -> Self {
        if chord.is_empty() {
            return Self::Scale;
        }
        let played = phrase.chords()[step.index() / 4];
        match played.map(|played| played.transposed(controls.transpose)) {
            Some(heard) if engine_chord(chord).name() == Some(heard) => Self::AsIs,
            _ => Self::Keys(chord.to_vec()),
        }
    }
}

/// The engine's name for keys.
pub fn engine_chord(keys: &[u8]) -> Chord {
    Chord::of(keys.iter().fold(0, |held, key| held | 1 << key))
}

/// The chord that keys make; fewer than two pitch classes make none.
pub fn chord_of(held: &[u8]) -> Vec<u8> {
    let two = held.iter().any(|key| key % 12 != held[0] % 12);
    if two { held.to_vec() } else { Vec::new() }
}

/// The channel and key at which a note sounds.
pub fn place(controls: &Controls, fit: &Fit, track: Track, pitch: Pitch) -> Option<(u8, u8)> {
    let channel = controls.channels.channel(track);
    if !is_sent(controls, track) {
        return None;
    }
    if track == Track::Drums {
        return Some((channel, pitch.number()));
    }
    let octave = i32::from(controls.tracks[track.index()].octave);
    let moved = i32::from(pitch.number()) + 12 * octave + i32::from(controls.transpose);
    if !(0..128).contains(&moved) {
        return None;
    }
    let allowed = |key: &i32| match (fit, track) {
        (Fit::AsIs, _) => true,
        (Fit::Scale, _) => {
            controls.scale.is_empty() || controls.scale.contains(Pitch::new(*key as u8).unwrap())
        }
        (Fit::Keys(keys), Track::Bass) => *key % 12 == i32::from(keys[0] % 12),
        (Fit::Keys(keys), _) => has_class(keys, *key as u8),
    };
    let near = ((moved - 11).max(0)..=(moved + 11).min(127)).filter(allowed);
    near.min_by_key(|key| ((key - moved).abs(), *key)).map(|key| (channel, key as u8))
}

/// Whether one of the keys has the pitch class of another.
pub fn has_class(keys: &[u8], key: u8) -> bool {
    keys.iter().any(|one| one % 12 == key % 12)
}

fn is_sent(controls: &Controls, track: Track) -> bool {
    let sends = controls.output == Output::All || controls.output == Output::One(track);
    sends && controls.tracks[track.index()].on
}

/// How late (`0.0..=1.0`) and how hard (`-1.0..=1.0`) a note is struck at full humanise.
pub fn unevenness(seed: u64, bar_index: i64, step: i64, track: Track, pitch: Pitch) -> (f32, f32) {
    let mut bits = scrambled(seed);
    for part in [bar_index, step, track.index() as i64, i64::from(pitch.number())] {
        bits = scrambled(bits ^ part as u64);
    }
    let (low, high) = ((bits & 0xffff) as f32, (bits >> 16 & 0xffff) as f32);
    ((low / 65535.0) * (low / 65535.0), high / 65535.0 * 2.0 - 1.0)
}

/// SplitMix64.
fn scrambled(state: u64) -> u64 {
    let a = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let b = (a ^ (a >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let c = (b ^ (b >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    c ^ (c >> 31)
}

/// Delay of steps of odd number in ticks.
pub fn swing_ticks(controls: &Controls) -> i64 {
    (controls.swing * 120.0).round() as i64
}

pub fn humanise_ticks(controls: &Controls, lateness: f32) -> i64 {
    (controls.humanise * lateness * 60.0).round() as i64
}

/// `humanise` is what it was when the step began.
pub fn velocity(
    controls: &Controls,
    humanise: f32,
    track: Track,
    note: &Note,
    hardness: f32,
) -> u8 {
    let factor = controls.tracks[track.index()].velocity * (1.0 + 0.15 * humanise * hardness);
    (f32::from(note.velocity.value()) * factor).round().clamp(1.0, 127.0) as u8
}
