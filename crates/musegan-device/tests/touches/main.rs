//! Whether bounds are checked with the elements that an operation's definition names: every index
//! is computed as the definition says it, one by one, and compared with what the operation says
//! that it touches.
#![allow(clippy::unwrap_used)]

use drawn::any_operation;
use musegan_device::operation::{
    Axis, Draw, Key, Keys, LayerNorm, Matrix, Operation, OutOfBounds, Program, Slice,
};
use named::named;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

mod drawn;
mod named;

/// Each slice of an operation gets a buffer of its own.
const fn slice(buffer: u64) -> Slice {
    Slice { buffer, start: 3 * buffer }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_operation_touches_what_its_definition_names_and_no_element_more(
        operation in any_operation()
    ) {
        let named = named(&operation);
        let mut touched = BTreeMap::new();
        for touch in operation.touches().iter().filter(|touch| touch.len > 0) {
            prop_assert_eq!(touch.at, slice(touch.at.buffer));
            let len = touched.entry(touch.at.buffer).or_insert(0);
            *len = touch.len.max(*len);
        }
        let ends: BTreeMap<_, _> = named.iter().map(|(&at, &last)| (at, last + 1)).collect();
        prop_assert_eq!(&touched, &ends, "of {:?}", operation);
    }

    #[test]
    fn a_buffer_that_is_an_element_short_is_refused(
        operation in any_operation(), which in any::<prop::sample::Index>()
    ) {
        let named = named(&operation);
        let mut buffers: HashMap<u64, u64> =
            named.iter().map(|(&at, last)| (at, slice(at).start + last + 1)).collect();
        let program = Program { operations: vec![operation] };
        let fits = program.check(&buffers);
        if fits == Err(OutOfBounds::Size { operation: 0, reason: "written groups overlap" }) {
            return Ok(());
        }
        prop_assert_eq!(fits, Ok(()));
        let short = *which.get(&named.keys().collect::<Vec<_>>()).to_owned();
        *buffers.get_mut(&short).unwrap() -= 1;
        let refusal = program.check(&buffers).unwrap_err().to_string();
        prop_assert!(refusal.contains(&format!("of buffer {short},")), "{}", refusal);
    }

    #[test]
    fn a_program_arrives_bit_for_bit(rate: f64, decay: f64, value in -1e30f32..1e30) {
        prop_assume!(rate.is_finite() && decay.is_finite());
        let [a, b] = [slice(1), slice(2)];
        let average = Operation::Average {
            average: a, weights: b, len: 1, decay, clock: a, broken: b, broken_count: 1,
        };
        let mut program = Program { operations: vec![average] };
        program.push(Operation::Fill { out: a, len: u32::MAX, value });
        program.push(Operation::Draw(Draw {
            key: Key { seed: u64::MAX, clock: a, purpose: 0, round: 0 },
            bits: a, facts: a, phrases: 1, songs: None, songs_count: 0, weights_total: rate,
            keys: Keys::White, out: b, group_stride: 0, samples: 1,
        }));
        let json = serde_json::to_string(&program).unwrap();
        prop_assert_eq!(serde_json::from_str::<Program>(&json).unwrap(), program);
    }
}

#[test]
fn groups_that_would_be_written_over_one_another_are_refused() {
    let buffers = HashMap::from([(1, 100), (2, 100)]);
    let sums = |out_group_stride| {
        let (input, out) = (Slice { buffer: 1, start: 0 }, Slice { buffer: 2, start: 0 });
        let (rows, columns, groups) = (2, 4, 3);
        let operation = Operation::SumRows {
            input,
            rows,
            columns,
            row_stride: columns,
            groups,
            group_stride: rows * columns,
            out,
            out_group_stride,
            add: false,
        };
        Program { operations: vec![operation] }.check(&buffers)
    };
    assert_eq!(sums(4), Ok(()));
    let reason = "written groups overlap";
    assert_eq!(sums(3), Err(OutOfBounds::Size { operation: 0, reason }));
}

#[test]
fn the_largest_numbers_are_refused_and_do_not_overflow() {
    let buffers = HashMap::from_iter((0..12).map(|buffer| (buffer, 1 << 40)));
    let most = u32::MAX;
    let axis = Axis { count: 1 << 15, stride: most, outer: 1 << 15, outer_stride: most };
    let at = slice(1);
    let matrix = Matrix { at, rows: axis, columns: axis, group_stride: most };
    let layer = LayerNorm {
        groups: most,
        samples: most,
        rows: most,
        channels: 256,
        affine: at,
        affine_stride: most,
        out_stride: most,
        out_group_stride: most,
    };
    let operations = [
        Operation::Multiply { left: matrix, right: matrix, out: matrix, groups: most, add: true },
        Operation::LayerNormForward { norm: layer, values: at, out: at, deviations: at },
        Operation::Permute { input: at, out: at, sizes: [most; 6], strides: [most; 6] },
        Operation::Overlap {
            windows: at,
            out: at,
            rows: most,
            taps: most,
            width: most,
            step: most,
        },
        Operation::SumRows {
            input: at,
            rows: most,
            columns: 1,
            row_stride: 0,
            groups: 1,
            group_stride: 0,
            out: at,
            out_group_stride: 0,
            add: false,
        },
        Operation::Fill { out: Slice { buffer: 1, start: u64::MAX }, len: most, value: 0.0 },
    ];
    for operation in operations {
        let program = Program { operations: vec![operation] };
        assert!(program.check(&buffers).is_err(), "{program:?}");
    }
}
