// Matrices: clearing, sums and other orders of elements.
//
// What must stay true: every sum is taken in an order that the sizes alone decide.
#include "axes.h"

KERNEL(fill, (float *__restrict__ out, unsigned len, float value)) {
    const unsigned long long step = gridDim.x * THREADS;
    for (unsigned long long i = blockIdx.x * THREADS + threadIdx.x; i < len; i += step) out[i] = value;
}

// Sums over rows. A block has `width` columns, a power of two, and 256 / width threads for each,
// which take turns at the rows. Column c of `out` lies where row c / out_width, column c % out_width
// of a matrix does. Blocks along y take `part` rows each and write part_stride apart.
//
// Four bytes of traffic for each addition: the time is that of reading the input, if there are
// columns or parts enough for some hundred blocks.
KERNEL(sum_rows, (const float *__restrict__ input, unsigned rows, unsigned columns,
                  unsigned row_stride, unsigned group_stride, float *__restrict__ out,
                  unsigned out_group, AXIS(out_rows), AXIS(out_columns), unsigned out_width,
                  unsigned width, unsigned part, unsigned part_stride, unsigned add)) {
    __shared__ float room[THREADS];
    const unsigned tiles = (columns + width - 1) / width, lanes = THREADS / width;
    const unsigned long long group = blockIdx.x / tiles;
    const unsigned column = blockIdx.x % tiles * width + threadIdx.x % width;
    const unsigned lane = threadIdx.x / width;
    const unsigned begin = blockIdx.y * part, end = min(rows, begin + part);
    float sum = 0;
    if (column < columns) {
        const float *from = input + group * group_stride + column;
        for (unsigned r = begin + lane; r < end; r += lanes) sum += from[r * row_stride];
    }
    room[threadIdx.x] = sum;
    __syncthreads();
    for (unsigned half = lanes / 2; half > 0; half /= 2) {
        if (lane < half) room[threadIdx.x] += room[threadIdx.x + half * width];
        __syncthreads();
    }
    if (lane == 0 && column < columns) {
        const unsigned at = axis_at(AXIS_OF(out_rows), column / out_width) +
                            axis_at(AXIS_OF(out_columns), column % out_width);
        float *to = out + group * out_group +
                    static_cast<unsigned long long>(blockIdx.y) * part_stride + at;
        *to = add ? *to + room[threadIdx.x] : room[threadIdx.x];
    }
}

// A number of `out` is the sum of the windows that reach it, in their order.
KERNEL(overlap, (const float *__restrict__ windows, float *__restrict__ out, unsigned len,
                 unsigned taps, unsigned width, unsigned step, unsigned row_len,
                 unsigned row_magic, unsigned row_shift, unsigned step_magic,
                 unsigned step_shift)) {
    for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < len; i += gridDim.x * THREADS) {
        const unsigned row = divide(i, row_magic, row_shift), at = i - row * row_len;
        // With a step of 0 every window reaches every number.
        const unsigned last = step ? min(taps - 1, divide(at, step_magic, step_shift)) : taps - 1;
        const unsigned first =
            step && at >= width ? divide(at - width, step_magic, step_shift) + 1 : 0;
        const float *from = windows + static_cast<unsigned long long>(row) * taps * width;
        float sum = 0;
        for (unsigned t = first; t <= last; t++) sum += from[t * width + at - t * step];
        out[i] = sum;
    }
}

// Adds a row to all rows of a group.
KERNEL(add_row, (const float *__restrict__ bias, unsigned bias_group, float *__restrict__ out,
                 unsigned len, unsigned columns, unsigned column_magic, unsigned column_shift,
                 unsigned rows_magic, unsigned rows_shift, unsigned relu)) {
    for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < len; i += gridDim.x * THREADS) {
        const unsigned row = divide(i, column_magic, column_shift);
        const unsigned long long group = divide(row, rows_magic, rows_shift);
        const float sum = out[i] + bias[group * bias_group + (i - row * columns)];
        out[i] = relu ? fmaxf(sum, 0.0f) : sum;
    }
}

// Element i of `out` is at its place along each of up to six axes of `input`, outermost first. The
// writes lie side by side; where the reads do not, the cache gathers them.
#define PERMUTED(n) unsigned size##n, unsigned magic##n, unsigned shift##n, unsigned stride##n
KERNEL(permute, (const float *__restrict__ input, float *__restrict__ out, unsigned len,
                 unsigned stride0, PERMUTED(1), PERMUTED(2), PERMUTED(3), PERMUTED(4), PERMUTED(5))) {
    const unsigned sizes[] = {size5, size4, size3, size2, size1};
    const unsigned magics[] = {magic5, magic4, magic3, magic2, magic1};
    const unsigned shifts[] = {shift5, shift4, shift3, shift2, shift1};
    const unsigned strides[] = {stride5, stride4, stride3, stride2, stride1};
    for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < len; i += gridDim.x * THREADS) {
        unsigned rest = i, at = 0;
        UNROLL
        for (unsigned axis = 0; axis < 5; axis++) {
            const unsigned outer = divide(rest, magics[axis], shifts[axis]);
            at += (rest - outer * sizes[axis]) * strides[axis];
            rest = outer;
        }
        out[i] = input[at + rest * stride0];
    }
}
