//! One watch for all instances in a process: it polls their [bells](Bell) and wakes the workers
//! that are asked for something.
//!
//! The audio thread must not wake anyone, so somebody has to poll, and twice a millisecond while a
//! song rolls. Were it the workers themselves, each would have to be woken as often; one watch wakes
//! as often for sixty-four instances as for one. It knows nothing of music, so instances
//! share nothing that could be heard. What must stay true: the thread ends with the last worker,
//! before the library that holds its code may be unloaded.
use musegan_engine::Bell;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

/// How often bells are looked at while a song rolls; a phrase that a seek needs waits no longer
/// than this to be begun.
const ROLLING: Duration = Duration::from_micros(500);
/// How often while all stand still.
const RESTING: Duration = Duration::from_millis(100);

/// The watch of this process, while there is one.
static WATCH: Mutex<Weak<Watch>> = Mutex::new(Weak::new());

/// A worker's place on the watch; it is woken until this is dropped.
#[derive(Debug)]
pub struct Post {
    watch: Arc<Watch>,
    bell: Arc<Bell>,
}

#[derive(Debug)]
struct Watch {
    rounds: Arc<Rounds>,
    thread: Option<JoinHandle<()>>,
}

/// What the watching thread has.
#[derive(Debug, Default)]
struct Rounds {
    sleepers: Mutex<Vec<(Arc<Bell>, Thread)>>,
    over: AtomicBool,
}

impl Post {
    /// Has this thread unparked whenever the bell rings. Starts the watch if it is the first.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn take(bell: Arc<Bell>, worker: Thread) -> std::io::Result<Self> {
        let mut current = WATCH.lock();
        let watch = match current.upgrade() {
            Some(watch) => watch,
            None => Arc::new(Watch::start()?),
        };
        *current = Arc::downgrade(&watch);
        watch.rounds.sleepers.lock().push((bell.clone(), worker));
        watch.wake();
        Ok(Self { watch, bell })
    }
}

impl Post {
    /// Has the watch look at once. Not for the audio thread.
    pub fn call(&self) {
        self.watch.wake();
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.watch.rounds.sleepers.lock().retain(|(bell, _)| !Arc::ptr_eq(bell, &self.bell));
    }
}

impl Watch {
    fn start() -> std::io::Result<Self> {
        let rounds = Arc::new(Rounds::default());
        let walked = rounds.clone();
        let thread = std::thread::Builder::new().name("musegan-watch".into());
        let thread = thread.spawn(move || walked.walk())?;
        Ok(Self { rounds, thread: Some(thread) })
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.rounds.over.store(true, Relaxed);
        self.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Rounds {
    fn walk(&self) {
        while !self.over.load(Relaxed) {
            let mut rolling = false;
            for (bell, worker) in self.sleepers.lock().iter() {
                rolling |= bell.is_rolling();
                if bell.has_rung() {
                    worker.unpark();
                }
            }
            std::thread::park_timeout(if rolling { ROLLING } else { RESTING });
        }
    }
}
