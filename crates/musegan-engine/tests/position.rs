//! The stream of (beat, event) is a function of the song position alone.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/song.rs"]
mod song;

use musegan_engine::{Controls, Event, EventKind, SongStep};
use musegan_score::Track;
use proptest::prelude::*;
use song::{Machine, Stream, composed};

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
        let phrase = composed(controls.seed, step.phrase_index());
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
        let controls = Controls { seed, density, ..Controls::default() };
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
    let controls = Controls { seed: 3, density: 1.0, ..Controls::default() };
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

fn ons_only(event: &Event) -> Option<(u8, u8)> {
    (event.kind != EventKind::Off).then_some((event.channel, event.key))
}
