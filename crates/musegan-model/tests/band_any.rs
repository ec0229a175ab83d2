//! What the model `band` keeps whatever its weights and whatever is asked of it: a phrase is a
//! phrase, the same each time, and takes and locks change nothing but what they are of.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use musegan_model::band::Dimensions;
use musegan_model::weights::Parameter;
use musegan_model::{Band, Device, Provenance, Weights};
use musegan_score::chord::Quality;
use musegan_score::{Chord, Composition, Form, Phrase, Progression, Take, Takes, Track};
use proptest::prelude::*;

const SMALL: Dimensions = Dimensions { hidden: 24, width: 16, step: 8, ..Dimensions::BAND };

/// Numbers that controls can have, and such that none should.
fn control() -> impl Strategy<Value = f32> {
    prop_oneof![
        0.0..1.5f32,
        prop::sample::select(vec![0.0, 1.0, -2.0, 1e-30, 1e30, f32::MAX, f32::NAN, f32::INFINITY]),
    ]
}

fn progression() -> impl Strategy<Value = Progression> {
    let chord =
        (0..12u8, 0..16usize, 0..12u8).prop_map(|(r, q, b)| Chord::new(r, Quality::ALL[q], b));
    prop::collection::vec(prop::option::of(chord), 0..65)
        .prop_map(|chords| Progression::new(&chords).unwrap())
}

fn take() -> impl Strategy<Value = Take> {
    let locked = prop::option::weighted(0.3, 0..3u64);
    (prop_oneof![Just(0), 1..3u16], locked).prop_map(|(number, locked)| Take { number, locked })
}

fn composition() -> impl Strategy<Value = Composition> {
    let form = prop::sample::select(vec![Form::Endless, Form::Aaba]);
    let takes = prop::array::uniform5(take()).prop_map(Takes::new);
    let numbers = (0..3u64, 0..3u64, prop_oneof![Just(0), 1..9u16]);
    let controls = [control(), control(), control()];
    (numbers, controls, form, progression(), takes).prop_map(
        |((seed, morph_seed, fill_every_bars), controls, form, progression, takes)| {
            let [temperature, morph, variation] = controls;
            let section_bars = 4;
            Composition {
                seed,
                temperature,
                morph_seed,
                morph,
                form,
                section_bars,
                variation,
                fill_every_bars,
                progression,
                takes,
            }
        },
    )
}

/// What any phrase keeps.
fn assert_sound(phrase: &Phrase) {
    for track in Track::ALL {
        let notes = phrase.track(track);
        for (at, note) in notes.iter().enumerate() {
            assert!(note.length() > 0 && note.end() <= 64, "{note:?}");
            assert!(note.strength() > 0.0 && note.strength() <= 1.0, "{note:?}");
            assert!((24..96).contains(&note.pitch.number()), "{note:?}");
            let mut later = notes[at + 1..].iter().filter(|other| other.pitch == note.pitch);
            assert!(later.all(|other| note.end() <= other.onset().index()), "{note:?}");
        }
        let apart = notes.windows(2).all(|pair| pair[0].end() <= pair[1].onset().index());
        assert!(apart || track != Track::Bass, "one note at a time");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn takes_and_locks_change_nothing_but_what_they_are_of(
        (composition, other) in (composition(), composition()),
        (index, track, number) in (-3..4i64, 0..5usize, 0..3u16),
    ) {
        let mut band = Band::new(&Weights::untrained(SMALL, 16, 1).unwrap(), Device::Cpu);
        let phrase = band.phrase(&composition, index);
        assert_sound(&phrase);
        band.phrase(&other, index);
        prop_assert_eq!(&band.phrase(&composition, index), &phrase, "asked again");

        for track in Track::ALL {
            let take = composition.takes.of(track);
            let is_morphing =
                composition.morph > 0.0 && composition.morph_seed != composition.seed;
            let elsewhere = |seed: &u64| *seed != composition.seed || is_morphing;
            if let Some(seed) = take.locked.filter(elsewhere) {
                let takes = Takes::default().with(track, Take { locked: None, ..take });
                let song = Composition { seed, morph: 0.0, takes, ..composition };
                let song = band.phrase(&song, index);
                prop_assert_eq!(phrase.track(track), song.track(track), "locked");
            }
        }

        let changed = Track::ALL[track];
        let take = composition.takes.of(changed);
        if take.locked.is_none() {
            let takes = composition.takes.with(changed, Take { number, ..take });
            let again = band.phrase(&Composition { takes, ..composition }, index);
            for track in Track::ALL.into_iter().filter(|track| *track != changed) {
                prop_assert_eq!(phrase.track(track), again.track(track), "another track's take");
            }
        }
    }
}

/// Each kind of a small band's numbers multiplied, or replaced.
fn strange(
    manners: &[(u8, f32)],
    bank: &[u8],
) -> Result<Weights, musegan_model::weights::WeightsError> {
    let weights = Weights::untrained(SMALL, 4, 3).unwrap();
    let mut manners = manners.iter().cycle();
    let mut bank = bank.iter().cycle();
    let tensor = |(name, shape, values): (String, Vec<usize>, &[f32])| {
        let &(manner, number) = manners.next().unwrap();
        let mut values = values.to_vec();
        for value in &mut values {
            *value = match manner {
                _ if name.starts_with("bank.") && name != "bank.measures" => {
                    f32::from(*bank.next().unwrap())
                }
                0 => *value * number,
                1 => number,
                _ => *value,
            };
        }
        (name, Parameter { shape, values })
    };
    let tensors: BTreeMap<_, _> = weights.parameters().map(tensor).collect();
    Weights::new(weights.architecture().clone(), Provenance::default(), tensors, "strange")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn weights_of_any_numbers_play_or_are_refused_with_a_sentence(
        manners in prop::collection::vec((0..4u8, prop_oneof![
            8 => -3.0..3.0f32,
            1 => prop::sample::select(vec![0.0, 6e4, -6e4, 1e-30, 1e30, -3e38, f32::NAN]),
        ]), 1..40),
        bank in prop::collection::vec(any::<u8>(), 1..300),
        composition in composition(),
    ) {
        match strange(&manners, &bank) {
            Err(error) => prop_assert!(error.to_string().starts_with("strange: tensor"), "{}", error),
            Ok(weights) => {
                let mut band = Band::new(&weights, Device::Cpu);
                for index in [0, i64::MIN, 7] {
                    let phrase = band.phrase(&composition, index);
                    assert_sound(&phrase);
                    prop_assert_eq!(&band.phrase(&composition, index), &phrase);
                }
            }
        }
    }
}

#[test]
fn sizes_that_no_network_has_are_refused_with_a_sentence() {
    let refused = |dimensions, bank| {
        Weights::untrained(dimensions, bank, 1).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let uneven = refused(Dimensions { heads: 5, ..SMALL }, 4);
    assert!(uneven.ends_with("`heads` is 5, but does not divide `width`, which is 16"), "{uneven}");
    let huge = refused(Dimensions { cell_noise: usize::MAX, ..SMALL }, 4);
    assert!(huge.contains("`cell_noise` is"), "{huge}");
    assert!(refused(SMALL, 0).ends_with("`bank` is 0, expected 1 to 65536"));
    assert!(refused(SMALL, 65_537).ends_with("`bank` is 65537, expected 1 to 65536"));
}
