//! Products: which tile computes one, and into how many parts its depth is cut so that there are
//! blocks enough for a card.
//!
//! What must stay true: the choice depends on the sizes alone, never on the card, so that sums are
//! taken in the same order everywhere.
use super::axes::{run, with_axis};
use super::sum::Sum;
use crate::launch::{Argument, Launch, Launches};
use musegan_device::Slice;
use musegan_device::operation::Matrix;

/// Multiprocessors of the card that is aimed at, an H100 or H200.
const PROCESSORS: u64 = 132;
/// Cycles from asking for a tile until it is multiplied, where nothing else is to be done.
const LATENCY: u64 = 600;
/// Cycles of a block besides its steps.
const BLOCK: u64 = 300;
/// Cycles of one more launch.
const LAUNCH: u64 = 3500;
/// Bytes that all processors together move in a cycle.
const BYTES: u64 = 2000;
/// Most parts, and most elements of scratch memory for them.
const PARTS: u64 = 128;
const SCRATCH: u64 = 1 << 24;

/// A kernel of `kernels/multiply.cu`.
#[derive(Debug, PartialEq)]
struct Tile {
    kernel: &'static str,
    rows: u64,
    columns: u64,
    depth: u64,
    /// Cycles of a multiprocessor for one step: the instructions of eight warps, four at a time, or
    /// the bytes of both operands at its share of the cache's 24 a cycle.
    work: u64,
}

const TILES: [Tile; 5] = [
    Tile { kernel: "multiply_64x64", rows: 64, columns: 64, depth: 16, work: 700 },
    Tile { kernel: "multiply_128x16", rows: 128, columns: 16, depth: 16, work: 400 },
    Tile { kernel: "multiply_32x32", rows: 32, columns: 32, depth: 32, work: 400 },
    Tile { kernel: "multiply_16x16", rows: 16, columns: 16, depth: 64, work: 350 },
    Tile { kernel: "multiply_16x16_deep", rows: 16, columns: 16, depth: 128, work: 700 },
];

/// Which tile, and how the depth is cut.
#[derive(Clone, Copy, Debug)]
struct Plan {
    tile: &'static Tile,
    /// Blocks of one part.
    blocks: u64,
    parts: u64,
    /// Depth of a part, a multiple of the tile's; the last may be shorter.
    part: u64,
}

impl Plan {
    fn new(tile: &'static Tile, [m, n, k]: [u64; 3], groups: u64, parts: u64) -> Self {
        let blocks = m.div_ceil(tile.rows) * n.div_ceil(tile.columns) * groups;
        let part = k.div_ceil(parts).next_multiple_of(tile.depth);
        Self { tile, blocks, parts: k.div_ceil(part), part }
    }

    /// Cycles that it is expected to take: a lone block waits for memory, many share a processor.
    fn cycles(&self, elements: u64) -> u64 {
        let steps = self.part / self.tile.depth;
        let shared = (self.blocks * self.parts).div_ceil(PROCESSORS);
        let step = (LATENCY + self.tile.work).max(shared * self.tile.work);
        let sum = match self.parts {
            1 => 0,
            parts => LAUNCH + parts * elements * 8 / BYTES,
        };
        steps * step + shared * BLOCK + sum
    }

    /// The fastest by that count; of equals the first.
    fn best(sizes: [u64; 3], groups: u64) -> Self {
        let elements = sizes[0] * sizes[1] * groups;
        let most = (SCRATCH / elements).clamp(1, PARTS);
        let parts = || std::iter::successors(Some(1), |p| Some(p * 2)).take_while(|&p| p <= most);
        let plans = TILES.iter().flat_map(|tile| parts().map(move |p| (tile, p)));
        let plans = plans.map(|(tile, parts)| Self::new(tile, sizes, groups, parts));
        let faster = |best: Self, plan: Self| match plan.cycles(elements) < best.cycles(elements) {
            true => plan,
            false => best,
        };
        plans.fold(Self::new(&TILES[0], sizes, groups, 1), faster)
    }
}

/// A row for each group that is added to all rows of a product; then what is negative becomes 0, if
/// asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bias {
    pub(super) at: Slice,
    pub(super) group_stride: u32,
    pub(super) relu: bool,
}

/// Whether a product of these sizes takes one launch, which can add a bias.
pub(super) fn is_one(out: &Matrix, depth: u64, groups: u32) -> bool {
    let (m, n) = (out.rows.len(), out.columns.len());
    m > 0 && n > 0 && Plan::best([m.max(n), m.min(n), depth], groups.into()).parts == 1
}

