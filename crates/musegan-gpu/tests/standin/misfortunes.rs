//! Cards that are full, old, silent or broken: what the caller is told, and that nothing waits for
//! ever.
use crate::card::{assert_tidy, get, is_child, on_card, set, with_driver_in};
use crate::life::filled;
use crate::programs::{adds_up_products, fill, start};
use crate::table::own;
use musegan_device::interface::{DEVICE_LOST, NO_DEVICE, OUT_OF_MEMORY};
use musegan_device::{Operation, Program};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The sum of a buffer's first numbers, into the first; it needs memory besides.
fn sums(buffer: u64, rows: u32) -> Operation {
    Operation::SumRows {
        input: start(buffer),
        rows,
        columns: 1,
        row_stride: 1,
        groups: 1,
        group_stride: 0,
        out: start(buffer),
        out_group_stride: 0,
        add: false,
    }
}

#[test]
fn a_full_card_says_what_was_asked_and_what_is_free() {
    on_card(
        "memory=0x800000",
        "misfortunes::a_full_card_says_what_was_asked_and_what_is_free",
        || {
            let table = own();
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
        },
    );
}

#[test]
fn a_program_that_does_not_get_its_memory_leaves_nothing() {
    let test = "misfortunes::a_program_that_does_not_get_its_memory_leaves_nothing";
    on_card("memory=0x800000", test, || {
        let table = own();
        let context = table.open(0, 10_000).unwrap();
        let buffer = table.allocate(context, 8 << 20).unwrap();
        let program = Program { operations: vec![sums(buffer, 1 << 20)] };
        let refused = table.prepare(context, &program).unwrap_err();
        assert_eq!(refused.0, OUT_OF_MEMORY, "{}", refused.1);
        let program = table.prepare(context, &fill(buffer, 100, 1.0)).unwrap();
        table.run(context, program, 1).unwrap();
        assert_eq!(table.numbers(context, buffer, 100).unwrap(), [1.0; 100]);
        table.close(context).unwrap();
        assert_tidy();
    });
}

#[test]
fn a_card_that_hangs_is_lost_after_the_timeout_and_never_asked_again() {
    let test = "misfortunes::a_card_that_hangs_is_lost_after_the_timeout_and_never_asked_again";
    on_card("", test, || {
        let table = own();
        let [context, other] = [(); 2].map(|()| table.open(0, 100).unwrap());
        let (buffer, program) = filled(table, context);
        set("hang", 1);
        table.run(context, program, 1).unwrap();
        let begin = Instant::now();
        let (code, sentence) = table.numbers(context, buffer, 100).unwrap_err();
        assert_eq!(code, DEVICE_LOST);
        assert!(sentence.contains("Stand-in 0") && sentence.contains("100 ms"), "{sentence}");
        let waited = begin.elapsed();
        assert!(
            waited >= Duration::from_millis(100) && waited < Duration::from_secs(5),
            "{waited:?}"
        );
        let (begin, calls) = (Instant::now(), get("calls"));
        assert_eq!(table.run(context, program, 1).unwrap_err().0, DEVICE_LOST);
        assert_eq!(table.wait(other).unwrap_err().0, DEVICE_LOST);
        assert_eq!(table.free(context, buffer), Err(DEVICE_LOST));
        table.close(context).unwrap();
        table.close(other).unwrap();
        assert!(begin.elapsed() < Duration::from_millis(100), "{:?}", begin.elapsed());
        assert_eq!((get("calls"), get("current")), (calls, 0));
    });
}

#[test]
fn a_full_queue_of_a_card_that_hangs_does_not_hold_the_host() {
    on_card("", "misfortunes::a_full_queue_of_a_card_that_hangs_does_not_hold_the_host", || {
        let table = own();
        let context = table.open(0, 100).unwrap();
        let (_, program) = filled(table, context);
        set("hang", 1);
        assert_eq!(table.run(context, program, u32::MAX).unwrap_err().0, DEVICE_LOST);
        table.close(context).unwrap();
    });
}

