// Compiles where the compiler, its headers and the C++ compiler behind it work together. It is
// never run.

extern "C" __global__ void probe(float *values, int count) {
    __shared__ float sums[32];
    int index = blockIdx.x * blockDim.x + threadIdx.x;
    float value = index < count ? values[index] : 0.0f;
    for (int lane = 16; lane > 0; lane /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, lane);
    }
    sums[threadIdx.x / 32] = tanhf(value) + rsqrtf(value);
    __syncthreads();
    if (index < count) {
        atomicAdd(&values[index], sums[0]);
    }
}
