//! Random numbers, each stream keyed by exactly what it is for.
//!
//! What must stay true: no stream is shared by two purposes, so that anything can be drawn in any
//! order; and keys never change, since songs are stored as seeds.
use musegan_score::{Section, Track};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// What random numbers are drawn for. The numbers are part of every key and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Purpose {
    /// A phrase of the endless form, by its index.
    Phrase = 0,
    /// A phrase of a section, by its place.
    Section = 1,
    /// What is new in a section's phrase when it comes again, by its index.
    Variation = 2,
    /// The phrase whose strokes a fill in the endless form is made of, by the phrase's index.
    Fill = 3,
    /// The same in a section, by its place.
    SectionFill = 4,
    /// What is new in a section's fills when they come again, by the phrase's index.
    FillVariation = 5,
    /// The style of the band's songs, and their harmony; by 0.
    Song = 6,
    /// Style and harmony of a phrase of the endless form, by its index.
    Manner = 7,
    /// The same of a section, by its place.
    SectionManner = 8,
    /// Which tracks a low temperature makes ordinary, by the index of a phrase of the endless form,
    /// or a section's place.
    Temperature = 9,
    /// What a phrase that was given is varied with, by the number of the variation.
    Vary = 10,
    /// Which tracks play in which other style when a section comes again, by the phrase's index.
    VariedManner = 11,
}

/// What one independent stream of random numbers belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    seed: u64,
    /// What the purpose counts by.
    index: i64,
    purpose: Purpose,
    /// The take that the numbers are for; 0 is the song's own.
    take: u16,
    /// 0 for what concerns all tracks, or a track's number from 1.
    track: u16,
    /// 0 for what concerns the whole phrase, or a bar's number from 1.
    bar: u16,
}

impl Key {
    /// What concerns the whole phrase.
    pub const fn new(seed: u64, index: i64, purpose: Purpose) -> Self {
        Self { seed, index, purpose, take: 0, track: 0, bar: 0 }
    }

    /// The same for one track.
    pub const fn track(self, track: Track) -> Self {
        Self { track: track.index() as u16 + 1, ..self }
    }

    /// The same for one bar, counted from 0.
    pub const fn bar(self, bar: usize) -> Self {
        Self { bar: bar as u16 + 1, ..self }
    }

    /// The same for another take.
    pub const fn take(self, take: u16) -> Self {
        Self { take, ..self }
    }

    /// ChaCha8 under a key that is these fields in little-endian order and a constant, so that
    /// two different keys give unrelated numbers.
    fn rng(self) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[0..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.index.to_le_bytes());
        key[16..18].copy_from_slice(&(self.purpose as u16).to_le_bytes());
        key[18..20].copy_from_slice(&self.take.to_le_bytes());
        key[20..22].copy_from_slice(&self.track.to_le_bytes());
        key[22..24].copy_from_slice(&self.bar.to_le_bytes());
        key[24..32].copy_from_slice(b"musegan1");
        ChaCha8Rng::from_seed(key)
    }

    /// Standard normal numbers, without end.
    pub fn normal(self) -> impl Iterator<Item = f32> {
        let mut rng = self.rng();
        std::iter::repeat_with(move || StandardNormal.sample(&mut rng))
    }

    /// Whole numbers of 64 evenly distributed bits, without end.
    pub fn whole(self) -> impl Iterator<Item = u64> {
        let mut rng = self.rng();
        std::iter::repeat_with(move || rng.next_u64())
    }

    /// Numbers evenly distributed over `0.0..1.0`, without end.
    pub fn shares(self) -> impl Iterator<Item = f32> {
        self.whole().map(|bits| (bits >> 40) as f32 / (1 << 24) as f32)
    }
}

/// A section's phrase as one number. It depends neither on the form nor on the sections' length, so
/// that a song whose form is changed keeps its sections.
pub(crate) fn place(section: Section) -> i64 {
    i64::from(section.letter) << 32 | i64::from(section.phrase)
}

/// `0.0..=1.0`; what is no number counts as 0.
pub(crate) fn share(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}
