//! What the library does with a card that is well, full, old, silent or broken.
//!
//! Each test compiles the driver of `fake.cpp` once and runs itself again as a child that finds it
//! before any other.
use super::{library, programs, table};
use musegan_device::interface::{DEVICE_LOST, NO_DEVICE, OUT_OF_MEMORY};
use musegan_device::{Operation, Program};
use programs::{adds_up_products, fill, start};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use table::Table;

/// Which card a child has.
const CARD: &str = "FAKE_CARD";

/// The folder with the driver.
fn driver() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fake-driver");
        std::fs::create_dir_all(&folder).unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut compile = Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into()));
        compile.args(["-shared", "-fPIC", "-std=c++17", "-O2", "-fvisibility=hidden", "-I"]);
        compile.arg(here.join("kernels")).arg(here.join("tests/driver/fake.cpp"));
        compile.arg("-o").arg(folder.join("libcuda.so.1"));
        assert!(compile.status().expect("a C++ compiler").success(), "{compile:?}");
        folder
    })
}

/// Runs the rest of a test in a child that has this card. Whether this is the child.
fn with_card(card: &str, test: &str) -> bool {
    if std::env::var_os(CARD).is_some() {
        return true;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("made_up::{test}"), "--nocapture"]);
    let output = child.env(CARD, card).env("LD_LIBRARY_PATH", driver()).output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success() && said[0].contains("1 passed"), "{}{}", said[0], said[1]);
    false
}

/// What the driver counted.
#[derive(Debug)]
struct Report {
    launches: u64,
    graph_launches: u64,
    longest_queue: u64,
    contexts: u64,
    held: u64,
    current: u64,
}

fn report() -> Report {
    let mut all = [0u64; 6];
    // SAFETY: the made-up driver is loaded already, and writes so many numbers.
    unsafe {
        let driver = libloading::Library::new("libcuda.so.1").unwrap();
        let report = driver.get::<unsafe extern "C" fn(*mut u64) -> i32>(b"fake_report\0").unwrap();
        report(all.as_mut_ptr());
    }
    let [launches, graph_launches, longest_queue, contexts, held, current] = all;
    Report { launches, graph_launches, longest_queue, contexts, held, current }
}

/// Nothing was left behind, and no context is left current on this thread.
fn assert_tidy() {
    let report = report();
    assert_eq!((report.contexts, report.held, report.current), (0, 0, 0), "{report:?}");
}

/// A buffer of 100 numbers, and a program that sets them twice.
fn filled(table: Table, context: u64) -> (u64, u64) {
    let buffer = table.allocate(context, 400).unwrap();
    let mut program = fill(buffer, 100, 1.0);
    program.operations.extend(fill(buffer, 50, 2.0).operations);
    (buffer, table.prepare(context, &program).unwrap())
}

#[test]
fn a_card_computes_what_the_emulated_one_does_with_one_launch_for_a_program() {
    if !with_card(
        "well",
        "a_card_computes_what_the_emulated_one_does_with_one_launch_for_a_program",
    ) {
        return;
    }
    let table = library();
    let about = &table.devices().unwrap()[0];
    assert_eq!((&*about.name, &*about.capability, &*about.driver), ("Fake Card", "9.0", "13.0"));
    let context = table.open(0, 10_000).unwrap();
    assert_eq!(table.memory(context).unwrap(), (256 << 20, 256 << 20));
    assert!(adds_up_products(table, context, 3).unwrap());
    let (buffer, program) = filled(table, context);
    assert_eq!(table.launches(context, program).unwrap(), (2, 1));
    table.run(context, program, 2).unwrap();
    let numbers = table.numbers(context, buffer, 100).unwrap();
    assert!(numbers[..50] == [2.0; 50] && numbers[50..] == [1.0; 50], "{numbers:?}");
    assert_eq!((report().launches, report().graph_launches), (0, 3 + 2));
    // A program whose buffer is given back is let go with it.
    table.free(context, buffer).unwrap();
    table.wait(context).unwrap();
    table.close(context).unwrap();
    assert_tidy();
}

