// Chance: ChaCha with 8 rounds as `rand_chacha` has it, and what is drawn with it. What each word is
// for is said at `Key` and `Draw` in musegan-device's operation/randomness.rs.
//
// What must stay true: words, phrases and transpositions are those of the CPU, bit for bit. So the
// place of a weighted draw is computed with every product rounded on its own.
#include "device.h"

typedef unsigned long long Chance64;

#define CHANCE_WORDS 16        // of a block of the stream
#define DRAW_CELLS (64 * 72)   // of a track: steps times pitches
#define DRAW_TRACK_WORDS (DRAW_CELLS / 32)
#define DRAW_PHRASE_WORDS 720
#define DRAW_SONG_WORDS 6      // of the table of songs
#define DRAW_PITCHES 72
#define DRAW_OCTAVE 12
#define DRAW_BEAT_STEPS 4

DEVICE unsigned chance_turn(unsigned word, unsigned by) { return word << by | word >> (32 - by); }

DEVICE void chance_quarter(unsigned &a, unsigned &b, unsigned &c, unsigned &d) {
    a += b, d = chance_turn(d ^ a, 16);
    c += d, b = chance_turn(b ^ c, 12);
    a += b, d = chance_turn(d ^ a, 8);
    c += d, b = chance_turn(b ^ c, 7);
}

// A block of the stream of (seed, step by the clock, purpose, round).
DEVICE void chance_block(unsigned (&words)[CHANCE_WORDS], Chance64 block, const unsigned *clock,
                         Chance64 seed, unsigned purpose, unsigned round) {
    const unsigned start[CHANCE_WORDS] = {
        0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,           // "expand 32-byte k"
        unsigned(seed), unsigned(seed >> 32), clock[0], clock[1], // the key
        purpose, round, 0, 0,                                     //
        unsigned(block), unsigned(block >> 32), 0, 0,             // counter, and stream 0
    };
    UNROLL
    for (unsigned i = 0; i < CHANCE_WORDS; i++) words[i] = start[i];
    unsigned(&w)[CHANCE_WORDS] = words;
    for (unsigned rounds = 0; rounds < 8; rounds += 2) {
        chance_quarter(w[0], w[4], w[8], w[12]);
        chance_quarter(w[1], w[5], w[9], w[13]);
        chance_quarter(w[2], w[6], w[10], w[14]);
        chance_quarter(w[3], w[7], w[11], w[15]);
        chance_quarter(w[0], w[5], w[10], w[15]);
        chance_quarter(w[1], w[6], w[11], w[12]);
        chance_quarter(w[2], w[7], w[8], w[13]);
        chance_quarter(w[3], w[4], w[9], w[14]);
    }
    UNROLL
    for (unsigned i = 0; i < CHANCE_WORDS; i++) words[i] += start[i];
}

// From 0 to below 1. Single precision holds the upper 24 bits of a word exactly.
DEVICE float chance_share(unsigned word) { return float(word >> 8) * 0x1p-24f; }

// One thread makes the numbers of a block of the stream.
KERNEL(normals, (float *__restrict__ out, Chance64 blocks, const unsigned *__restrict__ clock,
                 Chance64 seed, unsigned purpose, unsigned round)) {
    const Chance64 threads = Chance64(gridDim.x) * THREADS;
    for (Chance64 block = Chance64(blockIdx.x) * THREADS + threadIdx.x; block < blocks; block += threads) {
        unsigned words[CHANCE_WORDS];
        chance_block(words, block, clock, seed, purpose, round);
        float *const numbers = out + CHANCE_WORDS * block;
        UNROLL
        for (unsigned i = 0; i < CHANCE_WORDS; i += 2) {
            const float radius = sqrtf(-2.0f * logf(chance_share(words[i]) + 0x1p-24f));
            float sine, cosine;
            sincospif(2.0f * chance_share(words[i + 1]), &sine, &cosine);
            numbers[i] = radius * cosine;
            numbers[i + 1] = radius * sine;
        }
    }
}

KERNEL(uniforms, (float *__restrict__ out, unsigned samples, const unsigned *__restrict__ clock,
                  Chance64 seed, unsigned purpose, unsigned round)) {
    const Chance64 threads = Chance64(gridDim.x) * THREADS;
    for (Chance64 i = Chance64(blockIdx.x) * THREADS + threadIdx.x; i < samples; i += threads) {
        unsigned words[CHANCE_WORDS];
        chance_block(words, i, clock, seed, purpose, round);
        out[i] = chance_share(words[0]);
    }
}

// A product that is never fused with what is added to it. The emulator is compiled so that none is.
DEVICE double draw_product(double a, double b) {
#ifdef __CUDACC__
    return __dmul_rn(a, b);
#else
    return a * b;
#endif
}

DEVICE double draw_double(const unsigned *words) {
    const Chance64 bits = Chance64(words[1]) << 32 | words[0];
#ifdef __CUDACC__
    return __longlong_as_double((long long)(bits));
#else
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
#endif
}

