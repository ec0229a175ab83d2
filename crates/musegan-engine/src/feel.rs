//! The small unevenness of people: how late and how hard a note is struck.
//!
//! A pure function of where the note stands in the song, so that every take is uneven in the same
//! way.
use musegan_score::{Pitch, Track};

/// Where a note stands in the song.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    pub seed: u64,
    pub bar_index: i64,
    pub step: i64,
    pub track: Track,
    pub pitch: Pitch,
}

/// A note's unevenness at full humanise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Feel {
    /// `0.0..=1.0`, small more often than large.
    pub lateness: f32,
    /// `-1.0..=1.0`.
    pub hardness: f32,
}

impl Stand {
    /// The unevenness that belongs to this place. The mapping never changes.
    pub fn feel(self) -> Feel {
        let place = [
            self.bar_index as u64,
            self.step as u64,
            self.track.index() as u64,
            u64::from(self.pitch.number()),
        ];
        let bits = place.into_iter().fold(mix(self.seed), |state, part| mix(state ^ part));
        let share = |bits: u64| (bits & 0xffff) as f32 / 65535.0;
        let late = share(bits);
        Feel { lateness: late * late, hardness: share(bits >> 16) * 2.0 - 1.0 }
    }
}

/// One step of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
const fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
