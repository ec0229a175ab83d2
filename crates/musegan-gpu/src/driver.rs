//! Cards that compute through NVIDIA's driver, which is found at run time.
//!
//! The major components are
//!
//! * `functions`, `code`: the driver's library, opened by name, and its codes;
//! * `present`: the cards there are;
//! * `card`: one in use, with the kernels (`image`) loaded;
//! * `stream`: its queue, and waiting for it with a limit;
//! * `memory`, `recorded`: what programs have there.
use crate::device::{Call, Device};
use crate::failure::{Failure, size};
use memory::{Memory, Stage};
use musegan_device::interface::About;
use present::Present;
use recorded::Recorded;
use std::sync::Arc;
use std::time::Duration;
use stream::Stream;

mod card;
mod code;
mod functions;
mod image;
mod memory;
mod present;
mod recorded;
mod stream;

/// A card, opened by one context.
pub(crate) struct Card {
    // Dropped in this order.
    stage: Stage,
    stream: Stream,
}

impl Card {
    /// Waits until everything is done, and takes up again what waited for that.
    fn settle(&mut self) -> Result<(), Failure> {
        self.stream.settle()?;
        self.stage.clear();
        Ok(())
    }
}

impl Device for Card {
    type Memory = Memory;
    type Prepared = Recorded;

    fn list() -> Result<Vec<About>, String> {
        let driver = functions::driver()?;
        let count = present::initialised(driver)?;
        let cards = (0..count).filter_map(|number| Present::of(driver, number).transpose());
        cards.map(|card| card.map(|card| card.about)).collect()
    }

    fn open(number: u32, timeout: Duration) -> Result<Self, Failure> {
        let card = card::Card::of(number)?;
        let _current = card.current()?;
        let stage = Stage::take(&card)?;
        let stream = Stream::new(Arc::clone(&card), timeout)?;
        Ok(Self { stage, stream })
    }

    fn memory(&mut self) -> Result<(u64, u64), Failure> {
        let card = &self.stream.card;
        let _current = card.current()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: the numbers are ours to be written.
        let code = unsafe { (card.driver.memory_info)(&raw mut free, &raw mut total) };
        card.ask("asking for its memory", code)?;
        Ok((free as u64, total as u64))
    }

    fn allocate(&mut self, bytes: u64) -> Result<Memory, Failure> {
        let taken = self.take(bytes);
        if !matches!(taken, Err(Failure::OutOfMemory(_))) {
            return taken;
        }
        let (free, total) = self.memory()?;
        Err(Failure::OutOfMemory(format!(
            "{} has no memory for {} more: {} of {} are free",
            self.stream.card.name(),
            size(bytes),
            size(free),
            size(total),
        )))
    }

    fn address(memory: &Memory) -> u64 {
        memory.at
    }

    fn write(&mut self, to: &Memory, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
        let card = Arc::clone(&self.stream.card);
        let _current = card.current()?;
        let mut at = to.at + offset;
        for part in bytes.chunks(Stage::ROOM) {
            let laid = match self.stage.lay(part) {
                Some(laid) => Some(laid),
                None => {
                    self.settle()?;
                    self.stage.lay(part)
                }
            };
            let laid = laid.ok_or_else(|| Failure::argument("a part is longer than the stage"))?;
            // SAFETY: so many bytes were laid there and stay until the queue is settled; the
            // context has checked that they fit the memory.
            self.stream.add("copying to it", 1, |queue| unsafe {
                (card.driver.copy_to)(at, laid, part.len(), queue)
            })?;
            at += part.len() as u64;
        }
        Ok(())
    }

    fn read(&mut self, from: &Memory, offset: u64, bytes: &mut [u8]) -> Result<(), Failure> {
        let card = Arc::clone(&self.stream.card);
        let _current = card.current()?;
        let mut at = from.at + offset;
        for part in bytes.chunks_mut(Stage::ROOM) {
            // SAFETY: the stage has room for a part; the context has checked that the memory has so
            // many bytes.
            self.stream.add("copying from it", 1, |queue| unsafe {
                (card.driver.copy_from)(self.stage.answer(), at, part.len(), queue)
            })?;
            self.settle()?;
            self.stage.take_answer(part);
            at += part.len() as u64;
        }
        Ok(())
    }

    fn prepare(&mut self, calls: Vec<Call>) -> Result<Recorded, Failure> {
        let card = Arc::clone(&self.stream.card);
        let _current = card.current()?;
        Recorded::new(&mut self.stream, calls)
    }

    fn by_host(prepared: &Recorded) -> u64 {
        prepared.by_host()
    }

    fn run(&mut self, prepared: &Recorded, times: u32) -> Result<(), Failure> {
        let card = Arc::clone(&self.stream.card);
        let _current = card.current()?;
        (0..times).try_for_each(|_| prepared.play(&mut self.stream))
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let card = Arc::clone(&self.stream.card);
        let _current = card.current()?;
        self.settle()
    }
}

impl Card {
    fn take(&mut self, bytes: u64) -> Result<Memory, Failure> {
        let card = Arc::clone(&self.stream.card);
        let _current = card.current()?;
        let Ok(length) = usize::try_from(bytes) else {
            return Err(Failure::OutOfMemory(String::new()));
        };
        let memory = Memory::take(&card, length)?;
        // SAFETY: the memory has so many bytes.
        self.stream.add("clearing memory", 1, |queue| unsafe {
            (card.driver.memory_clear)(memory.at, 0, length, queue)
        })?;
        Ok(memory)
    }
}
