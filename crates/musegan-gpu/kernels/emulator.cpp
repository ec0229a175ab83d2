// The kernels for a machine without a card: what the build compiles with feature `emulated`.
#include "all.cu"
#include "faults.cu"

extern "C" int musegan_emulate(const char *name, const unsigned grid[3], void **arguments,
                               const unsigned *sizes, unsigned count) {
    return emulator::launch(name, grid, arguments, sizes, count);
}