#[test]
fn what_hangs_for_one_context_does_not_hold_another() {
    on_card("", "misfortunes::what_hangs_for_one_context_does_not_hold_another", || {
        let table = own();
        let [context, other] = [(); 2].map(|()| table.open(0, 200).unwrap());
        let (_, program) = filled(table, context);
        let (buffer, others) = filled(table, other);
        table.wait(context).unwrap();
        set("hang_queue", 1);
        table.run(context, program, 1).unwrap();
        let begin = Instant::now();
        table.run(other, others, 1).unwrap();
        table.wait(other).unwrap();
        // The driver takes nothing back while anything on the card is not done.
        let (free, all) = table.memory(other).unwrap();
        table.discard(other, others).unwrap();
        table.free(other, buffer).unwrap();
        assert_eq!(table.memory(other).unwrap(), (free, all));
        table.close(other).unwrap();
        assert!(begin.elapsed() < Duration::from_millis(200), "{:?}", begin.elapsed());
        set("hang_queue", 0);
        table.wait(context).unwrap();
        assert!(table.memory(context).unwrap().0 > free);
        table.close(context).unwrap();
        assert_tidy();
    });
}

#[test]
fn a_kernel_that_fails_loses_the_card_until_it_is_opened_anew() {
    for code in [700, 719, 999] {
        let test = "misfortunes::a_kernel_that_fails_loses_the_card_until_it_is_opened_anew";
        on_card(&format!("fail_kernel=3,fail_code={code}"), test, || {
            let table = own();
            let [context, other] = [(); 2].map(|()| table.open(0, 10_000).unwrap());
            let (_, program) = filled(table, context);
            table.run(context, program, 5).unwrap();
            let (code, sentence) = table.wait(context).unwrap_err();
            assert_eq!(code, DEVICE_LOST);
            assert!(sentence.contains("(CUDA_ERROR_"), "{sentence}");
            assert_eq!(table.memory(context), Err((DEVICE_LOST, sentence)));
            assert_eq!(table.wait(other).unwrap_err().0, DEVICE_LOST);
            table.close(context).unwrap();
            table.close(other).unwrap();
            assert_tidy();
            let again = table.open(0, 10_000).unwrap();
            assert!(adds_up_products(table, again, 2).unwrap());
            table.close(again).unwrap();
            assert_tidy();
        });
    }
}

#[test]
fn a_new_context_opens_while_a_broken_one_is_still_open() {
    on_card(
        "fail_kernel=1",
        "misfortunes::a_new_context_opens_while_a_broken_one_is_still_open",
        || {
            let table = own();
            let broken = table.open(0, 10_000).unwrap();
            adds_up_products(table, broken, 1).unwrap_err();
            let new = table.open(0, 10_000).unwrap();
            assert!(adds_up_products(table, new, 2).unwrap());
            table.close(broken).unwrap();
            assert!(adds_up_products(table, new, 2).unwrap());
            table.close(new).unwrap();
            assert_tidy();
        },
    );
}

/// A whole life, in which anything may be refused.
fn live() -> Result<(), i32> {
    let refused = |refused: (i32, String)| refused.0;
    // Of what has no memory nothing happened; of these a part may be queued.
    let broken = |refused: (i32, String)| {
        assert_ne!(refused.0, OUT_OF_MEMORY, "{}", refused.1);
        refused.0
    };
    let table = own();
    table.devices().map_err(|_| NO_DEVICE)?;
    let context = table.open(0, 2000).map_err(refused)?;
    let lived = (|| {
        let buffer = table.allocate(context, 4 * 50_000).map_err(refused)?;
        table.write(context, buffer, 0, &[1; 16]).map_err(broken)?;
        let mut program = fill(buffer, 50_000, 1.0);
        program.operations.push(sums(buffer, 50_000));
        let program = table.prepare(context, &program).map_err(refused)?;
        // So often that the queue is waited for.
        table.run(context, program, 70).map_err(broken)?;
        let numbers = table.numbers(context, buffer, 2).map_err(broken)?;
        assert_eq!(numbers, [50_000.0, 1.0]);
        table.free(context, buffer)?;
        table.discard(context, program)
    })();
    table.close(context).unwrap();
    lived
}

