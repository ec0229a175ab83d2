// A driver for machines without one: what the library calls of libcuda.so.1, on this machine's
// processor, and stricter. Work is queued and done only when the host asks how far it is, a bit each
// time; a call without a current context, a handle that is not one, memory that nobody took and a
// context that is left current are errors. Kernels are the library's own, emulated, and their
// arguments are copied when a real driver copies them.
//
// What the card has to go through is in the environment variable FAKE_CARD:
//   none, old, hang, fail, small (8 MiB), without-graphs
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stdio.h>
#include <stdlib.h>
#include <string>
#include <vector>

#include "device.h"

namespace fake {

// A kernel, with what a real driver knows of it: how large its arguments are.
using Entry = int (*)(const unsigned *grid, void **arguments);
struct Kernel {
    Entry entry;
    std::vector<unsigned> sizes;
};
static std::map<std::string, Kernel> &kernels() {
    static std::map<std::string, Kernel> all;
    return all;
}

template <class... P> int run(void (*kernel)(P...), const unsigned *grid, void **arguments) {
    const unsigned sizes[] = {unsigned(sizeof(P))...};
    return emulator::run(kernel, grid, arguments, sizes, sizeof...(P));
}

template <class... P> bool add(const char *name, Entry entry, void (*)(P...)) {
    kernels()[name] = {entry, {unsigned(sizeof(P))...}};
    return true;
}

} // namespace fake

#undef KERNEL
#define KERNEL(name, parameters)                                                                   \
    static void name parameters;                                                                   \
    static int emulate_##name(const unsigned *grid, void **arguments) {                            \
        return fake::run(&name, grid, arguments);                                                  \
    }                                                                                              \
    static const bool added_##name = fake::add(#name, emulate_##name, &name);                      \
    static void name parameters
#include "all.cu"

namespace fake {

enum { INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_CARD = 100, NO_CONTEXT = 201, UNSUPPORTED_PTX = 222,
       BAD_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700 };

using Work = std::function<int()>;
struct Launch {
    const Kernel *kernel;
    unsigned grid[3];
    std::vector<unsigned long long> values;

    int go() const {
        std::vector<void *> arguments;
        for (const auto &value : values) arguments.push_back(const_cast<unsigned long long *>(&value));
        return kernel->entry(grid, arguments.data()) == 0 ? 0 : ILLEGAL_ADDRESS;
    }
};
struct Event { bool reached = true; };
struct Stream { std::deque<Work> work; };
struct Graph { std::vector<Launch> launches; };

static std::mutex one_at_a_time;
static thread_local std::vector<void *> current;
static std::set<void *> contexts, streams, events, graphs, host;
static std::map<unsigned long long, size_t> memory;
static size_t taken = 0;
static int broken = 0;
// What the test looks at.
static unsigned long long counts[3];
enum { LAUNCHES, GRAPH_LAUNCHES, LONGEST_QUEUE };

static bool is(const char *what) {
    const char *card = getenv("FAKE_CARD");
    return card && strcmp(card, what) == 0;
}
static size_t total() { return is("small") ? 8 << 20 : 256 << 20; }

// Every call on the card begins with this.
static int ready() { return current.empty() ? NO_CONTEXT : broken; }

static bool inside(unsigned long long at, size_t bytes) {
    auto after = memory.upper_bound(at);
    if (after == memory.begin()) return false;
    const auto &[start, length] = *--after;
    return bytes <= length && at - start <= length - bytes;
}

static int queue(void *stream, Work work) {
    if (!streams.count(stream)) return BAD_HANDLE;
    auto &all = static_cast<Stream *>(stream)->work;
    all.push_back(std::move(work));
    if (counts[LONGEST_QUEUE] < all.size()) counts[LONGEST_QUEUE] = all.size();
    return 0;
}

// The card does a bit of its work.
static void advance() {
    if (is("hang")) return;
    for (void *one : streams) {
        auto &work = static_cast<Stream *>(one)->work;
        for (int bit = 0; bit < 3 && !work.empty() && !broken; bit++) {
            const Work next = std::move(work.front());
            work.pop_front();
            broken = next();
        }
    }
}

static Launch launch_of(void *function, const unsigned *grid, void **arguments) {
    Launch launch = {static_cast<Kernel *>(function), {grid[0], grid[1], grid[2]}, {}};
    for (size_t i = 0; i < launch.kernel->sizes.size(); i++) {
        unsigned long long value = 0xcccccccccccccccc;
        memcpy(&value, arguments[i], launch.kernel->sizes[i]);
        launch.values.push_back(value);
    }
    return launch;
}

} // namespace fake

