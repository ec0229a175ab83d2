//! The shard that is being filled. Memory holds one.

use std::io;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::dataset::PackedPhrase;
use crate::dataset::labels::CHORD_BYTES;
use crate::dataset::shape::Shape;
use crate::dataset::shard::{BAR, CHORD, KEY, ONSET, SUSTAIN, VELOCITY, VELOCITY_START};

/// Rows on their way into a shard.
#[derive(Debug, Default)]
pub struct ShardBuffer {
    pub phrases: usize,
    onset: Vec<u8>,
    sustain: Vec<u8>,
    velocity: Vec<u8>,
    /// Little-endian u64: where the velocities of each phrase after the first begin.
    velocity_ends: Vec<u8>,
    key: Vec<u8>,
    chord: Vec<u8>,
    /// Little-endian u32.
    bar: Vec<u8>,
}

impl ShardBuffer {
    pub fn push(&mut self, phrase: &PackedPhrase) {
        self.onset.extend_from_slice(&phrase.onset);
        self.sustain.extend_from_slice(&phrase.sustain);
        self.velocity.extend_from_slice(&phrase.velocities);
        self.velocity_ends.extend_from_slice(&(self.velocity.len() as u64).to_le_bytes());
        self.key.push(phrase.key);
        self.chord.extend_from_slice(&phrase.chords);
        self.bar.extend_from_slice(&phrase.bar.to_le_bytes());
        self.phrases += 1;
    }

    /// The shard's file.
    pub fn serialize(&self, shape: &Shape) -> io::Result<Vec<u8>> {
        let n = self.phrases;
        let starts = [&[0; 8], self.velocity_ends.as_slice()].concat();
        let planes = || vec![n, shape.plane_bytes()];
        let tensors = [
            (ONSET, Dtype::U8, planes(), self.onset.as_slice()),
            (SUSTAIN, Dtype::U8, planes(), &self.sustain),
            (VELOCITY, Dtype::U8, vec![self.velocity.len()], &self.velocity),
            (VELOCITY_START, Dtype::U64, vec![n + 1], &starts),
            (KEY, Dtype::U8, vec![n], &self.key),
            (CHORD, Dtype::U8, vec![n, shape.layout.beats(), CHORD_BYTES], &self.chord),
            (BAR, Dtype::U32, vec![n], &self.bar),
        ];
        let views = tensors
            .into_iter()
            .map(|(name, dtype, shape, data)| Ok((name, TensorView::new(dtype, shape, data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
        views.and_then(|views| safetensors::serialize(views, None)).map_err(io::Error::other)
    }
}
