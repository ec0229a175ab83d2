//! A program's kernels, recorded once as a graph that one call plays back.
//!
//! In the graph a kernel waits for those whose results it needs, or that need what it overwrites, and
//! runs beside the others. Where the driver does not take it, kernels are launched one by one.
use super::card::Card;
use super::functions::{Handle, KernelNode};
use super::stream::{GRAPH, Stream};
use crate::device::Call;
use crate::failure::Failure;
use crate::launch::THREADS;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

/// A program's kernels.
pub(crate) struct Recorded {
    card: Arc<Card>,
    kernels: Vec<Kernel>,
    /// The playable graph, or null.
    graph: Handle,
}

// SAFETY: the driver's handles may be used by any thread, one after the other.
unsafe impl Send for Recorded {}

struct Kernel {
    function: Handle,
    grid: [u32; 3],
    values: Vec<u64>,
    /// Places of those for which it waits.
    waits: Vec<usize>,
}

impl Kernel {
    /// What the driver wants: a pointer to each value, which must not move while these are used.
    fn arguments(&self) -> Vec<*mut c_void> {
        // The driver only reads them. A value lies in its word's lower bytes, which come first on
        // all machines that have such cards.
        self.values.iter().map(|value| (&raw const *value).cast_mut().cast()).collect()
    }
}

impl Recorded {
    /// Records calls; the card's context is current.
    pub(super) fn new(stream: &mut Stream, calls: Vec<Call>) -> Result<Self, Failure> {
        let card = Arc::clone(&stream.card);
        let kernel = |call: Call| {
            let function = card.kernel(call.kernel)?;
            let Call { grid, values, waits, .. } = call;
            Ok(Kernel { function, grid, values, waits })
        };
        let kernels = calls.into_iter().map(kernel).collect::<Result<Vec<_>, Failure>>()?;
        let graph = if kernels.is_empty() { null_mut() } else { record(stream, &kernels) };
        Ok(Self { card, kernels, graph })
    }

    /// Launches by the host for one run.
    pub(super) fn by_host(&self) -> u64 {
        if self.graph.is_null() { self.kernels.len() as u64 } else { 1 }
    }

    /// Queues one run; the card's context is current.
    pub(super) fn play(&self, stream: &mut Stream) -> Result<(), Failure> {
        if !self.graph.is_null() {
            // SAFETY: the graph is this card's, and so is the queue.
            let play = |queue| unsafe { (self.card.driver.graph_launch)(self.graph, queue) };
            return stream.add("playing a graph", GRAPH, play);
        }
        for kernel in &self.kernels {
            let mut arguments = kernel.arguments();
            let [x, y, z] = kernel.grid;
            // SAFETY: the function is this card's, and the arguments are in its kernel's order.
            stream.add("launching a kernel", 1, |queue| unsafe {
                (self.card.driver.launch)(
                    kernel.function,
                    x,
                    y,
                    z,
                    THREADS,
                    1,
                    1,
                    0,
                    queue,
                    arguments.as_mut_ptr(),
                    null_mut(),
                )
            })?;
        }
        Ok(())
    }
}

/// The playable graph of kernels, or null where the driver does not take it.
fn record(stream: &mut Stream, kernels: &[Kernel]) -> Handle {
    let driver = stream.card.driver;
    let (mut graph, mut playable) = (null_mut(), null_mut());
    // SAFETY: all handles are ours to be written; each node's arguments live while it is added,
    // and the driver copies them.
    unsafe {
        if (driver.graph_create)(&raw mut graph, 0) != 0 {
            return null_mut();
        }
        let mut nodes: Vec<Handle> = Vec::with_capacity(kernels.len());
        let added = kernels.iter().all(|kernel| {
            let mut arguments = kernel.arguments();
            let node = KernelNode {
                function: kernel.function,
                grid: kernel.grid,
                block: [THREADS, 1, 1],
                shared_bytes: 0,
                arguments: arguments.as_mut_ptr(),
                extra: null_mut(),
            };
            let before: Vec<_> = kernel.waits.iter().map(|&earlier| nodes[earlier]).collect();
            let mut added = null_mut();
            let code = (driver.graph_add_kernel)(
                &raw mut added,
                graph,
                before.as_ptr(),
                before.len(),
                &raw const node,
            );
            nodes.push(added);
            code == 0
        });
        if added && (driver.graph_instantiate)(&raw mut playable, graph, 0) != 0 {
            playable = null_mut();
        }
        (driver.graph_destroy)(graph);
    }
    if !playable.is_null() {
        // So that the first run is as fast as the others; if this fails, so does the run.
        // SAFETY: the graph is this card's, and so is the queue.
        let _ = stream.add("readying a graph", 1, |queue| unsafe {
            (driver.graph_upload)(playable, queue);
            0
        });
    }
    playable
}

impl Drop for Recorded {
    fn drop(&mut self) {
        if self.graph.is_null() {
            return;
        }
        if let Some(_current) = self.card.current_to_give_back() {
            // SAFETY: the graph is not played any more: whoever drops it has waited.
            unsafe { (self.card.driver.graph_exec_destroy)(self.graph) };
        }
    }
}
