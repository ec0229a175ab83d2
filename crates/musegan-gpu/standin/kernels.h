// The kernels, as the emulator runs them, with what a driver knows of them: name and parameters.
//
// What must stay true: numbers are those of the emulated device, bit by bit; a kernel that touches
// what it must not is stopped there, and the process goes on.
#pragma once

#include "memory.h"
#include <setjmp.h>
#include <signal.h>
#include <type_traits>

#include "device.h"

namespace standin {

struct Parameter {
    unsigned size;
    bool is_pointer;
};

struct Kernel {
    const char *name;
    int (*entry)(const unsigned *grid, void **arguments);
    std::vector<Parameter> parameters;
};

static std::map<std::string, Kernel> &kernels() {
    static auto &all = *new std::map<std::string, Kernel>;
    return all;
}

template <class... P> bool add(const char *name, decltype(Kernel::entry) entry, void (*)(P...)) {
    kernels()[name] = {name, entry, {Parameter{sizeof(P), std::is_pointer_v<P>}...}};
    return true;
}

template <class... P> int run(void (*kernel)(P...), const unsigned *grid, void **arguments) {
    const unsigned sizes[] = {unsigned(sizeof(P))...};
    return emulator::run(kernel, grid, arguments, sizes, sizeof...(P));
}

} // namespace standin

#undef KERNEL
#define KERNEL(name, parameters)                                                                   \
    static void name parameters;                                                                   \
    static int run_##name(const unsigned *grid, void **arguments) {                                \
        return standin::run(&name, grid, arguments);                                               \
    }                                                                                              \
    static const bool added_##name = standin::add(#name, run_##name, &name);                       \
    static void name parameters
#include "all.cu"
#include "faults.cu"
#undef KERNEL

namespace standin {

// Where a thread goes on when its kernel faults, and where that happened.
static thread_local sigjmp_buf *rescue = nullptr;
static thread_local void *faulted_at;
static struct sigaction others[2];

static void on_fault(int signal, siginfo_t *info, void *machine) {
    if (rescue) {
        faulted_at = info->si_addr;
        siglongjmp(*rescue, 1);
    }
    // Not a kernel's: what would have happened without us.
    const struct sigaction &other = others[signal == SIGBUS];
    if (other.sa_flags & SA_SIGINFO) {
        other.sa_sigaction(signal, info, machine);
    } else {
        sigaction(signal, &other, nullptr);
    }
}

// Has this thread survive faults of kernels.
static void survive_faults() {
    static const bool once = [] {
        struct sigaction action = {};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigaction(SIGSEGV, &action, &others[0]);
        sigaction(SIGBUS, &action, &others[1]);
        return true;
    }();
    (void)once;
    // A fault may be the end of a fiber's stack.
    constexpr size_t SIZE = 64 << 10;
    stack_t stack = {};
    stack.ss_sp = malloc(SIZE);
    stack.ss_size = SIZE;
    sigaltstack(&stack, nullptr);
}

struct Outcome {
    // The emulator's, or -1 for a fault.
    int code;
    void *at;
};

// Runs a kernel; one at a time, since the emulator has one block.
static Outcome run_kernel(const Kernel &kernel, const unsigned *grid, void **arguments) {
    static std::mutex &turn = *new std::mutex;
    std::lock_guard<std::mutex> lock(turn);
    sigjmp_buf here;
    if (sigsetjmp(here, 1) != 0) {
        rescue = nullptr;
        return {-1, faulted_at};
    }
    rescue = &here;
    const int code = kernel.entry(grid, arguments);
    rescue = nullptr;
    return {code, nullptr};
}

} // namespace standin
