//! Chords as hands can hold them.
#![allow(clippy::unwrap_used)]
#[path = "support/charts.rs"]
mod charts;

use musegan_corpus::voicing::fretboard::{Neck, STRINGS, Shape, grip};
use musegan_corpus::voicing::keyboard::{self, Left};
use musegan_corpus::voicing::{Colour, Frame, closest, palette, section};
use musegan_score::chord::Quality;
use musegan_score::{Chord, Key};

fn every_chord() -> impl Iterator<Item = Chord> {
    Quality::ALL
        .into_iter()
        .flat_map(|quality| (0..12).map(move |root| Chord::new(root, quality, root)))
}

fn frets(text: &str, shape: Shape) -> String {
    let grip = grip(text.parse().unwrap(), shape, None).unwrap();
    grip.frets.iter().map(|fret| fret.map_or("x".into(), |fret| fret.to_string())).collect()
}

#[test]
fn every_chord_has_grips_that_a_hand_can_hold() {
    for chord in every_chord() {
        for shape in [Shape::Full, Shape::Triad, Shape::Power] {
            let grip = grip(chord, shape, None).unwrap_or_else(|| panic!("{chord} {shape:?}"));
            let stopped: Vec<u8> = grip.frets.into_iter().flatten().filter(|f| *f > 0).collect();
            let (low, high) = (stopped.iter().min(), stopped.iter().max());
            assert!(high.unwrap_or(&0) - low.unwrap_or(&0) <= 3, "{chord} {:?}", grip.frets);
            assert!(grip.is_playable(), "{chord} {:?}", grip.frets);
            for (string, fret) in STRINGS.iter().zip(grip.frets) {
                let Some(fret) = fret else { continue };
                let above = (string + fret + 12 - chord.root()) % 12;
                let fifth_of_power = shape == Shape::Power && (6..=8).contains(&above);
                let is_tone = chord.quality.semitones().contains(&above);
                assert!(is_tone || fifth_of_power, "{chord} {shape:?} {:?}", grip.frets);
            }
        }
    }
}

#[test]
fn open_chords_are_held_as_every_guitarist_holds_them() {
    for (chord, expected) in [
        ("E:maj", "022100"),
        ("A:min", "x02210"),
        ("D:maj", "xx0232"),
        ("C:maj", "x32010"),
        ("F:maj", "133211"),
        ("E:min", "022000"),
    ] {
        assert_eq!(frets(chord, Shape::Full), expected, "{chord}");
    }
    assert_eq!(frets("E:maj", Shape::Power), "022xxx");
    assert_eq!(frets("C:maj7", Shape::Shell), "x3545x", "third and seventh in the middle");
}

#[test]
fn a_hand_stays_where_it_is() {
    let chords = ["G:maj", "C:maj", "D:maj", "E:min", "A:min", "G:maj"];
    let mut neck = Neck::default();
    let led: Vec<u8> = chords
        .iter()
        .map(|chord| {
            *neck.hold(chord.parse().unwrap(), Shape::Triad).unwrap().pitches().last().unwrap()
        })
        .collect();
    let motion: u32 = led.windows(2).map(|pair| u32::from(pair[0].abs_diff(pair[1]))).sum();
    assert!(motion <= 15, "the top string moves {motion} semitones over {led:?}");
}

#[test]
fn voices_lead_with_less_motion_than_chords_in_root_position() {
    let key = Key::new(0, false);
    let frame = Frame { low: 55, high: 79, voices: 4, span: 16, centre: 66 };
    let (mut led, mut parallel) = (0, 0);
    let mut before: Vec<u8> = Vec::new();
    for text in ["C:maj7", "A:min7", "D:min7", "G:7", "C:maj7", "F:maj7", "D:min7", "G:7"] {
        let chord: Chord = text.parse().unwrap();
        let voices = closest(&palette(chord, key, Colour::Plain), &frame, &before, &|_| 0.0);
        assert_eq!(voices.len(), 4, "{text}");
        if !before.is_empty() {
            led += voices.iter().zip(&before).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>();
        }
        before = voices;
    }
    let roots = [0_i32, 9, 2, 7, 0, 5, 2, 7];
    for pair in roots.windows(2) {
        let way = (pair[1] - pair[0]).rem_euclid(12);
        parallel += 4 * way.min(12 - way) as u32;
    }
    assert!(led * 2 < parallel, "led {led}, in root position {parallel}");
}

#[test]
fn no_voicing_has_two_voices_a_semitone_apart_and_none_leaves_its_range() {
    let key = Key::new(0, false);
    let mut before = Vec::new();
    for chord in every_chord() {
        for colour in [Colour::Plain, Colour::Ninth, Colour::Rootless] {
            let right = keyboard::right(chord, key, colour, 4, 0, &before, |_| 0.0);
            let strings = section::voices(chord, key, 4, 79, &before, |_| 0.0);
            for voices in [&right, &strings] {
                assert!(voices.len() >= 2, "{chord} {colour:?} {voices:?}");
                assert!(voices.windows(2).all(|pair| pair[1] - pair[0] >= 2), "{chord} {voices:?}");
                assert!(voices.iter().all(|v| (48..=88).contains(v)), "{chord} {voices:?}");
            }
            assert!(right.last().unwrap() - right[0] <= keyboard::REACH, "{chord} {right:?}");
            before = right;
        }
        for left in [Left::Root, Left::Fifth, Left::Octave, Left::Tenth, Left::Shell] {
            let keys = keyboard::left(chord, key, left, 43);
            assert!(keys.last().unwrap() - keys[0] <= keyboard::REACH, "{chord} {left:?} {keys:?}");
        }
    }
}

#[test]
fn a_voice_gives_way_to_what_it_would_rub_against() {
    let key = Key::new(0, false);
    let chord: Chord = "C:maj".parse().unwrap();
    // Somebody holds F4: the E below it is sung elsewhere.
    let rub = |key: u8| if key.abs_diff(65) == 1 { 9.0 } else { 0.0 };
    let voices = section::voices(chord, key, 3, 79, &[60, 64, 67], rub);
    assert!(!voices.contains(&64) && voices.iter().any(|voice| voice % 12 == 4), "{voices:?}");
}

#[test]
fn a_fourth_held_over_resolves_to_the_third_below() {
    let c: Chord = "G:maj".parse().unwrap();
    // C from the chord before over G, resolving to B.
    assert_eq!(section::suspension(c, &[59, 62, 67], &[60, 64, 67]), Some((0, 60)));
    assert_eq!(section::suspension(c, &[59, 62, 67], &[57, 62, 66]), None);
}
