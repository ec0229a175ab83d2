// A stand-in for NVIDIA's driver: what the library calls of libcuda.so.1, carried out by this
// machine's processor, for tests where there is no card.
//
// It keeps the driver's rules and a few of our own, strictly. Every breach is printed at once and
// gives the process the exit code 70:
//
//   handles that are none, or gone, or another context's; no context, or one that was destroyed
//   memory, streams, events and graphs that a context's owner forgot; contexts that were forgotten
//   copies and pointers of kernels outside of memory; kernels that touch what is not theirs
//   copies from and to memory of the host that the card does not reach, or that changes too early
//   grids, blocks and arguments that are not a kernel's
//   what is given back while something queued uses it; two streams on the same memory
//   a queue so long, or a call, that the driver makes its caller wait, without a limit
//
// As on a card, what is queued is done later, in order and by somebody else: on a thread for each
// stream, and not before the host asks. Kernels are the library's own, run by the emulator, so that
// numbers are the emulated device's, bit by bit.
//
// What it cannot show: how long anything takes, and where a driver does not do as it is documented.
#include "launches.h"

// For tests: sets a control of controls.h. Whether there is one of this name.
EXPORTED int musegan_standin_set(const char *name, u64 value) {
    std::lock_guard<std::mutex> lock(gate);
    u64 *control = find_control(name, strlen(name));
    if (!control) return 0;
    *control = value;
    wake_queues();
    return 1;
}

// For tests: a control, or `breaches`, `contexts`, `held` (memory, streams, events and graphs) or
// `current` (contexts on this thread's stack). All ones if there is none of this name.
EXPORTED u64 musegan_standin_get(const char *name) {
    std::lock_guard<std::mutex> lock(gate);
    if (u64 *control = find_control(name, strlen(name))) return *control;
    const std::string which = name;
    if (which == "breaches") return breaches.size();
    if (which == "contexts") return count<Context>(nullptr);
    if (which == "current") return stack().size();
    if (which != "held") return ~u64(0);
    u64 held = count<Stream>(nullptr) + count<Event>(nullptr) + count<Graph>(nullptr) +
               count<PlayableGraph>(nullptr);
    for (const auto &[start, piece] : pieces) held += !piece.is_gone;
    return held;
}

// For tests of the stand-in: forgets the last breach, whose text it writes. Whether there was one.
EXPORTED int musegan_standin_forgive(char *text, size_t room) {
    std::lock_guard<std::mutex> lock(gate);
    if (breaches.empty()) return 0;
    snprintf(text, room, "%s", breaches.back().c_str());
    breaches.pop_back();
    return 1;
}

// When the process ends. A context that failed, or of which something is still awaited, was given up.
__attribute__((destructor)) static void look_back() {
    std::lock_guard<std::mutex> lock(gate);
    function_called = "at the end";
    each<Context>(nullptr, [](const Context &context) {
        bool is_given_up = context.has_failed;
        each<Event>(&context, [&](const Event &event) { is_given_up |= event.is_awaited; });
        if (!is_given_up) breach("a context was never destroyed");
    });
    if (breaches.empty()) return;
    fprintf(stderr, "driver's stand-in: %zu breaches\n", breaches.size());
    fflush(nullptr);
    _exit(70);
}
