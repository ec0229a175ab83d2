//! The C interface, called as nobody should: whatever comes in, a code and a sentence come out.
#![cfg(any(feature = "emulated", feature = "standin"))]
#![allow(clippy::unwrap_used)]

#[path = "calls/programs.rs"]
mod programs;
#[path = "calls/table.rs"]
mod table;

use musegan_device::Program;
use musegan_device::interface::{BAD_ARGUMENT, NO_DEVICE, Text, VERSION};
use programs::{adds_up_products, fill};
use std::ptr::{null, null_mut};
use table::{Refused, Table, own};

const TIMEOUT_MS: u32 = 10_000;

fn refused<T: std::fmt::Debug>(answer: Result<T, Refused>, telling: &str) {
    let (code, said) = answer.unwrap_err();
    assert_eq!(code, BAD_ARGUMENT, "{said}");
    assert!(said.contains(telling), "{said:?} does not say {telling:?}");
}

#[test]
fn only_the_version_that_is_spoken_has_a_table() {
    for version in [0, VERSION + 1, u32::MAX] {
        assert!(musegan_gpu::musegan_gpu_interface(version).is_null());
    }
    let functions = own().functions();
    assert_eq!(functions.version, VERSION);
    assert_eq!(functions.size as usize, size_of::<musegan_device::interface::Interface>());
}

#[test]
fn the_device_for_tests_is_listed_and_no_other_opens() {
    let devices = own().devices().unwrap();
    assert_eq!(devices.len(), 1);
    let name = if cfg!(feature = "standin") { "Stand-in 0" } else { "emulated (for tests)" };
    assert_eq!(devices[0].name, name);
    let (code, said) = own().open(1, TIMEOUT_MS).unwrap_err();
    assert_eq!(code, NO_DEVICE);
    assert!(said.contains("cuda:1"), "{said}");
    refused(own().open(0, 0), "timeout of 0");
}

#[test]
fn what_was_written_is_read_and_new_memory_is_zero() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    let buffer = table.allocate(context, 1001).unwrap();
    table.write(context, buffer, 3, &[7; 500]).unwrap();
    let mut bytes = vec![9; 1001];
    table.read(context, buffer, 0, &mut bytes).unwrap();
    let expected: Vec<_> = (0..1001).map(|i| if (3..503).contains(&i) { 7 } else { 0 }).collect();
    assert_eq!(bytes, expected);
    // Nothing, at the very end, is something that can be done.
    table.write(context, buffer, 1001, &[]).unwrap();
    table.close(context).unwrap();
}

#[test]
fn a_program_runs_as_often_as_it_is_asked_to() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    for times in [0, 1, 3] {
        assert!(adds_up_products(table, context, times).unwrap(), "{times} times");
    }
    let nothing = table.prepare(context, &Program::default()).unwrap();
    assert_eq!(table.launches(context, nothing).unwrap(), (0, 0));
    table.run(context, nothing, u32::MAX).unwrap();
    table.close(context).unwrap();
}

#[test]
fn kernels_are_counted_and_one_launch_plays_them_all() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    let buffer = table.allocate(context, 400).unwrap();
    let mut program = fill(buffer, 100, 1.0);
    program.operations.extend(fill(buffer, 50, 2.0).operations);
    let number = table.prepare(context, &program).unwrap();
    assert_eq!(table.launches(context, number).unwrap(), (2, 1));
    table.close(context).unwrap();
}

#[test]
fn bytes_outside_a_buffer_are_refused() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    let buffer = table.allocate(context, 100).unwrap();
    let mut bytes = [0; 10];
    for at in [91, 100, 101, u64::MAX, u64::MAX - 9] {
        refused(table.write(context, buffer, at, &bytes), "which has 100");
        refused(table.read(context, buffer, at, &mut bytes), "which has 100");
    }
    table.close(context).unwrap();
}

