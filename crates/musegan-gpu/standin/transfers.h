// Memory, streams, events and copies.
#pragma once

#include "contexts.h"

namespace standin {

// So that whoever changes what a copy still has to read is found.
static u64 sum_of(const void *from, size_t bytes) {
    u64 sum = bytes;
    const char *at = static_cast<const char *>(from);
    for (; bytes >= 8; bytes -= 8, at += 8) {
        u64 word;
        memcpy(&word, at, 8);
        sum = (sum ^ word) * 0x9e37'79b9'7f4a'7c15 + (sum >> 29);
    }
    while (bytes-- > 0) sum = (sum ^ *at++) * 0x9e37'79b9'7f4a'7c15 + (sum >> 29);
    return sum;
}

static char *pointer(u64 at) { return reinterpret_cast<char *>(at); }

// Takes a piece back; a driver waits until nothing uses it.
static int give_back(Call &call, void *at, bool is_hosts) {
    Piece *piece = piece_of(call.context, at, 0, is_hosts);
    if (!piece || piece->start != at) {
        if (piece) breach("%p is not where a piece begins", at);
        return call.answer(INVALID_VALUE);
    }
    if (piece->last_used.is_pending()) breach("the memory at %p is used by what is queued", at);
    if (!settle(call.context, call.lock)) return call.answer(UNKNOWN);
    if (!piece->is_intact()) breach("something was written beside the memory at %p", at);
    piece->give_back();
    if (!is_hosts) call.context->taken -= piece->bytes;
    return call.answer(call.context->broken);
}

} // namespace standin

EXPORTED int cuMemGetInfo_v2(size_t *free, size_t *total) {
    ENTER(CONTEXT);
    *total = control("memory");
    *free = bytes_free(call.context->device);
    return DONE;
}

EXPORTED int cuMemAlloc_v2(u64 *out, size_t bytes) {
    ENTER(CONTEXT);
    if (bytes == 0) return breach("no bytes"), call.answer(INVALID_VALUE);
    if (bytes > bytes_free(call.context->device)) return OUT_OF_MEMORY;
    const Piece *piece = take_piece(call.context, bytes, false);
    if (!piece) return OUT_OF_MEMORY;
    call.context->taken += bytes;
    return *out = reinterpret_cast<u64>(piece->start), DONE;
}

EXPORTED int cuMemFree_v2(u64 at) {
    ENTER(CONTEXT);
    return give_back(call, pointer(at), false);
}

EXPORTED int cuMemAllocHost_v2(void **out, size_t bytes) {
    ENTER(CONTEXT);
    if (bytes == 0) return breach("no bytes"), call.answer(INVALID_VALUE);
    const Piece *piece = take_piece(call.context, bytes, true);
    if (!piece) return OUT_OF_MEMORY;
    return *out = piece->start, DONE;
}

EXPORTED int cuMemFreeHost(void *at) {
    ENTER(CONTEXT);
    return give_back(call, at, true);
}

EXPORTED int cuMemsetD8Async(u64 at, unsigned char value, size_t bytes, void *handle) {
    ENTER(CONTEXT);
    Stream *stream = find<Stream>(handle, call.context);
    Piece *piece = piece_of(call.context, pointer(at), bytes, false);
    if (!stream || !piece) return call.answer(INVALID_VALUE);
    use(piece, queue(stream, "a memset", [=] { return memset(pointer(at), value, bytes), DONE; }));
    return DONE;
}

EXPORTED int cuMemcpyHtoDAsync_v2(u64 at, const void *from, size_t bytes, void *handle) {
    ENTER(CONTEXT);
    Stream *stream = find<Stream>(handle, call.context);
    Piece *to_piece = piece_of(call.context, pointer(at), bytes, false);
    Piece *from_piece = piece_of(call.context, from, bytes, true);
    if (!stream || !to_piece || !from_piece) return call.answer(INVALID_VALUE);
    const u64 sum = sum_of(from, bytes);
    const Place place = queue(stream, "a copy to the card", [=] {
        memcpy(pointer(at), from, bytes);
        if (sum_of(pointer(at), bytes) == sum) return DONE;
        std::lock_guard<std::mutex> lock(gate);
        function_called = "cuMemcpyHtoDAsync_v2, later";
        breach("the host changed the %zu bytes at %p before they were copied", bytes, from);
        return DONE;
    });
    use(to_piece, place);
    use(from_piece, place);
    return DONE;
}

EXPORTED int cuMemcpyDtoHAsync_v2(void *to, u64 at, size_t bytes, void *handle) {
    ENTER(CONTEXT);
    Stream *stream = find<Stream>(handle, call.context);
    Piece *from_piece = piece_of(call.context, pointer(at), bytes, false);
    Piece *to_piece = piece_of(call.context, to, bytes, true);
    if (!stream || !to_piece || !from_piece) return call.answer(INVALID_VALUE);
    // What is there until it is copied is anything, unless something queued still reads it.
    if (!to_piece->last_used.is_pending()) memset(to, UNTOUCHED, bytes);
    const Place place = queue(stream, "a copy from the card",
                              [=] { return memcpy(to, pointer(at), bytes), DONE; });
    use(from_piece, place);
    use(to_piece, place);
    return DONE;
}

EXPORTED int cuStreamCreate(void **out, unsigned flags) {
    ENTER(CONTEXT);
    if (flags > 1) return breach("flags %u", flags), call.answer(INVALID_VALUE);
    return *out = new_stream(call.context)->handle, DONE;
}

EXPORTED int cuStreamQuery(void *handle) {
    ENTER(CONTEXT);
    Stream *stream = find<Stream>(handle, call.context);
    if (!stream) return call.answer(INVALID_HANDLE);
    ask(end_of(*stream));
    return is_idle(*stream) ? DONE : NOT_READY;
}

EXPORTED int cuStreamDestroy_v2(void *handle) {
    ENTER(CONTEXT);
    Stream *stream = find<Stream>(handle, call.context);
    if (!stream) return call.answer(INVALID_HANDLE);
    // What is queued is still done.
    ask(end_of(*stream));
    stream->is_gone = true;
    stream->changed.notify_all();
    return DONE;
}

EXPORTED int cuEventCreate(void **out, unsigned flags) {
    ENTER(CONTEXT);
    // Blocking, without timing; those for other processes need both processes.
    if (flags > 3) return breach("flags %u", flags), call.answer(INVALID_VALUE);
    return *out = make<Event>(call.context)->handle, DONE;
}

EXPORTED int cuEventDestroy_v2(void *handle) {
    ENTER(CONTEXT);
    Event *event = find<Event>(handle, call.context);
    if (!event) return call.answer(INVALID_HANDLE);
    event->is_gone = true;
    return DONE;
}

EXPORTED int cuEventRecord(void *handle, void *stream_handle) {
    ENTER(CONTEXT);
    Event *event = find<Event>(handle, call.context);
    Stream *stream = find<Stream>(stream_handle, call.context);
    if (!event || !stream) return call.answer(INVALID_HANDLE);
    event->recorded = queue(stream, "a mark", [] { return DONE; });
    event->was_asked = false;
    return DONE;
}

EXPORTED int cuEventQuery(void *handle) {
    ENTER(CONTEXT);
    Event *event = find<Event>(handle, call.context);
    if (!event) return call.answer(INVALID_HANDLE);
    if (!event->recorded.stream) return breach("the event %p was never recorded", handle), DONE;
    if (!event->was_asked) call.count();
    event->was_asked = true;
    if (call.refused) return call.refused;
    ask(event->recorded);
    event->is_awaited = event->recorded.is_pending();
    return event->is_awaited ? NOT_READY : DONE;
}
