//! The engine under whatever a host may say: every field of every block is arbitrary. What comes
//! out is in order, and when the song stops nothing sounds.
use arbitrary::{Result, Unstructured};
use musegan_engine::{
    Block, ChannelMap, Controls, Desk, Event, EventKind, KeyChange, Output, Player, Transport,
};
use musegan_score::chord::Quality;
use musegan_score::{Chord, Note, Phrase, Pitch, Progression, Step, Take, Track, Velocity};
use std::collections::BTreeSet;
use std::time::Duration;

/// Blocks in one input.
const MOST_BLOCKS: usize = 64;

/// Plays the song that the bytes spell.
pub fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let (mut player, mut desk) = musegan_engine::pair();
    let (mut controls, mut sounding) = (Controls::default(), BTreeSet::new());
    for _ in 0..MOST_BLOCKS {
        if bytes.is_empty() {
            break;
        }
        let block = block(&mut bytes).unwrap_or_else(|_| standing());
        if bytes.ratio(1, 4).unwrap_or(false) {
            controls = self::controls(&mut bytes).unwrap_or_default();
        }
        if bytes.ratio(1, 16).unwrap_or(false) {
            player.lose_place();
        }
        let keys = keys(&mut bytes).unwrap_or_default();
        check(player.process(&block, &controls, &keys), block.samples, &mut sounding);
        if bytes.ratio(3, 4).unwrap_or(true) {
            serve(&mut desk);
        }
    }
    stop(&mut player, &controls, &mut sounding);
}

fn stop(player: &mut Player, controls: &Controls, sounding: &mut BTreeSet<(u8, u8)>) {
    let block = standing();
    check(player.process(&block, controls, &[]), block.samples, sounding);
    assert!(sounding.is_empty(), "still sounding: {sounding:?}");
}

fn standing() -> Block {
    Block {
        samples: 1,
        sample_rate: 48_000.0,
        transport: Transport::default(),
        patience: Duration::ZERO,
    }
}

fn check(events: &[Event], samples: u32, sounding: &mut BTreeSet<(u8, u8)>) {
    let mut last = (0, true);
    for event in events {
        let (place, is_off) = ((event.channel, event.key), event.kind == EventKind::Off);
        assert!(event.at_sample < samples, "outside the block: {event:?} of {samples}");
        assert!(event.channel < 16 && event.key < 128, "no MIDI: {event:?}");
        let in_order = event.at_sample > last.0 || event.at_sample == last.0 && (last.1 || !is_off);
        assert!(in_order, "not in order: {event:?}");
        last = (event.at_sample, is_off);
        match event.kind {
            EventKind::On { velocity } => {
                assert!((1..128).contains(&velocity), "no velocity: {event:?}");
                assert!(sounding.insert(place), "struck twice: {event:?}");
            }
            EventKind::Off => assert!(sounding.remove(&place), "nothing to end: {event:?}"),
        }
    }
}

fn serve(desk: &mut Desk) {
    while let Some(key) = desk.next_request() {
        let notes = (0..64).filter_map(|index| {
            let pitch = 24 + (index * 7 + key.index.rem_euclid(31) as usize) % 84;
            let onset = Step::wrapping(index as i64);
            let note =
                Note::new(onset, 1 + index % 13, Pitch::new(pitch as u8)?, Velocity::DEFAULT);
            Some((Track::ALL[index % Track::COUNT], note.with_strength(index as f32 / 64.0)))
        });
        // Some follow the chords that are asked for, some do not.
        let chords = key.composition.progression.of_phrase(key.index);
        let chords = chords.filter(|_| key.composition.seed % 2 == 1).unwrap_or_default();
        let phrase = Phrase::new(notes).with_chords(chords);
        assert!(desk.deliver(key, phrase).is_ok(), "there is room for an answer");
    }
}

