//! A card that is in use, with the kernels loaded, shared by all contexts of this process on it.
//!
//! It has a driver's context of its own: a fault in a kernel of ours breaks that and not what else
//! the host computes on the card. The context is current on a thread only while a call of ours is
//! on that thread.
//!
//! What must stay true: a card that did not answer is never asked again, not even to give back what
//! it has, because that could wait for ever; one that failed gives everything back with its context.
use super::code::{Code, done};
use super::functions::{Functions, Handle, driver};
use super::image;
use super::present::{Present, initialised};
use crate::failure::Failure;
use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

/// A card in use.
pub(super) struct Card {
    pub(super) driver: &'static Functions,
    /// For sentences: `cuda:0 (NVIDIA H200)`.
    name: String,
    context: Handle,
    module: Handle,
    /// A call on it failed.
    failed: AtomicBool,
    /// It did not answer.
    silent: AtomicBool,
    work: Mutex<Work>,
}

/// The queues on a card, and what waits for them.
///
/// The driver takes memory back when all queues are done, and makes its caller wait until then, even
/// for ever. So that is asked of it only while they are done, and nothing is queued meanwhile.
#[derive(Default)]
pub(super) struct Work {
    queues: Vec<Handle>,
    unused: Vec<Taken>,
}

/// Memory that the driver gave.
pub(super) enum Taken {
    /// Of the card.
    Cards(u64),
    /// Of the host, where the card reaches it.
    Hosts(*mut u8),
}

// SAFETY: the driver's handles may be used by any thread.
unsafe impl Send for Card {}
// SAFETY: as above; the driver serialises what must be.
unsafe impl Sync for Card {}

impl Card {
    /// The card of a number, opened by this process already or now.
    pub(super) fn of(number: u32) -> Result<Arc<Self>, Failure> {
        static OPEN: OnceLock<Mutex<HashMap<u32, Weak<Card>>>> = OnceLock::new();
        let open = OPEN.get_or_init(Mutex::default);
        // Held while it opens, so that it opens once.
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(card) = open.get(&number).and_then(Weak::upgrade)
            && card.answers().is_ok()
        {
            return Ok(card);
        }
        let card = Arc::new(Self::open(number)?);
        open.insert(number, Arc::downgrade(&card));
        Ok(card)
    }

    fn open(number: u32) -> Result<Self, Failure> {
        let driver = driver().map_err(Failure::NoDevice)?;
        let count = initialised(driver).map_err(Failure::NoDevice)?;
        let present = Present::of(driver, number).map_err(Failure::NoDevice)?;
        let Some(present) = present else {
            return Err(Failure::NoDevice(match count {
                0 => "the NVIDIA driver finds no card".into(),
                _ => format!("there is no device cuda:{number}; the driver finds {count}"),
            }));
        };
        let name = format!("cuda:{number} ({})", present.about.name);
        let mut context = null_mut();
        // SAFETY: the context is ours to be written; the device is one of the driver's.
        let created = done(unsafe { (driver.context_create)(&raw mut context, 0, present.device) });
        created.map_err(|code| {
            let sentence = format!("{name} does not open: {}", code.text(driver));
            match code {
                Code::OUT_OF_MEMORY => Failure::OutOfMemory(sentence),
                _ => Failure::NoDevice(sentence),
            }
        })?;
        let [failed, silent] = [(); 2].map(|()| AtomicBool::new(false));
        // From here on dropping it destroys the context.
        let (module, work) = (null_mut(), Mutex::default());
        let mut card = Self { driver, name, context, module, failed, silent, work };
        // Creating it made it current.
        let current = Current(driver);
        let mut module = null_mut();
        // SAFETY: the image is one that the driver takes apart, aligned, and stays for ever.
        let loaded = done(unsafe {
            (driver.module_load)(&raw mut module, image::IMAGE.as_ptr().cast::<c_void>())
        });
        drop(current);
        loaded.map_err(|code| Failure::NoDevice(unfit(&card, &present, code)))?;
        card.module = module;
        Ok(card)
    }

    /// Makes the card's context current on this thread, until what is returned is dropped.
    pub(super) fn current(&self) -> Result<Current, Failure> {
        self.answers()?;
        // SAFETY: the context lives as long as this.
        self.ask("its context", unsafe { (self.driver.context_push)(self.context) })?;
        Ok(Current(self.driver))
    }

    /// As [`Card::current`], to give things back: not on a card that is of no use any more.
    pub(super) fn current_to_give_back(&self) -> Option<Current> {
        self.current().ok()
    }

    /// Who has this may queue something.
    pub(super) fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a queue more.
    pub(super) fn has_queue(&self, queue: Handle) {
        self.work().queues.push(queue);
    }

    /// There is a queue less.
    pub(super) fn has_no_queue(&self, queue: Handle) {
        self.work().queues.retain(|&one| one != queue);
    }

