//! Whether the emulated device finds the faults for which it is there: kernels that a card would
//! carry out rightly by luck, or never finish.
#![cfg(feature = "emulated")]
#![allow(clippy::unwrap_used)]

use std::ffi::{CString, c_char, c_int, c_void};

// The library whose kernels these are has to be linked.
use musegan_gpu as _;

const DONE: i32 = 0;
const NO_SUCH_KERNEL: i32 = 1;
const BAD_ARGUMENTS: i32 = 2;
const DIVERGED: i32 = 3;
const THREADS: usize = 256;

unsafe extern "C" {
    fn musegan_emulate(
        name: *const c_char,
        grid: *const u32,
        arguments: *mut *mut c_void,
        sizes: *const u32,
        count: u32,
    ) -> c_int;
}

/// Launches a kernel whose arguments are pointers to numbers.
fn launch(kernel: &str, grid: [u32; 3], arguments: &mut [&mut [f32]]) -> i32 {
    with_sizes(kernel, grid, arguments, 8)
}

fn with_sizes(kernel: &str, grid: [u32; 3], arguments: &mut [&mut [f32]], size: u32) -> i32 {
    let name = CString::new(kernel).unwrap();
    let mut pointers: Vec<_> = arguments.iter_mut().map(|a| a.as_mut_ptr()).collect();
    let mut values: Vec<_> = pointers.iter_mut().map(|p| (&raw mut *p).cast()).collect();
    let sizes = vec![size; values.len()];
    // SAFETY: the kernels stay inside what the tests give them, unless they are refused.
    unsafe {
        let count = values.len() as u32;
        musegan_emulate(name.as_ptr(), grid.as_ptr(), values.as_mut_ptr(), sizes.as_ptr(), count)
    }
}

fn ascending(blocks: usize) -> Vec<f32> {
    (0..blocks * THREADS).map(|i| i as f32).collect()
}

#[test]
fn threads_hand_numbers_over_at_a_barrier_and_not_without_one() {
    let mut numbers = ascending(3);
    assert_eq!(launch("right_reverse", [3, 1, 1], &mut [&mut numbers]), DONE);
    let reversed = |i: usize| (i / THREADS * THREADS + THREADS - 1 - i % THREADS) as f32;
    assert!(numbers.iter().enumerate().all(|(i, &found)| found == reversed(i)));

    let mut numbers = ascending(3);
    assert_eq!(launch("fault_no_barrier", [3, 1, 1], &mut [&mut numbers]), DONE);
    assert!(numbers.iter().enumerate().any(|(i, &found)| found != reversed(i)));

    // Reversed twice, were the second barrier there.
    let mut numbers = ascending(1);
    assert_eq!(launch("fault_one_barrier_of_two", [1, 1, 1], &mut [&mut numbers]), DONE);
    assert_ne!(numbers, ascending(1));
}

#[test]
fn a_barrier_that_only_some_threads_reach_is_an_error() {
    for fault in ["fault_some_return", "fault_two_barriers"] {
        assert_eq!(launch(fault, [1, 1, 1], &mut [&mut ascending(1)]), DIVERGED, "{fault}");
    }
    let mut numbers = ascending(1);
    assert_eq!(launch("right_reverse", [1, 1, 1], &mut [&mut numbers]), DONE, "and it goes on");
    assert_eq!(numbers[0], 255.0);
}

#[test]
fn blocks_share_nothing_and_have_no_order() {
    let mut numbers = ascending(2);
    assert_eq!(launch("fault_shared_between_blocks", [2, 1, 1], &mut [&mut numbers]), DONE);
    assert!(numbers[..THREADS].iter().all(|number| number.is_nan()));
    assert!(numbers[THREADS..].iter().all(|&number| number == 1.0));

    let mut numbers = vec![0.0; 4 * THREADS];
    assert_eq!(launch("fault_blocks_in_order", [3, 1, 1], &mut [&mut numbers]), DONE);
    assert_ne!(numbers[3 * THREADS], 3.0);
}

#[test]
fn every_thread_knows_the_sums_over_its_block() {
    let mut numbers = ascending(2);
    let mut sums = [0.0; 10];
    assert_eq!(launch("right_sums", [2, 1, 1], &mut [&mut numbers, &mut sums]), DONE);
    let [first, second] = [32_640.0, 98_176.0];
    let expected =
        [first, 2.0 * first, 256.0, first, first, second, 2.0 * second, 256.0, first, second];
    assert_eq!(sums, expected);
}

#[test]
fn arguments_and_grids_that_are_not_a_kernels_are_refused() {
    let mut numbers = ascending(1);
    assert_eq!(launch("reverse", [1, 1, 1], &mut [&mut numbers]), NO_SUCH_KERNEL);
    assert_eq!(launch("right_reverse", [1, 1, 1], &mut []), BAD_ARGUMENTS);
    for grid in [[0, 1, 1], [1, 65_536, 1], [1 << 31, 1, 1]] {
        assert_eq!(launch("right_reverse", grid, &mut [&mut numbers]), BAD_ARGUMENTS);
    }
    assert_eq!(with_sizes("right_reverse", [1, 1, 1], &mut [&mut numbers], 4), BAD_ARGUMENTS);
    assert_eq!(numbers, ascending(1));
}
