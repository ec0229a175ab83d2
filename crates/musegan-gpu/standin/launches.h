// Kernels, alone and as graphs.
#pragma once

#include "transfers.h"

namespace standin {

// What cards take of a block and of a grid.
static bool has_limits(const unsigned *grid, const unsigned *block, unsigned shared_bytes) {
    const bool fits = grid[0] && grid[1] && grid[2] && grid[0] < 1u << 31 && grid[1] < 1u << 16 &&
                      grid[2] < 1u << 16 && shared_bytes <= 48 << 10;
    if (!fits)
        breach("a grid of %u, %u, %u blocks with %u bytes", grid[0], grid[1], grid[2], shared_bytes);
    // What kernels are compiled for.
    const bool is_ours = block[0] == THREADS && block[1] == 1 && block[2] == 1;
    if (!is_ours) breach("blocks of %u, %u, %u threads", block[0], block[1], block[2]);
    return fits && is_ours;
}

// A launch with copies of its arguments, or nothing.
static std::unique_ptr<Launch> launch_of(const Context *context, void *function,
                                         const unsigned *grid, const unsigned *block,
                                         unsigned shared_bytes, void **arguments, void **extra) {
    const Function *found = find<Function>(function, context);
    if (!found || !has_limits(grid, block, shared_bytes)) return nullptr;
    const Kernel &kernel = *found->kernel;
    if (extra || (!arguments && !kernel.parameters.empty())) {
        breach("%s without arguments, or with extra ones", kernel.name);
        return nullptr;
    }
    auto launch = std::make_unique<Launch>(Launch{&kernel, {grid[0], grid[1], grid[2]}, {}});
    for (size_t i = 0; i < kernel.parameters.size(); i++) {
        if (!arguments[i]) {
            breach("%s: argument %zu is nowhere", kernel.name, i);
            return nullptr;
        }
        u64 value = 0;
        memcpy(&value, arguments[i], kernel.parameters[i].size);
        launch->values.push_back(value);
    }
    return launch;
}

// The pieces that a launch points into; whether all its pointers are into some.
static bool pieces_of(Context *context, const Launch &launch, std::vector<Piece *> &found) {
    for (size_t i = 0; i < launch.values.size(); i++) {
        if (!launch.kernel->parameters[i].is_pointer || launch.values[i] == 0) continue;
        Piece *piece = piece_of(context, pointer(launch.values[i]), 0, false);
        if (!piece) {
            breach("%s: that is argument %zu", launch.kernel->name, i);
            return false;
        }
        found.push_back(piece);
    }
    return true;
}

// Runs a kernel on a queue's thread.
static int carry_out(const Launch &launch, const std::vector<Piece *> &near) {
    {
        std::lock_guard<std::mutex> lock(gate);
        control("kernels")++;
        if (is_due("fail_kernel")) return control("fail_code");
    }
    std::vector<u64> values = launch.values;
    std::vector<void *> arguments;
    for (u64 &value : values) arguments.push_back(&value);
    const Outcome outcome = run_kernel(*launch.kernel, launch.grid, arguments.data());
    std::lock_guard<std::mutex> lock(gate);
    function_called = launch.kernel->name;
    if (outcome.code < 0) {
        breach("touches %s", describe(outcome.at).c_str());
        return ILLEGAL_ADDRESS;
    }
    for (const Piece *piece : near) {
        if (piece->is_intact()) continue;
        breach("wrote beside a piece of %zu bytes", piece->bytes);
        return ILLEGAL_ADDRESS;
    }
    if (outcome.code == DONE) return DONE;
    breach("the emulator refuses it with %d", outcome.code);
    return LAUNCH_FAILED;
}

// Queues launches as one piece of work.
static int queue_launches(Call &call, Stream *stream, const char *what,
                          std::shared_ptr<const std::vector<Launch>> launches, Place *place) {
    std::vector<std::vector<Piece *>> near(launches->size());
    for (size_t i = 0; i < launches->size(); i++)
        if (!pieces_of(call.context, (*launches)[i], near[i])) return call.answer(INVALID_VALUE);
    *place = queue(stream, what, [=] {
        for (size_t i = 0; i < launches->size(); i++)
            if (const int code = carry_out((*launches)[i], near[i])) return code;
        return int(DONE);
    });
    for (const auto &all : near)
        for (Piece *piece : all) use(piece, *place);
    return DONE;
}

// A graph's launches in the last order that its edges allow, so that a missing one is noticed.
static std::vector<Launch> in_order(const Graph &graph) {
    std::vector<Launch> ordered;
    std::vector<bool> done(graph.launches.size());
    for (size_t round = 0; round < done.size(); round++) {
        for (size_t i = done.size(); i-- > 0;) {
            const auto is_done = [&](size_t one) { return done[one]; };
            const auto &before = graph.before[i];
            if (done[i] || !std::all_of(before.begin(), before.end(), is_done)) continue;
            done[i] = true;
            ordered.push_back(graph.launches[i]);
            break;
        }
    }
    return ordered;
}

// CUDA_KERNEL_NODE_PARAMS_v1
struct KernelNode {
    void *function;
    unsigned grid[3], block[3], shared_bytes;
    void **arguments, **extra;
};

} // namespace standin