    /// Gives memory back that nothing queued uses, now or later. Of a card that is of no use it stays:
    /// it goes with the context, or the card might still write into it.
    pub(super) fn give_back(&self, taken: Taken) {
        if let Some(_current) = self.current_to_give_back() {
            self.work().unused.push(taken);
            self.tidy();
        }
    }

    /// Gives back what waits for that, if all queues are done; the context is current.
    pub(super) fn tidy(&self) {
        let mut work = self.work();
        // SAFETY: a queue is taken out of the list before it is destroyed.
        let is_done = |queue: &Handle| unsafe { (self.driver.stream_query)(*queue) } == 0;
        if work.unused.is_empty() || !work.queues.iter().all(is_done) {
            return;
        }
        for taken in work.unused.drain(..) {
            // SAFETY: the driver gave it, and nobody uses it.
            unsafe {
                match taken {
                    Taken::Cards(at) => (self.driver.memory_free)(at),
                    Taken::Hosts(start) => (self.driver.host_free)(start.cast()),
                }
            };
        }
    }

    /// Whether the card is of use.
    pub(super) fn answers(&self) -> Result<(), Failure> {
        let lost = self.failed.load(Ordering::Relaxed) || self.silent.load(Ordering::Relaxed);
        match lost {
            false => Ok(()),
            true => Err(Failure::Lost(format!("{} is lost", self.name))),
        }
    }

    /// A code of the driver's as a result. A failure loses the card: what the driver does after most
    /// of them is to fail, and of what was asked for a part may be queued.
    pub(super) fn ask(&self, what: &str, code: i32) -> Result<(), Failure> {
        done(code).map_err(|code| {
            self.failed.store(true, Ordering::Relaxed);
            Failure::Lost(format!("{} is lost, {what}: {}", self.name, code.text(self.driver)))
        })
    }

    /// As [`Card::ask`], after a call that takes something: if there was no memory for it, nothing
    /// happened.
    pub(super) fn ask_for_room(&self, what: &str, code: i32) -> Result<(), Failure> {
        match done(code) {
            Err(code) if code == Code::OUT_OF_MEMORY => {
                let text = code.text(self.driver);
                Err(Failure::OutOfMemory(format!("{}, {what}: {text}", self.name)))
            }
            _ => self.ask(what, code),
        }
    }

    /// The card did not answer.
    pub(super) fn was_silent(&self, waited: Duration) -> Failure {
        self.silent.store(true, Ordering::Relaxed);
        let waited = waited.as_millis();
        Failure::Lost(format!("{} is lost: it did not answer within {waited} ms", self.name))
    }

    /// For sentences.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A kernel; the context must be current.
    pub(super) fn kernel(&self, name: &str) -> Result<Handle, Failure> {
        let missing = || Failure::argument(format!("the library has no kernel {name}"));
        let symbol = CString::new(name).map_err(|_| missing())?;
        let mut function = null_mut();
        // SAFETY: the module is this card's, and the name ends in 0.
        let found = done(unsafe {
            (self.driver.module_function)(&raw mut function, self.module, symbol.as_ptr())
        });
        match found {
            Ok(()) => Ok(function),
            Err(Code(500)) => Err(missing()),
            Err(code) => Err(self.ask(name, code.0).err().unwrap_or_else(missing)),
        }
    }
}

/// Why the kernels do not load, and what to do.
fn unfit(card: &Card, present: &Present, code: Code) -> String {
    let (name, text) = (card.name(), code.text(card.driver));
    let about = &present.about;
    if !code.is_unfit() {
        return format!("{name} does not take the kernels: {text}");
    }
    let (needed, has) = (image::RELEASE, &about.driver);
    let advice = if is_older(has, needed) {
        format!("install a driver for CUDA {needed} or newer")
    } else {
        "this card needs a library of its own generation".into()
    };
    format!(
        "{name} does not take the kernels, which were compiled by CUDA {needed} for compute \
         capability {}: it has {} and a driver for CUDA {has}, which says: {text}; {advice}",
        image::CAPABILITIES,
        about.capability,
    )
}

/// Whether one release of CUDA came before another: `12.4` before `13.0`.
fn is_older(one: &str, other: &str) -> bool {
    let parts = |release: &str| -> Vec<u32> {
        release.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    parts(one) < parts(other)
}

impl Drop for Card {
    fn drop(&mut self) {
        if !self.silent.load(Ordering::Relaxed) {
            // SAFETY: nobody uses the context any more; everything in it goes with it.
            unsafe { (self.driver.context_destroy)(self.context) };
        }
    }
}

/// While it lives, the card's context is this thread's current one; then the one before is again.
pub(super) struct Current(&'static Functions);

impl Drop for Current {
    fn drop(&mut self) {
        let mut popped = null_mut();
        // SAFETY: the handle is ours to be written.
        unsafe { (self.0.context_pop)(&raw mut popped) };
    }
}
