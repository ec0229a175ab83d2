// What all kernels stand on. Compiled by nvcc, the threads of a block are the card's; compiled by a
// C++ compiler, they are fibers of one thread, so that the kernels can be tested where there is no
// card (see emulator.h). What must stay true: a kernel means the same in both.
//
// A kernel file includes this and nothing else, and uses of CUDA only what is named here:
//
//   KERNEL(name, (float *out, unsigned n)) { ... }   a kernel; blocks have THREADS threads along x
//   threadIdx.x, blockIdx.{x,y,z}, gridDim.{x,y,z}
//   __shared__ float tile[N];                        (declared inside a kernel; uninitialised)
//   DEVICE                                           a function that kernels call
//   __syncthreads()
//   block_sum(x)                                     the sum over the block, known to all threads;
//                                                    every thread must call it; fixed order
//   umulhi64(a, b)                                   the upper 64 bits of a product
//   __restrict__, sqrtf, logf, expf, sincospif, isfinite, fmaxf, fminf, min, max
//
// No warp shuffles, atomics or textures. A thread that returns early must not leave others waiting.
#pragma once

#define THREADS 256
