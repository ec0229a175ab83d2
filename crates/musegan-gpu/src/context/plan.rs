//! What a program comes to: which kernels run, and which of them wait for which.
//!
//! What must stay true: kernels that may run at once write nothing that another of them touches,
//! scratch memory included; every grid is one that a card has.
use crate::failure::Failure;
use crate::launch::{Argument, Launch, Launches};
use crate::launches;
use musegan_device::operation::Touch;
use musegan_device::operation::order;
use musegan_device::{Operation, Program, Slice};
use std::env;
use std::iter::once;

/// With this in the environment every kernel waits for the one before it.
const CHAIN: &str = "MUSEGAN_GPU_CHAIN";
/// Scratch memory as a buffer. Buffers are numbered from 1.
const SCRATCH: u64 = 0;
/// Elements of scratch memory beyond which operations wait for one another to use it again; as much
/// as the neediest takes.
const SCRATCH_LEN: u64 = 1 << 24;

/// A program's launches.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// In the program's order.
    pub(super) launches: Vec<Launch>,
    /// For each, the earlier ones for which it waits.
    pub(super) waits: Vec<Vec<usize>>,
    /// Elements of scratch memory.
    pub(super) scratch: u64,
}

impl Plan {
    /// The launches of a program that was checked.
    pub(super) fn of(program: &Program) -> Result<Self, Failure> {
        let mut plan = Self::default();
        // Of the operations that launch anything: what they touch, and their last launch.
        let (mut touches, mut lasts) = (Vec::new(), Vec::new());
        let mut scratch = 0;
        let mut index = 0;
        while index < program.operations.len() {
            let mut own = Launches::default();
            let count = launches::add_first(&program.operations[index..], &mut own);
            if !own.list.iter().all(has_grid) {
                return Err(Failure::argument(format!(
                    "the program is refused: operation {index} is too large for one launch"
                )));
            }
            let operations = &program.operations[index..index + count];
            index += count;
            if own.list.is_empty() {
                continue;
            }
            let start = if scratch + own.scratch > SCRATCH_LEN { 0 } else { scratch };
            scratch = start + own.scratch;
            plan.scratch = plan.scratch.max(scratch);
            let at = Slice { buffer: SCRATCH, start };
            let room = Touch { at, len: own.scratch, written: true };
            touches
                .push(operations.iter().flat_map(Operation::touches).chain(once(room)).collect());
            plan.launches.extend(own.list.into_iter().map(|launch| moved(launch, start)));
            lasts.push(plan.launches.len() - 1);
        }
        plan.wait(&touches, &lasts);
        Ok(plan)
    }

    fn wait(&mut self, touches: &[Vec<Touch>], lasts: &[usize]) {
        let chain = |index: usize| index.checked_sub(1).into_iter().collect();
        self.waits = (0..self.launches.len()).map(chain).collect();
        if env::var_os(CHAIN).is_some() {
            return;
        }
        let firsts = once(0).chain(lasts.iter().map(|last| last + 1));
        for (first, waits) in firsts.zip(order::waits(touches)) {
            self.waits[first] = waits.into_iter().map(|operation| lasts[operation]).collect();
        }
    }
}

/// With its scratch memory so many elements further on.
fn moved(mut launch: Launch, by: u64) -> Launch {
    for argument in &mut launch.arguments {
        if let Argument::Scratch(start) = argument {
            *start += by;
        }
    }
    launch
}

/// What cards take: 2³¹ − 1 blocks along x, 65,535 along the others.
fn has_grid(launch: &Launch) -> bool {
    let [x, y, z] = launch.grid;
    (1..=i32::MAX as u32).contains(&x) && [y, z].iter().all(|n| (1..=0xffff).contains(n))
}
