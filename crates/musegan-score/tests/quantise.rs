//! Songs to the examples of every layout, held against a slow and simple way to the same.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use musegan_score::beats::Beats;
use musegan_score::layout::PlacedNote;
use musegan_score::quantise::{Cut, Losses, Performance, Stride};
use musegan_score::song::Metre;
use musegan_score::{Layout, Part, Phrase, Pitch, Song, SongNote, Velocity};
use proptest::prelude::*;

const LAYOUTS: [Layout; 5] =
    [Layout::BAND, Layout::MUSEGAN, Layout::LPD17, Layout::MELODY, Layout::PIANO];

fn note((onset, length, pitch, velocity): (u64, u64, u8, i32)) -> SongNote {
    let pitch = Pitch::new(pitch).unwrap();
    SongNote { onset, length, pitch, velocity: Velocity::clamped(velocity) }
}

fn part(mut notes: Vec<SongNote>) -> Part {
    notes.sort_by_key(|note| (note.onset, note.pitch));
    Part { name: None, channel: 0, program: None, is_drums: false, notes }
}

fn melody(notes: &[(u64, u64, u8)]) -> Song {
    let notes = notes.iter().map(|&(onset, length, pitch)| note((onset, length, pitch, 90)));
    Song { parts: vec![part(notes.collect())], ..Song::silent(120.0) }
}

fn cut(song: &Song, assignment: &[Option<u8>], layout: Layout) -> (Vec<Cut>, Losses) {
    let performance = Performance::new(song, &Beats::of_metres(song), assignment, layout);
    let cuts = performance.cuts(Stride::Phrase, None);
    let losses = cuts.losses();
    (cuts.collect(), losses)
}

/// Songs of a few metres, whose notes crowd together, at any resolution.
fn song() -> impl Strategy<Value = (Song, Vec<Option<u8>>)> {
    let note = (0..40_000u64, 1..3000u64, 0..128u8, 1..128i32).prop_map(note);
    let part = prop::collection::vec(note, 0..60).prop_map(part);
    let parts = prop::collection::vec((part, prop::option::of(0..20u8)), 0..6);
    let metre = (0..40u64, 1..6u8, 2..4u8);
    let metres = prop::collection::vec(metre, 0..4);
    let resolution = prop::sample::select(vec![24u32, 96, 100, 480, 1001]);
    (parts, metres, resolution).prop_map(|(parts, metres, ticks_per_beat)| {
        let (parts, assignment) = parts.into_iter().unzip();
        let mut metres: Vec<_> = metres
            .into_iter()
            .map(|(beat, count, unit)| Metre {
                tick: beat * u64::from(ticks_per_beat),
                count,
                unit: 1 << unit,
            })
            .collect();
        metres.sort_by_key(|metre| metre.tick);
        (Song { parts, metres, ticks_per_beat, ..Song::silent(120.0) }, assignment)
    })
}

/// Beats in the song where a stretch of four-beat bars begins and where it ends, beat by beat.
fn stretches(song: &Song) -> Vec<(u64, u64)> {
    let beat = u64::from(song.ticks_per_beat);
    let last_beat = 10_000;
    let mut line = None;
    let mut stretches = Vec::new();
    let mut fits = true;
    for at in 0..last_beat {
        for metre in song.metres.iter().filter(|metre| metre.tick == at * beat) {
            let continues = line.is_some_and(|line| (at - line) % 4 == 0);
            if !(metre.fits_the_grid() && fits && continues) {
                stretches.extend(line.map(|line| (line, line + (at - line) / 4 * 4)));
                line = metre.fits_the_grid().then_some(at);
            }
            fits = metre.fits_the_grid();
        }
        if at == 0 && song.metres.first().is_none_or(|metre| metre.tick > 0) {
            line = Some(0);
        }
    }
    stretches.extend(line.map(|line| (line, last_beat)));
    stretches.retain(|(from, to)| from < to);
    stretches
}

