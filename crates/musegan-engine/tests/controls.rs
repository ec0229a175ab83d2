//! The play-time controls: what they do to the notes, and that nothing sticks when they move.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::{ChannelMap, Controls, EventKind, KeyChange, Output};
use musegan_score::{Form, Mode, Note, Phrase, Pitch, PitchClasses, Step, Track, Velocity};
use stage::oracle::Stream;
use stage::plain::{Plain, all, ons};
use stage::song::Songbook;
use std::collections::BTreeSet;

fn take(controls: Controls) -> Stream {
    Plain::new(controls).take(0.0, 16.0, &[480])
}

#[test]
fn transposing_moves_every_track_but_the_drums() {
    let free = take(all());
    let moved = take(Controls { transpose: -5, ..all() });
    let mut expected: Stream = free
        .into_iter()
        .map(|(at, velocity, channel, key)| {
            (at, velocity, channel, if channel == 0 { key } else { key - 5 })
        })
        .collect();
    expected.sort_unstable();
    assert_eq!(moved, expected);
}

#[test]
fn under_key_lock_only_notes_of_the_scale_sound_and_the_drums_are_untouched() {
    let (free, locked) = (take(all()), take(Controls { scale: Mode::Dorian.on(2), ..all() }));
    let white: BTreeSet<u8> = [0, 2, 4, 5, 7, 9, 11].into();
    let pitched = locked.iter().filter(|event| event.2 != 0);
    assert_eq!(pitched.map(|event| event.3 % 12).collect::<BTreeSet<u8>>(), white);
    let drums = |stream: &Stream| stream.iter().copied().filter(|e| e.2 == 0).collect::<Stream>();
    assert_eq!(drums(&locked), drums(&free));
    // A note moves by a semitone at most, for a scale has no wider gap than a whole tone.
    let steps =
        |stream: &Stream| ons(stream).iter().map(|on| (on.0, on.2)).collect::<BTreeSet<_>>();
    assert_eq!(steps(&locked), steps(&free), "no beat of a track falls silent");
}

#[test]
fn what_sounds_where_moved_controls_would_not_have_it_ends_at_once_and_the_rest_sounds_on() {
    let mut muted = all();
    muted.tracks[Track::Piano.index()].on = false;
    let mut lower = all();
    lower.tracks[Track::Bass.index()].octave = -1;
    let piano_alone = Controls { output: Output::One(Track::Piano), ..all() };
    type Stays = fn(u8, u8) -> bool;
    let cases: [(Controls, Stays); 6] = [
        (muted, |channel, _| channel != 1),
        (lower, |channel, _| channel != 3),
        (piano_alone, |channel, _| channel == 1),
        (Controls { channels: ChannelMap::DrumsOnTen, ..all() }, |channel, _| channel != 0),
        (Controls { transpose: 3, ..all() }, |channel, _| channel == 0),
        (Controls { scale: Mode::Major.on(0), ..all() }, |channel, key| {
            channel == 0 || [0, 2, 4, 5, 7, 9, 11].contains(&(key % 12))
        }),
    ];
    for (moved, stays) in cases {
        let mut host = Plain::new(all());
        host.stand(0.0);
        host.play_to(3.1, &[480]);
        let sounding = host.machine.sounding().clone();
        host.controls = moved;
        let events = host.block(true, 1);
        let ended: BTreeSet<(u8, u8)> = events.iter().map(|e| (e.channel, e.key)).collect();
        assert!(events.iter().all(|event| event.kind == EventKind::Off), "no step begins here");
        let expected = sounding.iter().copied().filter(|&(channel, key)| !stays(channel, key));
        assert_eq!(ended, expected.collect(), "{moved:?}");
        host.controls = all();
        host.play_to(16.0, &[480]);
        host.block(false, 1);
        assert!(host.machine.sounding().is_empty());
    }
}

#[test]
fn more_density_never_removes_a_note() {
    for (humanise, scale) in [(1.0, PitchClasses::default()), (0.0, Mode::Blues.on(4))] {
        let notes = |density: f32| -> BTreeSet<(i64, u8, u8)> {
            let stream = take(Controls { density, humanise, scale, swing: 0.4, ..all() });
            ons(&stream).iter().map(|on| (on.0, on.2, on.3)).collect()
        };
        let mut before = notes(0.0);
        assert!(before.is_empty(), "at density 0 nothing sounds");
        for percent in [1, 10, 25, 50, 60, 75, 90, 99, 100] {
            let now = notes(percent as f32 / 100.0);
            assert!(before.is_subset(&now), "at {percent} %");
            assert!(now.len() > before.len() || percent < 10, "at {percent} %");
            before = now;
        }
    }
}

#[test]
fn five_engines_that_send_one_track_each_are_one_that_sends_five_event_for_event() {
    let mut band = Controls {
        listens: true,
        swing: 0.6,
        humanise: 0.8,
        transpose: 2,
        scale: Mode::Minor.on(9),
        density: 0.7,
        ..all()
    };
    band.composition.seed = 2;
    band.composition.form = Form::Aaba;
    let play = |controls: Controls| -> Stream {
        let mut host = Plain::new(controls);
        host.stand(-2.0);
        host.machine.clear();
        for (press, until) in [(false, 2.5), (true, 9.5), (false, 24.0)] {
            let key = |key: u8| KeyChange { at_sample: 7, key, pressed: press };
            host.keys = [50, 53, 57, 60].map(key).to_vec();
            host.play_to(until, &[480, 64, 1000]);
        }
        host.block(false, 1);
        assert_eq!(host.status().rested_steps, 0);
        host.machine.stream()
    };
    let together = play(band);
    assert!(together.len() > 500);
    let mut apart = Stream::new();
    for track in Track::ALL {
        apart.extend(play(Controls { output: Output::One(track), ..band }));
    }
    apart.sort_unstable();
    assert_eq!(apart, together);
}

/// Every pitch of the piano roll at every step, in every track.
fn wall(_seed: u64, _index: i64) -> Phrase {
    let pitches = (24..108u8).map(|number| Pitch::new(number).unwrap());
    Phrase::new(pitches.flat_map(|pitch| {
        (0..64).flat_map(move |step| {
            let note = Note::new(Step::new(step).unwrap(), 1, pitch, Velocity::DEFAULT);
            Track::ALL.map(|track| (track, note))
        })
    }))
}

#[test]
fn of_more_than_a_block_can_hold_notes_are_left_out_and_ends_never() {
    let mut host = Plain::of(Songbook::of(wall), all());
    host.stand(0.0);
    assert!(host.block(true, 100).len() > 300);
    // The loop wraps every 50 samples and begins all of it anew.
    host.cycle = Some((0.0, 50.0 / 24_000.0));
    for _ in 0..4 {
        host.pos_beats = 0.0;
        let events = host.block(true, 16_384);
        assert!((3500..=4096).contains(&events.len()), "{} events", events.len());
        let offs = events.iter().filter(|event| event.kind == EventKind::Off).count();
        assert!(offs > 1700, "{offs} offs");
    }
    host.block(false, 1);
    assert!(host.machine.sounding().is_empty());
}
