// All kernels, as one file for nvcc and for the emulator. A kernel file that is named here is
// complete: nothing else lists kernels.
#include "device.h"

#include "matrix.cu"
#if __has_include("norms.cu")
#include "norms.cu"
#endif
#if __has_include("random.cu")
#include "random.cu"
#endif
#if __has_include("optimiser.cu")
#include "optimiser.cu"
#endif
