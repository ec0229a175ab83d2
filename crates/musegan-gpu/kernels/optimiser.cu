// The optimiser. What must stay true: it does nothing once something is broken, and what depends on
// the step is computed in double precision from the clock. Products are rounded before anything is
// added to them, as on the CPU, so that the same gradients move the weights the same way.
#include "device.h"

typedef unsigned long long Optimiser64;

// Blocks that add up a range of Guard.
#define GUARD_PARTS 16

DEVICE Optimiser64 optimiser_step(const unsigned *clock) {
    return Optimiser64(clock[1]) << 32 | clock[0];
}

// A product that is never fused with what is added to it. The emulator is compiled so that none is.
DEVICE float optimiser_product(float a, float b) {
#ifdef __CUDACC__
    return __fmul_rn(a, b);
#else
    return a * b;
#endif
}

// Whether anything is. All threads of a block must ask.
DEVICE bool optimiser_broken(const unsigned *broken, unsigned count) {
    float found = 0;
    for (Optimiser64 i = threadIdx.x; i < count; i += THREADS) found += broken[i] ? 1.0f : 0.0f;
    return block_sum(found) > 0;
}

// Adds up a part of a range: blockIdx.x is the range, blockIdx.y the part.
KERNEL(guard_sum, (const float *__restrict__ values, const unsigned *__restrict__ ranges,
                   unsigned reach, float *__restrict__ sums)) {
    const unsigned begin = min(ranges[2 * Optimiser64(blockIdx.x)], reach);
    const unsigned len = min(ranges[2 * Optimiser64(blockIdx.x) + 1], reach - begin);
    float sum = 0;
    const Optimiser64 first = blockIdx.y * THREADS + threadIdx.x;
    for (Optimiser64 i = first; i < len; i += GUARD_PARTS * THREADS) sum += values[begin + i];
    sum = block_sum(sum);
    if (threadIdx.x == 0) sums[GUARD_PARTS * Optimiser64(blockIdx.x) + blockIdx.y] = sum;
}

// Marks the ranges whose parts make no finite sum, a thread for each.
KERNEL(guard_mark, (const float *__restrict__ sums, unsigned count, unsigned *__restrict__ broken,
                    const unsigned *__restrict__ clock)) {
    const Optimiser64 threads = Optimiser64(gridDim.x) * THREADS;
    for (Optimiser64 i = Optimiser64(blockIdx.x) * THREADS + threadIdx.x; i < count; i += threads) {
        float sum = 0;
        for (unsigned part = 0; part < GUARD_PARTS; part++) sum += sums[GUARD_PARTS * i + part];
        // A mark must not be 0, however many steps there were.
        const Optimiser64 mark = min(optimiser_step(clock), 0xfffffffeull) + 1;
        if (!isfinite(sum) && broken[i] == 0) broken[i] = unsigned(mark);
    }
}

KERNEL(adam, (float *__restrict__ weights, const float *__restrict__ gradient,
              float *__restrict__ first, float *__restrict__ second, unsigned len,
              const unsigned *__restrict__ clock, unsigned per_step, unsigned round, double rate,
              double rate_end, Optimiser64 steps, double beta1, double beta2,
              const unsigned *__restrict__ broken, unsigned broken_count)) {
    __shared__ float of_step[2];
    // Powers take long: one warp's each, while the others look at what is broken.
    if (threadIdx.x == 0 || threadIdx.x == 32) {
        const Optimiser64 step = optimiser_step(clock);
        const double taken = double(step * per_step + round + 1);
        if (threadIdx.x == 0) {
            const double done = fmin(double(step) / double(steps), 1.0);
            const double now = rate * (1.0 - done * (1.0 - rate_end));
            of_step[0] = float(now / (1.0 - pow(beta1, taken)));
        } else {
            of_step[1] = float(1.0 / sqrt(1.0 - pow(beta2, taken)));
        }
    }
    // Beyond its barriers all know the two numbers.
    if (optimiser_broken(broken, broken_count)) return;
    const float pace = of_step[0], correction = of_step[1];
    const float keep1 = float(beta1), keep2 = float(beta2);
    const Optimiser64 threads = Optimiser64(gridDim.x) * THREADS;
    for (Optimiser64 i = Optimiser64(blockIdx.x) * THREADS + threadIdx.x; i < len; i += threads) {
        const float g = gradient[i];
        const float m = optimiser_product(keep1, first[i]) + optimiser_product(1.0f - keep1, g);
        const float v = optimiser_product(keep2, second[i]) +
                        optimiser_product(optimiser_product(1.0f - keep2, g), g);
        first[i] = m;
        second[i] = v;
        weights[i] -= optimiser_product(pace, m) / (optimiser_product(sqrtf(v), correction) + 1e-8f);
    }
}

KERNEL(average, (float *__restrict__ average, const float *__restrict__ weights, unsigned len,
                 double decay, const unsigned *__restrict__ clock,
                 const unsigned *__restrict__ broken, unsigned broken_count)) {
    if (optimiser_broken(broken, broken_count)) return;
    const double steps = double(optimiser_step(clock));
    const float share = 1.0f - float(fmin(decay, (1.0 + steps) / (10.0 + steps)));
    const Optimiser64 threads = Optimiser64(gridDim.x) * THREADS;
    for (Optimiser64 i = Optimiser64(blockIdx.x) * THREADS + threadIdx.x; i < len; i += threads) {
        average[i] += optimiser_product(share, weights[i] - average[i]);
    }
}

// One block.
KERNEL(advance, (unsigned *__restrict__ clock, const unsigned *__restrict__ broken,
                 unsigned broken_count)) {
    if (optimiser_broken(broken, broken_count) || threadIdx.x > 0) return;
    const Optimiser64 step = optimiser_step(clock) + 1;
    clock[0] = unsigned(step);
    clock[1] = unsigned(step >> 32);
}