EXPORTED int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned block_x,
                            unsigned block_y, unsigned block_z, unsigned shared_bytes, void *handle,
                            void **arguments, void **extra) {
    ENTER(CONTEXT);
    control("launches")++;
    Stream *stream = find<Stream>(handle, call.context);
    const unsigned grid[] = {x, y, z}, block[] = {block_x, block_y, block_z};
    auto launch = launch_of(call.context, function, grid, block, shared_bytes, arguments, extra);
    if (!stream || !launch) return call.answer(INVALID_VALUE);
    auto launches = std::make_shared<std::vector<Launch>>(1, std::move(*launch));
    Place place;
    return queue_launches(call, stream, "a kernel", std::move(launches), &place);
}

EXPORTED int cuGraphCreate(void **out, unsigned flags) {
    ENTER(CONTEXT);
    if (flags) return breach("flags %u", flags), call.answer(INVALID_VALUE);
    if (control("graphs")) return control("graphs");
    return *out = make<Graph>(call.context)->handle, DONE;
}

EXPORTED int cuGraphAddKernelNode(void **out, void *handle, void *const *before, size_t count,
                                  const KernelNode *kernel) {
    ENTER(CONTEXT);
    Graph *graph = find<Graph>(handle, call.context);
    if (!graph) return call.answer(INVALID_HANDLE);
    std::vector<size_t> indices;
    for (size_t i = 0; i < count; i++) {
        const Node *node = find<Node>(before[i], call.context);
        if (!node || node->graph != graph) return call.answer(INVALID_VALUE);
        indices.push_back(node->index);
    }
    auto launch = launch_of(call.context, kernel->function, kernel->grid, kernel->block,
                            kernel->shared_bytes, kernel->arguments, kernel->extra);
    if (!launch) return call.answer(INVALID_VALUE);
    Node *node = make<Node>(call.context);
    node->graph = graph;
    node->index = graph->launches.size();
    graph->launches.push_back(std::move(*launch));
    graph->before.push_back(std::move(indices));
    graph->nodes.push_back(node->handle);
    return *out = node->handle, DONE;
}

EXPORTED int cuGraphInstantiateWithFlags(void **out, void *handle, u64 flags) {
    ENTER(CONTEXT);
    const Graph *graph = find<Graph>(handle, call.context);
    if (!graph) return call.answer(INVALID_HANDLE);
    if (flags) return breach("flags %llu", flags), call.answer(INVALID_VALUE);
    PlayableGraph *playable = make<PlayableGraph>(call.context);
    playable->launches = std::make_shared<std::vector<Launch>>(in_order(*graph));
    return *out = playable->handle, DONE;
}

EXPORTED int cuGraphUpload(void *handle, void *stream_handle) {
    ENTER(CONTEXT);
    PlayableGraph *playable = find<PlayableGraph>(handle, call.context);
    Stream *stream = find<Stream>(stream_handle, call.context);
    if (!playable || !stream) return call.answer(INVALID_HANDLE);
    playable->last_used = queue(stream, "a graph's upload", [] { return DONE; });
    return DONE;
}

EXPORTED int cuGraphLaunch(void *handle, void *stream_handle) {
    ENTER(CONTEXT);
    control("graph_launches")++;
    PlayableGraph *playable = find<PlayableGraph>(handle, call.context);
    Stream *stream = find<Stream>(stream_handle, call.context);
    if (!playable || !stream) return call.answer(INVALID_HANDLE);
    return queue_launches(call, stream, "a graph", playable->launches, &playable->last_used);
}

EXPORTED int cuGraphDestroy(void *handle) {
    ENTER(CONTEXT);
    Graph *graph = find<Graph>(handle, call.context);
    if (!graph) return call.answer(INVALID_HANDLE);
    graph->is_gone = true;
    for (void *node : graph->nodes) all<Node>()[node]->is_gone = true;
    return DONE;
}

EXPORTED int cuGraphExecDestroy(void *handle) {
    ENTER(CONTEXT);
    PlayableGraph *playable = find<PlayableGraph>(handle, call.context);
    if (!playable) return call.answer(INVALID_HANDLE);
    if (playable->last_used.is_pending()) breach("the graph %p is still queued", handle);
    playable->is_gone = true;
    return DONE;
}
