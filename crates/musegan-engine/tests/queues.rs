//! Player and desk on two threads, as they are in a plugin, with all three queues full and empty
//! again and again. What must hold: whatever sounds is the phrase of its place in the song, whole,
//! and whoever was starved or flooded recovers.
//!
//! `cargo xtask sanitize` runs this under ThreadSanitizer and AddressSanitizer, which see what
//! assertions cannot: a race, a phrase freed twice, one that was lost. So the threads share
//! nothing here but relaxed counters, which order nothing between them.
#![allow(clippy::unwrap_used, missing_docs)]

use musegan_engine::{Block, Controls, Desk, Event, EventKind, PhraseKey, Player, Transport};
use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Times that each thing is done to the player.
const ROUNDS: usize = 200;
/// Requests that are answered in each round before they are not.
const SERVED: u64 = 30;
/// Requests that the player has under way at most.
const REQUESTS: usize = 16;
/// Phrases that may wait to be freed, and answers that may wait to be taken.
const ROOM: u64 = 64 + 16;
/// At 48 kHz and 120 BPM a sixteenth.
const STEP_SAMPLES: u32 = 6_000;

/// What the threads tell each other.
#[derive(Default)]
struct Shared {
    blocks: AtomicU64,
    over: AtomicBool,
}

/// Ends the others too, also when it ends because a test failed.
struct Ending<'a>(&'a Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Relaxed);
    }
}

/// The one pitch of a phrase.
fn pitch_of(index: i64) -> Pitch {
    Pitch::new(36 + index.rem_euclid(48) as u8).unwrap()
}

/// A phrase that says in every step which it is, and is long enough to be torn.
fn phrase(key: &PhraseKey) -> Phrase {
    let note =
        |step| Note::new(Step::new(step).unwrap(), 1, pitch_of(key.index), Velocity::DEFAULT);
    Phrase::new((0..64).map(|step| (Track::Piano, note(step).with_strength(1.0))))
}

/// Plays one step after the other, seeking all the time, and checks every note against its place.
/// Gives the number of notes heard.
fn play(mut player: Player, shared: &Shared) -> (Player, u64) {
    let _ending = Ending(shared);
    let controls = Controls::default();
    let (mut notes, mut step, mut dice) = (0, 0i64, 1u64);
    while !shared.over.load(Relaxed) {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let playing = !(dice >> 33).is_multiple_of(50);
        if (dice >> 40).is_multiple_of(8) {
            step = (dice >> 44) as i64 % 100_000;
        }
        notes += heard(player.process(&block(step, playing), &controls, &[]), step);
        step += i64::from(playing);
        shared.blocks.fetch_add(1, Relaxed);
    }
    (player, notes)
}

fn block(step: i64, playing: bool) -> Block {
    Block {
        samples: STEP_SAMPLES,
        sample_rate: 48_000.0,
        transport: Transport {
            playing,
            tempo_bpm: Some(120.0),
            pos_beats: Some(step as f64 / 4.0),
            ..Transport::default()
        },
        patience: Duration::ZERO,
    }
}

/// Notes of the step, all of the phrase that belongs there.
fn heard(events: &[Event], step: i64) -> u64 {
    let ons = events.iter().filter(|event| event.kind != EventKind::Off);
    let keys: Vec<_> = ons.map(|on| on.key).collect();
    let expected = pitch_of(step.div_euclid(64)).number();
    assert!(keys.iter().all(|&key| key == expected), "step {step}: {keys:?}, not {expected}");
    keys.len() as u64
}

/// Serves well, then not at all until requests have piled up, then pours out more than was asked
/// for, until nothing is taken any more because nothing is taken back.
fn serve(mut desk: Desk, shared: &Shared) -> Desk {
    let _ending = Ending(shared);
    for _ in 0..ROUNDS {
        let mut served = 0;
        while served < SERVED && !shared.over.load(Relaxed) {
            match desk.next_request() {
                // There is room, or there would have been no request.
                Some(key) => served += u64::from(desk.deliver(key, phrase(&key)).is_ok()),
                None => std::thread::yield_now(),
            }
        }
        while_blocks(shared, 500, || 0);
        let piled: Vec<_> = (0..REQUESTS).map_while(|_| desk.next_request()).collect();
        let mut answers = piled.iter().cycle();
        let mut pour = || answers.next().is_some_and(|key| desk.deliver(*key, phrase(key)).is_ok());
        let mut poured = 0;
        loop {
            let taken = while_blocks(shared, 50, || u64::from(pour()));
            if taken == 0 {
                break;
            }
            poured += taken;
        }
        if shared.over.load(Relaxed) {
            break;
        }
        assert_eq!(piled.len(), REQUESTS, "a player that is not served asks for all it may");
        assert!(poured >= ROOM, "what may wait, waits: {poured}");
    }
    desk
}

/// Does something again and again until the player has processed so many blocks; gives the sum.
fn while_blocks(shared: &Shared, blocks: u64, mut act: impl FnMut() -> u64) -> u64 {
    let end = shared.blocks.load(Relaxed) + blocks;
    let mut sum = 0;
    while shared.blocks.load(Relaxed) < end && !shared.over.load(Relaxed) {
        sum += act();
        std::thread::yield_now();
    }
    sum
}

#[test]
fn what_sounds_is_the_phrase_of_its_place_however_the_worker_starves_and_floods_the_player() {
    let (player, desk) = musegan_engine::pair();
    let shared = Arc::new(Shared::default());
    let bell = desk.bell();
    let (for_player, for_bell) = (shared.clone(), shared.clone());
    let playing = std::thread::spawn(move || play(player, &for_player));
    let listening = std::thread::spawn(move || {
        let (mut rung, mut rolling) = (0u64, 0u64);
        while !for_bell.over.load(Relaxed) {
            rung += u64::from(bell.has_rung());
            rolling += u64::from(bell.is_rolling());
            std::thread::yield_now();
        }
        (rung, rolling)
    });
    let desk = serve(desk, &shared);
    let (player, notes) = playing.join().unwrap();
    let (rung, rolling) = listening.join().unwrap();
    assert!(notes > 0 && rung > 0 && rolling > 0, "{notes} {rung} {rolling}");
    // In either order the last phrases are freed.
    drop(player);
    drop(desk);
}