using namespace fake;
#define CALL extern "C" __attribute__((visibility("default"))) int
#define LOCK std::lock_guard<std::mutex> lock(one_at_a_time)
#define READY                                                                                      \
    LOCK;                                                                                          \
    if (const int code = ready()) return code

CALL cuInit(unsigned) { return is("none") ? NO_CARD : 0; }
CALL cuDriverGetVersion(int *version) { return *version = is("old") ? 12040 : 13000, 0; }
CALL cuGetErrorName(int code, const char **text) {
    *text = "CUDA_ERROR_FAKE";
    return code < 999 ? 0 : INVALID_VALUE;
}
CALL cuGetErrorString(int code, const char **text) {
    *text = "a fake error";
    return code < 999 ? 0 : INVALID_VALUE;
}
CALL cuDeviceGetCount(int *count) { return *count = 1, 0; }
CALL cuDeviceGet(int *device, int number) { return *device = 70 + number, number ? 101 : 0; }
CALL cuDeviceGetName(char *name, int length, int) { return snprintf(name, length, "Fake Card"), 0; }
CALL cuDeviceTotalMem_v2(size_t *bytes, int) { return *bytes = total(), 0; }
CALL cuDeviceGetAttribute(int *value, unsigned which, int) { return *value = which == 75 ? 9 : 0, 0; }

CALL cuCtxCreate_v2(void **context, unsigned, int device) {
    LOCK;
    if (device != 70) return 101;
    contexts.insert(*context = new char);
    current.push_back(*context);
    return 0;
}
CALL cuCtxDestroy_v2(void *context) {
    LOCK;
    if (!contexts.erase(context)) return BAD_HANDLE;
    // Everything goes with it.
    streams.clear(), events.clear(), graphs.clear(), host.clear(), memory.clear();
    taken = broken = 0;
    return 0;
}
CALL cuCtxPushCurrent_v2(void *context) {
    LOCK;
    if (!contexts.count(context)) return NO_CONTEXT;
    return current.push_back(context), 0;
}
CALL cuCtxPopCurrent_v2(void **context) {
    if (current.empty()) return NO_CONTEXT;
    *context = current.back();
    return current.pop_back(), 0;
}

CALL cuModuleLoadData(void **module, const void *image) {
    READY;
    unsigned magic;
    memcpy(&magic, image, 4);
    if (reinterpret_cast<size_t>(image) % 16 || magic != 0xba55ed50) return 200;
    return *module = contexts.size() ? *contexts.begin() : nullptr, is("old") ? UNSUPPORTED_PTX : 0;
}
CALL cuModuleGetFunction(void **function, void *module, const char *name) {
    READY;
    const auto found = kernels().find(name);
    if (!contexts.count(module)) return BAD_HANDLE;
    if (found == kernels().end()) return NOT_FOUND;
    return *function = &found->second, 0;
}

CALL cuStreamCreate(void **stream, unsigned flags) {
    READY;
    return streams.insert(*stream = new Stream), flags == 1 ? 0 : INVALID_VALUE;
}
CALL cuStreamDestroy_v2(void *stream) {
    READY;
    return streams.erase(stream) ? 0 : BAD_HANDLE;
}
CALL cuEventCreate(void **event, unsigned) {
    READY;
    return events.insert(*event = new Event), 0;
}
CALL cuEventDestroy_v2(void *event) {
    READY;
    return events.erase(event) ? 0 : BAD_HANDLE;
}
CALL cuEventRecord(void *handle, void *stream) {
    READY;
    if (!events.count(handle)) return BAD_HANDLE;
    Event *event = static_cast<Event *>(handle);
    event->reached = false;
    return queue(stream, [=] { return event->reached = true, 0; });
}
CALL cuEventQuery(void *event) {
    READY;
    if (!events.count(event)) return BAD_HANDLE;
    advance();
    if (broken) return broken;
    return static_cast<Event *>(event)->reached ? 0 : NOT_READY;
}

