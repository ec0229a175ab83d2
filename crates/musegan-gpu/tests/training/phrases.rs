//! Drawing phrases, against the words of `Draw`'s documentation.
use crate::device::Device;
use crate::stream;
use musegan_device::Operation;
use musegan_device::operation::{Draw, Key, Keys};
use rand_chacha::rand_core::RngCore;

const TRACK_CELLS: usize = 64 * 72;
const PHRASES: usize = 37;
/// What the elements between two tracks are before and after.
const BETWEEN: f32 = -3.0;

/// A song of the table.
struct Song {
    weights_before: f64,
    weight: f64,
    before: u32,
    phrases: u32,
}

struct Data {
    bits: Vec<u32>,
    facts: Vec<u32>,
    songs: Option<Vec<Song>>,
    weights_total: f64,
}

fn words_of(songs: &[Song]) -> Vec<u32> {
    let halves = |x: f64| [x.to_bits() as u32, (x.to_bits() >> 32) as u32];
    let words = songs.iter().flat_map(|song| {
        let ([a, b], [c, d]) = (halves(song.weights_before), halves(song.weight));
        [a, b, c, d, song.before, song.phrases]
    });
    words.collect()
}

impl Data {
    /// Bits and facts without sense, and so many songs of which some weigh a thousand times as much
    /// as others.
    fn new(songs: usize) -> Self {
        let mut chance = stream(songs as u64, 0, 77, 0);
        let bits = (0..PHRASES * 720).map(|_| chance.next_u32() & chance.next_u32()).collect();
        let mut facts: Vec<u32> = (0..PHRASES)
            .map(|_| {
                let [a, b] = [chance.next_u32() % 72, chance.next_u32() % 72];
                u32::from_le_bytes([a.min(b), a.max(b), chance.next_u32() % 12, 0].map(|x| x as u8))
            })
            .collect();
        facts[3] = 255;
        let mut weights_total = 0.0;
        let table: Vec<Song> = (0..songs)
            .map(|_| {
                let weight = 10f64.powi((chance.next_u32() % 4) as i32) / 7.0;
                let phrases = 1 + chance.next_u32() % 3;
                let before = chance.next_u32() % (PHRASES as u32 - 2);
                let song = Song { weights_before: weights_total, weight, before, phrases };
                weights_total += weight * f64::from(phrases);
                song
            })
            .collect();
        let songs = (songs > 0).then_some(table);
        Self { bits, facts, songs, weights_total }
    }

    fn chosen(&self, words: u64) -> usize {
        let Some(songs) = &self.songs else {
            return ((u128::from(words) * PHRASES as u128) >> 64) as usize;
        };
        let at = (words >> 11) as f64 / 9_007_199_254_740_992.0 * self.weights_total;
        let song = songs.iter().rfind(|song| song.weights_before <= at).unwrap();
        let within = ((at - song.weights_before) / song.weight) as u32;
        (song.before + within.min(song.phrases - 1)) as usize
    }

    fn cell(&self, phrase: usize, track: usize, step: usize, pitch: i32) -> f32 {
        if !(0..72).contains(&pitch) {
            return 0.0;
        }
        let cell = (track * 64 + step) * 72 + pitch as usize;
        let byte = self.bits[phrase * 720 + cell / 32].to_le_bytes()[cell / 8 % 4];
        f32::from(byte << (cell % 8) >> 7)
    }

    fn shift(&self, phrase: usize, keys: Keys, word: u32) -> i32 {
        let [lowest, highest, white, _] = self.facts[phrase].to_le_bytes().map(i32::from);
        let up = match keys {
            Keys::AsWritten => return 0,
            Keys::Random => ((u64::from(word) * 12) >> 32) as i32,
            Keys::White => white,
        };
        let down = 12 - up;
        if highest + up < 72 && (up <= 6 || down > lowest) {
            up
        } else if lowest >= down {
            -down
        } else {
            0
        }
    }