/// The notes of every phrase, the slow way: each note is asked of each phrase.
fn reference(song: &Song, assignment: &[Option<u8>], layout: Layout) -> Vec<Vec<PlacedNote>> {
    let steps_per_beat = f64::from(layout.steps_per_beat);
    let round = |tick: u64, line: u64| {
        let beats = (tick as f64 - (line * u64::from(song.ticks_per_beat)) as f64)
            / f64::from(song.ticks_per_beat);
        (beats * steps_per_beat + 0.5 + 1e-9).floor() as i64
    };
    let mut phrases = Vec::new();
    for (line, end) in stretches(song) {
        let stretch_steps = (end - line) as i64 * steps_per_beat as i64;
        let phrase_steps = layout.steps() as i64;
        for first in (0..).map(|i| i * phrase_steps) {
            if first + phrase_steps > stretch_steps || first > 1800 * steps_per_beat as i64 {
                break;
            }
            let mut cells: BTreeMap<(u8, i64, u8), (i64, u8)> = BTreeMap::new();
            for (song_part, part) in song.parts.iter().zip(assignment) {
                let Some(part) = part.filter(|&p| usize::from(p) < layout.parts.names().len())
                else {
                    continue;
                };
                for note in &song_part.notes {
                    let onset = round(note.onset, line);
                    let length = (round(note.end(), line) - onset).clamp(1, phrase_steps);
                    let pitch = note.pitch.number();
                    let is_inside = (0..stretch_steps).contains(&onset);
                    if !is_inside || layout.pitch_index(pitch).is_none() {
                        continue;
                    }
                    let new = (length, note.velocity.value());
                    let cell = cells.entry((part, onset, pitch)).or_insert(new);
                    *cell = new.max(*cell);
                }
            }
            let mut placed = Vec::new();
            for (&(part, onset, pitch), &(length, velocity)) in &cells {
                let next = cells.range((part, onset + 1, 0)..=(part, i64::MAX, 127));
                let next = next.filter(|(key, _)| key.2 == pitch).map(|(key, _)| key.1).min();
                let end = (onset + length).min(next.unwrap_or(i64::MAX)).min(stretch_steps);
                let (from, to) = (onset.max(first), end.min(first + phrase_steps));
                if from >= to || (layout.parts.is_drums(part.into()) && onset < first) {
                    continue;
                }
                placed.push(PlacedNote {
                    part,
                    onset: (from - first) as u16,
                    pitch,
                    length: (to - from) as u16,
                    velocity,
                });
            }
            placed.sort_unstable();
            if !placed.is_empty() {
                phrases.push(placed);
            }
        }
    }
    phrases
}

