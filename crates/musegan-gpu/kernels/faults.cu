// Kernels with the faults that the emulator is there to find, and one for each thing that it does.
// For its tests alone: no card ever sees them.
#include "device.h"

// Without the barrier, threads read what others have not written yet.
DEVICE void reverse(float *numbers, float *room, bool with_barrier) {
    room[threadIdx.x] = numbers[threadIdx.x];
    if (with_barrier) __syncthreads();
    numbers[threadIdx.x] = room[THREADS - 1 - threadIdx.x];
}

KERNEL(right_reverse, (float *numbers)) {
    __shared__ float room[THREADS];
    reverse(numbers + blockIdx.x * THREADS, room, true);
}

KERNEL(fault_no_barrier, (float *numbers)) {
    __shared__ float room[THREADS];
    reverse(numbers + blockIdx.x * THREADS, room, false);
}

// The second barrier is missing: a thread may write again before all have read.
KERNEL(fault_one_barrier_of_two, (float *numbers)) {
    __shared__ float room[THREADS];
    for (unsigned i = 0; i < 2; i++) reverse(numbers, room, true);
}

KERNEL(fault_some_return, (float *numbers)) {
    if (threadIdx.x == 17) return;
    __syncthreads();
    numbers[threadIdx.x] = 0;
}

KERNEL(fault_two_barriers, (float *numbers)) {
    if (threadIdx.x < 32) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    numbers[threadIdx.x] = 0;
}

// What the block before left is not there.
KERNEL(fault_shared_between_blocks, (float *numbers)) {
    __shared__ float room[THREADS];
    if (blockIdx.x == gridDim.x - 1) room[threadIdx.x] = 1;
    __syncthreads();
    numbers[blockIdx.x * THREADS + threadIdx.x] = room[threadIdx.x];
}

// Blocks are numbered from the first to the last, but no order is theirs.
KERNEL(fault_blocks_in_order, (float *numbers)) {
    const unsigned i = blockIdx.x * THREADS + threadIdx.x;
    numbers[i + THREADS] = numbers[i] + 1;
}

KERNEL(right_sums, (float *numbers, float *sums)) {
    const float own = numbers[blockIdx.x * THREADS + threadIdx.x];
    float several[SUMS] = {own, 2 * own, 1, static_cast<float>(threadIdx.x)};
    block_sum(several);
    const float one = block_sum(own);
    // Every thread knows them: thread i writes sum i.
    if (threadIdx.x < SUMS) sums[blockIdx.x * (SUMS + 1) + threadIdx.x] = several[threadIdx.x];
    if (threadIdx.x == THREADS - 1) sums[blockIdx.x * (SUMS + 1) + SUMS] = one;
}
