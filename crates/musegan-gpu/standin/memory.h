// Memory of the card, and of the host where the card reaches it: pieces between pages that nobody may
// touch.
//
// What must stay true: a piece ends with a page but for less than a line, and an address is never
// given out twice; so nearly every access beside a piece, and every one after it was given back, is a
// fault, and what lies in between is looked at after each kernel.
#pragma once

#include "controls.h"
#include <algorithm>
#include <map>
#include <sys/mman.h>

namespace standin {

struct Context;
struct Stream;

constexpr size_t LINE = 256, PAGE = 4096;
constexpr unsigned char UNTOUCHED = 0xff;

static size_t whole(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// A point in a queue, or none.
struct Place {
    const Stream *stream = nullptr;
    u64 number = 0;
    bool is_pending() const;
};

struct Piece {
    Context *context;
    char *start;
    size_t bytes;
    bool is_hosts;
    bool is_gone = false;
    Place last_used = {};

    char *pages() const { return start + whole(bytes, LINE) - whole(whole(bytes, LINE), PAGE); }
    size_t pages_length() const { return whole(whole(bytes, LINE), PAGE); }

    // Whether the bytes beside it, as far as they are not pages of others, are as they were.
    bool is_intact() const {
        const auto untouched = [](const char *from, const char *to) {
            return std::all_of(from, to, [](char byte) { return byte == char(UNTOUCHED); });
        };
        const char *end = start + bytes;
        return untouched(std::max(pages(), start - LINE), start) &&
               untouched(end, start + whole(bytes, LINE));
    }

    void give_back() {
        is_gone = true;
        mmap(pages(), pages_length(), PROT_NONE,
             MAP_PRIVATE | MAP_ANON | MAP_NORESERVE | MAP_FIXED, -1, 0);
    }
};

// By where they begin; those that are gone, too.
static std::map<const char *, Piece> &pieces = *new std::map<const char *, Piece>;

// Takes a piece, full of what is no number.
static Piece *take_piece(Context *context, size_t bytes, bool is_hosts) {
    const size_t room = whole(whole(bytes, LINE), PAGE);
    void *all = mmap(nullptr, room + 2 * PAGE, PROT_NONE,
                     MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) return nullptr;
    char *pages = static_cast<char *>(all) + PAGE;
    if (mprotect(pages, room, PROT_READ | PROT_WRITE) != 0) return nullptr;
    memset(pages, UNTOUCHED, room);
    char *start = pages + room - whole(bytes, LINE);
    return &(pieces[start] = Piece{context, start, bytes, is_hosts});
}

// The last piece that begins at or before an address.
static Piece *piece_before(const void *at) {
    auto after = pieces.upper_bound(static_cast<const char *>(at));
    return after == pieces.begin() ? nullptr : &(--after)->second;
}

// The piece in which so many bytes lie, which must be there and of this context; says it if not.
static Piece *piece_of(Context *context, const void *at, size_t bytes, bool is_hosts) {
    Piece *piece = piece_before(at);
    const char *what = is_hosts ? "the host's memory that the card reaches" : "the card's memory";
    const size_t offset = piece ? static_cast<const char *>(at) - piece->start : 0;
    if (!piece || offset > piece->bytes) {
        breach("%zu bytes at %p are not in %s", bytes, at, what);
    } else if (piece->is_gone) {
        breach("%zu bytes at %p lie in memory that was given back", bytes, at);
    } else if (piece->is_hosts != is_hosts) {
        breach("%zu bytes at %p are not in %s", bytes, at, what);
    } else if (bytes > piece->bytes - offset) {
        breach("%zu bytes at byte %zu of a piece of %zu", bytes, offset, piece->bytes);
    } else if (piece->context != context) {
        breach("%zu bytes at %p belong to another context", bytes, at);
    } else {
        return piece;
    }
    return nullptr;
}

// Describes a place where a kernel faulted.
static std::string describe(const void *at) {
    char said[160];
    const Piece *piece = piece_before(at);
    const size_t offset = piece ? static_cast<const char *>(at) - piece->start : 0;
    if (!piece || offset > piece->bytes + (u64(1) << 30)) {
        snprintf(said, sizeof said, "%p, which is nothing's", at);
    } else {
        snprintf(said, sizeof said, "byte %zu of a piece of %zu%s", offset, piece->bytes,
                 piece->is_gone ? " that was given back" : "");
    }
    return said;
}

} // namespace standin
