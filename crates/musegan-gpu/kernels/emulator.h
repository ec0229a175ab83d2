// A card for testing: runs kernels on one thread of the CPU, a block after the other, the threads of
// a block as fibers that take turns at barriers. Included by device.h where nvcc is not the compiler.
//
// It is stricter than a card. Threads run forwards, backwards or shuffled from one barrier to the
// next, and blocks from the last to the first, so that what relies on an order, or lacks a barrier,
// gives wrong numbers. Shared memory is NaN when a block begins. Barriers that not all threads of a
// block reach, and arguments that are not the kernel's, are errors.
//
// What must stay true: it needs the C library and nothing of C++'s, no exceptions, no destructors,
// since fibers that wait in vain are dropped where they stand. Launches run one at a time.
#pragma once

#include "emulator/fibers.h"
#include <math.h>
#include <pthread.h>
#include <utility>

namespace emulator {

enum Outcome { DONE = 0, NO_SUCH_KERNEL = 1, BAD_ARGUMENTS = 2, DIVERGED = 3, NO_MEMORY = 4 };

// A kernel's name and what unpacks its arguments, in a list that is built before main.
using Entry = int (*)(const unsigned *grid, void **arguments, const unsigned *sizes, unsigned count);
struct Kernel {
    const char *name;
    Entry entry;
    const Kernel *next;
    static const Kernel *&first() {
        static const Kernel *list = nullptr;
        return list;
    }
    Kernel(const char *name, Entry entry) : name(name), entry(entry), next(first()) { first() = this; }
};

// Shared memory of all kernels lies in one section, so that it can be found.
#ifdef __APPLE__
#define SHARED_SECTION "__DATA,musegan_shared"
extern char shared_begin[] __asm__("section$start$__DATA$musegan_shared");
extern char shared_end[] __asm__("section$end$__DATA$musegan_shared");
#else
#define SHARED_SECTION "musegan_shared"
extern "C" __attribute__((visibility("hidden"))) char __start_musegan_shared[], __stop_musegan_shared[];
static char *const shared_begin = __start_musegan_shared, *const shared_end = __stop_musegan_shared;
#endif
static void poison_shared() { memset(shared_begin, 0xff, shared_end - shared_begin); }

static int run_grid(const unsigned *grid, void (*body)(const void *), const void *arguments) {
    const bool fits = grid[0] > 0 && grid[1] > 0 && grid[2] > 0 && grid[0] < 1u << 31 &&
                      grid[1] < 1u << 16 && grid[2] < 1u << 16;
    if (!fits) return BAD_ARGUMENTS;
    if (!have_stacks()) return NO_MEMORY;
    block.body = body;
    block.arguments = arguments;
    block.stretch = 0;
    grid_size = {grid[0], grid[1], grid[2]};
    bool dirty = true;
    for (unsigned z = grid[2]; z-- > 0;)
        for (unsigned y = grid[1]; y-- > 0;)
            for (unsigned x = grid[0]; x-- > 0;) {
                if (dirty) poison_shared();
                block_index = {x, y, z};
                if (!run_block(&dirty)) return DIVERGED;
            }
    return DONE;
}

// Unpacks a kernel's parameters as the driver does: each argument a pointer to a value.
template <class... P> struct Call {
    void (*kernel)(P...);
    void **arguments;

    template <size_t... I> void go(std::index_sequence<I...>) const {
        kernel(*static_cast<P *>(arguments[I])...);
    }
    static void body(const void *self) {
        static_cast<const Call *>(self)->go(std::make_index_sequence<sizeof...(P)>());
    }
};

template <class... P>
int run(void (*kernel)(P...), const unsigned *grid, void **arguments, const unsigned *sizes,
        unsigned count) {
    const unsigned expected[] = {unsigned(sizeof(P))...};
    if (count != sizeof...(P) || memcmp(sizes, expected, sizeof expected) != 0) return BAD_ARGUMENTS;
    const Call<P...> call = {kernel, arguments};
    return run_grid(grid, Call<P...>::body, &call);
}

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

// Runs the kernel of a name.
inline int launch(const char *name, const unsigned *grid, void **arguments, const unsigned *sizes,
                  unsigned count) {
    const Kernel *kernel = Kernel::first();
    while (kernel && strcmp(kernel->name, name) != 0) kernel = kernel->next;
    if (!kernel) return NO_SUCH_KERNEL;
    pthread_mutex_lock(&one_at_a_time);
    const int outcome = kernel->entry(grid, arguments, sizes, count);
    pthread_mutex_unlock(&one_at_a_time);
    return outcome;
}

inline void sine_and_cosine_of_pi(float x, float *sine, float *cosine) {
    const double turned = double(x) - 2.0 * nearbyint(double(x) / 2.0);
    *sine = float(sin(3.14159265358979323846 * turned));
    *cosine = float(cos(3.14159265358979323846 * turned));
}

} // namespace emulator

#define KERNEL(name, parameters)                                                                   \
    static void name parameters;                                                                   \
    extern "C" int emulate_##name(const unsigned *grid, void **arguments, const unsigned *sizes,   \
                                  unsigned count) {                                                \
        return emulator::run(&name, grid, arguments, sizes, count);                                \
    }                                                                                              \
    static const emulator::Kernel kernel_##name(#name, emulate_##name);                            \
    static void name parameters
#define CROWDED_KERNEL KERNEL
#define PAIRED_KERNEL KERNEL
#define DEVICE static inline
#define UNROLL
#define __shared__ static __attribute__((section(SHARED_SECTION), aligned(16)))
#define __syncthreads() emulator::barrier(__LINE__)
#define threadIdx emulator::thread_index
#define blockIdx emulator::block_index
#define gridDim emulator::grid_size
#define sincospif emulator::sine_and_cosine_of_pi

struct alignas(16) float4 {
    float x, y, z, w;
};

DEVICE unsigned long long umulhi64(unsigned long long a, unsigned long long b) {
    return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64);
}

template <class T> DEVICE T min(T a, T b) { return b < a ? b : a; }
template <class T> DEVICE T max(T a, T b) { return a < b ? b : a; }

// Sums in the same tree as on a card: halves of each 32 threads onto halves, then one 32 after the
// other.
DEVICE float block_sum_of(const float *room) {
    float sum = 0;
    for (unsigned warp = 0; warp < THREADS / 32; warp++) {
        float lanes[32];
        memcpy(lanes, room + 32 * warp, sizeof lanes);
        for (unsigned half = 16; half > 0; half /= 2)
            for (unsigned i = 0; i < half; i++) lanes[i] += lanes[i + half];
        sum += lanes[0];
    }
    return sum;
}

DEVICE float *block_sum_room() {
    __shared__ float room[SUMS * THREADS + SUMS];
    return room;
}

template <unsigned N> DEVICE void block_sum(float (&x)[N]) {
    static_assert(N <= SUMS, "too many sums at once");
    float *room = block_sum_room(), *sums = room + SUMS * THREADS;
    for (unsigned i = 0; i < N; i++) room[i * THREADS + threadIdx.x] = x[i];
    __syncthreads();
    if (threadIdx.x < N) sums[threadIdx.x] = block_sum_of(room + threadIdx.x * THREADS);
    __syncthreads();
    for (unsigned i = 0; i < N; i++) x[i] = sums[i];
    __syncthreads();
}
