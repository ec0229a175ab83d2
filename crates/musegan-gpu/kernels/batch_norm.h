// What batch norm's kernels share: how its batches lie, and how blocks divide them.
//
// Batches of few rows take one launch: a block takes a few channels of a group and keeps all their
// rows in registers. Others take two: blocks reduce chunks of rows to partial results, two numbers of
// each channel; then blocks combine these, every block for itself, and treat the values. What must
// stay true: partial results are combined in an order that depends on the shape alone.
#pragma once
#include "columns.h"

#define BATCH_NORM_EPSILON 1e-5f
// Rows that a thread treats at once where there are two launches.
#define BATCH_NORM_TILE 8

// What the kernels begin with, and the same as one value.
#define BATCH_NORM_PARAMETERS                                                                      \
    const float *affine, unsigned affine_stride, unsigned groups, unsigned rows,                   \
        unsigned channels, unsigned out_group_stride
#define BATCH_NORM                                                                                 \
    { affine, affine_stride, groups, rows, channels, out_group_stride }

struct BatchNorm {
    const float *affine;
    unsigned affine_stride, groups, rows, channels, out_group_stride;
};

// A channel of a group as one of its threads sees it.
struct BatchNormColumn {
    Columns at;
    size_t group;
    unsigned channel, channels, rows;
    // Where the channel begins before the activation and after it.
    size_t value, out;
    float gamma, beta;
};

// A block's columns are `width` channels side by side from `first` on; a thread whose channel is past
// the last has no rows.
DEVICE BatchNormColumn batch_norm_column(const BatchNorm &norm, size_t group, unsigned first,
                                         unsigned width) {
    BatchNormColumn column;
    column.at = columns_of(width);
    column.group = group;
    column.channels = norm.channels;
    column.channel = first + column.at.channel;
    column.rows = norm.rows;
    if (column.channel >= norm.channels) {
        column.channel = first;
        column.at.lane = column.at.lanes;
    }
    column.value = group * norm.rows * norm.channels + column.channel;
    column.out = group * norm.out_group_stride + column.channel;
    const float *affine = norm.affine + group * norm.affine_stride + column.channel;
    column.gamma = affine[0];
    column.beta = affine[norm.channels];
    return column;
}

// From a channel's beginning to the thread's value `step` steps after its value in row `first`.
DEVICE size_t row_at(const BatchNormColumn &column, size_t first, unsigned step) {
    return first * column.channels + step * (column.at.lanes * column.channels);
}

DEVICE float *batch_norm_room() {
    __shared__ float room[3 * THREADS];
    return room;
}

// Writes two numbers of a whole channel into rows `2·index` and the next of `to`.
DEVICE void write_channel(const BatchNormColumn &column, size_t index, float *to, float first,
                          float second) {
    if (column.at.lane != 0) return;
    to += 2 * index * column.channels + column.channel;
    to[0] = first;
    to[column.channels] = second;
}

// Calls visit(first, second, rows) for the partial results of each of the thread's chunks, the two
// numbers that write_channel wrote.
template <class Visit>
DEVICE void each_chunk(const BatchNormColumn &column, unsigned chunk, unsigned chunks,
                       const float *partial, Visit visit) {
    if (column.at.lane >= column.at.lanes) return;
    partial += column.group * chunks * 2 * column.channels + column.channel;
    for (unsigned index = column.at.lane; index < chunks; index += column.at.lanes) {
        const float *of_chunk = partial + size_t(index) * 2 * column.channels;
        const size_t before = size_t(index) * chunk;
        const float chunk_rows = min(size_t(chunk), column.rows - before);
        visit(of_chunk[0], of_chunk[column.channels], chunk_rows);
    }
}

// Calls treat(first, rows) for each tile of the thread's rows: the row that it begins with and how
// many there are, `lanes` apart. Blocks along x share a group's rows.
template <class Treat> DEVICE void each_tile(const BatchNormColumn &column, Treat treat) {
    const size_t stride = size_t(column.at.lanes) * BATCH_NORM_TILE;
    for (size_t begin = blockIdx.x * stride; begin < column.rows; begin += gridDim.x * stride) {
        const size_t rows = rows_of(column.at, min(stride, column.rows - begin));
        treat(begin + column.at.lane, rows);
    }
}
