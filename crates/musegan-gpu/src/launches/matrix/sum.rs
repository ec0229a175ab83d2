//! Sums over rows.
//!
//! What must stay true: the sizes alone decide the order.
use super::axes::with_axis;
use crate::launch::{Argument, Launch, Launches, THREADS};
use musegan_device::operation::Axis;

/// Blocks that are aimed at, and the rows of a thread below which more blocks are not worth a launch.
const BLOCKS: u32 = 128;
const ROWS: u32 = 128;

/// `out[g, c] = Σ input[g, r, c]`, or `+=`: the columns of a row lie side by side, those of `out` as
/// a matrix in row-major order does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    pub(super) input: Argument,
    pub(super) rows: u32,
    pub(super) row_stride: u32,
    pub(super) groups: u32,
    pub(super) group_stride: u32,
    pub(super) out: Argument,
    pub(super) out_group_stride: u32,
    pub(super) out_rows: Axis,
    pub(super) out_columns: Axis,
    pub(super) add: bool,
}

impl Sum {
    fn columns(&self) -> u32 {
        (self.out_rows.len() * self.out_columns.len()) as u32
    }

    /// Columns of a block, a power of two: as many as share a read, more where rows are few.
    fn width(&self) -> u32 {
        let columns = self.columns().next_power_of_two();
        let few = THREADS / self.rows.clamp(1, THREADS).next_power_of_two();
        columns.min(few.max(32))
    }

    fn blocks(&self) -> u32 {
        let blocks = u64::from(self.columns().div_ceil(self.width())) * u64::from(self.groups);
        blocks.min(i32::MAX as u64) as u32
    }

    /// A launch that does it all.
    pub(super) fn launch(&self) -> Launch {
        self.in_parts(self.rows, 0, 1)
    }

    /// Adds the launch, or two where a few columns have very many rows.
    pub(super) fn add(&self, launches: &mut Launches) {
        let of_thread = self.rows / (THREADS / self.width());
        let parts = (BLOCKS / self.blocks()).min(of_thread / ROWS);
        if parts < 2 {
            launches.push(self.launch());
            return;
        }
        let part = self.rows.div_ceil(parts);
        let parts = self.rows.div_ceil(part);
        let columns = self.columns();
        let all = columns * self.groups;
        launches.need_scratch(u64::from(parts) * u64::from(all));
        let first = Self {
            out: Argument::Scratch(0),
            out_group_stride: columns,
            out_rows: Axis::plain(1, 0),
            out_columns: Axis::plain(columns as usize, 1),
            add: false,
            ..*self
        };
        launches.push(first.in_parts(part, all, parts));
        let second = Self {
            input: Argument::Scratch(0),
            rows: parts,
            row_stride: all,
            group_stride: columns,
            ..*self
        };
        launches.push(second.launch());
    }

    fn in_parts(&self, part: u32, part_stride: u32, parts: u32) -> Launch {
        let launch = Launch::new("sum_rows", [self.blocks(), parts, 1])
            .with(self.input)
            .with(self.rows)
            .with(self.columns())
            .with(self.row_stride)
            .with(self.group_stride)
            .with(self.out)
            .with(self.out_group_stride);
        [self.out_rows, self.out_columns]
            .into_iter()
            .fold(launch, with_axis)
            .with(self.out_columns.len() as u32)
            .with(self.width())
            .with(part)
            .with(part_stride)
            .with(self.add)
    }
}