#[test]
fn null_and_lengths_that_no_memory_has_are_refused() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    let buffer = table.allocate(context, 100).unwrap();
    let functions = table.functions();
    let no_text = null_mut::<Text>();
    let mut number = 0;
    let mut byte = 0;
    let out = &raw mut number;
    // SAFETY: pointers are null, or valid for as much as a call may touch before it refuses.
    let codes = unsafe {
        [
            (functions.devices)(no_text),
            (functions.open)(0, 1, null_mut(), no_text),
            (functions.memory)(context, null_mut(), out, no_text),
            (functions.memory)(context, out, null_mut(), no_text),
            (functions.allocate)(context, 4, null_mut(), no_text),
            (functions.write)(context, buffer, 0, null(), 1, no_text),
            (functions.read)(context, buffer, 0, null_mut(), 1, no_text),
            (functions.write)(context, buffer, 0, &raw const byte, 1 << 63, no_text),
            (functions.read)(context, buffer, 0, &raw mut byte, u64::MAX, no_text),
            (functions.prepare)(context, null(), 2, out, no_text),
            (functions.prepare)(context, &raw const byte, 1 << 40, out, no_text),
            (functions.prepare)(context, c"{}".as_ptr().cast(), 2, null_mut(), no_text),
            (functions.launches)(context, 1, null_mut(), out, no_text),
            (functions.launches)(context, 1, out, null_mut(), no_text),
        ]
    };
    assert_eq!(codes, [BAD_ARGUMENT; 14]);
    assert_eq!((number, byte), (0, 0));
    // SAFETY: as above.
    assert_eq!(unsafe { (functions.write)(context, buffer, 0, null(), 0, no_text) }, 0);
    table.close(context).unwrap();
}

#[test]
fn a_text_takes_what_fits_and_says_how_long_it_would_be() {
    let functions = own().functions();
    let mut bytes = *b"______";
    let say = |bytes: *mut u8, capacity: u64| {
        let mut text = Text { bytes, capacity, length: 0 };
        // SAFETY: the text has room for as many bytes as it says, or null.
        let code = unsafe { (functions.wait)(u64::MAX, &raw mut text) };
        assert_eq!(code, BAD_ARGUMENT);
        text.length
    };
    let whole = say(null_mut(), 0);
    assert!(whole > 10, "{whole}");
    assert_eq!(say(null_mut(), u64::MAX), whole);
    assert_eq!(say(bytes.as_mut_ptr(), 0), whole);
    assert_eq!(&bytes, b"______");
    assert_eq!(say(bytes.as_mut_ptr(), 5), whole);
    assert_eq!(&bytes, b"there_");
}

#[test]
fn a_program_that_is_none_is_refused() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    let deep = "[".repeat(100_000);
    let long = format!("{{\"operations\":[{}]}}", "1,".repeat(1000));
    for json in ["", "{", "[]", "null", "\0\u{1}", "{\"operations\":[{\"Fly\":{}}]}", &deep, &long]
    {
        refused(table.prepare_json(context, json.as_bytes()), "cannot be read");
    }
    refused(table.prepare_json(context, &[0xff, 0xfe, 0x80]), "cannot be read");
    table.close(context).unwrap();
}

#[test]
fn a_program_outside_its_buffers_is_refused_before_it_runs() {
    let table = own();
    let (context, other) = (table.open(0, TIMEOUT_MS).unwrap(), table.open(0, TIMEOUT_MS).unwrap());
    let buffer = table.allocate(context, 400).unwrap();
    let foreign = table.allocate(other, 400).unwrap();
    refused(table.prepare(context, &fill(buffer, 101, 1.0)), "which has 100");
    refused(table.prepare(context, &fill(foreign, 100, 1.0)), "there is no buffer");
    refused(table.prepare(context, &fill(u64::MAX, 0, 1.0)), "there is no buffer");
    let mut late = fill(buffer, 100, 1.0);
    late.operations.extend(fill(buffer, u32::MAX, 1.0).operations);
    refused(table.prepare(context, &late), "operation 1");
    assert_eq!(table.numbers(context, buffer, 100).unwrap(), [0.0; 100]);
    table.close(context).unwrap();
    table.close(other).unwrap();
}

