// Queues, each worked off by a thread of its own, in order.
//
// What must stay true: nothing is done before somebody asks how far the queue is, so that whoever
// does not ask finds nothing done; and asking does not wait.
#pragma once

#include "objects.h"
#include <chrono>
#include <thread>
#include <unistd.h>

namespace standin {

// About as many as a driver takes before it makes its caller wait.
constexpr size_t LONGEST_QUEUE = 1024;

bool Place::is_pending() const { return stream && stream->done < number; }

static bool is_idle(const Stream &stream) { return stream.done == stream.queued; }

static bool stands_still(const Stream &stream) {
    return control("hang") || control("hang_queue") == stream.number;
}

// A stream's thread.
static void work_off(Stream *stream) {
    survive_faults();
    std::unique_lock<std::mutex> lock(gate);
    for (;;) {
        stream->changed.wait(lock, [=] {
            const bool may = stream->done < stream->asked && !stands_still(*stream);
            return may || (stream->is_gone && is_idle(*stream));
        });
        if (is_idle(*stream)) return;
        Work work = std::move(stream->waiting.front());
        stream->waiting.pop_front();
        const u64 slow = control("slow");
        if (!stream->context->broken) {
            stream->is_working = true;
            lock.unlock();
            if (slow) usleep(slow);
            const int code = work.go();
            lock.lock();
            stream->is_working = false;
            if (code && !stream->context->broken) stream->context->broken = code;
        }
        stream->done++;
        stream->changed.notify_all();
    }
}

static Stream *new_stream(Context *context) {
    Stream *stream = make<Stream>(context);
    stream->number = all<Stream>().size();
    std::thread(work_off, stream).detach();
    return stream;
}

// Lets a queue go on up to a place.
static void ask(const Place &place) {
    Stream *stream = const_cast<Stream *>(place.stream);
    stream->asked = std::max(stream->asked, place.number);
    stream->changed.notify_all();
}

static Place end_of(const Stream &stream) { return {&stream, stream.queued}; }

static Place queue(Stream *stream, const char *what, std::function<int()> go) {
    stream->waiting.push_back({what, std::move(go)});
    stream->queued++;
    u64 &longest = control("longest_queue");
    longest = std::max<u64>(longest, stream->waiting.size());
    if (stream->waiting.size() == LONGEST_QUEUE + 1)
        breach("more than %zu pieces of work wait: a driver would make its caller wait, too",
               LONGEST_QUEUE);
    return end_of(*stream);
}

// Notes that a piece of memory is used by what was just queued.
static void use(Piece *piece, const Place &place) {
    if (piece->last_used.is_pending() && piece->last_used.stream != place.stream)
        breach("the memory at %p is used by two streams at a time", piece->start);
    piece->last_used = place;
}

// Waits until no queue of a context is in the middle of something.
static void come_to_rest(const Context *context, std::unique_lock<std::mutex> &lock) {
    each<Stream>(context, [&](Stream &stream) {
        stream.changed.wait(lock, [&] { return !stream.is_working; });
    });
}

// Waits, as a driver does in some calls without a limit, until nothing is left to do in a context.
// Whether that came about.
static bool settle(const Context *context, std::unique_lock<std::mutex> &lock) {
    bool settled = true;
    each<Stream>(context, [&](Stream &stream) {
        ask(end_of(stream));
        while (!is_idle(stream) && !stands_still(stream))
            stream.changed.wait_for(lock, std::chrono::milliseconds(10));
        settled &= is_idle(stream);
    });
    if (!settled) breach("this waits for the card, which stands still, for ever");
    return settled;
}

// Sees to it that queues notice a control that was set.
static void wake_queues() {
    each<Stream>(nullptr, [](Stream &stream) { stream.changed.notify_all(); });
}

} // namespace standin
