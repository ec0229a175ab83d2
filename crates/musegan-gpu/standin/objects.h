// What the driver hands out, and whether what comes back is one of those.
//
// What must stay true: a handle is no address, is given out once, and is remembered when what it
// stood for is gone.
#pragma once

#include "kernels.h"
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>

namespace standin {

enum Code {
    DONE = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_BINARY_FOR_GPU = 209,
    UNSUPPORTED_PTX = 222,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    CONTEXT_IS_DESTROYED = 709,
    LAUNCH_FAILED = 719,
    UNKNOWN = 999,
};

struct Object {
    Context *context = nullptr;
    void *handle = nullptr;
    bool is_gone = false;
};

struct Context : Object {
    static constexpr const char *NAME = "context";
    int device = 0;
    // The code that every call gives from now on, or 0.
    int broken = 0;
    // It failed a caller, who may have given up on all that is in it.
    bool has_failed = false;
    // On how many threads it is current.
    unsigned current = 0;
    // Bytes of the card that it has.
    u64 taken = 0;
};

struct Function : Object {
    static constexpr const char *NAME = "function";
    const Kernel *kernel = nullptr;
};

struct Module : Object {
    static constexpr const char *NAME = "module";
    std::map<std::string, Function *> functions;
};

struct Event : Object {
    static constexpr const char *NAME = "event";
    Place recorded;
    bool was_asked = false;
    // The last to ask was told that it is not ready.
    bool is_awaited = false;
};

// A kernel with copies of its arguments.
struct Launch {
    const Kernel *kernel;
    unsigned grid[3];
    std::vector<u64> values;
};

struct Graph : Object {
    static constexpr const char *NAME = "graph";
    std::vector<Launch> launches;
    std::vector<void *> nodes;
    // For each, which others come before it.
    std::vector<std::vector<size_t>> before;
};

struct Node : Object {
    static constexpr const char *NAME = "node";
    Graph *graph = nullptr;
    size_t index = 0;
};

struct PlayableGraph : Object {
    static constexpr const char *NAME = "playable graph";
    // In an order that its nodes allow.
    std::shared_ptr<const std::vector<Launch>> launches;
    Place last_used;
};

struct Work {
    const char *what;
    std::function<int()> go;
};

// See queue.h.
struct Stream : Object {
    static constexpr const char *NAME = "stream";
    std::deque<Work> waiting;
    u64 queued = 0, done = 0, asked = 0;
    bool is_working = false;
    // Which it is of all that were made.
    u64 number = 0;
    std::condition_variable changed;
};

// All that there ever were of a type.
template <class T> std::map<void *, std::unique_ptr<T>> &all() {
    static auto &all = *new std::map<void *, std::unique_ptr<T>>;
    return all;
}

static void *new_handle() {
    static u64 last = 0;
    return reinterpret_cast<void *>(0x57a0'0000'0000'0000 + 16 * ++last);
}

template <class T> T *make(Context *context) {
    auto object = std::make_unique<T>();
    T *made = object.get();
    made->context = context;
    made->handle = new_handle();
    all<T>()[made->handle] = std::move(object);
    return made;
}

// What a handle stands for, of this context if one is given; says it if there is no such thing.
template <class T> T *find(void *handle, const Context *context) {
    const auto found = all<T>().find(handle);
    if (found == all<T>().end()) {
        breach("%p is no %s", handle, T::NAME);
        return nullptr;
    }
    T *object = found->second.get();
    if (object->is_gone) {
        breach("the %s %p was destroyed", T::NAME, handle);
        return nullptr;
    }
    if (context && object->context != context) {
        breach("the %s %p is not of the current context", T::NAME, handle);
        return nullptr;
    }
    return object;
}

// Does something with every object of a type that is there, of a context or of all.
template <class T, class Act> void each(const Context *context, Act act) {
    for (auto &[handle, object] : all<T>())
        if (!object->is_gone && (!context || object->context == context)) act(*object);
}

template <class T> unsigned count(const Context *context) {
    unsigned count = 0;
    each<T>(context, [&](T &) { count++; });
    return count;
}

} // namespace standin
