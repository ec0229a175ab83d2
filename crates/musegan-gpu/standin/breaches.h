// What the caller does wrong: said at once, and again with the process's exit code.
#pragma once

#include <mutex>
#include <stdarg.h>
#include <stdio.h>
#include <string>
#include <vector>

namespace standin {

// Guards everything here that is not a thread's own. Nothing global is ever destroyed: queues work on
// while a process ends.
static std::mutex &gate = *new std::mutex;

// The driver's function that this thread is in.
static thread_local const char *function_called = "outside all calls";

static std::vector<std::string> &breaches = *new std::vector<std::string>;

// Says what is wrong. The gate is locked.
__attribute__((format(printf, 1, 2))) static void breach(const char *format, ...) {
    char said[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    breaches.push_back(std::string(function_called) + ": " + said);
    fprintf(stderr, "driver's stand-in: %s\n", breaches.back().c_str());
}

} // namespace standin
