// All kernels, as one file for nvcc and for the emulator. A kernel file that is named here is
// complete: nothing else lists kernels.
#include "device.h"

#include "matrix.cu"
#include "batch_norm.cu"
#include "batch_norm_backward.cu"
#include "layer_norm.cu"
#include "layer_norm_tangent.cu"
#include "penalty.cu"
#if __has_include("random.cu")
#include "random.cu"
#endif
#if __has_include("optimiser.cu")
#include "optimiser.cu"
#endif
