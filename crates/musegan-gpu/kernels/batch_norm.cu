// Batch norm with the statistics of the batch, and ReLU: forwards, and the running statistics. What
// must stay true: squares are summed around a mean nearby, so that neither a large mean nor a large
// batch costs digits.
//
// Bytes of a value: in one launch 4 read and 8 written; in two 8 read, the second time from the card's
// cache where the batch fits into it, and 8 written.
#include "batch_norm.h"

// Normalises the thread's values of rows `first`, `first + lanes`, ..., which are kept.
template <unsigned N>
DEVICE void normalise(Held<N> held, const BatchNormColumn &column, size_t first, size_t rows,
                      const float (&x)[N], float mean, float variance, float *values, float *out) {
    const float scale = 1 / sqrtf(variance + BATCH_NORM_EPSILON);
    each_row(held, rows, [&](unsigned k, unsigned step) {
        const size_t at = row_at(column, first, step);
        const float u = (x[k] - mean) * scale;
        values[column.value + at] = u;
        out[column.out + at] = fmaxf(column.gamma * u + column.beta, 0);
    });
}

template <unsigned N>
DEVICE void forward_whole(Held<N> held, const BatchNormColumn &column, float *values, float *out,
                          float *statistics) {
    const size_t first = column.at.lane, rows = rows_of(column.at, column.rows);
    float x[N], sum[1] = {}, squares[1] = {};
    load_rows(held, rows, [&](unsigned k, unsigned step) {
        x[k] = values[column.value + row_at(column, first, step)];
    });
    each_row(held, rows, [&](unsigned k, unsigned) { sum[0] += x[k]; });
    column_sums(column.at, sum, batch_norm_room());
    const float mean = sum[0] / column.rows;
    each_row(held, rows, [&](unsigned k, unsigned) { squares[0] += (x[k] - mean) * (x[k] - mean); });
    column_sums(column.at, squares, batch_norm_room());
    const float variance = squares[0] / column.rows;
    normalise(held, column, first, rows, x, mean, variance, values, out);
    write_channel(column, column.group, statistics, mean, variance);
}

// One launch: blocks along x take `width` channels each.
KERNEL(batch_norm_forward_whole,
       (BATCH_NORM_PARAMETERS, unsigned width, float *values, float *out, float *statistics)) {
    const BatchNorm norm = BATCH_NORM;
    for (size_t group = blockIdx.y; group < groups; group += gridDim.y) {
        const BatchNormColumn column = batch_norm_column(norm, group, blockIdx.x * width, width);
        if (rows <= 8 * column.at.lanes) {
            forward_whole(Held<8>(), column, values, out, statistics);
        } else {
            forward_whole(Held<48>(), column, values, out, statistics);
        }
    }
}

// Of some values: how many, their mean, and the sum of their squared distances from it.
struct Moments {
    float count, mean, squares;
};

// Of the values of both.
DEVICE Moments both_moments(const Moments &a, const Moments &b) {
    if (b.count == 0) return a;
    const float count = a.count + b.count, share = b.count / count, apart = b.mean - a.mean;
    return {count, a.mean + apart * share, a.squares + b.squares + apart * apart * a.count * share};
}

// Of a channel, from its lanes'; known to lane 0.
DEVICE Moments column_moments(const Columns &at, Moments own) {
    float *counts = batch_norm_room() + threadIdx.x;
    float *means = counts + THREADS, *squares = means + THREADS;
    counts[0] = own.count, means[0] = own.mean, squares[0] = own.squares;
    for (unsigned width = at.lanes; width > 1;) {
        const unsigned half = (width + 1) / 2, other = half * at.channels;
        __syncthreads();
        if (at.lane + half < width) {
            own = both_moments(own, {counts[other], means[other], squares[other]});
            counts[0] = own.count, means[0] = own.mean, squares[0] = own.squares;
        }
        width = half;
    }
    __syncthreads();
    return own;
}

