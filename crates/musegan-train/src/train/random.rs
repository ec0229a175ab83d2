//! All the chance in a training run: a counter-based generator for each (seed, step, purpose). What
//! a step needs is found by its place in the stream, so that any number can be made on its own.
//!
//! What must stay true: nothing is drawn from a stream that lives longer than a step, so that the
//! step number is the whole random state of a checkpoint; and a graphics card makes the same
//! numbers from the same places (`musegan_device::operation::Key` says how).
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Words of a block of the stream.
const BLOCK: u128 = 16;
/// 2⁻²⁴: single precision holds so many bits.
const STEP: f64 = 1.0 / 16_777_216.0;

/// What numbers are drawn for. The values are part of what makes a run repeatable.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The generator's first weights.
    GeneratorStart = 1,
    /// The critic's first weights.
    CriticStart = 2,
    /// Which phrases a batch has, and their transposition.
    Phrases = 3,
    /// Latents of the phrases that the critic learns to tell from real ones.
    CriticLatents = 4,
    /// Where between a real and a generated phrase the gradient is penalised.
    Mix = 5,
    /// Latents of the phrases that the generator learns from.
    GeneratorLatents = 6,
    /// Latents of the sample pictures.
    Samples = 7,
    /// Latents for measuring batch statistics.
    Statistics = 8,
    /// The critic's first singular vectors.
    SpectralStart = 9,
    /// The first weights of the band's networks, a round for each.
    BandStart = 32,
    /// The phrases of the band's batches, a round for each.
    BandPhrase = 33,
    /// Where between what the band's encoders are unsure of a latent or a noise lies, a round for
    /// each phrase.
    BandPosterior = 34,
    /// The noise that the band plays from, a round for each phrase.
    BandNoise = 35,
    /// What blurs the eyes and ears of the band's critic, a round for each phrase.
    BandBlur = 36,
}

/// The generator of one purpose in one step; `round` counts the critic's steps within it.
#[must_use]
pub fn generator(seed: u64, step: u64, purpose: Purpose, round: u32) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&step.to_le_bytes());
    key[16..20].copy_from_slice(&(purpose as u32).to_le_bytes());
    key[20..24].copy_from_slice(&round.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// What sample `sample` draws its phrase by: words 0 and 1 of its block, low word first, and word 2.
#[must_use]
pub fn of_sample(mut stream: ChaCha8Rng, sample: usize) -> (u64, u32) {
    stream.set_word_pos(BLOCK * sample as u128);
    (stream.next_u64(), stream.next_u32())
}

/// A number from 0 to below 1 for each sample: the upper bits of the first word of its block.
pub fn uniforms(mut stream: ChaCha8Rng, out: &mut [f32]) {
    for (sample, number) in out.iter_mut().enumerate() {
        stream.set_word_pos(BLOCK * sample as u128);
        *number = (f64::from(stream.next_u32() >> 8) * STEP) as f32;
    }
}

/// Normally distributed numbers, number `j` from words `j` and its neighbour's (Box & Muller, 1958).
/// They are made in double precision and rounded once.
pub fn normals(mut stream: ChaCha8Rng, out: &mut [f32]) {
    stream.set_word_pos(0);
    for pair in out.chunks_mut(2) {
        let [x, y] = [stream.next_u32(), stream.next_u32()].map(|word| f64::from(word >> 8));
        let radius = (-2.0 * ((x + 1.0) * STEP).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * (y * STEP)).sin_cos();
        for (number, part) in pair.iter_mut().zip([cosine, sine]) {
            *number = (radius * part) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> ChaCha8Rng {
        generator(1, 2, Purpose::CriticLatents, 3)
    }

    #[test]
    fn a_key_gives_the_same_numbers_for_ever() {
        let draws = [0, 1, 70].map(|sample| of_sample(stream(), sample));
        assert_eq!(draws[0], (0x8832_9d51_cd54_81f1, 0xe6b1_ea94));
        assert_eq!(draws[1], (0xd580_8b5c_cca6_514f, 0x90fc_6754));
        assert_eq!(draws[2], (0x32d3_5bf9_52c6_38cf, 0x81ec_a4bf));
        let mut uniform = [0.0; 71];
        uniforms(stream(), &mut uniform);
        for (sample, (words, _)) in [0, 1, 70].into_iter().zip(draws) {
            assert_eq!(uniform[sample], ((words as u32) >> 8) as f32 / 16_777_216.0);
        }
        let mut normal = [0.0; 4];
        normals(stream(), &mut normal);
        let known = [-0.650_768_17, -0.132_731_82, 0.445_902_93, 0.096_605_13f32];
        for (found, expected) in normal.iter().zip(known) {
            assert!((found - expected).abs() < 1e-6, "{normal:?}");
        }
    }

    #[test]
    fn a_number_depends_on_its_place_and_not_on_how_many_are_drawn() {
        let (mut few, mut many) = (vec![0.0; 7], vec![0.0; 400]);
        normals(stream(), &mut few);
        normals(stream(), &mut many);
        assert_eq!(few, many[..7]);
    }

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal_distribution() {
        const NUMBERS: usize = 1 << 20;
        let mut numbers = vec![0.0; NUMBERS];
        normals(stream(), &mut numbers);
        let moment = |power: i32| {
            numbers.iter().map(|&x| f64::from(x).powi(power)).sum::<f64>() / NUMBERS as f64
        };
        // Five standard deviations of the mean of so many: those of x, x², x³ and x⁴ are 1, √2, √15
        // and √96.
        for (power, expected, deviation) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0f64), (3, 0.0, 15.0), (4, 3.0, 96.0)]
        {
            let off = (moment(power) - expected).abs();
            assert!(off < 5.0 * (deviation / NUMBERS as f64).sqrt(), "x^{power} is {off} off");
        }
        let neighbours = numbers.windows(2).map(|pair| f64::from(pair[0] * pair[1])).sum::<f64>();
        assert!(neighbours.abs() < 5.0 * (NUMBERS as f64).sqrt(), "neighbours know each other");
    }
}