/// Adds a product: one launch, or one and another that adds the parts up. There is no bias where
/// there are two or where the product is added to what is there.
pub(super) fn add(
    [left, right, out]: [&Matrix; 3],
    (groups, add): (u32, bool),
    bias: Option<Bias>,
    launches: &mut Launches,
) {
    // The longer side goes down the tile: outᵀ = rightᵀ · leftᵀ.
    let turned = out.rows.len() < out.columns.len();
    let matrices = match turned {
        true => [right, left, out].map(|matrix| matrix.transposed()),
        false => [left, right, out].map(|&matrix| matrix),
    };
    let [left, right, out] = matrices.each_ref();
    let (m, n) = (out.rows.len(), out.columns.len());
    let plan = Plan::best([m, n, left.columns.len()], groups.into());
    let to = |at| To { at, part_stride: 0, bias, turned, add };
    if plan.parts == 1 {
        launches.push(product(&plan, [left, right, out], &to(out.at.into())));
        return;
    }
    let [group, part] = [m * n, m * n * u64::from(groups)].map(|elements| elements as u32);
    let scratch = Argument::Scratch(0);
    let dense = Matrix::dense(out.at, m as usize, n as usize);
    launches.need_scratch(plan.parts * u64::from(part));
    let parts = To { part_stride: part, bias: None, add: false, ..to(scratch) };
    launches.push(product(&plan, [left, right, &dense], &parts));
    let sum = Sum {
        input: scratch,
        rows: plan.parts as u32,
        row_stride: part,
        groups,
        group_stride: group,
        out: out.at.into(),
        out_group_stride: out.group_stride,
        out_rows: out.rows,
        out_columns: out.columns,
        add,
    };
    launches.push(sum.launch());
}

/// Where a product goes: its parts so far apart, its bias along the rows where it was `turned`.
struct To {
    at: Argument,
    part_stride: u32,
    bias: Option<Bias>,
    turned: bool,
    add: bool,
}

/// A launch that writes a product, or its parts, as `out` lies.
fn product(plan: &Plan, [left, right, out]: [&Matrix; 3], to: &To) -> Launch {
    let flags = [
        run(left.columns) >= run(left.rows),
        run(right.rows) >= run(right.columns),
        run(out.rows) > run(out.columns),
        to.add,
        to.turned,
        to.bias.is_some_and(|bias| bias.relu),
    ];
    let flags = flags.iter().rev().fold(0, |bits, &flag| bits << 1 | u32::from(flag));
    let blocks = plan.blocks.min(i32::MAX as u64) as u32;
    let launch = Launch::new(plan.tile.kernel, [blocks, plan.parts as u32, 1])
        .with(left.at)
        .with(right.at)
        .with(to.at)
        .with(to.bias.map(|bias| bias.at))
        .with(left.group_stride)
        .with(right.group_stride)
        .with(out.group_stride)
        .with(to.bias.map_or(0, |bias| bias.group_stride));
    [left.rows, left.columns, right.columns, right.rows, out.rows, out.columns]
        .into_iter()
        .fold(launch, with_axis)
        .with(left.rows.len() as u32)
        .with(right.columns.len() as u32)
        .with(left.columns.len() as u32)
        .with(plan.part as u32)
        .with(to.part_stride)
        .with(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a sample, inputs and outputs of a row, and groups: the products of the tutorial's
    /// critic and generator.
    const STAGES: [[u64; 4]; 12] = [
        [384, 12, 16, 5],
        [96, 64, 16, 5],
        [64, 240, 64, 1],
        [16, 256, 64, 1],
        [4, 256, 128, 1],
        [3, 256, 128, 1],
        [1, 384, 256, 1],
        [1, 128, 1024, 1],
        [4, 256, 512, 1],
        [16, 128, 256, 1],
        [64, 64, 96, 1],
        [96, 32, 64, 5],
    ];

    #[test]
    fn a_product_of_training_has_blocks_for_half_a_card_or_few_steps() {
        for ([rows, depth, width, groups], batch) in
            STAGES.into_iter().flat_map(|stage| [16, 64, 256].map(|batch| (stage, batch)))
        {
            let m = rows * batch;
            for [m, n, k] in [[m, width, depth], [m, depth, width], [depth, width, m]] {
                let plan = Plan::best([m.max(n), m.min(n), k], groups);
                let (blocks, steps) = (plan.blocks * plan.parts, plan.part / plan.tile.depth);
                let sizes = format!("{m} x {n} over {k}, {groups} groups: {plan:?}");
                assert!(blocks >= PROCESSORS / 2 || steps <= 8, "{sizes}");
                assert!(plan.part * (plan.parts - 1) < k && k <= plan.part * plan.parts, "{sizes}");
            }
        }
    }
}
