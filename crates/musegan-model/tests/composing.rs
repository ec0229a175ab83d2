//! What form, variation, morph and fills make of a song, as the weights that ship play it and as those
//! of the tutorial do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use musegan_model::sampling::{fill, latent};
use musegan_model::{Band, Device, Weights};
use musegan_score::{
    Composition, Form, Note, Phrase, Pitch, Progression, Step, Take, Takes, Track, Velocity,
};
use proptest::prelude::*;

/// The band that ships, and the tutorial's.
fn bands() -> [Band; 2] {
    ["plugin-assets/weights", "tests/tutorial"].map(|name| {
        let file = format!("{}/../../{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        Band::new(&Weights::read(file.as_ref()).unwrap(), Device::Cpu)
    })
}

/// The onsets that sound at this density: track, step, key.
fn sounding(phrase: &Phrase, density: f32) -> BTreeSet<(Track, usize, u8)> {
    let notes = phrase.notes().filter(|(_, note)| note.strength() > 1.0 - density);
    notes.map(|(track, note)| (track, note.onset().index(), note.pitch.number())).collect()
}

/// Of the onsets that either phrase has at a density of 0.5, the share that both have.
fn likeness(one: &Phrase, other: &Phrase) -> f64 {
    let (one, other) = (sounding(one, 0.5), sounding(other, 0.5));
    one.intersection(&other).count() as f64 / one.union(&other).count().max(1) as f64
}

fn mean(seeds: u64, of_seed: impl FnMut(u64) -> f64) -> f64 {
    (0..seeds).map(of_seed).sum::<f64>() / seeds as f64
}

const AABA: Composition = Composition {
    seed: 11,
    temperature: 1.0,
    morph_seed: 12,
    morph: 0.0,
    form: Form::Aaba,
    section_bars: 8,
    variation: 0.0,
    fill_every_bars: 0,
    progression: Progression::EMPTY,
    takes: Takes::new([Take { number: 0, locked: None }; Track::COUNT]),
};

#[test]
fn a_section_comes_again_note_for_note_without_variation() {
    for mut band in bands() {
        let phrases: Vec<_> = (-8..16).map(|index| band.phrase(&AABA, index)).collect();
        // Two phrases a section: the second A is the first, so is the one after B, and round by round.
        for (index, letters) in phrases.chunks(8).enumerate() {
            assert_eq!(letters[..2], letters[2..4], "{index}");
            assert_eq!(letters[..2], letters[6..], "{index}");
            assert_eq!(letters, &phrases[..8], "{index}");
        }
        let once = [&phrases[0], &phrases[1], &phrases[4], &phrases[5]];
        for (i, one) in once.iter().enumerate() {
            assert!(once[..i].iter().all(|other| one != other), "{i}");
        }
    }
}

#[test]
fn the_first_time_is_plain_and_every_later_one_a_variation_of_its_own() {
    for mut band in bands() {
        let varied = Composition { variation: 0.3, ..AABA };
        assert_eq!(band.phrase(&varied, 0), band.phrase(&AABA, 0));
        // The first phrase of A, in this round, the next and the one before the start.
        let again: Vec<_> = [0, 2, 6, 8, -2].map(|index| band.phrase(&varied, index)).into();
        for (i, one) in again.iter().enumerate() {
            assert!(again[..i].iter().all(|other| one != other), "{i}");
        }
    }
}

#[test]
fn more_variation_is_less_likeness_and_sections_stay_recognisable() {
    for (mut band, times) in bands().into_iter().zip([2.5, 5.0]) {
        let mut again = |variation: f32| {
            mean(100, |seed| {
                let form = Form::A;
                let song = Composition { seed, form, section_bars: 4, variation, ..AABA };
                likeness(&band.phrase(&song, 0), &band.phrase(&song, 1))
            })
        };
        let found = [0.0, 0.1, 0.3, 1.0].map(&mut again);
        let strangers = mean(100, |seed| {
            let song = Composition { seed, form: Form::Endless, ..AABA };
            likeness(&band.phrase(&song, 0), &band.phrase(&song, 1))
        });
        assert!(found[0] == 1.0 && found.windows(2).all(|pair| pair[0] > pair[1]), "{found:?}");
        assert!(found[2] > times * strangers, "{found:?} {strangers}");
    }
}

#[test]
fn sections_outlive_a_change_of_form_and_length() {
    for mut band in bands() {
        let short = Composition { section_bars: 4, form: Form::VerseChorus, ..AABA };
        // B begins with phrase 4 in AABA by 8 bars, with phrase 1 in verse and chorus by 4.
        assert_eq!(band.phrase(&AABA, 4), band.phrase(&short, 1));
        assert_eq!(band.phrase(&AABA, 0), band.phrase(&Composition { form: Form::A, ..AABA }, 2));
    }
}

#[test]
fn a_morph_begins_and_ends_exactly_at_its_songs() {
    for mut band in bands() {
        let song = Composition { variation: 0.3, fill_every_bars: 4, ..AABA };
        for index in [0, 2, 4] {
            let mut at = |morph: f32| band.phrase(&Composition { morph, ..song }, index);
            let (from, middle, to) = (at(0.0), at(0.5), at(1.0));
            let of_seed = |seed| Composition { seed, morph_seed: 99, ..song };
            assert_eq!(from, band.phrase(&of_seed(11), index));
            assert_eq!(to, band.phrase(&of_seed(12), index));
            assert!(middle != from && middle != to);
        }
        // A song on its way to itself does not change.
        let itself = Composition { morph_seed: song.seed, morph: 0.4, ..song };
        assert_eq!(band.phrase(&itself, 2), band.phrase(&song, 2));
    }
}

#[test]
fn a_morph_leaves_one_song_and_nears_the_other_gradually() {
    for mut band in bands() {
        let mut to_ends = |morph: f32| {
            [0.0, 1.0].map(|end| {
                mean(60, |seed| {
                    let song = Composition { seed, morph_seed: seed + 1000, ..AABA };
                    let [here, there] =
                        [morph, end].map(|morph| band.phrase(&Composition { morph, ..song }, 0));
                    likeness(&here, &there)
                })
            })
        };
        let found = [0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0].map(&mut to_ends);
        assert!(found.windows(2).all(|pair| pair[0][0] > pair[1][0]), "{found:?}");
        assert!(found.windows(2).all(|pair| pair[0][1] < pair[1][1]), "{found:?}");
    }
}

#[test]
fn mixed_latents_are_spread_as_the_network_was_trained() {
    let songs = [
        Composition { morph: 0.5, ..AABA },
        Composition { morph: 0.2, variation: 0.6, temperature: 0.5, ..AABA },
    ];
    for song in songs {
        for of in [latent::of_phrase, latent::of_fill] {
            let of_seed = |seed| of(&Composition { seed, morph_seed: !seed, ..song }, 2);
            let numbers: Vec<f64> = (0..400).flat_map(of_seed).map(f64::from).collect();
            let n = numbers.len() as f64;
            let deviation = (numbers.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
            assert!((deviation / f64::from(song.temperature) - 1.0).abs() < 0.02, "{deviation}");
        }
    }
}

/// These numbers never change: songs are stored as seeds.
#[test]
fn latents_of_compositions_are_what_they_have_always_been() {
    let begins = |of: fn(&Composition, i64) -> latent::Latent, song: &Composition, index| {
        of(song, index)[..3].to_vec()
    };
    let endless = Composition { seed: 42, form: Form::Endless, ..AABA };
    assert_eq!(latent::of_phrase(&endless, -1), latent::latent(42, -1, 1.0));
    let mixed = Composition { morph: 0.25, variation: 0.3, ..AABA };
    assert_eq!(begins(latent::of_phrase, &AABA, 5), [-0.327627, -1.5245007, -0.42204028]);
    assert_eq!(begins(latent::of_phrase, &mixed, 6), [0.28068283, -0.89681995, 0.2766039]);
    assert_eq!(begins(latent::of_fill, &endless, 0), [1.1340488, -0.1637978, -0.5137179]);
    assert_eq!(begins(latent::of_fill, &AABA, 5), [0.9427425, -0.19184402, 0.9061281]);
    assert_eq!(begins(latent::of_fill, &mixed, 6), [0.051760063, 0.40289623, -0.27089214]);
}

/// Kick, snare or tom.
fn is_drum(key: u8) -> bool {
    matches!(key, 35..=41 | 43 | 45 | 47 | 48 | 50)
}

#[test]
fn a_fill_strikes_more_drums_and_touches_nothing_else() {
    // Cymbals rest: where they were many there are hardly more strokes in all.
    for (mut band, least_share) in bands().into_iter().zip([0.8, 1.5]) {
        let [mut without, mut with] = [[0; 2]; 2];
        for seed in 0..100 {
            let plain = Composition { seed, form: Form::Endless, ..AABA };
            let (bars, index) = if seed % 2 == 0 { (4, 0) } else { (2, -1) };
            let song = Composition { fill_every_bars: bars, ..plain };
            let (plain, filled) = (band.phrase(&plain, index), band.phrase(&song, index));
            let is_fill = |step: usize| song.fills(index * 4 + step as i64 / 16) && step % 16 >= 8;
            // Everything else, where a drum that sounds into a fill may end as it begins.
            let others = |phrase: &Phrase| {
                let notes = phrase.notes().map(|(track, note)| (track, *note));
                let notes =
                    notes.filter(|(t, n)| *t != Track::Drums || !is_fill(n.onset().index()));
                notes
                    .map(|(track, note)| {
                        let mut steps = note.onset().index()..note.end();
                        let cut = steps.position(|step| track == Track::Drums && is_fill(step));
                        let length = cut.unwrap_or(note.length());
                        let cut = Note::new(note.onset(), length, note.pitch, note.velocity);
                        (track, cut.with_strength(note.strength()))
                    })
                    .collect::<Vec<_>>()
            };
            assert!(others(&plain) == others(&filled), "{seed}");
            for (phrase, [drums, all]) in [(&plain, &mut without), (&filled, &mut with)] {
                let onsets = sounding(phrase, 0.5).into_iter();
                let onsets = onsets.filter(|o| o.0 == Track::Drums && is_fill(o.1));
                for (.., key) in onsets {
                    *all += 1;
                    *drums += u32::from(is_drum(key));
                }
            }
            // What sounds at a density is a part of what sounds at any higher one.
            let heard = [0.1, 0.3, 0.5, 0.7, 1.0].map(|density| sounding(&filled, density));
            assert!(heard.windows(2).all(|pair| pair[0].is_subset(&pair[1])));
        }
        let shares: [f64; 2] =
            std::array::from_fn(|which| f64::from(with[which]) / f64::from(without[which]));
        assert!(shares[0] > 1.5 && shares[1] > least_share, "{with:?} {without:?}");
    }
}

#[test]
fn of_two_strokes_the_surer_is_played_and_a_ringing_drum_ends_where_it_is_struck_again() {
    let drum = |step: usize, length: usize, key: u8, strength: f32| {
        let pitch = Pitch::new(key).unwrap();
        let note = Note::new(Step::new(step).unwrap(), length, pitch, Velocity::DEFAULT);
        (Track::Drums, note.with_strength(strength))
    };
    let snare = 38;
    let groove =
        Phrase::new([drum(14, 20, snare, 0.9), drum(28, 4, snare, 0.6), drum(26, 1, 42, 1.0)]);
    // The same place of two bars, a place of the first half, and a cymbal.
    let strokes = [drum(12, 2, snare, 0.49), drum(60, 1, snare, 0.25), drum(3, 1, snare, 1.0)];
    let strokes = Phrase::new(strokes.into_iter().chain([drum(13, 1, 49, 1.0)]));
    let filled = fill::played(&groove, &strokes, 1);
    let found: Vec<_> = filled.track(Track::Drums).to_vec();
    let shapes: Vec<_> = found.iter().map(|n| (n.onset().index(), n.length())).collect();
    assert_eq!(shapes, [(14, 14), (28, 1)]);
    assert_eq!(found[1].strength(), 0.7);
    assert_eq!(found[1].velocity.value(), Velocity::DEFAULT.value() + 12);
}

#[test]
fn five_bands_asked_in_five_orders_play_one_song() {
    let song = Composition { morph: 0.3, variation: 0.5, fill_every_bars: 3, ..AABA };
    let indices = [-9, -1, 0, 2, 3, 7, 8, 1_000_003];
    let expected = bands().map(|mut first| indices.map(|index| first.phrase(&song, index)));
    for (start, (mut band, expected)) in
        (1..5).flat_map(|start| bands().into_iter().zip(&expected).map(move |both| (start, both)))
    {
        for at in (0..indices.len()).map(|i| (i * 3 + start) % indices.len()) {
            assert_eq!(band.phrase(&song, indices[at]), expected[at], "{start} {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_composition_has_finite_latents(
        seed: u64, morph_seed: u64, index: i64,
        morph: f32, variation: f32, temperature in 0.0f32..4.0, section_bars: u16,
    ) {
        let form = Form::VerseChorus;
        let song = Composition {
            seed, temperature, morph_seed, morph, form, section_bars, variation, ..AABA
        };
        for latent in [latent::of_phrase(&song, index), latent::of_fill(&song, index)] {
            prop_assert!(latent.iter().all(|number| number.is_finite()));
        }
    }
}
