// What all kernels stand on. Compiled by nvcc, the threads of a block are the card's; compiled by a
// C++ compiler, they are fibers of one thread, so that the kernels can be tested where there is no
// card (see emulator.h). What must stay true: a kernel means the same in both.
//
// A kernel file includes this (and headers that do), is named in all.cu, and uses of CUDA only what
// is named here:
//
//   KERNEL(name, (float *out, unsigned n)) { ... }   a kernel; blocks have THREADS threads along x
//   CROWDED_KERNEL(...)                              the same; four blocks of it fit on a
//                                                    multiprocessor: 64 registers a thread
//   PAIRED_KERNEL(...)                               the same for two: 128 registers
//   threadIdx.x, blockIdx.{x,y,z}, gridDim.{x,y,z}
//   __shared__ float tile[N];                        (declared inside a kernel or a DEVICE function
//                                                    that is no template; uninitialised)
//   DEVICE                                           a function that kernels call
//   UNROLL                                           before a loop of known length
//   __syncthreads()
//   block_sum(x)                                     the sum over the block, known to all threads;
//   block_sum(array)                                 the sums of up to 4 numbers at once, in place.
//                                                    Every thread must call it; fixed order
//   umulhi64(a, b)                                   the upper 64 bits of a product
//   float4                                           x, y, z, w; aligned to 16 bytes
//   __restrict__, sqrtf, logf, expf, sincospif, isfinite, fmaxf, fminf, min, max; memcpy of a number;
//   in double precision pow, sqrt, fmin; where a product must be rounded by itself, random.cu and
//   optimiser.cu name nvcc's own function for it
//
// No warp shuffles, atomics or textures. A thread that returns early must not leave others waiting:
// where a kernel has a barrier, either all of a block's threads return before it or none does. All
// kernels are compiled as one file, so functions and constants outside kernels have names that say
// which kernels they are for.
#pragma once

#define THREADS 256

// How many sums block_sum takes at once.
#define SUMS 4

#ifdef __CUDACC__

#define KERNEL(name, parameters) extern "C" __global__ void __launch_bounds__(THREADS) name parameters
#define CROWDED_KERNEL(name, parameters)                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS, 4) name parameters
#define PAIRED_KERNEL(name, parameters)                                                            \
    extern "C" __global__ void __launch_bounds__(THREADS, 2) name parameters
#define DEVICE static __device__ __forceinline__
#define UNROLL _Pragma("unroll")

DEVICE unsigned long long umulhi64(unsigned long long a, unsigned long long b) {
    return __umul64hi(a, b);
}

// The sum over a warp of 32: halves onto halves.
DEVICE float warp_sum(float x) {
    for (int lanes = 16; lanes > 0; lanes /= 2) x += __shfl_xor_sync(0xffffffffu, x, lanes);
    return x;
}

DEVICE float *block_sum_room() {
    __shared__ float room[SUMS * THREADS / 32];
    return room;
}

template <unsigned N> DEVICE void block_sum(float (&x)[N]) {
    static_assert(N <= SUMS, "too many sums at once");
    float *room = block_sum_room();
    UNROLL
    for (unsigned i = 0; i < N; i++) {
        const float sum = warp_sum(x[i]);
        if (threadIdx.x % 32 == 0) room[i * (THREADS / 32) + threadIdx.x / 32] = sum;
    }
    __syncthreads();
    UNROLL
    for (unsigned i = 0; i < N; i++) {
        float sum = 0;
        UNROLL
        for (unsigned warp = 0; warp < THREADS / 32; warp++) sum += room[i * (THREADS / 32) + warp];
        x[i] = sum;
    }
    __syncthreads();
}

#else
#include "emulator.h"
#endif

DEVICE float block_sum(float x) {
    float sums[1] = {x};
    block_sum(sums);
    return sums[0];
}
