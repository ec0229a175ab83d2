//! No system call and no lock on the audio thread, shown by the kernel.
//!
//! A process loads the built plugin, and one of its threads plays the audio thread. Once warm, that
//! thread gives up every system call, for itself alone and for good, by a seccomp filter; then it
//! processes blocks as a live host would, while the plugin's worker and a main thread contend for
//! whatever is shared. Whoever allocates, logs, sleeps or waits for a lock on that thread is
//! caught at that moment, and named.
//!
//! What this cannot show: a lock that nobody else holds is taken without a system call. That the
//! framework's `try_lock` around the plugin never waits is what the contention is for. The host
//! here lives on memory that was laid out before ([`pool`]).
//!
//! Linux only. Needs the test bundles, as `tests/plugin` does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "../plugin/hosted.rs"]
#[allow(dead_code)]
mod hosted;
mod pool;
mod process;
mod song;
mod stage;
mod trap;

use process::{assert_caught, assert_silent};

#[global_allocator]
static ALLOCATOR: pool::Pool = pool::Pool;

#[test]
fn a_live_block_of_the_clap_makes_no_system_call_whatever_others_do() {
    assert_silent("clap");
}

#[test]
fn a_live_block_of_the_vst3_makes_no_system_call_whatever_others_do() {
    assert_silent("vst3");
}

/// Not silent, and not in our hands: the framework (nice-plug 0.4.2) tells its editor of every
/// automated value, and for that its VST3 side wakes a thread, and may wait for a lock, on the
/// audio thread. When this test fails the framework has been mended; then the test above may
/// automate.
#[test]
fn automation_of_the_vst3_wakes_a_thread_of_the_framework() {
    assert_caught("vst3 automated", "futex", "schedule_gui");
}

#[test]
fn a_call_that_the_plugin_makes_is_caught_and_traced_into_the_plugin() {
    // A render may sleep until a phrase is there.
    assert_caught("render", "clock_nanosleep", "the plugin");
}

#[test]
fn a_lock_that_somebody_else_holds_is_caught() {
    assert_caught("lock", "futex", "the host of this test");
}

/// What the child process of each test above does.
#[test]
#[ignore = "a process of its own, which the other tests start"]
fn stage() {
    if let Some(piece) = process::piece() {
        stage::perform(&piece);
    }
}
