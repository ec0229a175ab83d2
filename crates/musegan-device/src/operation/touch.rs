//! Which elements an operation reads and writes: what bounds are checked with.
//!
//! What must stay true: an index that an operation's definition names lies in one of its touches,
//! and a touch ends with an index that can be named.
use super::{BatchNorm, Draw, LayerNorm, Matrix, Operation, Slice};

/// Cells of a track of a phrase, and words of a phrase's bits.
const TRACK_CELLS: u64 = 64 * 72;
const PHRASE_WORDS: u64 = 720;
const TRACKS: u64 = 5;
/// Words of a song in the table of a [`Draw`].
const SONG_WORDS: u64 = 6;

/// Elements that an operation touches: those of a slice from its beginning up to `len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Where they begin.
    pub at: Slice,
    /// One past the last, seen from `at`; 0 where none is touched.
    pub len: u64,
    /// Whether any is written.
    pub written: bool,
}

const fn read(at: Slice, len: u64) -> Touch {
    Touch { at, len, written: false }
}

const fn write(at: Slice, len: u64) -> Touch {
    Touch { at, len, written: true }
}

/// Elements of `count` pieces of `len` that lie `stride` apart.
fn spread(count: u32, stride: u32, len: u64) -> u64 {
    if count == 0 || len == 0 {
        return 0;
    }
    (u64::from(count - 1) * u64::from(stride)).saturating_add(len)
}

pub(super) fn product(sizes: &[u32]) -> u64 {
    sizes.iter().fold(1, |all, &size| all.saturating_mul(u64::from(size)))
}

impl Matrix {
    fn extent(&self, groups: u32) -> u64 {
        if self.rows.is_empty() || self.columns.is_empty() {
            return 0;
        }
        let reach = self.rows.reach().saturating_add(self.columns.reach());
        spread(groups, self.group_stride, reach.saturating_add(1))
    }
}

impl LayerNorm {
    fn values(&self) -> u64 {
        product(&[self.groups, self.samples, self.rows, self.channels])
    }

    fn activation(&self) -> u64 {
        let rows = u64::from(self.samples) * u64::from(self.rows);
        let group = match rows {
            0 => 0,
            rows => (rows - 1)
                .saturating_mul(self.out_stride.into())
                .saturating_add(self.channels.into()),
        };
        spread(self.groups, self.out_group_stride, group)
    }

    fn per_sample(&self) -> u64 {
        product(&[self.groups, self.samples])
    }

    fn parameters(&self) -> Touch {
        read(self.affine, spread(self.groups, self.affine_stride, 3 * u64::from(self.channels)))
    }

    fn shares(&self) -> u64 {
        product(&[self.groups, self.samples, 3, self.channels])
    }
}

impl BatchNorm {
    fn values(&self) -> u64 {
        product(&[self.groups, self.rows, self.channels])
    }

    fn activation(&self) -> u64 {
        spread(self.groups, self.out_group_stride, product(&[self.rows, self.channels]))
    }

    fn parameters(&self) -> Touch {
        read(self.affine, spread(self.groups, self.affine_stride, 2 * u64::from(self.channels)))
    }

    fn statistics(&self) -> u64 {
        product(&[self.groups, 2, self.channels])
    }
}

impl Draw {
    fn touches(&self) -> Vec<Touch> {
        let track = u64::from(self.samples) * TRACK_CELLS;
        let mut touches = vec![
            read(self.key.clock, 2),
            read(self.bits, u64::from(self.phrases) * PHRASE_WORDS),
            read(self.facts, u64::from(self.phrases)),
            write(self.out, spread(TRACKS as u32, self.group_stride, track)),
        ];
        touches.extend(self.songs.map(|at| read(at, u64::from(self.songs_count) * SONG_WORDS)));
        touches
    }
}

