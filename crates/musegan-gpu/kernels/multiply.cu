// Products of matrices.
//
// What must stay true: every sum is taken in an order that the sizes alone decide.
#include "axes.h"

// out = left * right. A block computes a tile of out; 256 threads hold 4x4 numbers of it each, and
// where the tile has fewer than 256 such squares, `SLICES` of threads share the depth between them.
// Tiles of the operands pass through shared memory, depth-major, two at a time: while one is
// multiplied, the next is on its way from global memory in registers, so there is one barrier for
// each step of the depth.
//
// What was counted, for one step of a 64x64x16 tile on an SM of a Hopper card: 65,536
// multiply-adds are 512 cycles at 128 a cycle. A warp reads two float4 per thread and depth, of
// which the left one is two addresses (1 cycle of shared memory) and the right one 256 bytes (2),
// for 16 instructions that take 4 cycles of all four schedulers: 3 cycles of memory under 4 of
// arithmetic. With 8 loads, 8 stores and their addresses a thread has some 340 instructions a step,
// 700 cycles for eight warps. Every tile's step takes 8 to 9 KB from the cache, which gives an SM
// some 24 bytes a cycle: about 350 cycles, well under those 700 and just under the 400 of the tiles
// of half the arithmetic; the smallest, of a quarter, lives on being many and short. Loads are of
// 128 consecutive bytes a warp where the axis that is walked along lies dense, of 64 where that is
// a depth of 16. Tiles take 17 to 20 KB of shared memory and 64 registers a thread (the deep one 40 KB
// and more registers), so four blocks are on an SM at once: at the rolls, where a product is a single step, three load while one
// computes.
template <unsigned EXTENT, unsigned DEPTH> struct Operand {
    static constexpr unsigned LOADS = EXTENT * DEPTH / THREADS, PITCH = EXTENT + 4;
    const float *from;
    Axis depth;
    bool along_depth;
    // This thread's first element of a tile, and how far on its next ones are.
    unsigned line, line_step, at, at_step;
    // Where its lines begin, and a bit for each of them that is inside the matrix.
    unsigned begins[LOADS], inside;
    float values[LOADS];
};

template <unsigned EXTENT, unsigned DEPTH>
DEVICE void operand_open(Operand<EXTENT, DEPTH> &o, const float *from, const Axis &lines,
                         const Axis &depth, unsigned first, unsigned len, bool along_depth) {
    const unsigned t = threadIdx.x;
    o.from = from;
    o.depth = depth;
    o.along_depth = along_depth;
    o.line = along_depth ? t / DEPTH : t % EXTENT;
    o.line_step = along_depth ? THREADS / DEPTH : 0;
    o.at = along_depth ? t % DEPTH : t / EXTENT;
    o.at_step = along_depth ? 0 : THREADS / EXTENT;
    o.inside = 0;
    UNROLL
    for (unsigned i = 0; i < Operand<EXTENT, DEPTH>::LOADS; i++) {
        const unsigned line = first + o.line + i * o.line_step;
        if (line < len) o.inside |= 1u << i;
        o.begins[i] = axis_at(lines, line < len ? line : 0);
    }
}

// Takes the tile whose depth begins at k into registers; 0 for what is outside.
template <unsigned EXTENT, unsigned DEPTH>
DEVICE void operand_load(Operand<EXTENT, DEPTH> &o, unsigned k, unsigned k_end) {
    constexpr unsigned LOADS = Operand<EXTENT, DEPTH>::LOADS;
    if (o.along_depth) {
        const bool there = k + o.at < k_end;
        const float *from = o.from + axis_at(o.depth, there ? k + o.at : k);
        UNROLL
        for (unsigned i = 0; i < LOADS; i++) {
            o.values[i] = there && (o.inside >> i & 1) ? from[o.begins[i]] : 0.0f;
        }
    } else {
        const float *from = o.from + o.begins[0];
        UNROLL
        for (unsigned i = 0; i < LOADS; i++) {
            const unsigned at = k + o.at + i * o.at_step;
            o.values[i] = at < k_end && (o.inside & 1) ? from[axis_at(o.depth, at)] : 0.0f;
        }
    }
}

