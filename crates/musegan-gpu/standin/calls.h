// What happens at the beginning of every call: whether it may be made here and now.
#pragma once

#include "queue.h"

namespace standin {

// Contexts that are current on this thread, the current one last.
static thread_local std::vector<Context *> *own_stack = nullptr;

static std::vector<Context *> &stack() {
    if (!own_stack) own_stack = new std::vector<Context *>;
    return *own_stack;
}

static bool is_started = false;

// What a call needs.
enum Needs { NOTHING, DRIVER, CONTEXT };

struct Call {
    std::unique_lock<std::mutex> lock{gate};
    Context *context = nullptr;
    int refused = DONE;

    Call(const char *name, Needs needs) {
        function_called = name;
        if (needs >= DRIVER && !is_started) {
            breach("before cuInit");
            refused = NOT_INITIALIZED;
        } else if (needs == CONTEXT) {
            refused = look_at_context();
        }
        // How often a host asks for an event is chance; cuEventQuery counts the first time. And
        // nobody could do anything about a context that stays current.
        const bool counts = strcmp(name, "cuEventQuery") && strcmp(name, "cuCtxPopCurrent_v2");
        if (counts) count();
    }

    // Counts a call, which fails if it is the one.
    void count() {
        control("calls")++;
        if (!refused && is_due("fail_call")) fail(control("fail_code"));
    }

    // Gives a code, and remembers that it did.
    int answer(int code) {
        const bool is_passing = code == DONE || code == OUT_OF_MEMORY || code == NOT_FOUND ||
                                code == NOT_READY;
        if (context && !is_passing) context->has_failed = true;
        return code;
    }

  private:
    int look_at_context() {
        if (stack().empty()) {
            breach("without a current context");
            return INVALID_CONTEXT;
        }
        context = stack().back();
        if (context->is_gone) {
            breach("with a current context that was destroyed");
            return CONTEXT_IS_DESTROYED;
        }
        return answer(context->broken);
    }

    void fail(int code) {
        refused = code;
        // Whoever is refused something goes on with what it has; otherwise it may give up on all.
        const auto is_about = [](const char *word) { return strstr(function_called, word); };
        const bool takes = is_about("Alloc") || is_about("Create") || is_about("GraphAdd") ||
                           is_about("Instantiate");
        if (code == OUT_OF_MEMORY && takes) return;
        // Whichever it was about.
        each<Context>(context, [&](Context &one) { one.has_failed = true; });
        if (context && code >= ILLEGAL_ADDRESS) context->broken = code;
    }
};

// Begins a function of the driver.
#define ENTER(needs)                                                                               \
    Call call(__func__, needs);                                                                    \
    if (call.refused) return call.refused

#define EXPORTED extern "C" __attribute__((visibility("default")))

} // namespace standin