#[test]
fn without_graphs_kernels_are_launched_one_by_one() {
    if !with_card("without-graphs", "without_graphs_kernels_are_launched_one_by_one") {
        return;
    }
    let table = library();
    let context = table.open(0, 10_000).unwrap();
    assert!(adds_up_products(table, context, 2).unwrap());
    let (_, program) = filled(table, context);
    assert_eq!(table.launches(context, program).unwrap(), (2, 2));
    let before = report().launches;
    table.run(context, program, 1000).unwrap();
    assert_eq!(report().launches - before, 2000);
    table.close(context).unwrap();
    assert_tidy();
}

#[test]
fn the_queue_stays_short_however_much_is_asked() {
    if !with_card("well", "the_queue_stays_short_however_much_is_asked") {
        return;
    }
    let table = library();
    let context = table.open(0, 10_000).unwrap();
    let (_, program) = filled(table, context);
    table.run(context, program, 3000).unwrap();
    let buffer = table.allocate(context, 4).unwrap();
    for byte in 0..3000u32 {
        table.write(context, buffer, 0, &byte.to_le_bytes()).unwrap();
    }
    let mut last = [0; 4];
    table.read(context, buffer, 0, &mut last).unwrap();
    assert_eq!(u32::from_le_bytes(last), 2999);
    assert!(report().longest_queue < 700, "{:?}", report());
    table.close(context).unwrap();
    assert_tidy();
}

