//! The stream of (beat, event) is a function of the song position alone.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/song.rs"]
mod song;

use musegan_engine::{Controls, Event, EventKind};
use musegan_score::{Composition, Track};
use proptest::prelude::*;
use song::{Machine, SongStep, Stream, composed};

/// What must come out between two beats, computed straight from the song position.
fn expected(first: f64, last: f64, sample_rate: f64, tempo: f64, controls: &Controls) -> Stream {
    let sample = |beats: f64| ((beats - first) * 60.0 / tempo * sample_rate).round() as i64;
    let mut stream = Vec::new();
    let mut sounding = std::collections::BTreeMap::new();
    let mut step = SongStep::at_or_after(first);
    while sample(step.beats()) < sample(last) {
        let at = sample(step.beats());
        sounding.retain(|&(channel, key), &mut end| {
            if end <= step {
                stream.push((at, 0, channel, key));
            }
            end > step
        });
        let phrase = composed(controls.composition.seed, step.phrase_index());
        for track in Track::ALL {
            for note in phrase.starting_at(track, step.in_phrase()) {
                if note.strength() > 1.0 - controls.density {
                    let place = (controls.channels.channel(track), note.pitch.number());
                    if sounding.remove(&place).is_some() {
                        stream.push((at, 0, place.0, place.1));
                    }
                    sounding.insert(place, SongStep(step.0 + note.length() as i64));
                    stream.push((at, note.velocity.value(), place.0, place.1));
                }
            }
        }
        step = step.next();
    }
    let end = sample(last);
    stream.extend(sounding.keys().map(|&(channel, key)| (end, 0, channel, key)));
    stream.sort_unstable();
    stream
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_cutting_into_blocks_gives_the_stream_of_the_position(
        seed in 0u64..50,
        start_step in -200i64..2000,
        beats in 1u32..40,
        tempo in 20.0f64..400.0,
        sample_rate in prop::sample::select(vec![8_000.0, 44_100.0, 48_000.0, 192_000.0]),
        density in 0.0f32..1.0,
        blocks in prop::collection::vec(1u32..4096, 1..20),
    ) {
        let controls = Controls { composition: Composition { seed, ..Composition::default() }, density, ..Controls::default() };
        let first = start_step as f64 / 4.0;
        let mut machine = Machine::new(sample_rate, tempo);
        machine.play(first, f64::from(beats), &blocks, &controls);
        let last = machine.pos_beats;
        machine.stop(&controls);
        prop_assert_eq!(
            machine.stream(),
            expected(first, last, sample_rate, tempo, &controls)
        );
    }

    #[test]
    fn whatever_the_transport_does_every_note_is_ended(
        moves in prop::collection::vec(
            (any::<bool>(), -50.0f64..500.0, 1u32..3000, 1.0f64..2000.0, prop::option::of((0.0f64..20.0, 0.001f64..9.0))),
            1..40
        ),
    ) {
        let mut machine = Machine::new(44_100.0, 120.0);
        let controls = Controls { density: 1.0, ..Controls::default() };
        for (playing, pos, samples, tempo, cycle) in moves {
            machine.tempo = tempo;
            machine.pos_beats = pos;
            machine.cycle = cycle.map(|(start, length)| (start, start + length));
            for _ in 0..3 {
                machine.block(playing, samples, &controls);
            }
        }
        machine.stop(&controls);
        prop_assert!(machine.sounding().is_empty());
    }

    #[test]
    fn a_transport_of_nonsense_neither_panics_nor_leaves_a_note(
        fields in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>(), any::<f64>(), any::<f64>(), 0u32..20_000), 1..20),
    ) {
        let mut machine = Machine::new(48_000.0, 120.0);
        let controls = Controls { density: f32::NAN, ..Controls::default() };
        for (rate, tempo, pos, start, end, samples) in fields {
            machine.sample_rate = rate;
            machine.tempo = tempo;
            machine.pos_beats = pos;
            machine.cycle = Some((start, end));
            machine.block(true, samples, &controls);
        }
        machine.sample_rate = 48_000.0;
        machine.stop(&controls);
        prop_assert!(machine.sounding().is_empty());
    }
}

#[test]
fn seeking_to_a_bar_gives_the_bar_that_playing_reached() {
    let controls = Controls {
        composition: Composition { seed: 3, ..Composition::default() },
        density: 1.0,
        ..Controls::default()
    };
    let bar = |start: f64| {
        let mut machine = Machine::new(48_000.0, 120.0);
        machine.play(start, 12.0 - start, &[480], &controls);
        machine.clear();
        machine.play(12.0, 4.0, &[512], &controls);
        machine.ons()
    };
    assert_eq!(bar(0.0), bar(12.0 - 0.25));
}

#[test]
fn a_loop_that_wraps_inside_a_block_ends_its_notes_at_the_wrap() {
    let controls = Controls { density: 1.0, ..Controls::default() };
    let mut machine = Machine::new(48_000.0, 120.0);
    machine.cycle = Some((0.0, 0.5));
    machine.block(false, 1, &controls);
    // One beat is 24,000 samples; the loop wraps at 12,000.
    machine.block(true, 24_000, &controls);
    let wrapped: Vec<Event> = machine.last_block.clone();
    let first: Vec<_> = wrapped.iter().filter(|e| e.at_sample < 12_000).map(ons_only).collect();
    let second: Vec<_> = wrapped.iter().filter(|e| e.at_sample >= 12_000).map(ons_only).collect();
    let at_wrap = wrapped.iter().position(|e| e.at_sample == 12_000 && e.kind != EventKind::Off);
    assert!(
        wrapped[at_wrap.unwrap()..]
            .iter()
            .all(|e| e.at_sample > 12_000 || e.kind != EventKind::Off)
    );
    let ons = |half: &[Option<(u8, u8)>]| half.iter().flatten().copied().collect::<Vec<_>>();
    assert!(!ons(&first).is_empty());
    assert_eq!(ons(&first), ons(&second));
}

