//! The codec's bars and units: the same numbers wherever a bar is written, track by track.
#![allow(clippy::unwrap_used)]
use musegan_score::{Step, Velocity};

use super::super::frame::{RelativeNote, WINDOW};
use super::lengths::CLASSES;
use super::*;
use crate::tape::Rooms;

#[test]
fn latents_in_the_generators_units_come_back_to_the_codec_track_by_track() {
    let (phrases, latent) = (3, 2);
    let number = |i: usize| (i as f32 * 0.7).sin();
    let of_tracks = |low: f32| (0..10).map(|i| low + number(i).abs()).collect::<Vec<f32>>();
    let scale =
        LatentScale { mean: of_tracks(-1.0), deviation: of_tracks(0.5), noise: of_tracks(0.0) };
    let latents: Vec<f32> = (0..phrases * 20 * latent).map(number).collect();
    let mut rooms = Rooms::default();
    let mut tape = Tape::playing(&mut rooms);
    let there = tape.constant(phrases * 20, latent, &latents);
    let tokens = scale.to_tokens(&mut tape, there);
    // Bass, second phrase, last bar: in track order and in phrase order.
    let (row, token) = ((3 * phrases + 1) * 4 + 3, (5 + 3) * 4 + 3);
    let expected = (latents[row * latent] - scale.mean[6]) / scale.deviation[6];
    assert!((tape.value(tokens)[token * latent] - expected).abs() < 1e-6);
    let back = scale.to_codec(&mut tape, tokens);
    let off = tape.value(back).iter().zip(&latents).map(|(a, b)| (a - b).abs());
    assert!(off.fold(0.0, f32::max) < 1e-6);
}

fn note(track: Track, step: usize, pitch: u8, length: u8, velocity: i32) -> RelativeNote {
    let (step, velocity) = (Step::new(step).unwrap(), Velocity::clamped(velocity));
    RelativeNote { track, step, pitch, length, velocity, strength: 1.0 }
}

#[test]
fn a_bar_is_the_same_row_of_its_phrase_and_of_bars_from_anywhere() {
    let piano = [note(Track::Piano, 18, 3, 4, 127), note(Track::Piano, 18, 8, 2, 64)];
    let later = note(Track::Piano, 34, 3, 20, 90);
    let weak = RelativeNote { strength: 0.5, ..note(Track::Piano, 20, 9, 1, 90) };
    let notes = [piano[0], piano[1], weak, later, note(Track::Drums, 16, 0, 1, 127)];
    let mut phrases = Bars::default();
    phrases.clear(8);
    phrases.write_phrase(&notes, 1);
    let mut bars = Bars::default();
    bars.clear(3);
    bars.write_bar(&notes, (Track::Piano, 1), 2);
    let (in_phrases, in_bars) = (8 + 5, 3 + 2);
    let row = |numbers: &[f32], row: usize, columns: usize| {
        numbers[row * columns..(row + 1) * columns].to_vec()
    };
    let rhythm = row(&bars.rhythms, in_bars, 16 * rhythm::STEP_NUMBERS);
    let pitches = row(&bars.pitches, in_bars, 16 * pitch::STEP_NUMBERS);
    assert_eq!(row(&phrases.rhythms, in_phrases, 16 * rhythm::STEP_NUMBERS), rhythm);
    assert_eq!(row(&phrases.pitches, in_phrases, 16 * pitch::STEP_NUMBERS), pitches);
    let told = row(&bars.told, in_bars, rhythm::TOLD);
    assert_eq!(row(&phrases.told, in_phrases, rhythm::TOLD), told);
    // The third step of the bar, with its two lengths.
    let ones = |numbers: &[f32]| -> Vec<usize> {
        (0..numbers.len()).filter(|at| numbers[*at] == 1.0).collect()
    };
    let step = 2 * rhythm::STEP_NUMBERS;
    assert_eq!(ones(&rhythm), [step, step + 1 + 2, step + 1 + CLASSES + 4]);
    let step = 2 * pitch::STEP_NUMBERS;
    let long = step + 2 * WINDOW + 3;
    assert_eq!(ones(&pitches), [step + 3, step + 8, step + WINDOW + 3, long]);
    assert_eq!(pitches[step + WINDOW + 8], velocity_code(64));
    assert_eq!((told[2], told[16 + 2]), (1.0, lengths::length_code(4.0)));
    assert_eq!(told.iter().filter(|x| **x != 0.0).count(), 2);
    let others = bars.rhythms.iter().filter(|x| **x != 0.0).count();
    assert_eq!(others, 3, "other rows are empty");
}

#[test]
fn what_is_told_of_a_bars_rhythm_is_nothing_that_other_bars_decide() {
    let told = |notes: &[RelativeNote]| {
        let mut told = vec![0.0; rhythm::TOLD];
        rhythm::Rhythm::of(Track::Strings, notes).tell(1, &mut told);
        told
    };
    // Until the next note, wherever it is.
    let bar = note(Track::Strings, 24, 3, 10, 90);
    let next = |step| note(Track::Strings, step, 5, 2, 90);
    let expected = told(&[bar, next(34)]);
    assert_eq!(expected[16 + 8], lengths::length_code(8.0), "until the bar line");
    assert_eq!(told(&[RelativeNote { length: 40, ..bar }, next(0)]), expected);
    assert_ne!(told(&[bar, next(28)]), expected);
}
