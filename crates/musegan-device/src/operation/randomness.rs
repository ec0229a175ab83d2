//! Chance on a device: the same as on the CPU, number by number.
use super::{Slice, exact};
use serde::{Deserialize, Serialize};

/// Which stream numbers are drawn from: ChaCha with 8 rounds (as `rand_chacha` has it, stream 0)
/// under the 32-byte key `seed (u64), step (u64), purpose (u32), round (u32), 0, 0`, little-endian.
/// Block `b` has the 16 words at word position `16·b`.
///
/// Normal numbers come in pairs of words `(x, y)` at positions `2k` and `2k + 1`: with
/// `u = ((x >> 8) + 1) / 2²⁴` and `v = (y >> 8) / 2²⁴` the two numbers are
/// `√(−2 ln u)·cos 2πv` and `√(−2 ln u)·sin 2πv` (Box and Muller, 1958).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The run's.
    pub seed: u64,
    /// Where the step is read: two words of a `u64`.
    pub clock: Slice,
    /// What the numbers are for.
    pub purpose: u32,
    /// Which of several drawings of a step.
    pub round: u32,
}

/// How phrases are transposed on their way into a batch; drums never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keys {
    /// Not at all.
    AsWritten,
    /// By the sample's own draw.
    Random,
    /// By the phrase's own way to the white keys.
    White,
}

/// Draws phrases and unpacks them into a batch in the order of training: `(track, sample, beat,
/// octave, step in the beat, pitch class)`.
///
/// Block `i` of the stream belongs to sample `i`: words 0 and 1 are a `u64` (low word first) that
/// chooses the phrase, word 2 the transposition, `(word · 12) >> 32` semitones up.
///
/// Without `songs` the phrase is `(u64 · phrases) >> 64`. With them, a table of `songs_count`
/// entries of six words (`f64` weights before this song's, `f64` weight of one phrase, `u32`
/// phrases before it, `u32` phrases): `at = (u64 >> 11)·2⁻⁵³ · weights_total`, the last song whose
/// `weights before` is at most `at`, and in it phrase `(at − before) / weight`, at most its last.
///
/// A phrase is `5·64·72` bits in the order of its cells, most significant bit of each byte first,
/// 720 words in all. Its facts are one word: lowest and highest pitch index that sounds on a
/// pitched track (bytes 0 and 1; 255 and 0 where none does) and semitones up to the white keys
/// (byte 2).
///
/// A transposition by `up` moves the pitched tracks up if the highest note stays below 72 and
/// (`up` is at most 6 or `12 − up` down would leave the roll), else `12 − up` down if the lowest
/// note stays on the roll, else not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// What the numbers are for.
    pub key: Key,
    /// Read: `phrases × 720` words.
    pub bits: Slice,
    /// Read: one word for each phrase.
    pub facts: Slice,
    /// Phrases.
    pub phrases: u32,
    /// Read if there: songs of different weights.
    pub songs: Option<Slice>,
    /// Entries of `songs`.
    pub songs_count: u32,
    /// The weights of all phrases together.
    #[serde(with = "exact")]
    pub weights_total: f64,
    /// How phrases are transposed.
    pub keys: Keys,
    /// Written: 0 and 1. Sample `s` of track `t` lies at `t·group_stride + s·4608`.
    pub out: Slice,
    /// Elements between two tracks.
    pub group_stride: u32,
    /// Samples.
    pub samples: u32,
}