#[test]
fn transposing_moves_every_track_but_the_drums() {
    let play = |transpose: i8| {
        let mut machine = Machine::new(48_000.0, 120.0);
        machine.play(0.0, 16.0, &[480], &Controls { transpose, ..Controls::default() });
        machine.ons()
    };
    let moved = |(at, velocity, channel, key): (i64, u8, u8, u8)| {
        (at, velocity, channel, if channel == 0 { key } else { key - 5 })
    };
    let mut expected: Stream = play(0).into_iter().map(moved).collect();
    expected.sort_unstable();
    assert_eq!(play(-5), expected);
}

/// Everything from a beat on, at the samples counted from there.
fn from_beat(machine: &Machine, beat: f64) -> Stream {
    let first = (beat * 60.0 / machine.tempo * machine.sample_rate).round() as i64;
    machine.stream().into_iter().filter(|event| event.0 >= first).collect()
}

#[test]
fn a_seed_that_changes_in_every_block_turns_at_bar_lines_without_a_rest() {
    let mut heard = Vec::new();
    for samples in [64, 500] {
        let mut machine = Machine::new(48_000.0, 120.0);
        machine.block(false, samples, &Controls::default());
        while machine.pos_beats < 32.0 {
            // The seed is a function of the position, as automation is.
            let seed = (machine.pos_beats / 3.0) as u64;
            machine.block(
                true,
                samples,
                &Controls {
                    composition: Composition { seed, ..Composition::default() },
                    density: 1.0,
                    ..Controls::default()
                },
            );
        }
        assert_eq!(machine.rested_steps(), 0);
        machine.stop(&Controls::default());
        heard.push(machine.ons().into_iter().filter(|e| e.0 < 16 * 24_000).collect::<Stream>());
    }
    assert_eq!(heard[0], heard[1]);
    // Bar 3 (beats 8 to 12) is played under the seed that held just before beat 8.
    let phrase = composed(2, 0);
    let downbeat: usize = Track::ALL
        .into_iter()
        .map(|track| phrase.starting_at(track, SongStep(32).in_phrase()).len())
        .sum();
    assert_eq!(heard[0].iter().filter(|e| e.0 == 8 * 24_000).count(), downbeat);
}

#[test]
fn a_temperature_that_is_drawn_all_the_time_never_costs_the_phrase_that_plays() {
    let mut machine = Machine::new(48_000.0, 120.0);
    machine.block(false, 64, &Controls::default());
    for block in 0..6000 {
        let temperature = block as f32 / 1000.0;
        machine.block(
            true,
            64,
            &Controls {
                composition: Composition { temperature, ..Composition::default() },
                ..Controls::default()
            },
        );
    }
    assert_eq!(machine.rested_steps(), 0);
}

#[test]
fn a_worker_that_stalls_for_five_seconds_costs_rests_and_nothing_else() {
    let controls = Controls { density: 1.0, ..Controls::default() };
    let mut steady = Machine::new(48_000.0, 120.0);
    steady.play(0.0, 48.0, &[480], &controls);
    let mut stalled = Machine::new(48_000.0, 120.0);
    stalled.play(0.0, 14.0, &[480], &controls);
    stalled.worker_works = false;
    // Phrase 1 is at hand already, phrase 2 (from beat 32) is late until beat 38.
    while stalled.pos_beats < 38.0 {
        stalled.block(true, 480, &controls);
    }
    stalled.worker_works = true;
    while stalled.pos_beats < 48.0 {
        stalled.block(true, 480, &controls);
    }
    assert!((20..28).contains(&stalled.rested_steps()), "{} rests", stalled.rested_steps());
    let ons = |machine: &Machine, from: f64, to: f64| -> Stream {
        let end = (to * 24_000.0) as i64;
        from_beat(machine, from).into_iter().filter(|e| e.1 > 0 && e.0 < end).collect()
    };
    assert_eq!(ons(&stalled, 0.0, 32.0), ons(&steady, 0.0, 32.0));
    assert!(ons(&stalled, 32.0, 38.0).is_empty());
    assert_eq!(ons(&stalled, 39.0, 48.0), ons(&steady, 39.0, 48.0));
    stalled.stop(&controls);
    assert!(stalled.sounding().is_empty());
}

#[test]
fn a_live_seek_rests_until_the_worker_answers_and_then_joins_in_the_right_place() {
    let controls = Controls { density: 1.0, ..Controls::default() };
    let mut machine = Machine::new(48_000.0, 120.0);
    machine.play(0.0, 4.0, &[480], &controls);
    machine.clear();
    machine.pos_beats = 4000.0;
    while machine.pos_beats < 4004.0 {
        machine.block(true, 480, &controls);
    }
    assert_eq!(machine.rested_steps(), 1, "the step at the jump");
    let first_heard = SongStep(16_001).in_phrase();
    let expected: usize =
        Track::ALL.into_iter().map(|t| composed(0, 250).starting_at(t, first_heard).len()).sum();
    let ons: Stream = machine.stream().into_iter().filter(|e| e.1 > 0).collect();
    assert_eq!(ons.iter().filter(|e| e.0 == ons[0].0).count(), expected);
}

fn ons_only(event: &Event) -> Option<(u8, u8)> {
    (event.kind != EventKind::Off).then_some((event.channel, event.key))
}
