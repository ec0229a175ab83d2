//! Catches the first system call of a thread that has given them up, and remembers who made it.
//!
//! The kernel sends the thread a signal instead of doing what it asked for. The handler walks the
//! stack, leaves the addresses for another thread to name, and never returns: that thread could
//! not even exit.
use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering::SeqCst};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

const DEPTH: usize = 64;

static FRAMES: [AtomicUsize; DEPTH] = [const { AtomicUsize::new(0) }; DEPTH];
static NUMBER: AtomicI32 = AtomicI32::new(-1);
static AT_WORK: AtomicBool = AtomicBool::new(false);
static CAUGHT: AtomicBool = AtomicBool::new(false);
static PLUGIN: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Takes all system calls from this thread; reading the clock only if it is told to. The signal's
/// handler must be [installed](install).
///
/// # Errors
/// When the kernel has no seccomp or forbids it.
pub fn give_up_calls(clock_too: bool) -> Result<(), String> {
    // Returning from the handler; see there.
    let mut rules = BTreeMap::from([(libc::SYS_rt_sigreturn, vec![])]);
    if !clock_too {
        rules.insert(libc::SYS_clock_gettime, vec![]);
    }
    let architecture = std::env::consts::ARCH.try_into();
    let program: BpfProgram = architecture
        .and_then(|it| SeccompFilter::new(rules, SeccompAction::Trap, SeccompAction::Allow, it))
        .and_then(TryInto::try_into)
        .map_err(|error| error.to_string())?;
    apply_filter(&program).map_err(|error| error.to_string())
}

/// Has the signal handled, in the whole process.
pub fn install() {
    // The first walk of a stack loads what the later ones need.
    remember_frames();
    // SAFETY: the action is complete, and the handler only touches atomics and walks the stack.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        assert_eq!(libc::sigaction(libc::SIGSYS, &action, std::ptr::null_mut()), 0);
    }
}

/// Where the plugin's code lies, so that its calls can be told from the host's.
pub fn know_plugin(file: &str) {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let lines = maps.lines().filter(|line| line.contains(file));
    let ranges = lines.map(|line| {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        [start, end].map(|address| usize::from_str_radix(address, 16).unwrap())
    });
    let (start, end) =
        ranges.fold((usize::MAX, 0), |all, [start, end]| (all.0.min(start), all.1.max(end)));
    assert!(start < end, "{file} is not loaded");
    PLUGIN[0].store(start, SeqCst);
    PLUGIN[1].store(end, SeqCst);
}

/// What the kernel tells with the signal.
#[repr(C)]
struct Told {
    signal: c_int,
    error: c_int,
    code: c_int,
    address: *const c_void,
    call: c_int,
    architecture: u32,
}

extern "C" fn handle(_: c_int, told: *const Told, _: *mut c_void) {
    if !AT_WORK.swap(true, SeqCst) {
        // SAFETY: the kernel hands over what belongs to this signal.
        let call = unsafe { (*told).call };
        NUMBER.store(call, SeqCst);
        remember_frames();
        if i64::from(call) == libc::SYS_sched_yield && !is_in_plugin() {
            // The host's own queue has met a sender in mid-stride. Not the plugin's call, and
            // not yielding does no harm.
            AT_WORK.store(false, SeqCst);
            return;
        }
    }
    CAUGHT.store(true, SeqCst);
    loop {
        std::hint::spin_loop();
    }
}

fn remember_frames() {
    let mut depth = 0;
    // SAFETY: nobody else uses the library meanwhile: others do only after `CAUGHT`.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            FRAMES[depth].store(frame.ip() as usize, SeqCst);
            depth += 1;
            depth < DEPTH
        });
    }
    FRAMES[depth..].iter().for_each(|frame| frame.store(0, SeqCst));
}

fn frames() -> impl Iterator<Item = usize> {
    FRAMES.iter().map(|frame| frame.load(SeqCst)).take_while(|&address| address != 0)
}

fn plugin() -> Range<usize> {
    PLUGIN[0].load(SeqCst)..PLUGIN[1].load(SeqCst)
}

fn is_in_plugin() -> bool {
    frames().any(|address| plugin().contains(&address))
}

/// What was caught, in words; `None` as long as nothing was. For any other thread.
pub fn caught() -> Option<String> {
    if !CAUGHT.load(SeqCst) {
        return None;
    }
    let place = if is_in_plugin() { "the plugin" } else { "the host of this test" };
    let mut places = Vec::new();
    for address in frames() {
        backtrace::resolve(address as *mut c_void, |symbol| {
            let (Some(name), line) = (symbol.name(), symbol.lineno().unwrap_or(0)) else { return };
            let file = symbol.filename().and_then(|file| file.file_name()).unwrap_or_default();
            places.push(format!("\n    {name:#.80} {}:{line}", file.display()));
        });
    }
    // From the call up to what the watched thread was given to do.
    let from = places.iter().position(|place| place.contains(" handle trap.rs"));
    let places = places.iter().skip(from.map_or(0, |handler| handler + 1));
    let places = places.take_while(|place| !place.contains("__rust_begin_short_backtrace"));
    let call = name(NUMBER.load(SeqCst));
    Some(format!("system call {call} of {place}{}", places.cloned().collect::<String>()))
}

/// The calls that such threads are prone to; others by number.
fn name(call: c_int) -> String {
    let known = [
        (libc::SYS_futex, "futex"),
        (libc::SYS_clock_gettime, "clock_gettime"),
        (libc::SYS_clock_nanosleep, "clock_nanosleep"),
        (libc::SYS_nanosleep, "nanosleep"),
        (libc::SYS_sched_yield, "sched_yield"),
        (libc::SYS_write, "write"),
        (libc::SYS_mmap, "mmap"),
        (libc::SYS_munmap, "munmap"),
        (libc::SYS_mprotect, "mprotect"),
        (libc::SYS_madvise, "madvise"),
        (libc::SYS_brk, "brk"),
        (libc::SYS_exit, "exit"),
    ];
    let known = known.iter().find(|(number, _)| *number == i64::from(call));
    known.map_or_else(|| format!("number {call}"), |(_, name)| (*name).to_owned())
}