#[test]
fn what_was_given_back_is_not_known_any_more() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    let buffer = table.allocate(context, 400).unwrap();
    let kept = table.allocate(context, 400).unwrap();
    let [uses, does_not] =
        [buffer, kept].map(|buffer| table.prepare(context, &fill(buffer, 100, 1.0)).unwrap());
    table.free(context, buffer).unwrap();
    assert_eq!(table.free(context, buffer), Err(BAD_ARGUMENT));
    refused(table.run(context, uses, 1), "which was given back");
    refused(table.launches(context, uses), "which was given back");
    refused(table.read(context, buffer, 0, &mut [0]), "no buffer");
    table.run(context, does_not, 1).unwrap();
    for program in [uses, does_not] {
        table.discard(context, program).unwrap();
        assert_eq!(table.discard(context, program), Err(BAD_ARGUMENT));
        refused(table.run(context, program, 1), "no program");
    }
    table.close(context).unwrap();
    assert_eq!(table.close(context), Err(BAD_ARGUMENT));
    refused(table.allocate(context, 4), "no context");
    refused(table.wait(context), "no context");
    assert_eq!(table.free(context, kept), Err(BAD_ARGUMENT));
}

#[test]
fn contexts_on_two_threads_do_not_mix() {
    let play = || {
        let table = own();
        let context = table.open(0, TIMEOUT_MS).unwrap();
        for times in 1..6 {
            assert!(adds_up_products(table, context, times).unwrap());
        }
        table.close(context).unwrap();
    };
    std::thread::scope(|scope| {
        let _both = [(); 2].map(|()| scope.spawn(play));
    });
}

#[test]
fn one_context_closed_by_another_thread_ends_with_a_sentence() {
    let table = own();
    let context = table.open(0, TIMEOUT_MS).unwrap();
    let use_up = move || {
        let mut rounds = 0;
        while table.allocate(context, 64).is_ok() && rounds < 100_000 {
            rounds += 1;
        }
        refused(table.memory(context), "no context");
    };
    std::thread::scope(|scope| {
        scope.spawn(use_up);
        std::thread::sleep(std::time::Duration::from_millis(5));
        table.close(context).unwrap();
    });
}

/// A call with numbers that come from anywhere.
fn call(table: Table, which: u8, [a, b, c]: [u64; 3]) {
    let mut bytes = [0; 64];
    let _ = match which {
        0 => table.write(a, b, c, &bytes).is_ok(),
        1 => table.read(a, b, c, &mut bytes).is_ok(),
        2 => table.free(a, b).is_ok(),
        3 => table.discard(a, b).is_ok(),
        4 => table.run(a, b, (c % 3) as u32).is_ok(),
        5 => table.launches(a, b).is_ok(),
        6 => table.prepare(a, &fill(b, c as u32, 1.0)).is_ok(),
        7 => table.allocate(a, c % (1 << 20)).is_ok(),
        8 => table.wait(a).is_ok(),
        _ => table.memory(a).is_ok(),
    };
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn any_numbers_in_any_order_leave_the_library_whole(
        calls in proptest::collection::vec((0u8..10, [0u64..40, 0..40, 0..90]), 0..60),
        wild in proptest::collection::vec((0u8..10, proptest::array::uniform3(0u64..)), 0..10),
    ) {
        let table = own();
        let context = table.open(0, TIMEOUT_MS).unwrap();
        // Numbers near those that are given out next hit what is there.
        for (which, [_, b, c]) in calls {
            call(table, which, [context, context + b, c]);
        }
        for (which, numbers) in wild {
            call(table, which, numbers);
        }
        let buffer = table.allocate(context, 4).unwrap();
        proptest::prop_assert_eq!(table.numbers(context, buffer, 1).unwrap(), [0.0]);
        table.close(context).unwrap();
    }
}