// First of two launches: means and squared deviations of chunks of rows, `(groups, chunks, 2,
// channels)`.
KERNEL(batch_norm_moments, (BATCH_NORM_PARAMETERS, unsigned chunk, const float *values,
                            float *partial)) {
    const BatchNorm norm = BATCH_NORM;
    for (size_t group = blockIdx.y; group < groups; group += gridDim.y) {
        const BatchNormColumn column = batch_norm_column(norm, group, 0, channels);
        const size_t begin = size_t(blockIdx.x) * chunk;
        const size_t own_rows = rows_of(column.at, min(size_t(chunk), rows - begin));
        Moments moments = {};
        for (size_t done = 0; done < own_rows; done += BATCH_NORM_TILE) {
            const Held<BATCH_NORM_TILE> held;
            const size_t first = begin + column.at.lane + done * column.at.lanes;
            const size_t tile_rows = min(own_rows - done, size_t(BATCH_NORM_TILE));
            float x[BATCH_NORM_TILE];
            load_rows(held, tile_rows, [&](unsigned k, unsigned step) {
                x[k] = values[column.value + row_at(column, first, step)];
            });
            Moments tile = {float(tile_rows), 0, 0};
            each_row(held, tile_rows, [&](unsigned k, unsigned) { tile.mean += x[k]; });
            tile.mean /= tile.count;
            each_row(held, tile_rows, [&](unsigned k, unsigned) {
                tile.squares += (x[k] - tile.mean) * (x[k] - tile.mean);
            });
            moments = both_moments(moments, tile);
        }
        moments = column_moments(column.at, moments);
        write_channel(column, group * gridDim.x + blockIdx.x, partial, moments.mean, moments.squares);
    }
}

// Second of two launches.
KERNEL(batch_norm_forward,
       (BATCH_NORM_PARAMETERS, unsigned chunk, unsigned chunks, const float *partial, float *values,
        float *out, float *statistics)) {
    const BatchNorm norm = BATCH_NORM;
    for (size_t group = blockIdx.y; group < groups; group += gridDim.y) {
        const BatchNormColumn column = batch_norm_column(norm, group, 0, channels);
        // A mean nearby, from which sums lose no digits.
        const float near = partial[group * chunks * 2 * channels + column.channel];
        float sum[1] = {}, squares[1] = {};
        each_chunk(column, chunk, chunks, partial, [&](float mean, float, float chunk_rows) {
            sum[0] += (mean - near) * chunk_rows;
        });
        column_sums(column.at, sum, batch_norm_room());
        const float mean = near + sum[0] / rows;
        each_chunk(column, chunk, chunks, partial, [&](float own, float around, float chunk_rows) {
            squares[0] += around + (own - mean) * (own - mean) * chunk_rows;
        });
        column_sums(column.at, squares, batch_norm_room());
        const float variance = squares[0] / rows;
        each_tile(column, [&](size_t first, size_t tile_rows) {
            const Held<BATCH_NORM_TILE> held;
            float x[BATCH_NORM_TILE];
            load_rows(held, tile_rows, [&](unsigned k, unsigned step) {
                x[k] = values[column.value + row_at(column, first, step)];
            });
            normalise(held, column, first, tile_rows, x, mean, variance, values, out);
        });
        if (blockIdx.x == 0) write_channel(column, column.group, statistics, mean, variance);
    }
}

KERNEL(running_statistics,
       (const float *statistics, const float *bias, unsigned bias_stride, float *running,
        unsigned running_stride, unsigned groups, unsigned channels, float unbiased, float share)) {
    const size_t count = size_t(groups) * channels;
    for (size_t i = blockIdx.x * THREADS + threadIdx.x; i < count; i += gridDim.x * THREADS) {
        const size_t group = i / channels, channel = i % channels;
        const float *found = statistics + group * 2 * channels + channel;
        float *mean = running + group * running_stride + channel, *variance = mean + channels;
        *mean += share * (found[0] + bias[group * bias_stride + channel] - *mean);
        *variance += share * (found[channels] * unbiased - *variance);
    }
}
