//! A device that fails, hangs or is full, as the emulated one is told to be: what the caller is told.
//!
//! What must stay true: the controls are the process's, so these tests take turns.
#![cfg(feature = "emulated")]
#![allow(clippy::unwrap_used)]

#[path = "calls/programs.rs"]
mod programs;
#[path = "calls/table.rs"]
mod table;

use musegan_device::interface::{DEVICE_LOST, OUT_OF_MEMORY, PANICKED};
use musegan_gpu::{
    musegan_gpu_emulated_fail_after as fail_after,
    musegan_gpu_emulated_limit_memory as limit_memory, musegan_gpu_emulated_stall as stall,
};
use programs::{adds_up_products, fill};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use table::own;

static TURN: Mutex<()> = Mutex::new(());

/// One test's turn, after which everything is well again.
struct Turn<'a>(#[allow(dead_code)] MutexGuard<'a, ()>);

fn turn() -> Turn<'static> {
    Turn(TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        fail_after(0, DEVICE_LOST);
        stall(0);
        limit_memory(0);
    }
}

#[test]
fn a_lost_device_stays_lost_and_another_context_goes_on() {
    let _turn = turn();
    let table = own();
    let [lost, fine] = [(); 2].map(|()| table.open(0, 1000).unwrap());
    let buffer = table.allocate(lost, 400).unwrap();
    let program = table.prepare(lost, &fill(buffer, 100, 1.0)).unwrap();
    table.run(lost, program, 1).unwrap();
    fail_after(2, DEVICE_LOST);
    table.run(lost, program, 1).unwrap();
    let (code, sentence) = table.run(lost, program, 1).unwrap_err();
    assert_eq!(code, DEVICE_LOST);
    let again = [
        table.run(lost, program, 1).unwrap_err(),
        table.wait(lost).unwrap_err(),
        table.allocate(lost, 4).unwrap_err(),
        table.memory(lost).unwrap_err(),
        table.write(lost, buffer, 0, &[1]).unwrap_err(),
        table.numbers(lost, buffer, 1).unwrap_err(),
        table.launches(lost, program).unwrap_err(),
        table.prepare(lost, &fill(buffer, 100, 1.0)).unwrap_err(),
    ];
    assert!(again.iter().all(|one| *one == (DEVICE_LOST, sentence.clone())), "{again:?}");
    assert!(adds_up_products(table, fine, 2).unwrap());
    table.close(lost).unwrap();
    table.close(fine).unwrap();
}

#[test]
fn a_device_that_does_not_answer_is_lost_after_the_timeout_and_closes_at_once() {
    let _turn = turn();
    let table = own();
    let context = table.open(0, 50).unwrap();
    let buffer = table.allocate(context, 400).unwrap();
    stall(20);
    table.wait(context).unwrap();
    stall(3_600_000);
    let begin = Instant::now();
    let (code, sentence) = table.numbers(context, buffer, 1).unwrap_err();
    assert_eq!(code, DEVICE_LOST);
    assert!(sentence.contains("50 ms"), "{sentence}");
    assert!(begin.elapsed() >= Duration::from_millis(50));
    let begin = Instant::now();
    assert_eq!(table.free(context, buffer), Err(DEVICE_LOST));
    table.close(context).unwrap();
    assert!(begin.elapsed() < Duration::from_millis(50), "{:?}", begin.elapsed());
}

#[test]
fn too_little_memory_is_said_with_numbers_and_changes_nothing() {
    let _turn = turn();
    let table = own();
    let context = table.open(0, 1000).unwrap();
    limit_memory(10 << 20);
    let half = table.allocate(context, 5 << 20).unwrap();
    assert_eq!(table.memory(context).unwrap(), (5 << 20, 10 << 20));
    for bytes in [6 << 20, 1 << 62, u64::MAX] {
        let (code, sentence) = table.allocate(context, bytes).unwrap_err();
        assert_eq!(code, OUT_OF_MEMORY);
        assert!(sentence.contains("5.0 MiB of 10.0 MiB are free"), "{sentence}");
    }
    table.free(context, half).unwrap();
    assert_eq!(table.memory(context).unwrap(), (10 << 20, 10 << 20));
    assert!(adds_up_products(table, context, 1).unwrap());
    table.allocate(context, 9 << 20).unwrap();
    table.close(context).unwrap();
    // A context takes with it what it has.
    let context = table.open(0, 1000).unwrap();
    assert_eq!(table.memory(context).unwrap(), (10 << 20, 10 << 20));
    fail_after(1, OUT_OF_MEMORY);
    assert_eq!(adds_up_products(table, context, 1).unwrap_err().0, OUT_OF_MEMORY);
    assert!(adds_up_products(table, context, 1).unwrap());
    table.close(context).unwrap();
}

#[test]
fn a_panic_inside_is_an_answer_and_breaks_its_context_alone() {
    let _turn = turn();
    let table = own();
    let [broken, fine] = [(); 2].map(|()| table.open(0, 1000).unwrap());
    fail_after(1, PANICKED);
    let (code, sentence) = adds_up_products(table, broken, 1).unwrap_err();
    assert_eq!(code, PANICKED);
    assert!(sentence.contains("bug in the graphics library: as it was told to"), "{sentence}");
    assert_eq!(table.wait(broken).unwrap_err().0, DEVICE_LOST);
    assert!(adds_up_products(table, fine, 1).unwrap());
    table.close(broken).unwrap();
    table.close(fine).unwrap();
}

/// What a panic inside prints is seen by running this program again as its own child.
#[test]
fn a_panic_inside_prints_nothing() {
    const CHILD: &str = "MUSEGAN_GPU_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let context = own().open(0, 1000).unwrap();
        fail_after(1, PANICKED);
        assert_eq!(adds_up_products(own(), context, 1).unwrap_err().0, PANICKED);
        eprintln!("it was contained");
        return;
    }
    let test = std::env::current_exe().unwrap();
    let arguments = ["--exact", "a_panic_inside_prints_nothing", "--nocapture"];
    let output = std::process::Command::new(test).args(arguments).env(CHILD, "1").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr).trim(), "it was contained");
}
