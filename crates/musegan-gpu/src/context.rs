//! One device, opened by one caller: its buffers, its programs, and whether it still answers.
//!
//! What must stay true: every pointer that reaches a kernel lies in a buffer that is there, since a
//! program that uses a buffer which was given back is refused; and once the device is lost, every
//! call says so at once, without asking it.
use crate::device::Device;
use crate::failure::Failure;
use musegan_device::Program;
use plan::Plan;
use program::Loaded;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

mod plan;
mod program;

/// A number that was never given out before, in this process. None is 0.
pub(crate) fn new_number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Memory and how many bytes of it were asked for.
struct Buffer<M> {
    memory: M,
    bytes: u64,
}

/// An open device.
pub(crate) struct Context<D: Device> {
    // Dropped in this order: what is on the device before the device.
    programs: HashMap<u64, Loaded<D>>,
    buffers: HashMap<u64, Buffer<D::Memory>>,
    device: D,
    lost: Option<String>,
}

impl<D: Device> Context<D> {
    /// Opens a device that counts as lost if it does not answer within `timeout`.
    pub(crate) fn open(number: u32, timeout: Duration) -> Result<Self, Failure> {
        let device = D::open(number, timeout)?;
        Ok(Self { programs: HashMap::new(), buffers: HashMap::new(), device, lost: None })
    }

    /// Asks the device, unless it is lost; remembers if it now is.
    fn ask<T>(&mut self, ask: impl FnOnce(&mut D) -> Result<T, Failure>) -> Result<T, Failure> {
        self.answers()?;
        let answer = ask(&mut self.device);
        if let Err(Failure::Lost(sentence)) = &answer {
            self.lost = Some(sentence.clone());
        }
        answer
    }

    fn answers(&self) -> Result<(), Failure> {
        self.lost.as_ref().map_or(Ok(()), |sentence| Err(Failure::Lost(sentence.clone())))
    }

    /// Bytes of memory that are free, and all.
    pub(crate) fn memory(&mut self) -> Result<(u64, u64), Failure> {
        self.ask(D::memory)
    }

    /// Takes so many bytes, all 0.
    pub(crate) fn allocate(&mut self, bytes: u64) -> Result<u64, Failure> {
        // Room for one number at least, so that every buffer has an address of its own.
        let memory = self.ask(|device| device.allocate(bytes.max(4)))?;
        let number = new_number();
        self.buffers.insert(number, Buffer { memory, bytes });
        Ok(number)
    }

    /// Gives a buffer back, and what programs that use it hold on the device.
    pub(crate) fn free(&mut self, number: u64) -> Result<(), Failure> {
        let buffer = self.buffers.remove(&number).ok_or_else(|| no_buffer(number))?;
        let answer = self.ask(D::wait);
        for program in self.programs.values_mut().filter(|program| program.uses(number)) {
            program.spoil(number);
        }
        drop(buffer);
        answer
    }

    /// Writes bytes into a buffer.
    pub(crate) fn write(&mut self, number: u64, at: u64, bytes: &[u8]) -> Result<(), Failure> {
        self.answers()?;
        let buffer = self.buffers.get(&number).ok_or_else(|| no_buffer(number))?;
        inside(number, buffer.bytes, at, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        let answer = self.device.write(&buffer.memory, at, bytes);
        self.ask(|_| answer)
    }

    /// Reads bytes from a buffer.
    pub(crate) fn read(&mut self, number: u64, at: u64, bytes: &mut [u8]) -> Result<(), Failure> {
        self.answers()?;
        let buffer = self.buffers.get(&number).ok_or_else(|| no_buffer(number))?;
        inside(number, buffer.bytes, at, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        let answer = self.device.read(&buffer.memory, at, bytes);
        self.ask(|_| answer)
    }

    /// Checks a program and readies it.
    pub(crate) fn prepare(&mut self, program: &Program) -> Result<u64, Failure> {
        self.answers()?;
        let lengths = self.buffers.iter().map(|(&number, buffer)| (number, buffer.bytes / 4));
        let checked = program.check(&lengths.collect());
        checked.map_err(|error| Failure::argument(format!("the program is refused: {error}")))?;
        let plan = Plan::of(program)?;
        let scratch = match plan.scratch {
            0 => None,
            elements => Some(self.ask(|device| device.allocate(elements.saturating_mul(4)))?),
        };
        let address = |number: u64| {
            self.buffers.get(&number).map(|buffer| (D::address(&buffer.memory), buffer.bytes))
        };
        let scratch_at = scratch.as_ref().map(|memory| (D::address(memory), plan.scratch * 4));
        let calls = program::calls(&plan, address, scratch_at);
        let kernels = plan.launches.len() as u64;
        let prepared = self.ask(|device| device.prepare(calls?));
        let prepared = prepared.inspect_err(|_| {
            // Before the scratch memory goes, which is being cleared.
            let _ = self.ask(D::wait);
        })?;
        let buffers = program::buffers(&plan);
        let number = new_number();
        self.programs.insert(number, Loaded::new(prepared, scratch, buffers, kernels));
        Ok(number)
    }

    /// Lets a program go.
    pub(crate) fn discard(&mut self, number: u64) -> Result<(), Failure> {
        let program = self.programs.remove(&number).ok_or_else(|| no_program(number))?;
        let answer = self.ask(D::wait);
        drop(program);
        answer
    }

    /// Has the device run a program so many times.
    pub(crate) fn run(&mut self, number: u64, times: u32) -> Result<(), Failure> {
        self.answers()?;
        let program = self.programs.get(&number).ok_or_else(|| no_program(number))?;
        let prepared = program.prepared(number)?;
        if program.kernels() == 0 {
            return Ok(());
        }
        let answer = self.device.run(prepared, times);
        self.ask(|_| answer)
    }

    /// Waits until all that was run is done.
    pub(crate) fn wait(&mut self) -> Result<(), Failure> {
        self.ask(D::wait)
    }

    /// Kernels of one run of a program, and launches by the host for it.
    pub(crate) fn launches(&self, number: u64) -> Result<(u64, u64), Failure> {
        self.answers()?;
        let program = self.programs.get(&number).ok_or_else(|| no_program(number))?;
        Ok((program.kernels(), D::by_host(program.prepared(number)?)))
    }
}

impl<D: Device> Drop for Context<D> {
    fn drop(&mut self) {
        // What is dropped next may be in use; of a device that does not answer it stays there.
        let _ = self.ask(D::wait);
    }
}

fn no_buffer(number: u64) -> Failure {
    Failure::argument(format!("this context has no buffer {number}"))
}

fn no_program(number: u64) -> Failure {
    Failure::argument(format!("this context has no program {number}"))
}

fn inside(number: u64, bytes: u64, at: u64, length: usize) -> Result<(), Failure> {
    match at.checked_add(length as u64) {
        Some(end) if end <= bytes => Ok(()),
        _ => Err(Failure::argument(format!(
            "{length} bytes at byte {at} of buffer {number}, which has {bytes}"
        ))),
    }
}