template <unsigned EXTENT, unsigned DEPTH>
DEVICE void operand_store(const Operand<EXTENT, DEPTH> &o, float *tile) {
    constexpr unsigned PITCH = Operand<EXTENT, DEPTH>::PITCH;
    UNROLL
    for (unsigned i = 0; i < Operand<EXTENT, DEPTH>::LOADS; i++) {
        tile[(o.at + i * o.at_step) * PITCH + o.line + i * o.line_step] = o.values[i];
    }
}

// Adds the product of a column of four and a row of four.
DEVICE void square_add(float (&sums)[4][4], const float *column, const float *row) {
    const float4 a = *reinterpret_cast<const float4 *>(column);
    const float4 b = *reinterpret_cast<const float4 *>(row);
    const float left[4] = {a.x, a.y, a.z, a.w}, right[4] = {b.x, b.y, b.z, b.w};
    UNROLL
    for (unsigned i = 0; i < 4; i++) {
        UNROLL
        for (unsigned j = 0; j < 4; j++) sums[i][j] += left[i] * right[j];
    }
}

// What all blocks of a product know. `out` of part p of the depth lies p * part_stride further on. What
// is not null is added in the end: to every row, or with BIAS_ALONG_ROWS to every column.
struct Product {
    const float *left, *right, *bias;
    float *out;
    Axis left_rows, left_depth, right_columns, right_depth, out_rows, out_columns;
    unsigned left_group, right_group, out_group, bias_group;
    unsigned rows, columns, depth, part, part_stride, flags;
};
enum {
    LEFT_ALONG_DEPTH = 1,
    RIGHT_ALONG_DEPTH = 2,
    OUT_ALONG_ROWS = 4,
    OUT_ADD = 8,
    BIAS_ALONG_ROWS = 16,
    OUT_RELU = 32
};

constexpr unsigned larger(unsigned a, unsigned b) { return a < b ? b : a; }

template <unsigned ROWS, unsigned COLUMNS, unsigned DEPTH> struct Tile {
    static constexpr unsigned SQUARES = ROWS / 4 * (COLUMNS / 4), SLICES = THREADS / SQUARES;
    static constexpr unsigned OPERANDS = DEPTH * (ROWS + 4 + COLUMNS + 4);
    static constexpr unsigned OUT_PITCH = COLUMNS + 4, OUT = ROWS * OUT_PITCH;
    // Elements of shared memory: operands twice, later every slice's sums.
    static constexpr unsigned ROOM = larger(2 * OPERANDS, SLICES * OUT);
};

