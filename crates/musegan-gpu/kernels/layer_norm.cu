// Bias, layer norm over each sample, scale, shift and leaky ReLU: forwards and backwards. What must stay
// true: u is (x − mean)/(σ + 1e-5).
//
// Bytes of a value: forwards 4 read and 8 written, backwards 12 and 4.
#include "layer_norm.h"

KERNEL(layer_norm_forward,
       (LAYER_NORM_PARAMETERS, float *values, float *out, float *deviations)) {
    each_sample(LAYER_NORM, [&](auto held, const LayerNormSample &s) {
        float kept[held.SPACE];
        load_rows(held, s.rows,
                  [&](unsigned k, auto step) { kept[k] = values[value_at(s, step)]; });
        const auto value = [&](unsigned k, auto step) {
            return (held.ROWS ? kept[k] : values[value_at(s, step)]) + s.bias;
        };
        float sum = 0;
        each_row(held, s.rows, [&](unsigned k, auto step) { sum += value(k, step); });
        const float mean = block_sum(sum) / s.count;
        float squares = 0;
        each_row(held, s.rows, [&](unsigned k, auto step) {
            const float from_mean = value(k, step) - mean;
            squares += from_mean * from_mean;
        });
        const float deviation = sqrtf(block_sum(squares) / (s.count - 1));
        const float scale = 1 / (deviation + LAYER_NORM_EPSILON);
        each_row(held, s.rows, [&](unsigned k, auto step) {
            const float u = (value(k, step) - mean) * scale;
            const float y = s.gamma * u + s.beta;
            values[value_at(s, step)] = u;
            out[out_at(s, step)] = y > 0 ? y : LAYER_NORM_SLOPE * y;
        });
        if (threadIdx.x == 0) deviations[s.index] = deviation;
    });
}

KERNEL(layer_norm_backward,
       (LAYER_NORM_PARAMETERS, const float *normalised, const float *out, const float *deviations,
        const float *d_out, float *d_values, float *d_affine)) {
    each_sample(LAYER_NORM, [&](auto held, const LayerNormSample &s) {
        // u, and the gradient at the affine map.
        float u_kept[held.SPACE], a_kept[held.SPACE];
        const auto u_at = [&](auto step) { return normalised[value_at(s, step)]; };
        const auto a_at = [&](auto step) {
            const size_t at = out_at(s, step);
            return (out[at] > 0 ? 1 : LAYER_NORM_SLOPE) * d_out[at];
        };
        load_rows(held, s.rows, [&](unsigned k, auto step) {
            u_kept[k] = u_at(step);
            a_kept[k] = a_at(step);
        });
        const auto u = [&](unsigned k, auto step) { return held.ROWS ? u_kept[k] : u_at(step); };
        const auto a = [&](unsigned k, auto step) { return held.ROWS ? a_kept[k] : a_at(step); };
        // Gradients of bias, gamma and beta.
        float shares[3] = {};
        each_row(held, s.rows, [&](unsigned k, auto step) {
            shares[1] += a(k, step) * u(k, step);
            shares[2] += a(k, step);
        });
        float sums[2] = {s.gamma * shares[2], s.gamma * shares[1]};
        block_sum(sums);
        const float deviation = deviations[s.index];
        const float mean = sums[0] / s.count;
        const float along = sums[1] * layer_norm_kappa(s, deviation);
        const float scale = 1 / (deviation + LAYER_NORM_EPSILON);
        each_row(held, s.rows, [&](unsigned k, auto step) {
            const float d = (s.gamma * a(k, step) - mean - along * u(k, step)) * scale;
            shares[0] += d;
            d_values[value_at(s, step)] = d;
        });
        if (d_affine) write_shares(s, shares, d_affine);
    });
}
