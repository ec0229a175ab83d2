//! A card that is well: what it computes, how it is asked, and that everything is given back.
use crate::card::{assert_tidy, get, on_card};
use crate::programs::{adds_up_products, fill};
use crate::table::{Table, own};

const TIMEOUT_MS: u32 = 10_000;

/// A buffer of 100 numbers, and a program that sets them twice.
pub fn filled(table: Table, context: u64) -> (u64, u64) {
    let buffer = table.allocate(context, 400).unwrap();
    let mut program = fill(buffer, 100, 1.0);
    program.operations.extend(fill(buffer, 50, 2.0).operations);
    (buffer, table.prepare(context, &program).unwrap())
}

#[test]
fn a_program_is_one_launch_and_gives_what_it_should() {
    on_card("", "life::a_program_is_one_launch_and_gives_what_it_should", || {
        let table = own();
        let about = &table.devices().unwrap()[0];
        assert_eq!(
            (&*about.name, &*about.capability, &*about.driver),
            ("Stand-in 0", "9.0", "13.0")
        );
        let context = table.open(0, TIMEOUT_MS).unwrap();
        assert_eq!(table.memory(context).unwrap(), (1 << 30, 1 << 30));
        assert!(adds_up_products(table, context, 3).unwrap());
        let (buffer, program) = filled(table, context);
        assert_eq!(table.launches(context, program).unwrap(), (2, 1));
        table.run(context, program, 2).unwrap();
        let numbers = table.numbers(context, buffer, 100).unwrap();
        assert!(numbers[..50] == [2.0; 50] && numbers[50..] == [1.0; 50], "{numbers:?}");
        assert_eq!((get("launches"), get("graph_launches")), (0, 3 + 2));
        // A program whose buffer is given back is let go with it.
        table.free(context, buffer).unwrap();
        table.wait(context).unwrap();
        table.close(context).unwrap();
        assert_tidy();
    });
}

#[test]
fn without_graphs_kernels_are_launched_one_by_one() {
    on_card("graphs=801", "life::without_graphs_kernels_are_launched_one_by_one", || {
        let table = own();
        let context = table.open(0, TIMEOUT_MS).unwrap();
        assert!(adds_up_products(table, context, 2).unwrap());
        let (_, program) = filled(table, context);
        assert_eq!(table.launches(context, program).unwrap(), (2, 2));
        let before = get("launches");
        table.run(context, program, 1000).unwrap();
        assert_eq!(get("launches") - before, 2000);
        table.close(context).unwrap();
        assert_tidy();
    });
}

#[test]
fn the_queue_stays_short_however_much_is_asked() {
    on_card("", "life::the_queue_stays_short_however_much_is_asked", || {
        let table = own();
        let context = table.open(0, TIMEOUT_MS).unwrap();
        let (_, program) = filled(table, context);
        table.run(context, program, 3000).unwrap();
        let buffer = table.allocate(context, 4).unwrap();
        for number in 0..3000u32 {
            table.write(context, buffer, 0, &number.to_le_bytes()).unwrap();
        }
        let mut last = [0; 4];
        table.read(context, buffer, 0, &mut last).unwrap();
        assert_eq!(u32::from_le_bytes(last), 2999);
        assert!((100..700).contains(&get("longest_queue")), "{}", get("longest_queue"));
        table.close(context).unwrap();
        assert_tidy();
    });
}

#[test]
fn much_data_goes_to_the_card_and_back_in_parts() {
    on_card("", "life::much_data_goes_to_the_card_and_back_in_parts", || {
        let table = own();
        let context = table.open(0, TIMEOUT_MS).unwrap();
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
    });
}

#[test]
fn contexts_share_a_card_and_the_last_one_closes_it() {
    on_card("cards=2", "life::contexts_share_a_card_and_the_last_one_closes_it", || {
        let table = own();
        let [one, other] = [(); 2].map(|()| table.open(1, TIMEOUT_MS).unwrap());
        assert_eq!(get("contexts"), 1);
        let first = table.open(0, TIMEOUT_MS).unwrap();
        assert_eq!(get("contexts"), 2);
        assert!(adds_up_products(table, one, 1).unwrap());
        table.close(one).unwrap();
        assert!(adds_up_products(table, other, 1).unwrap());
        assert!(adds_up_products(table, first, 1).unwrap());
        table.close(other).unwrap();
        table.close(first).unwrap();
        assert_tidy();
        let again = table.open(1, TIMEOUT_MS).unwrap();
        assert!(adds_up_products(table, again, 1).unwrap());
        table.close(again).unwrap();
        assert_tidy();
    });
}

#[test]
fn contexts_on_many_threads_do_not_wait_for_each_other_or_mix() {
    on_card("slow=200", "life::contexts_on_many_threads_do_not_wait_for_each_other_or_mix", || {
        let play = || {
            for _ in 0..3 {
                let table = own();
                let context = table.open(0, TIMEOUT_MS).unwrap();
                for times in 1..6 {
                    assert!(adds_up_products(table, context, times).unwrap());
                }
                table.close(context).unwrap();
            }
            assert_eq!(get("current"), 0);
        };
        std::thread::scope(|scope| {
            let _all = [(); 4].map(|()| scope.spawn(play));
        });
        assert_tidy();
    });
}