fn block(bytes: &mut Unstructured) -> Result<Block> {
    let samples = match bytes.int_in_range(0..=7)? {
        0 => 0,
        1 => 1,
        2 => bytes.int_in_range(0..=100_000)?,
        _ => bytes.int_in_range(1..=4_096)?,
    };
    let rates = [8_000.0, 44_100.0, 48_000.0, 192_000.0];
    let sample_rate =
        if bytes.ratio(1, 8)? { bytes.arbitrary()? } else { *bytes.choose(&rates)? };
    let some = |bytes: &mut Unstructured| bytes.ratio(7, 8);
    let maybe = |bytes: &mut Unstructured| -> Result<Option<f64>> {
        if some(bytes)? { Ok(Some(number(bytes)?)) } else { Ok(None) }
    };
    let tempo_bpm = maybe(bytes)?;
    let pos_beats = maybe(bytes)?;
    let bar_start_beats = maybe(bytes)?;
    let loop_beats = maybe(bytes)?.zip(maybe(bytes)?);
    let meters = [(4, 4), (3, 4), (7, 8), (15, 16), (64, 1)];
    let meter = match bytes.int_in_range(0..=2)? {
        0 => None,
        1 => Some(bytes.arbitrary()?),
        _ => Some(*bytes.choose(&meters)?),
    };
    let playing = bytes.ratio(7, 8)?;
    let transport = Transport { playing, tempo_bpm, pos_beats, meter, bar_start_beats, loop_beats };
    Ok(Block { samples, sample_rate, transport, patience: Duration::ZERO })
}

/// A number, more often than not one that means something.
fn number(bytes: &mut Unstructured) -> Result<f64> {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e10, -1e10, 1e300, 5e-324, -0.0];
    Ok(match bytes.int_in_range(0..=7)? {
        0 => bytes.arbitrary()?,
        1 => *bytes.choose(&odd)?,
        2 => f64::from(bytes.int_in_range(-8i32..=4_000)?),
        _ => f64::from(bytes.arbitrary::<u16>()?) / 64.0 - 16.0,
    })
}

fn keys(bytes: &mut Unstructured) -> Result<Vec<KeyChange>> {
    let count = bytes.int_in_range(0..=4)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        let (at_sample, key, pressed) = bytes.arbitrary()?;
        keys.push(KeyChange { at_sample, key, pressed });
    }
    keys.sort_by_key(|key| key.at_sample);
    Ok(keys)
}

fn controls(bytes: &mut Unstructured) -> Result<Controls> {
    let mut controls = Controls {
        model: bytes.int_in_range(0..=2)?,
        listens: bytes.arbitrary()?,
        density: bytes.arbitrary()?,
        swing: bytes.arbitrary()?,
        humanise: bytes.arbitrary()?,
        transpose: bytes.arbitrary()?,
        ..Controls::default()
    };
    controls.composition.seed = bytes.int_in_range(0..=3)?;
    controls.composition.temperature = bytes.arbitrary()?;
    controls.composition.morph = bytes.arbitrary()?;
    controls.composition.section_bars = bytes.arbitrary()?;
    controls.composition.fill_every_bars = bytes.arbitrary()?;
    let mut chords = Vec::new();
    for _ in 0..bytes.int_in_range(0..=4)? {
        let (root, bass) = bytes.arbitrary()?;
        chords.push(Some(Chord::new(root, *bytes.choose(&Quality::ALL)?, bass)));
    }
    controls.composition.progression = Progression::new(&chords).unwrap_or_default();
    for track in Track::ALL {
        let take = Take { number: bytes.arbitrary()?, locked: bytes.arbitrary()? };
        controls.composition.takes = controls.composition.takes.with(track, take);
    }
    for track in &mut controls.tracks {
        (track.on, track.octave, track.velocity) = bytes.arbitrary()?;
    }
    if bytes.arbitrary()? {
        controls.channels = ChannelMap::DrumsOnTen;
    }
    if bytes.ratio(1, 8)? {
        controls.output = Output::One(*bytes.choose(&Track::ALL)?);
    }
    Ok(controls)
}
