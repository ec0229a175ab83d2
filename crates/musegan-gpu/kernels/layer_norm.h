// What layer norm's kernels share: how its samples lie, and how a block's threads divide one.
//
// A block takes a sample. Up to 24 rows of its channel each thread keeps in registers (6144 values of
// 16 channels in all), so that whatever is read is read once and whatever is written is written once.
// Longer samples are read again for each sum.
//
// Notation: u the normalised value, σ the sample's deviation with Bessel's correction, s = σ + 1e-5,
// w the tangent of u, r = (tangent of σ)/s. What must stay true: the four kernels are derivatives of
// one another.
#pragma once
#include "columns.h"

#define LAYER_NORM_EPSILON 1e-5f
#define LAYER_NORM_SLOPE 0.01f

// What all four kernels begin with, and the same as one value.
#define LAYER_NORM_PARAMETERS                                                                      \
    const float *affine, unsigned affine_stride, unsigned groups, unsigned samples, unsigned rows, \
        unsigned channels, unsigned out_stride, unsigned out_group_stride
#define LAYER_NORM                                                                                 \
    { affine, affine_stride, groups, samples, rows, channels, out_stride, out_group_stride }

struct LayerNorm {
    const float *affine;
    unsigned affine_stride, groups, samples, rows, channels, out_stride, out_group_stride;
};

// A sample as one thread sees it.
struct LayerNormSample {
    Columns at;
    // Among the samples of all groups.
    size_t index;
    // The first of the thread's values before the activation and after it, and the way from one of
    // its rows to the next.
    size_t value, out, value_step, out_step;
    // How many rows the thread has.
    size_t rows;
    // Values of the whole sample.
    float count;
    float bias, gamma, beta;
};

DEVICE LayerNormSample layer_norm_sample(const LayerNorm &norm, size_t group, size_t sample) {
    LayerNormSample s;
    s.at = columns_of(norm.channels);
    s.index = group * norm.samples + sample;
    s.value = (s.index * norm.rows + s.at.lane) * norm.channels + s.at.channel;
    s.out = group * norm.out_group_stride + (sample * norm.rows + s.at.lane) * norm.out_stride +
            s.at.channel;
    s.value_step = size_t(s.at.lanes) * norm.channels;
    s.out_step = size_t(s.at.lanes) * norm.out_stride;
    s.rows = rows_of(s.at, norm.rows);
    s.count = float(size_t(norm.rows) * norm.channels);
    const float *affine = norm.affine + group * norm.affine_stride + s.at.channel;
    s.bias = affine[0];
    s.gamma = affine[norm.channels];
    s.beta = affine[2 * norm.channels];
    return s;
}

// An element of the thread's, so many steps from its first; in 32 bits where `Step` is.
template <class Step> DEVICE size_t value_at(const LayerNormSample &s, Step step) {
    return s.value + step * Step(s.value_step);
}

template <class Step> DEVICE size_t out_at(const LayerNormSample &s, Step step) {
    return s.out + step * Step(s.out_step);
}

// s / ((count − 1)·σ), the factor by which the gradient through σ enters. A sample without any
// variation has u = 0 everywhere: there it only has to be finite.
DEVICE float layer_norm_kappa(const LayerNormSample &s, float deviation) {
    return (deviation + LAYER_NORM_EPSILON) / ((s.count - 1) * fmaxf(deviation, 1e-12f));
}

// Calls pass(held, sample) for each of the block's samples.
template <class Pass> DEVICE void each_sample(const LayerNorm &norm, Pass pass) {
    const unsigned lanes = THREADS / norm.channels;
    const bool near = size_t(norm.rows) * norm.out_stride < size_t(1) << 32;
    for (size_t group = blockIdx.y; group < norm.groups; group += gridDim.y) {
        for (size_t index = blockIdx.x; index < norm.samples; index += gridDim.x) {
            const LayerNormSample sample = layer_norm_sample(norm, group, index);
            if (near && norm.rows <= 6 * lanes) pass(Held<6>(), sample);
            else if (near && norm.rows <= 24 * lanes) pass(Held<24>(), sample);
            else pass(Held<0>(), sample);
        }
    }
}

// A sample's shares of the gradients of bias, gamma and beta, from what each thread has of them.
DEVICE void write_shares(const LayerNormSample &s, float (&shares)[3], float *to) {
    __shared__ float room[3 * THREADS];
    column_sums(s.at, shares, room);
    if (s.at.lane != 0) return;
    UNROLL
    for (unsigned i = 0; i < 3; i++) {
        to[(s.index * 3 + i) * s.at.channels + s.at.channel] = shares[i];
    }
}