impl Operation {
    /// What it reads and writes.
    #[must_use]
    pub fn touches(&self) -> Vec<Touch> {
        match *self {
            Self::Fill { out, len, .. } => vec![write(out, len.into())],
            Self::Multiply { left, right, out, groups, .. } => vec![
                read(left.at, left.extent(groups)),
                read(right.at, right.extent(groups)),
                write(out.at, out.extent(groups)),
            ],
            Self::Overlap { windows, out, rows, taps, width, step } => {
                let row = spread(taps, step, width.into());
                vec![
                    read(windows, product(&[rows, taps, width])),
                    write(out, u64::from(rows).saturating_mul(row)),
                ]
            }
            Self::SumRows {
                input,
                rows,
                columns,
                row_stride,
                groups,
                group_stride,
                out,
                out_group_stride,
                add: _,
            } => {
                let group = spread(rows, row_stride, columns.into());
                vec![
                    read(input, spread(groups, group_stride, group)),
                    write(out, spread(groups, out_group_stride, columns.into())),
                ]
            }
            Self::AddRow { bias, bias_group_stride, out, groups, rows, columns, .. } => vec![
                read(bias, spread(groups, bias_group_stride, columns.into())),
                write(out, product(&[groups, rows, columns])),
            ],
            Self::Permute { input, out, sizes, strides } => {
                let reach = sizes.iter().zip(strides).fold(1u64, |sum, (&size, stride)| {
                    sum.saturating_add(u64::from(size.saturating_sub(1)) * u64::from(stride))
                });
                let len = product(&sizes);
                vec![read(input, if len == 0 { 0 } else { reach }), write(out, len)]
            }
            Self::LayerNormForward { norm, values, out, deviations } => vec![
                norm.parameters(),
                write(values, norm.values()),
                write(out, norm.activation()),
                write(deviations, norm.per_sample()),
            ],
            Self::LayerNormBackward {
                norm,
                normalised,
                out,
                deviations,
                d_out,
                d_values,
                d_affine,
            } => {
                let mut touches = vec![
                    norm.parameters(),
                    read(normalised, norm.values()),
                    read(out, norm.activation()),
                    read(deviations, norm.per_sample()),
                    read(d_out, norm.activation()),
                    write(d_values, norm.values()),
                ];
                touches.extend(d_affine.map(|at| write(at, norm.shares())));
                touches
            }
            Self::LayerNormTangent {
                norm,
                normalised,
                out,
                deviations,
                tangents,
                out_tangents,
                rates,
            } => vec![
                norm.parameters(),
                read(normalised, norm.values()),
                read(out, norm.activation()),
                read(deviations, norm.per_sample()),
                write(tangents, norm.values()),
                write(out_tangents, norm.activation()),
                write(rates, norm.per_sample()),
            ],
            Self::LayerNormBackwardPair {
                norm,
                normalised,
                out,
                deviations,
                tangents,
                rates,
                d_out,
                d_out_tangents,
                d_values,
                d_tangents,
                d_affine,
            } => vec![
                norm.parameters(),
                read(normalised, norm.values()),
                read(out, norm.activation()),
                read(deviations, norm.per_sample()),
                read(tangents, norm.values()),
                read(rates, norm.per_sample()),
                read(d_out, norm.activation()),
                read(d_out_tangents, norm.activation()),
                write(d_values, norm.values()),
                write(d_tangents, norm.values()),
                write(d_affine, norm.shares()),
            ],
            Self::BatchNormForward { norm, values, out, statistics } => vec![
                norm.parameters(),
                write(values, norm.values()),
                write(out, norm.activation()),
                write(statistics, norm.statistics()),
            ],
            Self::BatchNormBackward {
                norm,
                normalised,
                out,
                statistics,
                d_out,
                d_values,
                d_affine,
                d_affine_stride,
            } => vec![
                norm.parameters(),
                read(normalised, norm.values()),
                read(out, norm.activation()),
                read(statistics, norm.statistics()),
                read(d_out, norm.activation()),
                write(d_values, norm.values()),
                write(d_affine, spread(norm.groups, d_affine_stride, 2 * u64::from(norm.channels))),
            ],
            Self::RunningStatistics {
                statistics,
                bias,
                bias_stride,
                running,
                running_stride,
                groups,
                channels,
                ..
            } => vec![
                read(statistics, product(&[groups, 2, channels])),
                read(bias, spread(groups, bias_stride, channels.into())),
                write(running, spread(groups, running_stride, 2 * u64::from(channels))),
            ],
            Self::Mix {
                a,
                a_group_stride,
                b,
                b_group_stride,
                share,
                out,
                groups,
                samples,
                len,
            } => {
                let group = product(&[samples, len]);
                vec![
                    read(a, spread(groups, a_group_stride, group)),
                    read(b, spread(groups, b_group_stride, group)),
                    read(share, samples.into()),
                    write(out, product(&[groups, samples, len])),
                ]
            }
            Self::Direction { cells, groups, samples, len, norms, rates, .. } => vec![
                write(cells, product(&[groups, samples, len])),
                write(norms, samples.into()),
                write(rates, samples.into()),
            ],
            Self::Draw(ref draw) => draw.touches(),
            Self::Normals { key, out, samples, per_sample } => {
                vec![read(key.clock, 2), write(out, product(&[samples, per_sample]))]
            }
            Self::Uniforms { key, out, samples } => {
                vec![read(key.clock, 2), write(out, samples.into())]
            }
            Self::Guard { values, ranges, count, reach, broken, clock } => vec![
                read(values, reach.into()),
                read(ranges, 2 * u64::from(count)),
                write(broken, count.into()),
                read(clock, 2),
            ],
            Self::Adam(ref adam) => vec![
                write(adam.weights, adam.len.into()),
                read(adam.gradient, adam.len.into()),
                write(adam.first, adam.len.into()),
                write(adam.second, adam.len.into()),
                read(adam.clock, 2),
                read(adam.broken, adam.broken_count.into()),
            ],
            Self::Average { average, weights, len, clock, broken, broken_count, .. } => vec![
                write(average, len.into()),
                read(weights, len.into()),
                read(clock, 2),
                read(broken, broken_count.into()),
            ],
            Self::Advance { clock, broken, broken_count } => {
                vec![write(clock, 2), read(broken, broken_count.into())]
            }
        }
    }
}
