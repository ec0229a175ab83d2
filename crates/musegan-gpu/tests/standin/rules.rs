//! Whether the stand-in finds the breaches for which it is there. Each is made on purpose, by calling
//! it as the library must not.
use crate::card::{driver, forgiven, get, on_card, set};
use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr::null_mut;

type Handle = *mut c_void;

/// Calls a function of the driver by name.
macro_rules! cu {
    ($name:ident($($value:expr => $type:ty),*)) => {{
        type Function = unsafe extern "C" fn($($type),*) -> c_int;
        let driver = driver();
        // SAFETY: the function has these parameters, or the stand-in says that they are wrong.
        unsafe { driver.get::<Function>(stringify!($name).as_bytes()).unwrap()($($value),*) }
    }};
}

/// What was just done is said in these words, and nothing else is.
#[track_caller]
fn assert_said(words: &str) {
    let said = forgiven().unwrap_or_else(|| panic!("nothing was said, not {words:?}"));
    assert!(said.contains(words), "{said}");
    assert_eq!(forgiven(), None, "besides {said}");
}

/// A context that is current, and things in it.
struct Open {
    context: Handle,
    stream: Handle,
    memory: u64,
    pinned: Handle,
}

const BYTES: usize = 1000;

fn begin() -> Open {
    let (mut device, mut context, mut stream, mut pinned) = (0, null_mut(), null_mut(), null_mut());
    let mut memory = 0;
    assert_eq!(cu!(cuInit(0 => c_uint)), 0);
    assert_eq!(cu!(cuDeviceGet(&raw mut device => *mut c_int, 0 => c_int)), 0);
    let out = &raw mut context;
    assert_eq!(cu!(cuCtxCreate_v2(out => *mut Handle, 0 => c_uint, device => c_int)), 0);
    assert_eq!(cu!(cuStreamCreate(&raw mut stream => *mut Handle, 1 => c_uint)), 0);
    assert_eq!(cu!(cuMemAlloc_v2(&raw mut memory => *mut u64, BYTES => usize)), 0);
    assert_eq!(cu!(cuMemAllocHost_v2(&raw mut pinned => *mut Handle, BYTES => usize)), 0);
    Open { context, stream, memory, pinned }
}

impl Open {
    fn end(self) {
        assert_eq!(cu!(cuMemFreeHost(self.pinned => Handle)), 0);
        assert_eq!(cu!(cuMemFree_v2(self.memory => u64)), 0);
        assert_eq!(cu!(cuStreamDestroy_v2(self.stream => Handle)), 0);
        assert_eq!(cu!(cuCtxDestroy_v2(self.context => Handle)), 0);
        assert_eq!(get("breaches"), 0);
    }

    fn copy_to(&self, at: u64, from: *const c_void, bytes: usize) -> c_int {
        let stream = self.stream;
        cu!(cuMemcpyHtoDAsync_v2(at => u64, from => *const c_void, bytes => usize, stream => Handle))
    }

    /// A kernel of a name.
    fn function(&self, name: &std::ffi::CStr) -> Handle {
        #[repr(align(64))]
        struct Image([u8; 64]);
        let mut image = Image([0; 64]);
        image.0[..37].copy_from_slice(b"no kernels: for the driver's stand-in");
        let (mut module, mut function) = (null_mut(), null_mut());
        let at = image.0.as_ptr().cast();
        assert_eq!(cu!(cuModuleLoadData(&raw mut module => *mut Handle, at => *const c_void)), 0);
        let (out, name) = (&raw mut function, name.as_ptr());
        let found =
            cu!(cuModuleGetFunction(out => *mut Handle, module => Handle, name => *const c_char));
        assert_eq!(found, 0);
        function
    }

    /// Launches a kernel with one pointer.
    fn launch(&self, function: Handle, grid: [c_uint; 3], threads: c_uint, mut at: u64) -> c_int {
        let mut arguments = [(&raw mut at).cast::<c_void>()];
        let [x, y, z] = grid;
        cu!(cuLaunchKernel(
            function => Handle, x => c_uint, y => c_uint, z => c_uint,
            threads => c_uint, 1 => c_uint, 1 => c_uint, 0 => c_uint, self.stream => Handle,
            arguments.as_mut_ptr() => *mut Handle, null_mut() => *mut Handle
        ))
    }

    /// Waits until the queue is done; the code that it ends with.
    fn settle(&self) -> c_int {
        let mut event = null_mut();
        assert_eq!(cu!(cuEventCreate(&raw mut event => *mut Handle, 2 => c_uint)), 0);
        assert_eq!(cu!(cuEventRecord(event => Handle, self.stream => Handle)), 0);
        loop {
            match cu!(cuEventQuery(event => Handle)) {
                600 => std::thread::yield_now(),
                0 => {
                    assert_eq!(cu!(cuEventDestroy_v2(event => Handle)), 0);
                    return 0;
                }
                code => return code,
            }
        }
    }
}

