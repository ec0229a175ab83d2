//! Sums in a fixed order that vectors can follow: sixteen sums side by side, whatever the processor.
//! All are to be called inside [`wide`](crate::wide::wide).

const LANES: usize = 16;

/// Sum of `of` over a row.
#[inline(always)]
pub(super) fn sum_of(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += of(value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane += of(value);
    }
    folded(lanes)
}

/// Sum of `of` over two rows of one length.
#[inline(always)]
pub(super) fn sum_of_both(a: &[f32], b: &[f32], of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((a_chunks, a_rest), (b_chunks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += of(a, b);
        }
    }
    for ((lane, &a), &b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += of(a, b);
    }
    folded(lanes)
}

#[inline(always)]
fn folded(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// Sum of many elements: of rows of 4,096 in double precision.
#[inline(always)]
pub(super) fn total(values: &[f32]) -> f32 {
    values
        .chunks(4096)
        .map(|row| {
            f64::from(sum_of(
                row,
                #[inline(always)]
                |v| v,
            ))
        })
        .sum::<f64>() as f32
}

/// Adds every row of `values` to `out`, which is as long as one.
#[inline(always)]
pub(super) fn add_rows(values: &[f32], out: &mut [f32]) {
    for row in values.chunks_exact(out.len()) {
        for (out, &value) in out.iter_mut().zip(row) {
            *out += value;
        }
    }
}
