// What the gradient penalty needs beside the critic: points between real and generated phrases, and
// the direction of the gradient there. What must stay true: one share and one length for a sample,
// over all groups.
#include "columns.h"

// Bytes of an element: 8 read, 4 written. Blocks along y take samples, along z groups.
KERNEL(mix, (const float *a, unsigned a_group_stride, const float *b, unsigned b_group_stride,
             const float *share, float *out, unsigned groups, unsigned samples, unsigned len)) {
    for (size_t group = blockIdx.z; group < groups; group += gridDim.z) {
        for (size_t sample = blockIdx.y; sample < samples; sample += gridDim.y) {
            const size_t start = sample * len;
            const float *own_a = a + group * a_group_stride + start;
            const float *own_b = b + group * b_group_stride + start;
            float *own_out = out + group * samples * len + start;
            const float of_a = share[sample];
            for (size_t i = blockIdx.x * THREADS + threadIdx.x; i < len; i += gridDim.x * THREADS) {
                own_out[i] = of_a * own_a[i] + (1 - of_a) * own_b[i];
            }
        }
    }
}

// Cells that a thread has on their way at once; 18 are a thread's of a track.
#define DIRECTION_TILE 18

// Calls visit(value, cell) for each of the thread's cells of a sample.
template <class Visit>
DEVICE void each_cell(float *cells, unsigned groups, size_t samples, size_t sample, unsigned len,
                      Visit visit) {
    const Held<DIRECTION_TILE> held;
    for (unsigned group = 0; group < groups; group++) {
        float *own = cells + (group * samples + sample) * len;
        for (size_t first = threadIdx.x; first < len; first += DIRECTION_TILE * THREADS) {
            const size_t rows = min((len - first + THREADS - 1) / THREADS, size_t(DIRECTION_TILE));
            float tile[DIRECTION_TILE];
            load_rows(held, rows,
                      [&](unsigned k, unsigned step) { tile[k] = own[first + step * THREADS]; });
            each_row(held, rows,
                     [&](unsigned k, unsigned step) { visit(tile[k], own[first + step * THREADS]); });
        }
    }
}

// A block takes a sample. Bytes of a cell: 8 read, the second time from the core's own cache (a sample
// of five tracks is 90 KiB), and 4 written.
KERNEL(direction, (float *cells, unsigned groups, unsigned samples, unsigned len, float *norms,
                   float *rates, float factor)) {
    for (size_t sample = blockIdx.x; sample < samples; sample += gridDim.x) {
        float squares = 0;
        each_cell(cells, groups, samples, sample, len,
                  [&](float cell, float &) { squares += cell * cell; });
        const float norm = sqrtf(block_sum(squares));
        const float scale = 1 / fmaxf(norm, 1e-12f);
        each_cell(cells, groups, samples, sample, len,
                  [&](float cell, float &to) { to = cell * scale; });
        if (threadIdx.x == 0) {
            norms[sample] = norm;
            rates[sample] = factor * (norm - 1);
        }
    }
}