#[test]
fn handles_that_are_none_or_gone_are_said() {
    on_card("", "rules::handles_that_are_none_or_gone_are_said", || {
        let (mut free, mut all) = (0usize, 0usize);
        let (free, all) = (&raw mut free, &raw mut all);
        cu!(cuDeviceGetCount(null_mut() => *mut c_int));
        assert_said("before cuInit");
        let open = begin();
        cu!(cuStreamDestroy_v2(open.context => Handle));
        assert_said("is no stream");
        let mut event = null_mut();
        cu!(cuEventCreate(&raw mut event => *mut Handle, 2 => c_uint));
        cu!(cuEventQuery(event => Handle));
        assert_said("was never recorded");
        cu!(cuEventDestroy_v2(event => Handle));
        cu!(cuEventDestroy_v2(event => Handle));
        assert_said("was destroyed");
        cu!(cuMemFree_v2(open.memory + 4 => u64));
        assert_said("not where a piece begins");
        let (mut graph, mut playable) = (null_mut(), null_mut());
        cu!(cuGraphCreate(&raw mut graph => *mut Handle, 0 => c_uint));
        let out = &raw mut playable;
        cu!(cuGraphInstantiateWithFlags(out => *mut Handle, graph => Handle, 0 => u64));
        cu!(cuGraphDestroy(graph => Handle));
        cu!(cuGraphLaunch(playable => Handle, open.stream => Handle));
        cu!(cuGraphExecDestroy(playable => Handle));
        assert_said("is still queued");
        cu!(cuGraphLaunch(playable => Handle, open.stream => Handle));
        assert_said("was destroyed");
        let (context, out) = (open.context, null_mut::<Handle>());
        cu!(cuCtxPopCurrent_v2(out => *mut Handle));
        cu!(cuMemGetInfo_v2(free => *mut usize, all => *mut usize));
        assert_said("without a current context");
        cu!(cuCtxPopCurrent_v2(out => *mut Handle));
        assert_said("without a current context");
        cu!(cuCtxPushCurrent_v2(context => Handle));
        open.end();
        cu!(cuCtxPushCurrent_v2(context => Handle));
        assert_said("was destroyed");
    });
}

#[test]
fn what_a_contexts_owner_forgot_is_said() {
    on_card("", "rules::what_a_contexts_owner_forgot_is_said", || {
        let open = begin();
        cu!(cuCtxDestroy_v2(open.context => Handle));
        let said: Vec<_> = std::iter::from_fn(forgiven).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said.iter().all(|said| said.contains("still there")), "{said:?}");

        let open = begin();
        std::thread::scope(|scope| {
            let handle = open.context.addr();
            scope.spawn(move || {
                let context = std::ptr::without_provenance_mut::<c_void>(handle);
                cu!(cuCtxPushCurrent_v2(context => Handle));
            });
        });
        cu!(cuMemFreeHost(open.pinned => Handle));
        cu!(cuMemFree_v2(open.memory => u64));
        cu!(cuStreamDestroy_v2(open.stream => Handle));
        cu!(cuCtxDestroy_v2(open.context => Handle));
        assert_said("current on 1 threads");
    });
}

#[test]
fn copies_outside_of_memory_and_from_pageable_memory_are_said() {
    on_card("", "rules::copies_outside_of_memory_and_from_pageable_memory_are_said", || {
        let open = begin();
        open.copy_to(open.memory + 1, open.pinned, BYTES);
        assert_said("1000 bytes at byte 1 of a piece of 1000");
        open.copy_to(open.memory, [0u8; BYTES].as_ptr().cast(), BYTES);
        assert_said("not in the host's memory that the card reaches");
        open.copy_to(open.pinned.addr() as u64, open.pinned, BYTES);
        assert_said("not in the card's memory");
        open.copy_to(8, open.pinned, BYTES);
        assert_said("not in the card's memory");
        let mut gone = 0;
        cu!(cuMemAlloc_v2(&raw mut gone => *mut u64, BYTES => usize));
        cu!(cuMemFree_v2(gone => u64));
        open.copy_to(gone, open.pinned, 1);
        assert_said("was given back");
        cu!(cuMemFree_v2(gone => u64));
        assert_said("was given back");
        // The last word that a copy may still have to read.
        assert_eq!(open.copy_to(open.memory, open.pinned, BYTES), 0);
        // SAFETY: the memory is ours, if it were not for the copy.
        unsafe { open.pinned.cast::<u8>().add(BYTES - 1).write(7) };
        assert_eq!(open.settle(), 0);
        assert_said("before they were copied");
        open.end();
    });
}

