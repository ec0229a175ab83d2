// How a block's threads share rows of channels: a thread stays in its channel and takes every
// `lanes`-th row, so that a channel's numbers stay in its registers and neighbouring threads read
// neighbouring elements. What must stay true: sums over lanes are taken in an order that depends on
// the shape alone.
#pragma once
#include "device.h"

struct Columns {
    // The thread's channel, and which of its channel's threads it is; one that is left over has a
    // lane of its own, `lanes`, and no rows.
    unsigned channel, lane, lanes, channels;
};

// For blocks that take `channels` side by side.
DEVICE Columns columns_of(unsigned channels) {
    return {threadIdx.x % channels, threadIdx.x / channels, THREADS / channels, channels};
}

// How many of so many rows are a thread's.
DEVICE size_t rows_of(const Columns &at, size_t rows) {
    if (at.lane >= at.lanes || at.lane >= rows) return 0;
    return (rows - at.lane + at.lanes - 1) / at.lanes;
}

// How many rows a thread keeps in registers; 0: none, they are read again whenever they are needed.
// A step is from one of the thread's rows to its next; counted in 32 bits where few are kept.
template <unsigned N> struct Held {
    static constexpr unsigned ROWS = N, SPACE = N;
    using Step = unsigned;
};
template <> struct Held<0> {
    static constexpr unsigned ROWS = 0, SPACE = 1;
    using Step = size_t;
};

// Calls visit(k, step) for each of the thread's `rows`, `step` steps from its first; k is where it is
// kept, if it is.
template <unsigned N, class Visit> DEVICE void each_row(Held<N>, size_t rows, Visit visit) {
    UNROLL
    for (unsigned k = 0; k < N; k++) {
        if (k < unsigned(rows)) visit(k, k);
    }
}

template <class Visit> DEVICE void each_row(Held<0>, size_t rows, Visit visit) {
    for (size_t step = 0; step < rows; step++) visit(0, step);
}

// The same to fill what is kept, without a branch between the loads, so that all of them are on
// their way at once: where there is no k-th row, the first is visited again.
template <unsigned N, class Visit> DEVICE void load_rows(Held<N>, size_t rows, Visit visit) {
    if (rows == 0) return;
    UNROLL
    for (unsigned k = 0; k < N; k++) visit(k, k < unsigned(rows) ? k : 0);
}

template <class Visit> DEVICE void load_rows(Held<0>, size_t, Visit) {}

// Sums of each channel over its lanes, known to all threads of the channel. `room` is shared memory
// for `N` numbers of each thread. Every thread must call it.
template <unsigned N> DEVICE void column_sums(const Columns &at, float (&x)[N], float *room) {
    UNROLL
    for (unsigned i = 0; i < N; i++) room[i * THREADS + threadIdx.x] = x[i];
    for (unsigned width = at.lanes; width > 1;) {
        const unsigned half = (width + 1) / 2;
        __syncthreads();
        if (at.lane + half < width) {
            UNROLL
            for (unsigned i = 0; i < N; i++) {
                float *sums = room + i * THREADS + threadIdx.x;
                sums[0] += sums[half * at.channels];
            }
        }
        width = half;
    }
    __syncthreads();
    UNROLL
    for (unsigned i = 0; i < N; i++) x[i] = room[i * THREADS + at.channel];
    __syncthreads();
}