proptest! {
    #[test]
    fn every_layout_cuts_as_the_slow_way_does((song, assignment) in song()) {
        for layout in LAYOUTS.into_iter().filter(|layout| *layout != Layout::MELODY) {
            let (cuts, _) = cut(&song, &assignment, layout);
            let notes: Vec<_> = cuts.into_iter().map(|cut| cut.notes).collect();
            prop_assert_eq!(notes, reference(&song, &assignment, layout));
        }
    }

    #[test]
    fn every_note_is_kept_or_lost_once((song, assignment) in song()) {
        for (layout, stride) in
            LAYOUTS.into_iter().flat_map(|l| [Stride::Phrase, Stride::Bar].map(|s| (l, s)))
        {
            let beats = Beats::of_metres(&song);
            let cuts = Performance::new(&song, &beats, &assignment, layout).cuts(stride, None);
            let losses = cuts.losses();
            prop_assert_eq!(losses.notes, song.note_count() as u64);
            prop_assert_eq!(losses.kept + losses.lost(), losses.notes, "{:?}", layout);
            // Without overlap, what begins in an example is a note or the rest of one.
            let cuts: Vec<_> = cuts.collect();
            prop_assert!(cuts.is_sorted_by_key(|cut| cut.bar));
            if stride == Stride::Phrase && layout != Layout::MELODY {
                let begun = cuts.iter().flat_map(|cut| &cut.notes).filter(|n| n.onset > 0).count();
                prop_assert!(begun as u64 <= losses.kept);
            }
        }
    }

    #[test]
    fn resolution_and_tempo_change_nothing((song, assignment) in song(), factor in 2..8u64) {
        let mut finer = song.clone();
        finer.ticks_per_beat *= factor as u32;
        finer.tempos[0].micros_per_beat /= 3;
        finer.metres.iter_mut().for_each(|metre| metre.tick *= factor);
        for note in finer.parts.iter_mut().flat_map(|part| &mut part.notes) {
            (note.onset, note.length) = (note.onset * factor, note.length * factor);
        }
        for layout in LAYOUTS {
            let ticks = |cuts: Vec<Cut>| -> Vec<_> {
                cuts.into_iter().map(|cut| (cut.bar, cut.notes)).collect()
            };
            let (cuts, losses) = cut(&song, &assignment, layout);
            let (finer_cuts, finer_losses) = cut(&finer, &assignment, layout);
            prop_assert_eq!(losses, finer_losses);
            prop_assert_eq!(ticks(cuts), ticks(finer_cuts));
        }
    }

    #[test]
    fn a_transposed_song_gives_transposed_examples(
        (mut song, assignment) in song(),
        semitones in 1..12i8,
    ) {
        song.parts.iter_mut().for_each(|part| part.notes.retain(|note| (36..72).contains(&note.pitch.number())));
        let mut higher = song.clone();
        for note in higher.parts.iter_mut().flat_map(|part| &mut part.notes) {
            note.pitch = note.pitch.transposed(semitones).unwrap();
        }
        for layout in LAYOUTS {
            let (mut cuts, losses) = cut(&song, &assignment, layout);
            let (higher_cuts, higher_losses) = cut(&higher, &assignment, layout);
            prop_assert_eq!(losses, higher_losses);
            let is_folded = layout == Layout::MELODY;
            for note in cuts.iter_mut().flat_map(|cut| &mut cut.notes) {
                note.pitch += semitones as u8;
            }
            let classes = |cuts: Vec<Cut>| -> Vec<_> {
                let note = |mut n: PlacedNote| {
                    if is_folded { n.pitch %= 12 }
                    n
                };
                cuts.into_iter().flat_map(|cut| cut.notes).map(note).collect()
            };
            prop_assert_eq!(classes(cuts), classes(higher_cuts));
        }
    }

    #[test]
    fn a_melody_has_one_note_at_a_time_no_rest_and_its_own_pitch_classes((song, _) in song()) {
        let assignment = vec![Some(0); song.parts.len()];
        let classes: Vec<_> = song.parts.iter().flat_map(|part| &part.notes).map(|n| n.pitch.number() % 12).collect();
        for example in cut(&song, &assignment, Layout::MELODY).0 {
            let mut step = 0;
            for note in &example.notes {
                prop_assert_eq!(note.onset, step);
                prop_assert!((60..84).contains(&note.pitch));
                prop_assert!(classes.contains(&(note.pitch % 12)));
                step += note.length;
            }
            prop_assert_eq!(step, 32);
        }
    }

    #[test]
    fn a_bar_of_melody_is_the_same_as_bar_and_as_bar_before((song, _) in song()) {
        let assignment = vec![Some(0); song.parts.len()];
        let (cuts, _) = cut(&song, &assignment, Layout::MELODY);
        let cells = |cut: &Cut, bar: u16| -> Vec<u8> {
            let sounding = |step| cut.notes.iter().find(move |n| n.onset <= step && step < n.onset + n.length);
            (bar * 16..bar * 16 + 16).map(|step| sounding(step).unwrap().pitch).collect()
        };
        for pair in cuts.windows(2).filter(|pair| pair[0].bar + 1 == pair[1].bar) {
            prop_assert_eq!(cells(&pair[0], 1), cells(&pair[1], 0));
        }
    }

    #[test]
    fn phrases_of_the_band_and_placed_notes_are_the_same_thing((song, assignment) in song()) {
        for cut in cut(&song, &assignment, Layout::BAND).0 {
            let phrase = Phrase::of_placed(&cut.notes);
            prop_assert_eq!(phrase.placed().collect::<Vec<_>>(), cut.notes);
        }
    }
}

