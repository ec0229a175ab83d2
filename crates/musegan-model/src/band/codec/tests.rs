#![allow(clippy::unwrap_used)]
use musegan_score::chord::Quality;
use musegan_score::{Chord, Note, Phrase, Pitch, Step, Velocity};
use proptest::prelude::*;

use super::super::decoding::Cells;
use super::super::frame::{Harmony, relative};
use super::super::sheet::Sheet;
use super::*;
use crate::tape::Rooms;

#[test]
fn every_length_and_velocity_survives_its_code() {
    for steps in 1..=64u8 {
        assert_eq!(length_of_code(length_code(steps.into())).round(), f32::from(steps));
    }
    assert!([0.0, -3.0, 9.0].map(length_of_code).iter().all(|l| (1.0..=64.0).contains(l)));
    assert_eq!([0, 127].map(velocity_code), [0.0, 1.0]);
}

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

/// Phrases that keep the rules of playing, in pitches that every window has over every chord.
fn phrases() -> impl Strategy<Value = (Vec<Phrase>, Harmony)> {
    let note =
        (0..5usize, 0..64usize, 51..65u8, 1..128i32).prop_map(|(t, step, pitch, velocity)| {
            let (step, pitch) = (Step::new(step).unwrap(), Pitch::new(pitch).unwrap());
            (Track::ALL[t], Note::new(step, 1, pitch, Velocity::clamped(velocity)))
        });
    let phrase = prop::collection::vec(note, 0..60).prop_map(|mut notes| {
        // One bass note at a time.
        let mut taken = [false; STEPS_PER_PHRASE];
        notes.retain(|(track, note)| {
            *track != Track::Bass || !std::mem::replace(&mut taken[note.onset().index()], true)
        });
        notes
    });
    let chords = prop::array::uniform16(0..12u8)
        .prop_map(|roots| roots.map(|root| Some(Chord::new(root, Quality::Minor, root))));
    (prop::collection::vec(phrase, 1..4), chords).prop_map(|(phrases, chords)| {
        let phrase = |notes: Vec<_>| Phrase::new(notes).with_chords(chords);
        (phrases.into_iter().map(phrase).collect(), Harmony { chords, key: None })
    })
}

proptest! {
    #[test]
    fn a_decoder_that_says_what_was_written_plays_it_again((phrases, harmony) in phrases()) {
        let batch = phrases.len();
        let mut cells = vec![0.0; Track::COUNT * batch * STEPS_PER_PHRASE * STEP_NUMBERS];
        for (number, phrase) in phrases.iter().enumerate() {
            write_cells(&relative(phrase, &harmony).0, &mut cells, number, batch);
        }
        let plane = |plane: usize| -> Vec<f32> {
            let steps = cells.chunks_exact(STEP_NUMBERS);
            steps.flat_map(|step| &step[plane * WINDOW..][..WINDOW]).copied().collect()
        };
        let onsets: Vec<f32> = plane(0).iter().map(|onset| onset * 20.0 - 10.0).collect();
        let said = Cells { onsets: &onsets, lengths: &plane(1), velocities: &plane(2) };
        for (number, phrase) in phrases.iter().enumerate() {
            let played = said.phrase(number, &Sheet::of(phrase).present, &harmony);
            let notes = |phrase: &Phrase| -> Vec<_> {
                phrase.notes().map(|(t, n)| (t, n.onset(), n.pitch, n.length(), n.velocity)).collect()
            };
            prop_assert_eq!(notes(&played), notes(phrase));
        }
    }
}
