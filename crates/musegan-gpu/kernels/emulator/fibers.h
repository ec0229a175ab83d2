// The threads of a block as fibers of one thread: each runs until it meets a barrier or its end.
//
// What must stay true: they all wait at the same barrier or none does, and nothing of a fiber that is
// dropped where it waits has to be cleaned up.
#pragma once

#include <string.h>
#include <sys/mman.h>

#if !defined(__x86_64__) || defined(EMULATOR_UCONTEXT)
#include <ucontext.h>
#endif

namespace emulator {

struct Index {
    unsigned x, y, z;
};

// Switching stacks: saves where it is left and goes on where another was left. ucontext does the
// same through two system calls, a hundred times slower.
#if defined(__x86_64__) && !defined(EMULATOR_UCONTEXT)
using Place = void *;
extern "C" void emulator_switch(Place *from, Place *to) __asm__("musegan_emulator_switch");
__asm__(".text\n.p2align 4\nmusegan_emulator_switch:\n"
        "pushq %rbp\npushq %rbx\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
        "movq %rsp, (%rdi)\nmovq (%rsi), %rsp\n"
        "popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbx\npopq %rbp\nret\n");

static void place_at(Place *place, void (*entry)(), char *stack, size_t size) {
    // As if it had been left just before its first instruction: six registers, the entry, and a
    // return address that is never used. The entry finds the stack as a call leaves it.
    void **top = reinterpret_cast<void **>(stack + size);
    memset(top - 8, 0, 8 * sizeof(void *));
    top[-2] = reinterpret_cast<void *>(entry);
    *place = top - 8;
}
#else
using Place = ucontext_t;
static void emulator_switch(Place *from, Place *to) { swapcontext(from, to); }
static void place_at(Place *place, void (*entry)(), char *stack, size_t size) {
    getcontext(place);
    place->uc_stack.ss_sp = stack;
    place->uc_stack.ss_size = size;
    place->uc_link = nullptr;
    makecontext(place, entry, 0);
}
#endif

constexpr size_t STACK = 64 << 10, GUARD = 16 << 10;

// The block that runs.
struct Block {
    void (*body)(const void *);
    const void *arguments;
    Place scheduler, fibers[THREADS];
    char *stacks;
    // Fiber of a thread that waits at a barrier, and the barrier's line.
    unsigned fiber_of[THREADS];
    unsigned fiber, barrier_line;
    // Threads begun, fibers in use, and threads that wait.
    unsigned begun, used, waiting;
    bool diverged;
    // Counts stretches between barriers over the whole launch.
    unsigned stretch;
};
static Block block;
static Index thread_index, block_index, grid_size;

// Fibers' stacks, taken once, a page that must not be touched below each.
static bool have_stacks() {
    if (block.stacks) return true;
    const size_t size = THREADS * (STACK + GUARD);
    void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (memory == MAP_FAILED) return false;
    char *stacks = static_cast<char *>(memory);
    for (unsigned i = 0; i < THREADS; i++) {
        if (mprotect(stacks + i * (STACK + GUARD), GUARD, PROT_NONE) != 0) {
            munmap(memory, size);
            return false;
        }
    }
    block.stacks = stacks;
    return true;
}

// Which thread takes turn `turn`: a permutation that changes from stretch to stretch.
static unsigned thread_at(unsigned turn) {
    switch (block.stretch % 3) {
    case 0: return turn;
    case 1: return THREADS - 1 - turn;
    default: return (turn * (8 * block.stretch + 13) + 7 * block.stretch) % THREADS;
    }
}

// A fiber's life: it begins threads until one waits, and goes on with the next after that one's end.
static void live() {
    for (;;) {
        while (block.begun < THREADS) {
            thread_index.x = thread_at(block.begun++);
            block.body(block.arguments);
        }
        emulator_switch(&block.fibers[block.fiber], &block.scheduler);
    }
}

__attribute__((noinline)) static void barrier(unsigned line) {
    const unsigned fiber = block.fiber;
    if (block.waiting == 0) block.barrier_line = line;
    if (block.barrier_line != line) block.diverged = true;
    block.waiting++;
    block.fiber_of[thread_index.x] = fiber;
    emulator_switch(&block.fibers[fiber], &block.scheduler);
}

// Runs all threads of a block up to its end. Whether it did, and whether it had a barrier.
static bool run_block(bool *had_barrier) {
    block.begun = block.used = block.waiting = 0;
    block.diverged = false;
    *had_barrier = false;
    while (block.begun < THREADS) {
        block.fiber = block.used++;
        char *stack = block.stacks + block.fiber * (STACK + GUARD) + GUARD;
        place_at(&block.fibers[block.fiber], live, stack, STACK);
        emulator_switch(&block.scheduler, &block.fibers[block.fiber]);
    }
    block.stretch++;
    while (block.waiting > 0) {
        *had_barrier = true;
        if (block.waiting < THREADS || block.diverged) return false;
        block.waiting = 0;
        unsigned fiber_of[THREADS];
        memcpy(fiber_of, block.fiber_of, sizeof fiber_of);
        for (unsigned turn = 0; turn < THREADS; turn++) {
            thread_index.x = thread_at(turn);
            block.fiber = fiber_of[thread_index.x];
            emulator_switch(&block.scheduler, &block.fibers[block.fiber]);
        }
        block.stretch++;
    }
    return true;
}

} // namespace emulator
