// All kernels, as one file for nvcc and for the emulator. A kernel file that is named here is
// complete: nothing else lists kernels.
#include "device.h"

#include "batch_norm.cu"
#include "batch_norm_backward.cu"
#include "layer_norm.cu"
#include "layer_norm_tangent.cu"
#include "matrix.cu"
#include "multiply.cu"
#include "optimiser.cu"
#include "penalty.cu"
#include "random.cu"
