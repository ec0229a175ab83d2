//! Programs whose operations need one another's results, overwrite them, or have nothing in common,
//! against the same operations one by one.
#![cfg(any(feature = "cuda", feature = "emulated"))]
#![allow(clippy::unwrap_used)]

#[path = "calls/opening.rs"]
mod opening;
#[path = "calls/table.rs"]
mod table;

use musegan_device::operation::Matrix;
use musegan_device::{Operation, Program, Slice};
use proptest::prelude::*;
use table::own;

/// Numbers of the one buffer, in places that operations read and write.
const PLACES: u64 = 8;
const LEN: u64 = 40;
/// Numbers that an operation writes.
const WRITTEN: u32 = 24;

/// A place and how far into it.
fn slice(buffer: u64) -> impl Strategy<Value = (u64, Slice)> {
    let slice = move |(place, at)| (place, Slice { buffer, start: place * LEN + at });
    (0..PLACES, 0..LEN - u64::from(WRITTEN)).prop_map(slice)
}

/// A product, and what is added to it right afterwards: rows of its own width or of another.
fn biased_product(buffer: u64) -> impl Strategy<Value = Vec<Operation>> {
    let slices = prop::array::uniform4(slice(buffer));
    let slices = slices.prop_filter("out apart", |[a, b, bias, out]| {
        [a, b, bias].iter().all(|slice| slice.0 != out.0)
    });
    let shapes = (prop::sample::select(vec![4, 6]), prop::sample::select(vec![4, 6, 12]));
    let describe = |(slices, (rows, width), relu): ([(u64, Slice); 4], (u32, u32), bool)| {
        let ([left, right, bias, out], columns) = (slices.map(|(_, at)| at), WRITTEN / rows);
        let dense =
            |at, rows: u32, columns: u32| Matrix::dense(at, rows as usize, columns as usize);
        let product = Operation::Multiply {
            left: dense(left, rows, 3),
            right: dense(right, 3, columns),
            out: dense(out, rows, columns),
            groups: 1,
            add: false,
        };
        let bias = Operation::AddRow {
            bias,
            bias_group_stride: 0,
            out,
            groups: 1,
            rows: WRITTEN / width,
            columns: width,
            relu,
        };
        vec![product, bias]
    };
    (slices, shapes, any::<bool>()).prop_map(describe)
}

fn operation(buffer: u64) -> impl Strategy<Value = Operation> {
    let fill = (slice(buffer), -2.0f32..2.0).prop_map(|((_, out), value)| Operation::Fill {
        out,
        len: WRITTEN,
        value,
    });
    // From another place than is written.
    let pair = || (slice(buffer), slice(buffer)).prop_filter("two", |(a, b)| a.0 != b.0);
    let copy = pair().prop_map(|((_, input), (_, out))| Operation::Permute {
        input,
        out,
        sizes: [1, 1, 1, 1, 1, WRITTEN],
        strides: [0, 0, 0, 0, 0, 1],
    });
    let add = pair().prop_map(|((_, bias), (_, out))| Operation::AddRow {
        bias,
        bias_group_stride: 0,
        out,
        groups: 1,
        rows: WRITTEN / 4,
        columns: 4,
        relu: false,
    });
    // So many rows are summed in parts, which takes scratch memory; they are all the same one.
    let sum = pair().prop_map(|((_, input), (_, out))| Operation::SumRows {
        input,
        rows: 40_000,
        columns: 2,
        row_stride: 0,
        groups: WRITTEN / 2,
        group_stride: 2,
        out,
        out_group_stride: 2,
        add: false,
    });
    prop_oneof![fill, copy, add, sum]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_program_leaves_what_its_operations_leave_one_by_one(
        operations in prop::collection::vec(
            prop_oneof![3 => operation(0).prop_map(|one| vec![one]), 1 => biased_product(0)], 1..20
        )
    ) {
        let operations = operations.concat();
        let (table, count) = (own(), (PLACES * LEN) as usize);
        let context = opening::open(table.functions());
        let numbers: Vec<_> = (0..count).map(|n| n as f32 / count as f32 - 0.5).collect();
        let left = |programs: &[Vec<Operation>]| {
            let buffer = table.allocate(context, 4 * count as u64).unwrap();
            table.write_numbers(context, buffer, &numbers).unwrap();
            for operations in programs {
                let text = serde_json::to_string(&Program { operations: operations.clone() });
                let text = text.unwrap().replace("\"buffer\":0", &format!("\"buffer\":{buffer}"));
                let program = table.prepare_json(context, text.as_bytes()).unwrap();
                table.run(context, program, 1).unwrap();
                table.discard(context, program).unwrap();
            }
            let found = table.numbers(context, buffer, count).unwrap();
            table.free(context, buffer).unwrap();
            found.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let single: Vec<_> = operations.iter().map(|one| vec![one.clone()]).collect();
        let expected = left(&single);
        for _ in 0..3 {
            prop_assert_eq!(left(std::slice::from_ref(&operations)), expected.clone());
        }
        table.close(context).unwrap();
    }
}
