//! All cores at one walk: each thread takes the next piece of work, prepares it, and hands it back
//! to be put down in the walk's order.
//!
//! What must stay true: the order of results is that of the work whatever the number of threads;
//! what is in flight is bounded in number and in bytes; and a panic over one file is an entry in
//! the list of bad files, no end of the run.
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

use super::inputs::{BROKE, Name, Work};
use super::prepared::{Prepared, Unreadable};

/// Pieces of work in flight for each thread: enough that a long one holds nobody up.
const FLIGHT_PER_THREAD: u64 = 64;
/// Bytes of archives and packs in flight, unless one piece alone is larger.
const FLIGHT_BYTES: usize = 256 << 20;

/// The walk, and what of it is in flight.
struct Queue<W> {
    walk: W,
    /// Pieces taken so far.
    taken: u64,
    in_flight: u64,
    held_bytes: usize,
    /// Whether nothing more is to be taken.
    is_over: bool,
}

/// What a thread hands back.
struct Result_ {
    number: u64,
    held_bytes: usize,
    prepared: Prepared,
}

/// Prepares everything of a walk on so many threads and hands the results to `sink` in the walk's
/// order. Returns the walk.
///
/// # Errors
/// What `sink` returns; nothing is taken up then.
pub(super) fn run<W: Iterator<Item = Work> + Send>(
    walk: W,
    threads: usize,
    examine: impl Fn(Work) -> Prepared + Sync,
    sink: impl FnMut(Prepared) -> Result<()>,
) -> Result<W> {
    let threads = threads.max(1);
    let most = FLIGHT_PER_THREAD * threads as u64;
    let queue = Queue { walk, taken: 0, in_flight: 0, held_bytes: 0, is_over: false };
    let (queue, room) = (Mutex::new(queue), Condvar::new());
    thread::scope(|scope| {
        let (done, results) = channel();
        for _ in 0..threads {
            let (done, queue, room, examine) = (done.clone(), &queue, &room, &examine);
            scope.spawn(move || work(queue, room, most, examine, &done));
        }
        drop(done);
        let outcome = collect(&results, &queue, &room, sink);
        locked(&queue).is_over = true;
        room.notify_all();
        outcome
    })?;
    Ok(queue.into_inner().unwrap_or_else(PoisonError::into_inner).walk)
}

/// What each thread does.
fn work<W: Iterator<Item = Work>>(
    queue: &Mutex<Queue<W>>,
    room: &Condvar,
    most: u64,
    examine: &(impl Fn(Work) -> Prepared + Sync),
    done: &Sender<Result_>,
) {
    while let Some((number, work)) = next(queue, room, most) {
        let (name, held_bytes) = (work.name.clone(), work.content.held_bytes());
        let prepared = catch_unwind(AssertUnwindSafe(|| examine(work)));
        let prepared = prepared.unwrap_or_else(|_| broke_on(name));
        if done.send(Result_ { number, held_bytes, prepared }).is_err() {
            return;
        }
    }
}

/// The next piece of work, once there is room for it.
fn next<W: Iterator<Item = Work>>(
    queue: &Mutex<Queue<W>>,
    room: &Condvar,
    most: u64,
) -> Option<(u64, Work)> {
    let mut queue = locked(queue);
    while !queue.is_over && (queue.in_flight >= most || queue.held_bytes >= FLIGHT_BYTES) {
        queue = room.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
    if queue.is_over {
        return None;
    }
    let Some(work) = queue.walk.next() else {
        queue.is_over = true;
        room.notify_all();
        return None;
    };
    let number = queue.taken;
    queue.taken += 1;
    queue.in_flight += 1;
    queue.held_bytes += work.content.held_bytes();
    Some((number, work))
}

/// Puts the results in order.
fn collect<W>(
    results: &Receiver<Result_>,
    queue: &Mutex<Queue<W>>,
    room: &Condvar,
    mut sink: impl FnMut(Prepared) -> Result<()>,
) -> Result<()> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for result in results {
        waiting.insert(result.number, result);
        while let Some(result) = waiting.remove(&next) {
            next += 1;
            sink(result.prepared)?;
            let mut queue = locked(queue);
            queue.in_flight -= 1;
            queue.held_bytes -= result.held_bytes;
            room.notify_all();
        }
    }
    Ok(())
}

fn locked<W>(queue: &Mutex<Queue<W>>) -> MutexGuard<'_, Queue<W>> {
    // A walk that panicked has ended, and the thread with it; what it counted still holds.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broke_on(name: Name) -> Prepared {
    let reason = BROKE.to_owned();
    let Name { corpus, file, song, origin, weight } = name;
    Prepared { corpus, song, file, origin, weight, outcome: Err(Unreadable { reason }) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::prepare::inputs::Content;

    fn works(count: usize) -> impl Iterator<Item = Work> + Send {
        (0..count).map(|number| {
            let name = Name {
                corpus: "corpus".into(),
                file: number.to_string(),
                song: String::new(),
                origin: None,
                weight: 1.0,
            };
            Work { name, content: Content::Unreadable(String::new()) }
        })
    }

    #[test]
    fn results_come_in_the_order_of_the_work_and_a_panic_is_one_of_them() {
        let examine = |work: Work| {
            let number: u64 = work.name.file.parse().unwrap();
            // Some take longer than those after them.
            thread::sleep(std::time::Duration::from_micros(number % 7 * 100));
            assert_ne!(number, 100, "this panic is part of the test");
            broke_on(work.name)
        };
        let mut files = Vec::new();
        let mut reasons = 0;
        let walk = run(works(1000), 4, examine, |prepared| {
            files.push(prepared.file.parse::<usize>().unwrap());
            reasons += usize::from(prepared.outcome.is_err());
            Ok(())
        });
        assert_eq!(walk.unwrap().count(), 0);
        assert!(files.into_iter().eq(0..1000));
        assert_eq!(reasons, 1000);
    }

    #[test]
    fn a_sink_that_fails_ends_the_run() {
        let mut written = 0;
        let outcome = run(
            works(100_000),
            3,
            |work| broke_on(work.name),
            |_| {
                written += 1;
                if written == 50 { Err(anyhow::anyhow!("no space")) } else { Ok(()) }
            },
        );
        assert_eq!(outcome.err().unwrap().to_string(), "no space");
        assert_eq!(written, 50);
    }
}
