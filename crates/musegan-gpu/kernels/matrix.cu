// Matrices: clearing, products, sums and other orders of elements.
#include "device.h"

KERNEL(fill, (float *out, unsigned len, float value)) {
    for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < len; i += gridDim.x * THREADS) {
        out[i] = value;
    }
}