#[test]
fn whichever_call_of_the_driver_fails_the_caller_is_told_and_nothing_stays_behind() {
    let test = "misfortunes::\
                whichever_call_of_the_driver_fails_the_caller_is_told_and_nothing_stays_behind";
    on_card("", test, || {
        live().unwrap();
        let before = get("calls");
        live().unwrap();
        let calls = get("calls") - before;
        for code in [2, 1, 700] {
            set("fail_code", code);
            // All but the last, which destroys the context.
            for call in 1..calls {
                set("fail_call", call);
                let outcome = live();
                let told = [Ok(()), Err(DEVICE_LOST), Err(OUT_OF_MEMORY), Err(NO_DEVICE)];
                assert!(told.contains(&outcome), "call {call} fails with {code}: {outcome:?}");
                set("fail_call", 0);
                assert_tidy();
            }
        }
        live().unwrap();
    });
}

#[test]
fn kernels_that_do_not_load_are_said_with_what_to_do() {
    let old = ["9.0", "CUDA 12.4", "UNSUPPORTED_PTX", "install a driver for CUDA"];
    let small = ["6.1", "capability 7.5 and later", "NO_BINARY_FOR_GPU", "its own generation"];
    for (misfortunes, telling) in [("driver=12040,module=222", old), ("capability=61", small)] {
        on_card(
            misfortunes,
            "misfortunes::kernels_that_do_not_load_are_said_with_what_to_do",
            || {
                let (code, sentence) = own().open(0, 1000).unwrap_err();
                assert_eq!(code, NO_DEVICE);
                assert!(sentence.contains("cuda:0 (Stand-in 0)"), "{sentence}");
                assert!(telling.iter().all(|telling| sentence.contains(telling)), "{sentence}");
                assert_tidy();
            },
        );
    }
}

#[test]
fn a_driver_without_a_card_lists_none() {
    on_card("cards=0", "misfortunes::a_driver_without_a_card_lists_none", || {
        assert_eq!(own().devices(), Ok(vec![]));
        assert_eq!(own().open(0, 1000).unwrap_err().0, NO_DEVICE);
    });
}

#[test]
fn a_driver_that_does_not_start_says_so() {
    on_card("init=999", "misfortunes::a_driver_that_does_not_start_says_so", || {
        let reason = own().devices().unwrap_err();
        assert!(reason.contains("does not start: unknown error"), "{reason}");
        assert_eq!(own().open(0, 1000), Err((NO_DEVICE, reason)));
    });
}

/// Writes a driver into a folder: this text, or what it compiles to. In a child it is there already.
fn write_driver(folder: &Path, text: &str, is_compiled: bool) {
    if is_child() {
        return;
    }
    std::fs::create_dir_all(folder).unwrap();
    let library = folder.join("libcuda.so.1");
    std::fs::write(&library, text).unwrap();
    if is_compiled {
        let mut compile = Command::new("cc");
        let source = folder.join("driver.c");
        std::fs::rename(&library, &source).unwrap();
        compile.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
        assert!(compile.status().unwrap().success());
    }
}

#[test]
fn a_driver_that_is_no_library_or_lacks_a_function_is_said() {
    let test = "misfortunes::a_driver_that_is_no_library_or_lacks_a_function_is_said";
    for (name, telling) in [("text", "does not open"), ("old", "has no cuDriverGetVersion")] {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drivers").join(name);
        write_driver(&folder, "int cuInit(unsigned flags) { return (int)flags; }", name == "old");
        with_driver_in(folder.to_str().unwrap(), test, || {
            let reason = own().devices().unwrap_err();
            assert!(reason.contains("libcuda.so.1") && reason.contains(telling), "{reason}");
            assert_eq!(own().open(0, 1000), Err((NO_DEVICE, reason)));
        });
    }
}
