//! Which of a program's operations wait for which others, so that a device may carry out the rest
//! at once.
//!
//! What must stay true: two operations of which one writes what the other touches run in the
//! program's order.
use super::{Operation, Program, Touch};

/// The most operations that are looked at in pairs. Longer programs run one by one.
const MOST: usize = 1024;

impl Touch {
    /// Whether one of two touches writes what the other reads or writes.
    #[must_use]
    pub const fn meets(&self, other: &Self) -> bool {
        let written = self.written || other.written;
        written
            && self.at.buffer == other.at.buffer
            && self.len > 0
            && other.len > 0
            && self.at.start < other.at.start.saturating_add(other.len)
            && other.at.start < self.at.start.saturating_add(self.len)
    }
}

/// For each list of touches, those before it for which it must wait, the last of them first. Those
/// are left out that one of the others already waits for.
#[must_use]
pub fn waits(touches: &[Vec<Touch>]) -> Vec<Vec<usize>> {
    if touches.len() > MOST {
        return (0..touches.len())
            .map(|index| index.checked_sub(1).into_iter().collect())
            .collect();
    }
    let meet =
        |one: &[Touch], other: &[Touch]| one.iter().any(|a| other.iter().any(|b| a.meets(b)));
    let mut waits = Vec::new();
    // For each, all that have run before it.
    let mut all: Vec<Vec<bool>> = Vec::new();
    for (index, own) in touches.iter().enumerate() {
        let (mut before, mut direct) = (vec![false; index], Vec::new());
        for earlier in (0..index).rev() {
            if before[earlier] || !meet(&touches[earlier], own) {
                continue;
            }
            direct.push(earlier);
            before[earlier] = true;
            before.iter_mut().zip(&all[earlier]).for_each(|(is, too)| *is |= too);
        }
        waits.push(direct);
        all.push(before);
    }
    waits
}

impl Program {
    /// How many operations must run one after the other, however many a device can carry out at
    /// once.
    #[must_use]
    pub fn longest_chain(&self) -> usize {
        let touches: Vec<_> = self.operations.iter().map(Operation::touches).collect();
        let mut lengths: Vec<usize> = Vec::new();
        for waits in waits(&touches) {
            let before = waits.iter().map(|&earlier| lengths[earlier]).max();
            lengths.push(before.unwrap_or(0) + 1);
        }
        lengths.into_iter().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Slice;

    fn touch(buffer: u64, start: u64, len: u64, written: bool) -> Touch {
        Touch { at: Slice { buffer, start }, len, written }
    }

    #[test]
    fn readers_wait_for_the_writer_and_the_next_writer_for_them() {
        let (read, write) = (touch(1, 0, 10, false), touch(1, 0, 10, true));
        let touches = [write, read, read, write, read].map(|touch| vec![touch]);
        let expected: [&[usize]; 5] = [&[], &[0], &[0], &[2, 1], &[3]];
        assert_eq!(waits(&touches), expected);
    }

    #[test]
    fn what_lies_apart_or_is_only_read_waits_for_nothing() {
        let apart = [touch(1, 0, 10, true), touch(1, 10, 5, true), touch(2, 3, 1, true)];
        let read = [touch(3, 0, 10, false), touch(3, 0, 10, false)];
        let nothing = [touch(1, 5, 0, true)];
        let touches: Vec<_> =
            apart.into_iter().chain(read).chain(nothing).map(|touch| vec![touch]).collect();
        assert!(waits(&touches).iter().all(Vec::is_empty));
        // One element in common is enough, and a reach past all numbers overlaps.
        assert!(touch(1, 9, 2, false).meets(&apart[0]));
        assert!(touch(1, 0, u64::MAX, true).meets(&touch(1, u64::MAX - 1, 9, false)));
    }

    #[test]
    fn whatever_touches_meet_there_is_a_way_of_waits_from_the_one_to_the_other() {
        let mut chance = 1u32;
        let mut next = |below: u32| {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u64::from((chance >> 16) % below)
        };
        let touches: Vec<Vec<_>> = (0..60)
            .map(|_| (0..3).map(|_| touch(next(4), next(30), next(8), next(3) == 0)).collect())
            .collect();
        let waits = waits(&touches);
        let mut reached = vec![vec![false; 60]; 60];
        for later in 0..60 {
            for &earlier in &waits[later] {
                // Were one of the others before it, it would have been left out.
                assert!(!waits[later].iter().any(|&other| reached[other][earlier]));
            }
            for &earlier in &waits[later] {
                reached[later][earlier] = true;
                let further = reached[earlier].clone();
                reached[later].iter_mut().zip(further).for_each(|(is, too)| *is |= too);
            }
            for earlier in 0..later {
                let pairs = touches[earlier]
                    .iter()
                    .flat_map(|a| touches[later].iter().map(move |b| (a, b)));
                let meet = pairs.into_iter().any(|(a, b)| a.meets(b));
                assert!(!meet || reached[later][earlier], "{later} after {earlier}");
            }
        }
    }

    #[test]
    fn a_program_too_long_to_look_at_in_pairs_runs_one_by_one() {
        let touches = vec![Vec::new(); MOST + 1];
        let waits = waits(&touches);
        assert!(waits[0].is_empty());
        assert!((1..=MOST).all(|index| waits[index] == [index - 1]));
    }
}
