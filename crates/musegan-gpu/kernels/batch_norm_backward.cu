// Batch norm backwards. What must stay true: `d_out` and `d_values` may be the same memory, so a thread
// writes only what it has read itself; and the parameters' gradients are added to once, by one block.
//
// Bytes of a value: in one launch 12 read and 4 written; in two 24 read, the second time from the
// card's cache where the batch fits into it, and 4 written.
#include "batch_norm.h"

// What the kernels read: the gradient behind the ReLU and the normalised values, of which `N` rows
// are kept.
template <unsigned N> struct BatchNormFlow {
    float a[N], u[N];
};

struct BatchNormTape {
    const float *normalised, *out, *d_out;
};

template <unsigned N>
DEVICE void load_flow(Held<N> held, const BatchNormColumn &column, const BatchNormTape &tape,
                      size_t first, size_t rows, BatchNormFlow<N> &flow) {
    load_rows(held, rows, [&](unsigned k, unsigned step) {
        const size_t at = row_at(column, first, step);
        const float d = tape.d_out[column.out + at];
        flow.a[k] = tape.out[column.out + at] > 0 ? d : 0;
        flow.u[k] = tape.normalised[column.value + at];
    });
}

// Adds to the sums of a and of a·u.
template <unsigned N>
DEVICE void add_flow(Held<N> held, size_t rows, const BatchNormFlow<N> &flow, float (&sums)[2]) {
    each_row(held, rows, [&](unsigned k, unsigned) {
        sums[0] += flow.a[k];
        sums[1] += flow.a[k] * flow.u[k];
    });
}

template <unsigned N>
DEVICE void write_d(Held<N> held, const BatchNormColumn &column, const float *statistics,
                    size_t first, size_t rows, const BatchNormFlow<N> &flow,
                    const float (&sums)[2], float *d_values) {
    const size_t variance_at = (2 * column.group + 1) * column.channels + column.channel;
    const float scale = column.gamma / sqrtf(statistics[variance_at] + BATCH_NORM_EPSILON);
    const float mean = sums[0] / column.rows, along = sums[1] / column.rows;
    each_row(held, rows, [&](unsigned k, unsigned step) {
        const float d = (flow.a[k] - mean - along * flow.u[k]) * scale;
        d_values[column.value + row_at(column, first, step)] = d;
    });
}

DEVICE void add_affine(const BatchNormColumn &column, const float (&sums)[2], float *d_affine,
                       unsigned d_affine_stride) {
    if (column.at.lane != 0) return;
    d_affine += column.group * d_affine_stride + column.channel;
    d_affine[0] += sums[1];
    d_affine[column.channels] += sums[0];
}

template <unsigned N>
DEVICE void backward_whole(Held<N> held, const BatchNormColumn &column, const BatchNormTape &tape,
                           const float *statistics, float (&sums)[2], float *d_values) {
    const size_t first = column.at.lane, rows = rows_of(column.at, column.rows);
    BatchNormFlow<N> flow;
    load_flow(held, column, tape, first, rows, flow);
    add_flow(held, rows, flow, sums);
    column_sums(column.at, sums, batch_norm_room());
    write_d(held, column, statistics, first, rows, flow, sums, d_values);
}

// One launch: blocks along x take `width` channels each.
KERNEL(batch_norm_backward_whole,
       (BATCH_NORM_PARAMETERS, unsigned width, const float *normalised, const float *out,
        const float *statistics, const float *d_out, float *d_values, float *d_affine,
        unsigned d_affine_stride)) {
    const BatchNorm norm = BATCH_NORM;
    const BatchNormTape tape = {normalised, out, d_out};
    for (size_t group = blockIdx.y; group < groups; group += gridDim.y) {
        const BatchNormColumn column = batch_norm_column(norm, group, blockIdx.x * width, width);
        float sums[2] = {};
        if (rows <= 8 * column.at.lanes) {
            backward_whole(Held<8>(), column, tape, statistics, sums, d_values);
        } else {
            backward_whole(Held<48>(), column, tape, statistics, sums, d_values);
        }
        add_affine(column, sums, d_affine, d_affine_stride);
    }
}

// First of two launches: sums over chunks of rows, `(groups, chunks, 2, channels)`.
KERNEL(batch_norm_shares,
       (BATCH_NORM_PARAMETERS, unsigned chunk, const float *normalised, const float *out,
        const float *d_out, float *partial)) {
    const BatchNorm norm = BATCH_NORM;
    const BatchNormTape tape = {normalised, out, d_out};
    for (size_t group = blockIdx.y; group < groups; group += gridDim.y) {
        const BatchNormColumn column = batch_norm_column(norm, group, 0, channels);
        const size_t begin = size_t(blockIdx.x) * chunk;
        const size_t own_rows = rows_of(column.at, min(size_t(chunk), rows - begin));
        float sums[2] = {};
        for (size_t done = 0; done < own_rows; done += BATCH_NORM_TILE) {
            const Held<BATCH_NORM_TILE> held;
            const size_t first = begin + column.at.lane + done * column.at.lanes;
            const size_t tile_rows = min(own_rows - done, size_t(BATCH_NORM_TILE));
            BatchNormFlow<BATCH_NORM_TILE> flow;
            load_flow(held, column, tape, first, tile_rows, flow);
            add_flow(held, tile_rows, flow, sums);
        }
        column_sums(column.at, sums, batch_norm_room());
        write_channel(column, group * gridDim.x + blockIdx.x, partial, sums[0], sums[1]);
    }
}

// Second of two launches.
KERNEL(batch_norm_backward,
       (BATCH_NORM_PARAMETERS, unsigned chunk, unsigned chunks, const float *partial,
        const float *normalised, const float *out, const float *statistics, const float *d_out,
        float *d_values, float *d_affine, unsigned d_affine_stride)) {
    const BatchNorm norm = BATCH_NORM;
    const BatchNormTape tape = {normalised, out, d_out};
    for (size_t group = blockIdx.y; group < groups; group += gridDim.y) {
        const BatchNormColumn column = batch_norm_column(norm, group, 0, channels);
        float sums[2] = {};
        each_chunk(column, chunk, chunks, partial, [&](float a, float au, float) {
            sums[0] += a;
            sums[1] += au;
        });
        column_sums(column.at, sums, batch_norm_room());
        each_tile(column, [&](size_t first, size_t tile_rows) {
            const Held<BATCH_NORM_TILE> held;
            BatchNormFlow<BATCH_NORM_TILE> flow;
            load_flow(held, column, tape, first, tile_rows, flow);
            write_d(held, column, statistics, first, tile_rows, flow, sums, d_values);
        });
        if (blockIdx.x == 0) add_affine(column, sums, d_affine, d_affine_stride);
    }
}
