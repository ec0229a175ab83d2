//! A program on its device: from operations to calls with addresses.
//!
//! What must stay true: a call's every pointer is null or lies in a buffer or in the program's own
//! scratch memory.
use super::plan::Plan;
use crate::device::{Call, Device};
use crate::failure::Failure;
use crate::launch::{Argument, Launch};
use std::collections::HashSet;

/// A program that was prepared.
pub(super) struct Loaded<D: Device> {
    /// What is on the device, until a buffer that it uses is given back: that one then.
    held: Result<(D::Prepared, Option<D::Memory>), u64>,
    buffers: HashSet<u64>,
    kernels: u64,
}

impl<D: Device> Loaded<D> {
    pub(super) const fn new(
        prepared: D::Prepared,
        scratch: Option<D::Memory>,
        buffers: HashSet<u64>,
        kernels: u64,
    ) -> Self {
        Self { held: Ok((prepared, scratch)), buffers, kernels }
    }

    pub(super) fn uses(&self, buffer: u64) -> bool {
        self.buffers.contains(&buffer)
    }

    /// Lets go what is on the device, because a buffer that it points into is gone.
    pub(super) fn spoil(&mut self, buffer: u64) {
        if self.held.is_ok() {
            self.held = Err(buffer);
        }
    }

    pub(super) fn prepared(&self, number: u64) -> Result<&D::Prepared, Failure> {
        match &self.held {
            Ok((prepared, _)) => Ok(prepared),
            Err(buffer) => Err(Failure::argument(format!(
                "program {number} uses buffer {buffer}, which was given back"
            ))),
        }
    }

    pub(super) const fn kernels(&self) -> u64 {
        self.kernels
    }
}

/// The buffers that launches point into.
pub(super) fn buffers(plan: &Plan) -> HashSet<u64> {
    let arguments = plan.launches.iter().flat_map(|launch| &launch.arguments);
    arguments
        .filter_map(|argument| match argument {
            Argument::Pointer(slice) => Some(slice.buffer),
            _ => None,
        })
        .collect()
}

/// Launches with addresses for slices. `address` knows where a buffer begins and how many bytes it
/// has.
pub(super) fn calls(
    plan: &Plan,
    address: impl Fn(u64) -> Option<(u64, u64)>,
    scratch: Option<(u64, u64)>,
) -> Result<Vec<Call>, Failure> {
    let within = |place: Option<(u64, u64)>, elements: u64| {
        let (start, bytes) = place?;
        let offset = elements.checked_mul(4).filter(|&offset| offset <= bytes)?;
        start.checked_add(offset)
    };
    let value = |argument: &Argument| match *argument {
        Argument::Pointer(slice) => Some((within(address(slice.buffer), slice.start)?, 8)),
        Argument::Scratch(start) => Some((within(scratch, start)?, 8)),
        Argument::Null => Some((0, 8)),
        Argument::U32(number) => Some((number.into(), 4)),
        Argument::U64(number) => Some((number, 8)),
        Argument::F32(number) => Some((number.to_bits().into(), 4)),
        Argument::F64(number) => Some((number.to_bits(), 8)),
    };
    let call = |(launch, waits): (&Launch, &Vec<usize>)| {
        let arguments: Option<Vec<_>> = launch.arguments.iter().map(value).collect();
        let (values, sizes) = arguments
            .ok_or_else(|| {
                Failure::argument(format!(
                    "the program is refused: kernel {} would point outside its buffers",
                    launch.kernel
                ))
            })?
            .into_iter()
            .unzip();
        let Launch { kernel, grid, .. } = *launch;
        Ok(Call { kernel, grid, values, sizes, waits: waits.clone() })
    };
    plan.launches.iter().zip(&plan.waits).map(call).collect()
}
