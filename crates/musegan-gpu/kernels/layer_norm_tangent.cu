// The tangent of layer norm and its activation, and the way back through both. What must stay true:
// the second is the derivative of the first and of layer_norm_forward.
//
// Bytes of a value: for the tangent 12 read and 8 written, back through both 20 and 8.
#include "layer_norm.h"

KERNEL(layer_norm_tangent,
       (LAYER_NORM_PARAMETERS, const float *normalised, const float *out, const float *deviations,
        float *tangents, float *out_tangents, float *rates)) {
    each_sample(LAYER_NORM, [&](auto held, const LayerNormSample &s) {
        float t_kept[held.SPACE], u_kept[held.SPACE];
        // Whether the k-th activation is positive: a bit of each.
        unsigned positive_kept = 0;
        const auto t_at = [&](auto step) { return tangents[value_at(s, step)]; };
        const auto u_at = [&](auto step) { return normalised[value_at(s, step)]; };
        const auto positive_at = [&](auto step) { return out[out_at(s, step)] > 0; };
        load_rows(held, s.rows, [&](unsigned k, auto step) {
            t_kept[k] = t_at(step);
            u_kept[k] = u_at(step);
            positive_kept |= unsigned(positive_at(step)) << k;
        });
        const auto t = [&](unsigned k, auto step) { return held.ROWS ? t_kept[k] : t_at(step); };
        const auto u = [&](unsigned k, auto step) { return held.ROWS ? u_kept[k] : u_at(step); };
        float sums[2] = {};
        each_row(held, s.rows, [&](unsigned k, auto step) {
            sums[0] += t(k, step);
            sums[1] += t(k, step) * u(k, step);
        });
        block_sum(sums);
        const float deviation = deviations[s.index];
        const float mean = sums[0] / s.count;
        const float scale = 1 / (deviation + LAYER_NORM_EPSILON);
        const float rate = sums[1] * scale * layer_norm_kappa(s, deviation);
        each_row(held, s.rows, [&](unsigned k, auto step) {
            const float w = (t(k, step) - mean) * scale - u(k, step) * rate;
            tangents[value_at(s, step)] = w;
            const bool positive = held.ROWS ? positive_kept >> k & 1 : positive_at(step);
            out_tangents[out_at(s, step)] = s.gamma * w * (positive ? 1 : LAYER_NORM_SLOPE);
        });
        if (threadIdx.x == 0) rates[s.index] = rate;
    });
}

// Where a thread keeps 24 of the pair's numbers, at `k * THREADS`, so that the other three arrays fit
// into 128 registers and two blocks onto a multiprocessor.
DEVICE float *layer_norm_pair_room() {
    __shared__ float room[24 * THREADS];
    return room + threadIdx.x;
}

// With a and b the gradients at the affine map and at its tangent, and Σ over the whole sample:
//   s·d_tangent = γb − Σγb/count − κ(Σγbu)·u
//   s·d_value   = γa − rγb − (Σγa − rΣγb)/count − κ(Σγbu)·w + κ(r(Σγbu)·s/σ − Σγbw − Σγau)·u
PAIRED_KERNEL(layer_norm_backward_pair,
              (LAYER_NORM_PARAMETERS, const float *normalised, const float *out,
               const float *deviations, const float *tangents, const float *rates,
               const float *d_out, const float *d_out_tangents, float *d_values,
               float *d_tangents, float *d_affine)) {
    each_sample(LAYER_NORM, [&](auto held, const LayerNormSample &s) {
        float u_kept[held.SPACE], a_kept[held.SPACE], b_kept[held.SPACE];
        float *const w_kept = layer_norm_pair_room();
        const auto u_at = [&](auto step) { return normalised[value_at(s, step)]; };
        const auto w_at = [&](auto step) { return tangents[value_at(s, step)]; };
        const auto through = [&](const float *from, auto step) {
            const size_t at = out_at(s, step);
            return (out[at] > 0 ? 1 : LAYER_NORM_SLOPE) * from[at];
        };
        load_rows(held, s.rows, [&](unsigned k, auto step) {
            u_kept[k] = u_at(step);
            w_kept[k * THREADS] = w_at(step);
            a_kept[k] = through(d_out, step);
            b_kept[k] = through(d_out_tangents, step);
        });
        const auto u = [&](unsigned k, auto step) { return held.ROWS ? u_kept[k] : u_at(step); };
        const auto w = [&](unsigned k, auto step) {
            return held.ROWS ? w_kept[k * THREADS] : w_at(step);
        };
        const auto a = [&](unsigned k, auto step) {
            return held.ROWS ? a_kept[k] : through(d_out, step);
        };
        const auto b = [&](unsigned k, auto step) {
            return held.ROWS ? b_kept[k] : through(d_out_tangents, step);
        };
        // Gradients of bias, gamma and beta; sums of b and of b·u.
        float shares[3] = {}, b_sum = 0, bu_sum = 0;
        each_row(held, s.rows, [&](unsigned k, auto step) {
            shares[1] += a(k, step) * u(k, step) + b(k, step) * w(k, step);
            shares[2] += a(k, step);
            b_sum += b(k, step);
            bu_sum += b(k, step) * u(k, step);
        });
        float sums[4] = {shares[2], shares[1], b_sum, bu_sum};
        UNROLL
        for (unsigned i = 0; i < 4; i++) sums[i] *= s.gamma;
        block_sum(sums);
        const float deviation = deviations[s.index], rate = rates[s.index];
        const float kappa = layer_norm_kappa(s, deviation);
        const float along_w = -sums[3] * kappa;
        const float along_u = kappa * (rate * sums[3] * (kappa * (s.count - 1)) - sums[1]);
        const float mean = (sums[0] - rate * sums[2]) / s.count, mean_t = sums[2] / s.count;
        const float scale = 1 / (deviation + LAYER_NORM_EPSILON);
        each_row(held, s.rows, [&](unsigned k, auto step) {
            const float from_b = s.gamma * b(k, step);
            const float d = (s.gamma * a(k, step) - rate * from_b + along_w * w(k, step) +
                             along_u * u(k, step) - mean) * scale;
            const float d_t = (from_b - mean_t + along_w * u(k, step)) * scale;
            shares[0] += d;
            d_values[value_at(s, step)] = d;
            d_tangents[value_at(s, step)] = d_t;
        });
        write_shares(s, shares, d_affine);
    });
}
