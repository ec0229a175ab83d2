// How the axes of a matrix lie, and the division that this takes.
//
// What must stay true: indices and offsets inside a group stay below 2^31, which the host has seen to.
#pragma once
#include "device.h"

// Division by a number that the host knows: n / d == n * magic >> shift for n below 2^31.
DEVICE unsigned divide(unsigned n, unsigned magic, unsigned shift) {
    return static_cast<unsigned>(static_cast<unsigned long long>(n) * magic >> shift);
}

// Index i of an axis lies i * stride further on, and `lift` more for every turn of its inner steps.
struct Axis {
    unsigned stride, lift, magic, shift;
};
#define AXIS(name) unsigned name##_stride, unsigned name##_lift, unsigned name##_magic, unsigned name##_shift
#define AXIS_OF(name) Axis{name##_stride, name##_lift, name##_magic, name##_shift}

DEVICE unsigned axis_at(const Axis &axis, unsigned i) {
    return i * axis.stride + divide(i, axis.magic, axis.shift) * axis.lift;
}