// The last song that begins at or before this place among the weights. All threads of the block look
// at once, so that few of the table's latencies are waited for.
DEVICE unsigned draw_song(const unsigned *songs, unsigned count, double at) {
    unsigned first = 0;
    while (count > 1) {
        const unsigned step = (count - 1) / THREADS + 1;
        const Chance64 mine = Chance64(threadIdx.x) * step;
        const bool begun =
            mine < count && draw_double(songs + DRAW_SONG_WORDS * (first + mine)) <= at;
        const unsigned last = max(unsigned(block_sum(begun ? 1.0f : 0.0f)), 1u) - 1;
        first += last * step;
        count = min(step, count - last * step);
    }
    return first;
}

// The phrase that 64 random bits choose. Whatever the table says, it is one of the phrases.
DEVICE unsigned draw_phrase(Chance64 bits, unsigned phrases, const unsigned *songs, unsigned count,
                            double weights_total) {
    if (!songs) return unsigned(umulhi64(bits, phrases));
    const double at = draw_product(double(bits >> 11) * 0x1p-53, weights_total);
    const unsigned *song = songs + DRAW_SONG_WORDS * Chance64(draw_song(songs, count, at));
    const double within = (at - draw_double(song)) / draw_double(song + 2);
    const unsigned before = song[4], last = max(song[5], 1u) - 1;
    const unsigned place = within < last ? (within > 0 ? unsigned(within) : 0) : last;
    return min(before + place, phrases - 1);
}

// By how many pitches the pitched tracks move so that they come to lie `up` semitones higher.
DEVICE int draw_shift(unsigned facts, int up) {
    const int lowest = facts & 0xff, highest = facts >> 8 & 0xff, down = DRAW_OCTAVE - up;
    const bool can_go_up = highest + up < DRAW_PITCHES, can_go_down = lowest >= down;
    if (can_go_up && (up <= DRAW_OCTAVE / 2 || !can_go_down)) return up;
    return can_go_down ? -down : 0;
}

// A block unpacks a track of a sample: blockIdx.x is the sample, blockIdx.y the track, drums first.
// `keys` is 0 for as written, 1 for random and 2 for white.
KERNEL(draw, (const unsigned *__restrict__ bits, const unsigned *__restrict__ facts, unsigned phrases,
              const unsigned *__restrict__ songs, unsigned songs_count, double weights_total,
              unsigned keys, float *__restrict__ out, unsigned group_stride,
              const unsigned *__restrict__ clock, Chance64 seed, unsigned purpose, unsigned round)) {
    __shared__ unsigned chance[CHANCE_WORDS];
    __shared__ unsigned packed[DRAW_TRACK_WORDS];
    const unsigned sample = blockIdx.x, track = blockIdx.y;
    if (threadIdx.x == 0) {
        unsigned words[CHANCE_WORDS];
        chance_block(words, sample, clock, seed, purpose, round);
        UNROLL
        for (unsigned i = 0; i < 3; i++) chance[i] = words[i];
    }
    __syncthreads();
    const Chance64 choice = Chance64(chance[1]) << 32 | chance[0];
    const Chance64 phrase = draw_phrase(choice, phrases, songs, songs_count, weights_total);
    int shift = 0;
    if (track > 0 && keys > 0) {
        const unsigned fact = facts[phrase];
        const unsigned random = unsigned(Chance64(chance[2]) * DRAW_OCTAVE >> 32);
        shift = draw_shift(fact, keys == 1 ? random : fact >> 16 & 0xff);
    }
    const unsigned *from = bits + DRAW_PHRASE_WORDS * phrase + DRAW_TRACK_WORDS * track;
    for (unsigned i = threadIdx.x; i < DRAW_TRACK_WORDS; i += THREADS) packed[i] = from[i];
    __syncthreads();
    float *const to = out + Chance64(group_stride) * track + Chance64(DRAW_CELLS) * sample;
    for (unsigned i = threadIdx.x; i < DRAW_CELLS; i += THREADS) {
        // The axes of training: beat, octave, step in the beat, pitch class.
        const unsigned pitch_class = i % DRAW_OCTAVE, beat_step = i / DRAW_OCTAVE % DRAW_BEAT_STEPS;
        const unsigned above = i / (DRAW_OCTAVE * DRAW_BEAT_STEPS);
        const unsigned octaves = DRAW_PITCHES / DRAW_OCTAVE;
        const unsigned octave = above % octaves, beat = above / octaves;
        const int pitch = int(octave * DRAW_OCTAVE + pitch_class) - shift;
        const unsigned cell = (beat * DRAW_BEAT_STEPS + beat_step) * DRAW_PITCHES + pitch;
        const bool on_roll = pitch >= 0 && pitch < DRAW_PITCHES;
        // Within each byte the most significant bit is the first.
        to[i] = on_roll ? float(packed[cell / 32] >> (cell % 32 ^ 7) & 1) : 0.0f;
    }
}