#[test]
fn much_data_goes_to_the_card_and_back_in_parts() {
    if !with_card("well", "much_data_goes_to_the_card_and_back_in_parts") {
        return;
    }
    let table = library();
    let context = table.open(0, 10_000).unwrap();
    // More than twice what lies in between, and not a multiple of it.
    let bytes: Vec<_> =
        (0..10_000_001u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let buffer = table.allocate(context, 10_000_100).unwrap();
    table.write(context, buffer, 7, &bytes).unwrap();
    table.write(context, buffer, 3, &[1, 2, 3]).unwrap();
    let mut back = vec![9; 10_000_100];
    table.read(context, buffer, 0, &mut back).unwrap();
    assert_eq!(back[..7], [0, 0, 0, 1, 2, 3, 0]);
    assert!(back[7..10_000_008] == bytes && back[10_000_008..] == [0; 92]);
    table.close(context).unwrap();
    assert_tidy();
}

#[test]
fn contexts_share_a_card_and_the_last_one_closes_it() {
    if !with_card("well", "contexts_share_a_card_and_the_last_one_closes_it") {
        return;
    }
    let table = library();
    let [one, other] = [(); 2].map(|()| table.open(0, 10_000).unwrap());
    assert_eq!(report().contexts, 1);
    assert!(adds_up_products(table, one, 1).unwrap());
    table.close(one).unwrap();
    assert!(adds_up_products(table, other, 1).unwrap());
    table.close(other).unwrap();
    assert_tidy();
    let again = table.open(0, 10_000).unwrap();
    assert!(adds_up_products(table, again, 1).unwrap());
    table.close(again).unwrap();
    assert_tidy();
}

#[test]
fn a_full_card_says_what_was_asked_and_what_is_free() {
    if !with_card("small", "a_full_card_says_what_was_asked_and_what_is_free") {
        return;
    }
    let table = library();
    let context = table.open(0, 10_000).unwrap();
    let half = table.allocate(context, 4 << 20).unwrap();
    for bytes in [5 << 20, u64::MAX] {
        let (code, sentence) = table.allocate(context, bytes).unwrap_err();
        assert_eq!(code, OUT_OF_MEMORY);
        assert!(sentence.contains("4.0 MiB of 8.0 MiB are free"), "{sentence}");
    }
    table.free(context, half).unwrap();
    assert_eq!(table.memory(context).unwrap(), (8 << 20, 8 << 20));
    assert!(adds_up_products(table, context, 1).unwrap());
    table.close(context).unwrap();
    assert_tidy();
}

#[test]
fn a_program_that_does_not_get_its_memory_leaves_nothing() {
    if !with_card("small", "a_program_that_does_not_get_its_memory_leaves_nothing") {
        return;
    }
    let table = library();
    let context = table.open(0, 10_000).unwrap();
    let buffer = table.allocate(context, 8 << 20).unwrap();
    let sums = Operation::SumRows {
        input: start(buffer),
        rows: 1 << 20,
        columns: 1,
        row_stride: 1,
        groups: 1,
        group_stride: 0,
        out: start(buffer),
        out_group_stride: 0,
        add: false,
    };
    // Either it needs none, or it is refused; the card is well.
    let prepared = table.prepare(context, &Program { operations: vec![sums] });
    assert!(prepared.is_ok() || prepared.unwrap_err().0 == OUT_OF_MEMORY);
    table.wait(context).unwrap();
    table.close(context).unwrap();
    assert_tidy();
}

#[test]
fn a_card_that_hangs_is_lost_after_the_timeout_and_never_asked_again() {
    if !with_card("hang", "a_card_that_hangs_is_lost_after_the_timeout_and_never_asked_again") {
        return;
    }
    let table = library();
    let [context, other] = [(); 2].map(|()| table.open(0, 100).unwrap());
    let (buffer, program) = filled(table, context);
    table.run(context, program, 1).unwrap();
    let begin = Instant::now();
    let (code, sentence) = table.numbers(context, buffer, 100).unwrap_err();
    assert_eq!(code, DEVICE_LOST);
    assert!(sentence.contains("Fake Card") && sentence.contains("100 ms"), "{sentence}");
    let waited = begin.elapsed();
    assert!(waited >= Duration::from_millis(100) && waited < Duration::from_secs(5), "{waited:?}");
    let begin = Instant::now();
    assert_eq!(table.run(context, program, 1).unwrap_err().0, DEVICE_LOST);
    assert_eq!(table.wait(other).unwrap_err().0, DEVICE_LOST);
    assert_eq!(table.free(context, buffer), Err(DEVICE_LOST));
    table.close(context).unwrap();
    table.close(other).unwrap();
    assert!(begin.elapsed() < Duration::from_millis(100), "{:?}", begin.elapsed());
    assert_eq!(report().current, 0);
}

#[test]
fn a_full_queue_of_a_card_that_hangs_does_not_hold_the_host() {
    if !with_card("hang", "a_full_queue_of_a_card_that_hangs_does_not_hold_the_host") {
        return;
    }
    let table = library();
    let context = table.open(0, 100).unwrap();
    let (_, program) = filled(table, context);
    assert_eq!(table.run(context, program, u32::MAX).unwrap_err().0, DEVICE_LOST);
    table.close(context).unwrap();
}

#[test]
fn a_kernel_that_fails_loses_the_card_until_it_is_opened_anew() {
    if !with_card("fail", "a_kernel_that_fails_loses_the_card_until_it_is_opened_anew") {
        return;
    }
    let table = library();
    let context = table.open(0, 10_000).unwrap();
    let (_, program) = filled(table, context);
    table.run(context, program, 1).unwrap();
    let (code, sentence) = table.wait(context).unwrap_err();
    assert_eq!(code, DEVICE_LOST);
    assert!(sentence.contains("a fake error (CUDA_ERROR_FAKE)"), "{sentence}");
    assert_eq!(table.memory(context), Err((DEVICE_LOST, sentence)));
    table.close(context).unwrap();
    assert_tidy();
    let again = table.open(0, 10_000).unwrap();
    table.wait(again).unwrap();
    table.close(again).unwrap();
    assert_tidy();
}

#[test]
fn a_driver_that_is_too_old_for_the_kernels_is_said_with_what_to_do() {
    if !with_card("old", "a_driver_that_is_too_old_for_the_kernels_is_said_with_what_to_do") {
        return;
    }
    let table = library();
    let (code, sentence) = table.open(0, 1000).unwrap_err();
    assert_eq!(code, NO_DEVICE);
    for telling in ["cuda:0 (Fake Card)", "9.0", "CUDA 12.4", "install a driver for CUDA"] {
        assert!(sentence.contains(telling), "{sentence}");
    }
    assert_tidy();
}

#[test]
fn a_driver_without_a_card_lists_none() {
    if !with_card("none", "a_driver_without_a_card_lists_none") {
        return;
    }
    let table = library();
    assert_eq!(table.devices(), Ok(vec![]));
    assert_eq!(table.open(0, 1000).unwrap_err().0, NO_DEVICE);
}
