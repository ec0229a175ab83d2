//! A queue of work on a card, and waiting for it with a limit.
//!
//! What must stay true: nothing here waits in the driver, which has no limit; the host asks whether
//! the card has come so far, at first without a pause, because a phrase takes it microseconds, then
//! with short ones. And the queue never gets so long that the driver would make the host wait.
use super::card::Card;
use super::functions::Handle;
use crate::failure::Failure;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `CU_STREAM_NON_BLOCKING`: the queue has nothing to do with the host's own.
const NON_BLOCKING: u32 = 1;
/// `CU_EVENT_DISABLE_TIMING`
const WITHOUT_TIMING: u32 = 2;

/// How much may lie between two marks; two such stretches may be in the queue. The driver takes about
/// a thousand launches before it makes the host wait.
const STRETCH: u32 = 256;
/// What a graph counts as, in launches.
pub(super) const GRAPH: u32 = 8;

/// How long the host asks without a pause.
const EAGER: Duration = Duration::from_micros(200);
/// Then it pauses this long, and longer where it has waited long.
const PAUSE: Duration = Duration::from_micros(50);
const LONG_PAUSE: Duration = Duration::from_millis(1);

/// A queue.
pub(super) struct Stream {
    pub(super) card: Arc<Card>,
    handle: Handle,
    /// Marks in the queue, used in turns.
    marks: [Handle; 2],
    /// Which mark comes next; whether the other one is in the queue.
    next: usize,
    other_is_set: bool,
    /// What was queued behind the last mark.
    queued: u32,
    timeout: Duration,
}

// SAFETY: the driver's handles may be used by any thread, one after the other.
unsafe impl Send for Stream {}

impl Stream {
    /// A queue on a card whose context is current.
    pub(super) fn new(card: Arc<Card>, timeout: Duration) -> Result<Self, Failure> {
        let (handle, marks) = (null_mut(), [null_mut(); 2]);
        let (next, other_is_set, queued) = (0, false, 0);
        let mut new = Self { card, handle, marks, next, other_is_set, queued, timeout };
        let driver = new.card.driver;
        // SAFETY: the handles are ours to be written.
        unsafe {
            let made = (driver.stream_create)(&raw mut new.handle, NON_BLOCKING);
            new.card.ask_for_room("making a queue", made)?;
            new.card.has_queue(new.handle);
            for mark in &mut new.marks {
                let made = (driver.event_create)(mark, WITHOUT_TIMING);
                new.card.ask_for_room("making a mark", made)?;
            }
        }
        Ok(new)
    }

    /// Queues something that counts as so many launches; the card's context is current. If much is
    /// queued, waits until the card has done a part.
    pub(super) fn add(
        &mut self,
        what: &str,
        launches: u32,
        act: impl FnOnce(Handle) -> i32,
    ) -> Result<(), Failure> {
        let code = {
            let _work = self.card.work();
            act(self.handle)
        };
        self.card.ask(what, code)?;
        self.queued += launches;
        if self.queued < STRETCH {
            return Ok(());
        }
        self.mark()?;
        if self.other_is_set {
            self.reach(self.marks[1 - self.next])?;
        }
        self.next = 1 - self.next;
        self.other_is_set = true;
        self.queued = 0;
        Ok(())
    }

    /// Waits until everything is done; up to the timeout for each stretch of the queue.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        if self.other_is_set {
            self.reach(self.marks[1 - self.next])?;
            self.other_is_set = false;
        }
        self.mark()?;
        self.reach(self.marks[self.next])?;
        self.queued = 0;
        self.card.tidy();
        Ok(())
    }

    /// Queues the next mark.
    fn mark(&self) -> Result<(), Failure> {
        let _work = self.card.work();
        // SAFETY: both are this queue's.
        let marked = unsafe { (self.card.driver.event_record)(self.marks[self.next], self.handle) };
        self.card.ask("marking", marked)
    }

    /// Waits until the card has come to a mark.
    fn reach(&self, mark: Handle) -> Result<(), Failure> {
        let begin = Instant::now();
        loop {
            // SAFETY: the mark is this queue's.
            let code = unsafe { (self.card.driver.event_query)(mark) };
            if code != super::code::Code::NOT_READY.0 {
                return self.card.ask("computing", code);
            }
            let waited = begin.elapsed();
            if waited >= self.timeout {
                return Err(self.card.was_silent(self.timeout));
            }
            match waited {
                _ if waited < EAGER => std::hint::spin_loop(),
                _ if waited < 100 * EAGER => std::thread::sleep(PAUSE),
                _ => std::thread::sleep(LONG_PAUSE.min(self.timeout - waited)),
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let Some(_current) = self.card.current_to_give_back() else { return };
        // SAFETY: the handles are this queue's, and what was not made is null.
        unsafe {
            for mark in self.marks.into_iter().filter(|mark| !mark.is_null()) {
                (self.card.driver.event_destroy)(mark);
            }
            if !self.handle.is_null() {
                self.card.has_no_queue(self.handle);
                (self.card.driver.stream_destroy)(self.handle);
            }
        }
    }
}
