//! Products: which tile computes one, and into how many parts its depth is cut so that there are
//! blocks enough for a card.
//!
//! What must stay true: the choice depends on the sizes alone, never on the card, so that sums are
//! taken in the same order everywhere.
use super::axes::{run, with_axis};
use super::sum::Sum;
use crate::launch::{Argument, Launch, Launches};
use musegan_device::operation::Matrix;

/// Multiprocessors of the card that is aimed at, an H100 or H200.
const PROCESSORS: u64 = 132;
/// Cycles from asking for a tile until it is multiplied, where nothing else is to be done.
const LATENCY: u64 = 500;
/// Cycles of a block besides its steps.
const BLOCK: u64 = 300;
/// Cycles of one more launch.
const LAUNCH: u64 = 3500;
/// Bytes that all processors together move in a cycle.
const BYTES: u64 = 2000;
/// Most parts, and most elements of scratch memory for them.
const PARTS: u64 = 128;
const SCRATCH: u64 = 1 << 24;

/// A kernel of `kernels/matrix.cu`.
#[derive(Debug, PartialEq)]
struct Tile {
    kernel: &'static str,
    rows: u64,
    columns: u64,
    depth: u64,
    /// Cycles of a multiprocessor for one step: instructions of eight warps, four at a time.
    work: u64,
}

const TILES: [Tile; 4] = [
    Tile { kernel: "multiply_64x64", rows: 64, columns: 64, depth: 16, work: 700 },
    Tile { kernel: "multiply_128x16", rows: 128, columns: 16, depth: 16, work: 400 },
    Tile { kernel: "multiply_32x32", rows: 32, columns: 32, depth: 32, work: 400 },
    Tile { kernel: "multiply_16x16", rows: 16, columns: 16, depth: 64, work: 260 },
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
        plans
            .min_by_key(|plan| plan.cycles(elements))
            .unwrap_or(Self::new(&TILES[0], sizes, groups, 1))
    }
}

/// Adds a product: one launch, or one and another that adds the parts up.
pub(super) fn add(
    [left, right, out]: [&Matrix; 3],
    groups: u32,
    add: bool,
    launches: &mut Launches,
) {
    // The longer side goes down the tile: outᵀ = rightᵀ · leftᵀ.
    if out.rows.len() < out.columns.len() {
        let matrices = [right, left, out].map(|matrix| matrix.transposed());
        return self::add(matrices.each_ref(), groups, add, launches);
    }
    let (m, n) = (out.rows.len(), out.columns.len());
    let plan = Plan::best([m, n, left.columns.len()], groups.into());
    if plan.parts == 1 {
        launches.push(product(&plan, [left, right, out], out.at.into(), 0, add));
        return;
    }
    let [group, part] = [m * n, m * n * u64::from(groups)].map(|elements| elements as u32);
    let scratch = Argument::Scratch(0);
    let dense = Matrix::dense(out.at, m as usize, n as usize);
    launches.need_scratch(plan.parts * u64::from(part));
    launches.push(product(&plan, [left, right, &dense], scratch, part, false));
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

/// A launch that writes a product, or its parts `part_stride` apart, to where `at` says and as `out`
/// lies.
fn product(
    plan: &Plan,
    [left, right, out]: [&Matrix; 3],
    at: Argument,
    part_stride: u32,
    add: bool,
) -> Launch {
    let flags = [
        run(left.columns) >= run(left.rows),
        run(right.rows) >= run(right.columns),
        run(out.rows) > run(out.columns),
        add,
    ];
    let flags = flags.iter().rev().fold(0, |bits, &flag| bits << 1 | u32::from(flag));
    let blocks = plan.blocks.min(i32::MAX as u64) as u32;
    let launch = Launch::new(plan.tile.kernel, [blocks, plan.parts as u32, 1])
        .with(left.at)
        .with(right.at)
        .with(at)
        .with(left.group_stride)
        .with(right.group_stride)
        .with(out.group_stride);
    [left.rows, left.columns, right.columns, right.rows, out.rows, out.columns]
        .into_iter()
        .fold(launch, with_axis)
        .with(left.rows.len() as u32)
        .with(right.columns.len() as u32)
        .with(left.columns.len() as u32)
        .with(plan.part as u32)
        .with(part_stride)
        .with(flags)
}
