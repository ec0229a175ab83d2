//! What hands add: how hard the drums are struck at an intensity, and how long what is struck
//! rings.
use musegan_score::SongNote;
use musegan_score::song::TICKS_PER_BEAT;

use crate::drummers::{DrumBar, kit};

const BEAT: u64 = TICKS_PER_BEAT as u64;
/// What a struck skin or a closed hi-hat lasts: half a sixteenth.
const SHORT: u64 = BEAT / 8;

/// Strikes harder in a chorus than in a verse, on top of what the drummer does already.
pub(super) fn shape(played: &mut DrumBar, intensity: f64) {
    let factor = 0.86 + 0.24 * intensity.clamp(0.0, 1.0);
    for strike in &mut played.strikes {
        strike.velocity = (f64::from(strike.velocity) * factor).round().clamp(1.0, 127.0) as u8;
    }
}

/// Sorts, and gives every note its length: cymbals ring, an open hi-hat until its next stroke, and
/// nothing over the next stroke on the same key. Of two strokes of a key at one tick the louder
/// sounds.
pub(super) fn ring(notes: &mut Vec<SongNote>) {
    notes.sort_by_key(|note| (note.onset, note.pitch, std::cmp::Reverse(note.velocity)));
    notes.dedup_by_key(|note| (note.onset, note.pitch));
    let mut next: [u64; 128] = [u64::MAX; 128];
    for note in notes.iter_mut().rev() {
        let key = note.pitch.number();
        let until = match key {
            kit::OPEN_HAT => [kit::CLOSED_HAT, kit::PEDAL_HAT, kit::OPEN_HAT]
                .map(|key| next[usize::from(key)])
                .into_iter()
                .fold(u64::MAX, u64::min),
            _ => next[usize::from(key)],
        };
        note.length = rings(key).min(until - note.onset).max(1);
        next[usize::from(key)] = note.onset;
    }
}

/// Ticks that an instrument rings where nothing stops it.
const fn rings(key: u8) -> u64 {
    match key {
        kit::OPEN_HAT => BEAT / 2,
        _ if kit::is_crash(key) => BEAT * 2,
        kit::RIDE | 53 => BEAT / 4,
        _ => SHORT,
    }
}
