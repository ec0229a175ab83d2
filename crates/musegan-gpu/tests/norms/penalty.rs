//! Points between two batches, and directions of gradients.
use crate::arena::Arena;
use crate::{assert_near, cases, numbers};
use musegan_device::Operation;
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn points_lie_between_two_batches_at_each_samples_share(
        (groups, samples, len) in (1usize..4, 1usize..6, 1usize..700),
        (gap_a, gap_b) in (0usize..4, 0usize..4),
    ) {
        let stride = |gap| samples * len + gap;
        let [a, b] = [gap_a, gap_b].map(|gap| numbers(groups * stride(gap), gap as u32));
        let share: Vec<f32> = numbers(samples, 9).iter().map(|x| 0.5 + 0.5 * x).collect();
        let mut arena = Arena::default();
        let parts = [&a, &b, &share].map(|all| arena.read(all));
        let out = arena.write(groups * samples * len);
        let done = arena.compute(|at| Operation::Mix {
            a: at(parts[0]),
            a_group_stride: stride(gap_a) as u32,
            b: at(parts[1]),
            b_group_stride: stride(gap_b) as u32,
            share: at(parts[2]),
            out: at(out),
            groups: groups as u32,
            samples: samples as u32,
            len: len as u32,
        });
        let mixed = |i: usize| {
            let (g, rest) = (i / (samples * len), i % (samples * len));
            let at = |all: &[f32], gap| f64::from(all[g * stride(gap) + rest]);
            let share = f64::from(share[rest / len]);
            share * at(&a, gap_a) + (1.0 - share) * at(&b, gap_b)
        };
        let expected: Vec<_> = (0..groups * samples * len).map(mixed).collect();
        assert_near("mix", done.part(out), &expected, 1e-6);
    }

    #[test]
    fn gradients_become_directions_over_all_groups(
        (groups, samples) in (1usize..6, 1usize..5),
        len in prop_oneof![1usize..300, 4608usize..=4609, 5000usize..20_000],
        scale in prop_oneof![Just(1.0f32), Just(1e-9), Just(1e3)],
    ) {
        let mut cells = numbers(groups * samples * len, 7);
        cells.iter_mut().for_each(|x| *x *= scale);
        // A sample without a gradient has no direction.
        let nothing = samples - 1;
        let own = |i: usize| i / len % samples;
        if samples > 1 {
            (0..cells.len()).filter(|&i| own(i) == nothing).for_each(|i| cells[i] = 0.0);
        }
        let mut squares = vec![0.0f64; samples];
        cells.iter().enumerate().for_each(|(i, &x)| squares[own(i)] += f64::from(x).powi(2));
        let lengths: Vec<_> = squares.iter().map(|x| x.sqrt()).collect();
        let mut arena = Arena::default();
        let part = arena.change(&cells);
        let [norms, rates] = [0; 2].map(|_| arena.write(samples));
        let done = arena.compute(|at| Operation::Direction {
            cells: at(part),
            groups: groups as u32,
            samples: samples as u32,
            len: len as u32,
            norms: at(norms),
            rates: at(rates),
            factor: 1.25,
        });
        let unit = |(i, &x): (usize, &f32)| f64::from(x) / lengths[own(i)].max(1e-12);
        let expected: Vec<_> = cells.iter().enumerate().map(unit).collect();
        assert_near("direction", done.part(part), &expected, 2e-6);
        assert_near("length", done.part(norms), &lengths, 2e-6);
        let expected: Vec<_> = lengths.iter().map(|n| 1.25 * (n - 1.0)).collect();
        let found = done.part(rates).iter().zip(&expected).zip(&lengths);
        for ((&found, expected), n) in found {
            prop_assert!((f64::from(found) - expected).abs() <= 3e-6 * n.max(1.0));
        }
    }
}