/// Number of its bar, and (onset, pitch, length) of its notes.
type Sung = (u64, Vec<(u16, u8, u16)>);

fn sung(song: &Song) -> Vec<Sung> {
    let notes = |cut: &Cut| cut.notes.iter().map(|n| (n.onset, n.pitch, n.length)).collect();
    let (cuts, _) = cut(song, &[Some(0)], Layout::MELODY);
    cuts.iter().map(|cut| (cut.bar, notes(cut))).collect()
}

#[test]
fn rests_in_a_melody_are_filled_by_the_note_before_and_leading_ones_by_the_first_note() {
    let song = melody(&[(480, 240, 72), (1920 + 960, 480, 74)]);
    assert_eq!(sung(&song), [(0, vec![(0, 72, 24), (24, 74, 8)])]);
    // After a bar of silence the note behind fills the rest.
    let song =
        melody(&[(0, 1920, 72), (1920, 10, 73), (3 * 1920 + 480, 480, 74), (4 * 1920, 480, 76)]);
    assert_eq!(
        sung(&song),
        [(0, vec![(0, 72, 16), (16, 73, 16)]), (3, vec![(0, 74, 16), (16, 76, 16)])]
    );
}

#[test]
fn the_highest_note_is_sung_and_what_it_takes_over_from_does_not_come_back() {
    // A long note under a shorter higher one, and a lower one struck while that sounds.
    let song = melody(&[(0, 3840, 64), (480, 960, 76), (960, 480, 67), (1920, 1920, 65)]);
    assert_eq!(sung(&song), [(0, vec![(0, 64, 4), (4, 76, 12), (16, 65, 16)])]);
    let (_, losses) = cut(&song, &[Some(0)], Layout::MELODY);
    assert_eq!((losses.kept, losses.covered), (3, 1));
}

#[test]
fn a_melody_is_folded_by_octaves_to_the_two_above_middle_c() {
    let song =
        melody(&[(0, 480, 36), (480, 480, 59), (960, 480, 73), (1440, 480, 84), (1920, 1920, 121)]);
    let pitches: Vec<_> = sung(&song)[0].1.iter().map(|note| note.1).collect();
    assert_eq!(pitches, [60, 71, 73, 72, 73]);
}

#[test]
fn a_lonely_bar_of_melody_is_no_example_and_its_notes_are_counted() {
    let (cuts, losses) = cut(&melody(&[(0, 480, 72), (480, 480, 74)]), &[Some(0)], Layout::MELODY);
    assert_eq!((cuts.len(), losses.kept, losses.isolated), (0, 0, 2));
}

#[test]
fn twelve_steps_to_the_beat_hold_triplets() {
    let triplets: Vec<_> = (0..12).map(|i| (i * 160, 160, 60)).collect();
    let (cuts, losses) = cut(&melody(&triplets), &[Some(1)], Layout::MUSEGAN);
    assert_eq!(losses.off_grid, 0);
    let onsets: Vec<_> = cuts[0].notes.iter().map(|note| (note.onset, note.length)).collect();
    assert_eq!(onsets, (0..12).map(|i| (i * 4, 4)).collect::<Vec<_>>());
}

#[test]
fn a_layout_without_steps_or_with_too_many_has_no_examples() {
    let song = melody(&[(0, 480, 60), (1920, 480, 60)]);
    for (bars, steps_per_beat) in [(0, 4), (4, 0), (0, 0), (255, 255), (255, 65)] {
        for layout in LAYOUTS {
            let layout = Layout { bars, steps_per_beat, ..layout };
            let (cuts, losses) = cut(&song, &[Some(0)], layout);
            assert_eq!((cuts.len(), losses.kept, losses.lost()), (0, 0, 2), "{layout:?}");
        }
    }
    let long = Layout { bars: 255, steps_per_beat: 24, ..Layout::LPD17 };
    assert_eq!(cut(&song, &[Some(1)], long).0[0].notes.len(), 2);
}
