//! The device of a library that was built without kernels: none. Such a library opens, and says so.
use crate::device::{Call, Device};
use crate::failure::Failure;
use musegan_device::interface::About;
use std::convert::Infallible;
use std::time::Duration;

/// Never there.
pub(crate) struct Absent(Infallible);

const REASON: &str = "this graphics library was built without kernels, for no card at all; \
                      build it with feature `cuda`";

impl Device for Absent {
    type Memory = Infallible;
    type Prepared = Infallible;

    fn list() -> Result<Vec<About>, String> {
        Err(REASON.into())
    }

    fn open(_: u32, _: Duration) -> Result<Self, Failure> {
        Err(Failure::NoDevice(REASON.into()))
    }

    fn memory(&mut self) -> Result<(u64, u64), Failure> {
        match self.0 {}
    }

    fn allocate(&mut self, _: u64) -> Result<Infallible, Failure> {
        match self.0 {}
    }

    fn address(memory: &Infallible) -> u64 {
        match *memory {}
    }

    fn write(&mut self, to: &Infallible, _: u64, _: &[u8]) -> Result<(), Failure> {
        match *to {}
    }

    fn read(&mut self, from: &Infallible, _: u64, _: &mut [u8]) -> Result<(), Failure> {
        match *from {}
    }

    fn prepare(&mut self, _: Vec<Call>) -> Result<Infallible, Failure> {
        match self.0 {}
    }

    fn by_host(prepared: &Infallible) -> u64 {
        match *prepared {}
    }

    fn run(&mut self, prepared: &Infallible, _: u32) -> Result<(), Failure> {
        match *prepared {}
    }

    fn wait(&mut self) -> Result<(), Failure> {
        match self.0 {}
    }
}
