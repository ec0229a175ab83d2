// What befalls the card: numbers by name, from the environment variable MUSEGAN_STANDIN, such as
// "memory=8388608,hang=1", when the library is loaded, or set by a test later.
#pragma once

#include "breaches.h"
#include <stdlib.h>
#include <string.h>

namespace standin {

using u64 = unsigned long long;

struct Control {
    const char *name;
    u64 value;
};

static Control controls[] = {
    {"cards", 1},
    // As cuDriverGetVersion has it: 13000 is 13.0.
    {"driver", 13000},
    // 90 is 9.0. The kernels fit 75 and later.
    {"capability", 90},
    // Bytes of each card.
    {"memory", u64(1) << 30},
    // Codes with which these fail, or 0.
    {"init", 0},
    {"context", 0},
    {"module", 0},
    {"graphs", 0},
    // The n-th kernel from now on breaks its context with a code.
    {"fail_kernel", 0},
    // The n-th call from now on does nothing but give a code.
    {"fail_call", 0},
    {"fail_code", 700},
    // All queues stand still, or the n-th that was made.
    {"hang", 0},
    {"hang_queue", 0},
    // Every piece of work takes so long, in microseconds.
    {"slow", 0},
    // Counted here for tests to read.
    {"calls", 0},
    {"kernels", 0},
    {"launches", 0},
    {"graph_launches", 0},
    {"longest_queue", 0},
};

static u64 *find_control(const char *name, size_t length) {
    for (Control &control : controls)
        if (strlen(control.name) == length && memcmp(control.name, name, length) == 0)
            return &control.value;
    return nullptr;
}

// The value of a control that there is.
static u64 &control(const char *name) { return *find_control(name, strlen(name)); }

// Whether this is the n-th, where `name` counts down to it.
static bool is_due(const char *name) {
    u64 &left = control(name);
    return left > 0 && --left == 0;
}

// Takes what the environment says. What cannot be understood ends the process: a test that misspells
// a misfortune would test nothing.
static const bool controls_are_read = [] {
    const char *text = getenv("MUSEGAN_STANDIN");
    while (text && *text) {
        const size_t length = strcspn(text, "=,");
        u64 *value = find_control(text, length);
        if (!value || text[length] != '=') {
            fprintf(stderr, "driver's stand-in: MUSEGAN_STANDIN: there is no %s\n", text);
            abort();
        }
        char *end;
        *value = strtoull(text + length + 1, &end, 0);
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}();

} // namespace standin
