//! A buffer with all that an operation reads and writes, and gaps between. What must stay true: what
//! an operation does not write is as it was, and what it does write was not a number before.
use crate::device::Device;
use musegan_device::Operation;
use musegan_device::operation::Slice;

/// Nothing computes this.
const POISON: u32 = 0x7fc0_dead;

#[derive(Clone, Default)]
pub struct Arena {
    values: Vec<f32>,
    /// Whether an operation may write there.
    open: Vec<bool>,
}

/// A part of an arena.
#[derive(Clone, Copy)]
pub struct Part {
    start: usize,
    len: usize,
}

impl Arena {
    fn push(&mut self, values: &[f32], open: bool) -> Part {
        // Parts lie at odd places: nothing may count on more than an element's alignment.
        let gap = 5 + self.values.len() % 3;
        self.values.extend(vec![f32::from_bits(POISON); gap]);
        let part = Part { start: self.values.len(), len: values.len() };
        self.values.extend(values);
        self.open.resize(part.start, false);
        self.open.resize(self.values.len(), open);
        part
    }

    /// What is read.
    pub fn read(&mut self, values: &[f32]) -> Part {
        self.push(values, false)
    }

    /// What is read and written.
    pub fn change(&mut self, values: &[f32]) -> Part {
        self.push(values, true)
    }

    /// What is written.
    pub fn write(&mut self, len: usize) -> Part {
        self.push(&vec![f32::from_bits(POISON); len], true)
    }

    /// What is written at some of its places.
    pub fn write_at(&mut self, len: usize, places: impl IntoIterator<Item = usize>) -> Part {
        let part = self.push(&vec![f32::from_bits(POISON); len], false);
        places.into_iter().for_each(|place| self.open[part.start + place] = true);
        part
    }

    /// What is there afterwards. Fails if anything else was written.
    pub fn compute(&mut self, describe: impl FnOnce(&dyn Fn(Part) -> Slice) -> Operation) -> Done {
        self.push(&[], false);
        let found = Device::open()
            .compute([&self.values], |[all]| describe(&|part: Part| all.at(part.start)));
        let found = found.unwrap();
        for (i, (after, before)) in found.iter().zip(&self.values).enumerate() {
            let same = after.to_bits() == before.to_bits();
            assert!(self.open[i] || same, "element {i} was written: {after}, was {before}");
        }
        Done(found)
    }
}

/// An arena after an operation.
pub struct Done(Vec<f32>);

impl Done {
    pub fn part(&self, part: Part) -> &[f32] {
        &self.0[part.start..part.start + part.len]
    }
}