template <unsigned ROWS, unsigned COLUMNS, unsigned DEPTH>
DEVICE void multiply_tile(const Product &p, float *room) {
    using T = Tile<ROWS, COLUMNS, DEPTH>;
    const unsigned across = (p.columns + COLUMNS - 1) / COLUMNS;
    const unsigned tiles = (p.rows + ROWS - 1) / ROWS * across;
    const unsigned long long group = blockIdx.x / tiles;
    const unsigned first_row = blockIdx.x % tiles / across * ROWS;
    const unsigned first_column = blockIdx.x % tiles % across * COLUMNS;
    const unsigned k_begin = blockIdx.y * p.part, k_end = min(p.depth, k_begin + p.part);
    const unsigned slice = threadIdx.x / T::SQUARES, square = threadIdx.x % T::SQUARES;
    const unsigned row = square / (COLUMNS / 4) * 4, column = square % (COLUMNS / 4) * 4;

    Operand<ROWS, DEPTH> left;
    Operand<COLUMNS, DEPTH> right;
    operand_open(left, p.left + group * p.left_group, p.left_rows, p.left_depth, first_row, p.rows,
                 p.flags & LEFT_ALONG_DEPTH);
    operand_open(right, p.right + group * p.right_group, p.right_columns, p.right_depth, first_column,
                 p.columns, p.flags & RIGHT_ALONG_DEPTH);
    float sums[4][4] = {};
    float *half = room;
    operand_load(left, k_begin, k_end);
    operand_load(right, k_begin, k_end);
    for (unsigned k = k_begin; k < k_end; k += DEPTH) {
        float *const a = half, *const b = half + DEPTH * (ROWS + 4);
        operand_store(left, a);
        operand_store(right, b);
        // Whoever passes has also finished with the other half, which is written next.
        __syncthreads();
        half = half == room ? room + T::OPERANDS : room;
        const unsigned there = min(DEPTH, k_end - k);
        if (k + DEPTH < k_end) {
            operand_load(left, k + DEPTH, k_end);
            operand_load(right, k + DEPTH, k_end);
        }
        if (there == DEPTH) {
            UNROLL
            for (unsigned i = 0; i < DEPTH / T::SLICES; i++) {
                const unsigned at = slice + i * T::SLICES;
                square_add(sums, a + at * (ROWS + 4) + row, b + at * (COLUMNS + 4) + column);
            }
        } else {
            for (unsigned at = slice; at < there; at += T::SLICES) {
                square_add(sums, a + at * (ROWS + 4) + row, b + at * (COLUMNS + 4) + column);
            }
        }
    }
    __syncthreads();

    // Through shared memory once more: the slices are added up, and what lies side by side in `out`
    // is written side by side.
    float *const own = room + slice * T::OUT + row * T::OUT_PITCH + column;
    UNROLL
    for (unsigned i = 0; i < 4; i++) {
        *reinterpret_cast<float4 *>(own + i * T::OUT_PITCH) =
            float4{sums[i][0], sums[i][1], sums[i][2], sums[i][3]};
    }
    __syncthreads();
    float *const out = p.out + group * p.out_group +
                       static_cast<unsigned long long>(blockIdx.y) * p.part_stride;
    for (unsigned i = threadIdx.x; i < ROWS * COLUMNS; i += THREADS) {
        const bool along_rows = p.flags & OUT_ALONG_ROWS;
        const unsigned r = along_rows ? i % ROWS : i / COLUMNS;
        const unsigned c = along_rows ? i / ROWS : i % COLUMNS;
        if (first_row + r >= p.rows || first_column + c >= p.columns) continue;
        float sum = 0;
        UNROLL
        for (unsigned s = 0; s < T::SLICES; s++) sum += room[s * T::OUT + r * T::OUT_PITCH + c];
        if (p.bias) {
            const unsigned own = p.flags & BIAS_ALONG_ROWS ? first_row + r : first_column + c;
            sum += p.bias[group * p.bias_group + own];
            if (p.flags & OUT_RELU) sum = fmaxf(sum, 0.0f);
        }
        const unsigned at =
            axis_at(p.out_rows, first_row + r) + axis_at(p.out_columns, first_column + c);
        out[at] = p.flags & OUT_ADD ? out[at] + sum : sum;
    }
}

// A kernel for each tile. Large ones for much work, small ones for many blocks; the narrow one for
// the sides of 12 and 16 at the rolls, the deep one for products of so few blocks that each is alone
// on a multiprocessor: it waits for memory half as often.
#define MULTIPLY(KIND, name, ROWS, COLUMNS, DEPTH)                                                 \
    KIND(name, (const float *__restrict__ left, const float *__restrict__ right,                   \
                float *__restrict__ out, const float *__restrict__ bias, unsigned left_group,      \
                unsigned right_group, unsigned out_group, unsigned bias_group, AXIS(left_rows),    \
                AXIS(left_depth), AXIS(right_columns), AXIS(right_depth), AXIS(out_rows),          \
                AXIS(out_columns), unsigned rows, unsigned columns, unsigned depth, unsigned part, \
                unsigned part_stride, unsigned flags)) {                                           \
        __shared__ float4 room[Tile<ROWS, COLUMNS, DEPTH>::ROOM / 4];                              \
        const Product product = {left, right, bias, out, AXIS_OF(left_rows), AXIS_OF(left_depth),  \
                                 AXIS_OF(right_columns), AXIS_OF(right_depth), AXIS_OF(out_rows),  \
                                 AXIS_OF(out_columns), left_group, right_group, out_group,         \
                                 bias_group, rows, columns, depth, part, part_stride, flags};      \
        multiply_tile<ROWS, COLUMNS, DEPTH>(product, reinterpret_cast<float *>(room));             \
    }
MULTIPLY(CROWDED_KERNEL, multiply_64x64, 64, 64, 16)
MULTIPLY(CROWDED_KERNEL, multiply_128x16, 128, 16, 16)
MULTIPLY(CROWDED_KERNEL, multiply_32x32, 32, 32, 32)
MULTIPLY(CROWDED_KERNEL, multiply_16x16, 16, 16, 64)
MULTIPLY(PAIRED_KERNEL, multiply_16x16_deep, 16, 16, 128)
