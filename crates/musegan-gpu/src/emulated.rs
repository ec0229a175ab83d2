//! A device for tests: the kernels on this machine's processor, one thread of it.
//!
//! What must stay true: what runs here is what runs on a card, launch by launch; a kernel that
//! writes past its buffers or is called with arguments that are not its own loses the device, as on
//! a card, instead of passing by luck; and kernels that may run at once run in another order each
//! time, so that one which does not wait for what it needs gives wrong numbers.
use crate::device::{Call, Device};
use crate::failure::{Failure, size};
use memory::Memory;
use musegan_device::interface::About;
use std::ffi::{CString, c_char, c_int, c_void};
use std::time::Duration;

pub mod controls;
mod memory;

unsafe extern "C" {
    /// Runs the kernel of a name; `arguments` point to its values, `sizes` are their bytes.
    fn musegan_emulate(
        name: *const c_char,
        grid: *const u32,
        arguments: *mut *mut c_void,
        sizes: *const u32,
        count: u32,
    ) -> c_int;
}

/// The emulated device, opened.
#[derive(Debug)]
pub(crate) struct Emulated {
    timeout: Duration,
    /// For the orders of kernels.
    chance: u32,
}

/// A kernel's name as C has it, and its call.
pub(crate) struct Prepared(Vec<(CString, Call)>);

impl Device for Emulated {
    type Memory = Memory;
    type Prepared = Prepared;

    fn list() -> Result<Vec<About>, String> {
        Ok(vec![About {
            number: 0,
            name: musegan_device::interface::EMULATED.into(),
            memory: memory::total(),
            capability: "0.0".into(),
            driver: "none".into(),
        }])
    }

    fn open(number: u32, timeout: Duration) -> Result<Self, Failure> {
        match number {
            0 => Ok(Self { timeout, chance: 1 }),
            _ => Err(Failure::NoDevice(format!(
                "there is no device cuda:{number}; the emulated one is cuda:0"
            ))),
        }
    }

    fn memory(&mut self) -> Result<(u64, u64), Failure> {
        Ok((memory::free(), memory::total()))
    }

    fn allocate(&mut self, bytes: u64) -> Result<Memory, Failure> {
        Memory::take(bytes).ok_or_else(|| {
            Failure::OutOfMemory(format!(
                "the emulated device has no memory for {} more: {} of {} are free",
                size(bytes),
                size(memory::free()),
                size(memory::total())
            ))
        })
    }

    fn address(memory: &Memory) -> u64 {
        memory.address()
    }

    fn write(&mut self, to: &Memory, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
        to.write(offset as usize, bytes);
        Ok(())
    }

    fn read(&mut self, from: &Memory, offset: u64, bytes: &mut [u8]) -> Result<(), Failure> {
        controls::count()?;
        controls::answer_within(self.timeout)?;
        from.read(offset as usize, bytes);
        Ok(())
    }

    fn prepare(&mut self, calls: Vec<Call>) -> Result<Prepared, Failure> {
        let named = |call: Call| {
            let name = CString::new(call.kernel)
                .map_err(|_| Failure::argument("a kernel's name has a zero in it"))?;
            Ok((name, call))
        };
        calls.into_iter().map(named).collect::<Result<_, _>>().map(Prepared)
    }

    /// As if they were recorded.
    fn by_host(prepared: &Prepared) -> u64 {
        u64::from(!prepared.0.is_empty())
    }

    fn run(&mut self, prepared: &Prepared, times: u32) -> Result<(), Failure> {
        controls::count()?;
        for _ in 0..times {
            let waits: Vec<_> = prepared.0.iter().map(|(_, call)| call.waits.as_slice()).collect();
            for index in order(&waits, &mut self.chance) {
                let (name, call) = &prepared.0[index];
                launch(name, call)?;
            }
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Failure> {
        controls::answer_within(self.timeout)
    }
}

/// An order in which all come after those for which they wait.
fn order(waits: &[&[usize]], chance: &mut u32) -> Vec<usize> {
    let mut followers = vec![Vec::new(); waits.len()];
    for (index, waits) in waits.iter().enumerate() {
        waits.iter().for_each(|&earlier| followers[earlier].push(index));
    }
    let mut left: Vec<_> = waits.iter().map(|waits| waits.len()).collect();
    let mut ready: Vec<_> = (0..waits.len()).filter(|&index| left[index] == 0).collect();
    let mut order = Vec::with_capacity(waits.len());
    while !ready.is_empty() {
        *chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let next = ready.swap_remove((*chance >> 16) as usize % ready.len());
        order.push(next);
        for &follower in &followers[next] {
            left[follower] -= 1;
            if left[follower] == 0 {
                ready.push(follower);
            }
        }
    }
    order
}

fn launch(name: &CString, call: &Call) -> Result<(), Failure> {
    let mut values = call.values.clone();
    let mut arguments: Vec<_> =
        values.iter_mut().map(|value| (&raw mut *value).cast::<c_void>()).collect();
    // SAFETY: the name ends in 0, the grid has three sizes, and each argument points to a word
    // whose lower bytes are its value: where this is built, words are little-endian. Pointers among
    // them are into memory that the context holds.
    let outcome = unsafe {
        musegan_emulate(
            name.as_ptr(),
            call.grid.as_ptr(),
            arguments.as_mut_ptr(),
            call.sizes.as_ptr(),
            call.sizes.len() as u32,
        )
    };
    let kernel = call.kernel;
    let what = match outcome {
        0 => match memory::trespassed() {
            None => return Ok(()),
            Some(beyond) => format!("kernel {kernel} wrote {beyond}"),
        },
        1 => format!("there is no kernel {kernel}"),
        2 => format!("kernel {kernel} has other parameters, or no grid {:?}", call.grid),
        3 => format!("kernel {kernel}: not all threads of a block reached a barrier"),
        4 => format!("kernel {kernel}: no memory for threads' stacks"),
        other => format!("kernel {kernel} failed with {other}"),
    };
    Err(Failure::Lost(format!("the emulated device is lost: {what}")))
}

#[cfg(target_endian = "big")]
compile_error!("an argument's value lies in its word's lower bytes, which must come first");