#[test]
fn nothing_is_done_before_it_is_waited_for_and_then_in_order() {
    on_card("", "rules::nothing_is_done_before_it_is_waited_for_and_then_in_order", || {
        let open = begin();
        let (memory, pinned, stream) = (open.memory, open.pinned, open.stream);
        for value in 1..=3u8 {
            cu!(cuMemsetD8Async(memory => u64, value => u8, BYTES => usize, stream => Handle));
        }
        cu!(cuMemcpyDtoHAsync_v2(pinned => Handle, memory => u64, BYTES => usize, stream => Handle));
        std::thread::sleep(std::time::Duration::from_millis(20));
        // SAFETY: so many bytes are there; the copy is not made yet.
        let now = || unsafe { std::slice::from_raw_parts(pinned.cast::<u8>(), BYTES) }.to_vec();
        assert_eq!(now(), [0xff; BYTES]);
        cu!(cuMemFree_v2(memory => u64));
        assert_said("used by what is queued");
        assert_eq!(now(), [3; BYTES]);
        // It was given back all the same.
        let mut memory = 0;
        cu!(cuMemAlloc_v2(&raw mut memory => *mut u64, BYTES => usize));
        Open { memory, ..open }.end();
    });
}

#[test]
fn grids_arguments_and_pointers_that_are_not_a_kernels_are_said() {
    on_card("", "rules::grids_arguments_and_pointers_that_are_not_a_kernels_are_said", || {
        let open = begin();
        let function = open.function(c"right_reverse");
        open.launch(function, [1, 65_536, 1], 256, open.memory);
        assert_said("a grid of 1, 65536, 1");
        open.launch(function, [1; 3], 512, open.memory);
        assert_said("blocks of 512, 1, 1");
        open.launch(null_mut(), [1; 3], 256, open.memory);
        assert_said("is no function");
        open.launch(function, [1; 3], 256, open.memory - 8);
        let said: Vec<_> = std::iter::from_fn(forgiven).collect();
        assert!(said[0].contains("right_reverse: that is argument 0"), "{said:?}");
        assert!(said[1].contains("not in the card's memory"), "{said:?}");
        open.end();
    });
}

#[test]
fn a_kernel_that_leaves_its_memory_is_said_and_breaks_its_context() {
    on_card("", "rules::a_kernel_that_leaves_its_memory_is_said_and_breaks_its_context", || {
        // 24 bytes more than there are, which nobody has; and those behind, which nobody may touch.
        let (beside, touches) = ("wrote beside a piece of 1000 bytes", "touches byte");
        for (blocks, words) in [(1, beside), (2, touches)] {
            let open = begin();
            let function = open.function(c"right_reverse");
            let (memory, stream) = (open.memory, open.stream);
            cu!(cuMemsetD8Async(memory => u64, 0 => u8, BYTES => usize, stream => Handle));
            assert_eq!(open.launch(function, [blocks, 1, 1], 256, open.memory), 0);
            assert_eq!(open.settle(), 700);
            let said = forgiven().unwrap();
            assert!(said.starts_with("right_reverse") && said.contains(words), "{said}");
            // And every call says so from now on, but the last.
            assert_eq!(cu!(cuMemFree_v2(open.memory => u64)), 700);
            assert_eq!(cu!(cuCtxDestroy_v2(open.context => Handle)), 700);
            assert_eq!(get("breaches"), 0);
            assert_eq!(get("held"), 0);
        }
    });
}

#[test]
fn a_call_that_would_wait_for_ever_is_said() {
    on_card("", "rules::a_call_that_would_wait_for_ever_is_said", || {
        let open = begin();
        let (memory, stream) = (open.memory, open.stream);
        let mut other = 0;
        cu!(cuMemAlloc_v2(&raw mut other => *mut u64, BYTES => usize));
        set("hang", 1);
        cu!(cuMemsetD8Async(memory => u64, 0 => u8, BYTES => usize, stream => Handle));
        cu!(cuMemFree_v2(other => u64));
        assert_said("stands still");
        set("hang", 0);
        assert_eq!(cu!(cuMemFree_v2(other => u64)), 0);
        for _ in 0..1025 {
            cu!(cuMemsetD8Async(memory => u64, 0 => u8, BYTES => usize, stream => Handle));
        }
        assert_said("more than 1024 pieces of work wait");
        open.end();
    });
}

#[test]
fn a_process_that_broke_a_rule_fails_at_its_end() {
    const GRANDCHILD: &str = "MUSEGAN_STANDIN_BROKEN";
    let test = "rules::a_process_that_broke_a_rule_fails_at_its_end";
    on_card("", test, || {
        if std::env::var_os(GRANDCHILD).is_some() {
            cu!(cuCtxPopCurrent_v2(null_mut() => *mut Handle));
            return;
        }
        let mut grandchild = std::process::Command::new(std::env::current_exe().unwrap());
        let output = grandchild.args(["--exact", test]).env(GRANDCHILD, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("1 passed") && output.status.code() == Some(70), "{output:?}");
    });
}