CALL cuMemGetInfo_v2(size_t *free, size_t *all) {
    READY;
    return *free = total() - taken, *all = total(), 0;
}
CALL cuMemAlloc_v2(unsigned long long *at, size_t bytes) {
    READY;
    if (bytes > total() - taken) return OUT_OF_MEMORY;
    void *start = aligned_alloc(256, (bytes + 255) / 256 * 256);
    memset(start, 0xcc, bytes);
    memory[*at = reinterpret_cast<unsigned long long>(start)] = bytes;
    return taken += bytes, 0;
}
CALL cuMemFree_v2(unsigned long long at) {
    READY;
    const auto found = memory.find(at);
    if (found == memory.end()) return INVALID_VALUE;
    // A real driver would wait here, without a limit.
    for (void *stream : streams)
        if (!static_cast<Stream *>(stream)->work.empty()) return broken = ILLEGAL_ADDRESS;
    taken -= found->second;
    free(reinterpret_cast<void *>(at));
    return memory.erase(found), 0;
}
CALL cuMemsetD8Async(unsigned long long at, unsigned char value, size_t bytes, void *stream) {
    READY;
    if (!inside(at, bytes)) return INVALID_VALUE;
    return queue(stream, [=] { return memset(reinterpret_cast<void *>(at), value, bytes), 0; });
}
CALL cuMemAllocHost_v2(void **start, size_t bytes) {
    READY;
    return host.insert(*start = malloc(bytes)), 0;
}
CALL cuMemFreeHost(void *start) {
    READY;
    return host.erase(start) ? 0 : INVALID_VALUE;
}
CALL cuMemcpyHtoDAsync_v2(unsigned long long at, const void *from, size_t bytes, void *stream) {
    READY;
    if (!inside(at, bytes)) return INVALID_VALUE;
    return queue(stream, [=] { return memcpy(reinterpret_cast<void *>(at), from, bytes), 0; });
}
CALL cuMemcpyDtoHAsync_v2(void *to, unsigned long long at, size_t bytes, void *stream) {
    READY;
    if (!inside(at, bytes)) return INVALID_VALUE;
    return queue(stream, [=] { return memcpy(to, reinterpret_cast<void *>(at), bytes), 0; });
}

CALL cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned bx, unsigned by,
                    unsigned bz, unsigned, void *stream, void **arguments, void **) {
    READY;
    if (bx != THREADS || by != 1 || bz != 1) return INVALID_VALUE;
    counts[LAUNCHES]++;
    const unsigned grid[] = {x, y, z};
    const Launch launch = launch_of(function, grid, arguments);
    return queue(stream, [=] { return is("fail") ? ILLEGAL_ADDRESS : launch.go(); });
}

CALL cuGraphCreate(void **graph, unsigned) {
    READY;
    if (is("without-graphs")) return 801;
    return graphs.insert(*graph = new Graph), 0;
}
struct Node {
    void *function;
    unsigned grid[3], block[3], shared;
    void **arguments, **extra;
};
CALL cuGraphAddKernelNode(void **node, void *graph, void *const *before, size_t count,
                          const Node *kernel) {
    READY;
    if (!graphs.count(graph)) return BAD_HANDLE;
    auto &launches = static_cast<Graph *>(graph)->launches;
    // A chain: each after the one before it.
    if (count != (launches.empty() ? 0 : 1) || (count && *before != reinterpret_cast<void *>(launches.size())))
        return INVALID_VALUE;
    if (kernel->block[0] != THREADS || kernel->block[1] != 1 || kernel->block[2] != 1 ||
        kernel->shared || kernel->extra)
        return INVALID_VALUE;
    launches.push_back(launch_of(kernel->function, kernel->grid, kernel->arguments));
    return *node = reinterpret_cast<void *>(launches.size()), 0;
}
CALL cuGraphInstantiateWithFlags(void **playable, void *graph, unsigned long long) {
    READY;
    if (!graphs.count(graph)) return BAD_HANDLE;
    return graphs.insert(*playable = new Graph(*static_cast<Graph *>(graph))), 0;
}
CALL cuGraphUpload(void *playable, void *) {
    READY;
    return graphs.count(playable) ? 0 : BAD_HANDLE;
}
CALL cuGraphLaunch(void *playable, void *stream) {
    READY;
    if (!graphs.count(playable)) return BAD_HANDLE;
    counts[GRAPH_LAUNCHES]++;
    return queue(stream, [=] {
        for (const Launch &launch : static_cast<Graph *>(playable)->launches)
            if (is("fail") || launch.go() != 0) return int(ILLEGAL_ADDRESS);
        return 0;
    });
}
CALL cuGraphDestroy(void *graph) {
    READY;
    return graphs.erase(graph) ? 0 : BAD_HANDLE;
}
CALL cuGraphExecDestroy(void *graph) {
    READY;
    return graphs.erase(graph) ? 0 : BAD_HANDLE;
}

// For the test: launches, launches of graphs, the longest queue; what was not given back; contexts
// that this thread was left with.
CALL fake_report(unsigned long long *report) {
    LOCK;
    memcpy(report, counts, sizeof counts);
    report[3] = contexts.size();
    report[4] = streams.size() + events.size() + graphs.size() + host.size() + memory.size();
    report[5] = current.size();
    return 0;
}
