//! The memory that passes over networks need, kept from one pass to the next. What must stay true:
//! a second pass of the same sizes asks the allocator for nothing that is large.
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// Memory of passes that are over, for passes to come.
#[derive(Debug, Default)]
pub struct Rooms {
    /// Free rooms by their capacity.
    free: BTreeMap<usize, Vec<Vec<f32>>>,
}

/// Memory of one matrix: its first `len` elements are in use.
#[derive(Debug)]
pub(super) struct Room {
    values: Vec<f32>,
    len: usize,
}

impl Rooms {
    /// No memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A room with whatever was left in it.
    pub(super) fn take(&mut self, len: usize) -> Room {
        let capacity = capacity(len);
        let free = self.free.get_mut(&capacity).and_then(Vec::pop);
        Room { values: free.unwrap_or_else(|| vec![0.0; capacity]), len }
    }

    /// A room of zeros.
    pub(super) fn zeroed(&mut self, len: usize) -> Room {
        let mut room = self.take(len);
        room.fill(0.0);
        room
    }

    /// Takes a room that is not needed any more.
    pub(super) fn give_back(&mut self, room: Room) {
        self.free.entry(room.values.len()).or_default().push(room.values);
    }
}

/// Lengths that nearly agree share rooms: at most an eighth of a large room is unused.
fn capacity(len: usize) -> usize {
    len.next_multiple_of((len.next_power_of_two() / 16).max(16))
}

impl Deref for Room {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[..self.len]
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.len]
    }
}