    /// Draws on the device.
    fn draw(&self, device: &Device, table: Option<&[u32]>, draw: (Key, Keys, usize)) -> Vec<f32> {
        let (key, keys, samples) = draw;
        let stride = samples * TRACK_CELLS + 5;
        let out = device.floats(&vec![BETWEEN; 5 * stride]);
        let operation = Draw {
            key,
            bits: device.words(&self.bits),
            facts: device.words(&self.facts),
            phrases: PHRASES as u32,
            songs: table.map(|table| device.words(table)),
            songs_count: table.map_or(0, |table| table.len() as u32 / 6),
            weights_total: self.weights_total,
            keys,
            out,
            group_stride: stride as u32,
            samples: samples as u32,
        };
        device.run(&[Operation::Draw(operation)], 1);
        device.numbers(out)
    }

    /// Draws as the documentation says.
    fn expected(&self, (seed, step): (u64, u64), keys: Keys, samples: usize) -> Vec<f32> {
        let mut batch = vec![BETWEEN; 5 * (samples * TRACK_CELLS + 5)];
        let mut stream = stream(seed, step, 3, 2);
        for sample in 0..samples {
            stream.set_word_pos(16 * sample as u128);
            let phrase = self.chosen(stream.next_u64());
            let shift = self.shift(phrase, keys, stream.next_u32());
            for track in 0..5 {
                let first = track * (samples * TRACK_CELLS + 5) + sample * TRACK_CELLS;
                let axes = (0..16).flat_map(|beat| (0..6).map(move |octave| (beat, octave)));
                let axes = axes.flat_map(|at| (0..4).map(move |step| (at, step)));
                let axes = axes.flat_map(|at| (0..12).map(move |class| (at, class)));
                for (to, (((beat, octave), step), class)) in (first..).zip(axes) {
                    let pitch = octave * 12 + class - if track == 0 { 0 } else { shift };
                    batch[to] = self.cell(phrase, track, beat * 4 + step, pitch);
                }
            }
        }
        batch
    }
}

#[test]
fn a_batch_is_what_the_key_the_songs_and_the_facts_say_cell_by_cell() {
    const SAMPLES: usize = 150;
    // One round of looking for a song, two and three.
    for (songs, keys) in [
        (0, Keys::AsWritten),
        (0, Keys::Random),
        (1, Keys::White),
        (200, Keys::Random),
        (700, Keys::White),
        (70_000, Keys::AsWritten),
    ] {
        let (seed, step) = (11 + songs as u64, 1 << 40);
        let device = Device::open();
        let data = Data::new(songs);
        let key = Key { seed, clock: device.clock(step), purpose: 3, round: 2 };
        let table = data.songs.as_deref().map(words_of);
        let found = data.draw(&device, table.as_deref(), (key, keys, SAMPLES));
        assert!(found == data.expected((seed, step), keys, SAMPLES), "{songs} songs, {keys:?}");
    }
}

#[test]
fn a_table_of_songs_without_sense_draws_phrases_all_the_same() {
    const SAMPLES: usize = 20;
    let data = Data::new(0);
    let mut chance = stream(5, 5, 5, 5);
    let special = [f64::NAN, f64::INFINITY, -1e300, 0.0].map(f64::to_bits);
    for round in 0..8 {
        let device = Device::open();
        let key = Key { seed: 1, clock: device.clock(0), purpose: 3, round };
        let mut table: Vec<u32> = (0..6 * 300).map(|_| chance.next_u32()).collect();
        for place in (0..1800).step_by(7 + round as usize) {
            let number = special[place % 4];
            table[place / 2 * 2] = number as u32;
            table[place / 2 * 2 + 1] = (number >> 32) as u32;
        }
        let found = data.draw(&device, Some(&table), (key, Keys::AsWritten, SAMPLES));
        let phrase = |sample: usize, phrase: usize| {
            (0..TRACK_CELLS).step_by(12).all(|cell| {
                let (beat, octave, step) = (cell / 288, cell / 48 % 6, cell / 12 % 4);
                let to = sample * TRACK_CELLS + cell;
                found[to] == data.cell(phrase, 0, beat * 4 + step, octave as i32 * 12)
            })
        };
        for sample in 0..SAMPLES {
            assert!((0..PHRASES).any(|p| phrase(sample, p)), "round {round}, sample {sample}");
        }
    }
}
