//! A plugin in the hands of a host that does anything in any order: blocks, transports, changes,
//! notes, values from outside, states, resets. What comes out is sorted and inside the block, no
//! key is struck while it sounds, and in the end every on has had its off.
use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use musegan_host::{
    Block, Emitted, Format, Host, HostError, Kind, NoteEvent, ParameterChange, Transport,
};

/// Samples of the longest block.
const LONGEST: u32 = 4_096;
/// Things done in one input.
const MOST_ACTS: usize = 64;

/// Channel and key of a note.
type Place = (u8, u8);

/// What sounds, as the events that came out tell it, and what was ever struck from outside.
#[derive(Default)]
struct Keys {
    sounding: BTreeSet<Place>,
    struck: BTreeSet<Place>,
}

/// Plays the session that the bytes spell, from the state on. The host comes back inactive.
pub fn run(host: &mut dyn Host, good: &[u8], bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    host.load_state(good).expect("a good state");
    let ids: Vec<u32> = host.parameters().expect("parameters").iter().map(|it| it.id).collect();
    host.activate(48_000.0, LONGEST, false).expect("a plugin that can be activated");
    let mut keys = Keys::default();
    for _ in 0..MOST_ACTS {
        if bytes.is_empty() || act(host, &ids, good, &mut keys, &mut bytes).is_err() {
            break;
        }
    }
    stop(host, &mut keys);
    host.deactivate();
}

/// Lets go of all keys and stops the song; one block later nothing sounds.
fn stop(host: &mut dyn Host, keys: &mut Keys) {
    let off =
        |&(channel, key): &Place| NoteEvent { at: 0, kind: Kind::Off, channel, key, velocity: 0.0 };
    let offs: Vec<_> = keys.struck.iter().map(off).collect();
    let standing = Transport {
        position_beats: Some(0.0),
        tempo: Some(120.0),
        meter: Some((4, 4)),
        ..Transport::default()
    };
    for notes in [&offs[..], &[]] {
        let transport = Some(standing);
        let block = Block { frames: 512, transport, notes, ..Block::default() };
        emit(host, &block, keys);
    }
    assert!(keys.sounding.is_empty(), "never ended: {:?}", keys.sounding);
}

/// Processes a block and checks what comes out of it.
fn emit(host: &mut dyn Host, block: &Block<'_>, keys: &mut Keys) {
    let mut emitted = Emitted::default();
    match host.process(block, &mut emitted) {
        Ok(()) => {}
        Err(error @ HostError::Plugin { .. }) => panic!("{error}"),
        Err(_) => return,
    }
    let mut last = 0;
    for note in &emitted.notes {
        assert!(note.at < block.frames, "outside the block: {note:?} of {}", block.frames);
        assert!(note.at >= last, "not in order: {note:?}");
        assert!((0.0..=1.0).contains(&note.velocity), "no velocity: {note:?}");
        last = note.at;
        let place = (note.channel, note.key);
        match note.kind {
            Kind::On => assert!(keys.sounding.insert(place), "struck while it sounds: {note:?}"),
            Kind::Off => assert!(keys.sounding.remove(&place), "nothing to end: {note:?}"),
        }
    }
}

fn act(
    host: &mut dyn Host,
    ids: &[u32],
    good: &[u8],
    keys: &mut Keys,
    bytes: &mut Unstructured,
) -> Result<()> {
    match bytes.int_in_range(0..=15)? {
        0 => {
            let id = if bytes.ratio(7, 8)? { *bytes.choose(ids)? } else { bytes.arbitrary()? };
            let _ = host.set_parameter(id, value(bytes)?);
        }
        1 => host.load_state(good).expect("a good state"),
        2 => assert!(!host.save_state().expect("a state to save").is_empty()),
        3 => host.reset().expect("a plugin that can be reset"),
        4 => {
            let rates = [8_000.0, 44_100.0, 48_000.0, 768_000.0];
            host.activate(*bytes.choose(&rates)?, LONGEST, false).expect("another rate");
        }
        _ => process(host, ids, keys, bytes)?,
    }
    Ok(())
}

fn process(
    host: &mut dyn Host,
    ids: &[u32],
    keys: &mut Keys,
    bytes: &mut Unstructured,
) -> Result<()> {
    let frames = bytes.int_in_range(0..=LONGEST)?;
    let at = |bytes: &mut Unstructured| bytes.int_in_range(0..=frames.saturating_sub(1));
    let mut changes = Vec::new();
    for _ in 0..bytes.int_in_range(0..=6)? {
        // The host looks up a CLAP plugin's parameters itself.
        let known = host.format() == Format::Clap || bytes.ratio(7, 8)?;
        let id = if known { *bytes.choose(ids)? } else { bytes.arbitrary()? };
        changes.push(ParameterChange { at: at(bytes)?, id, value: value(bytes)? });
    }
    changes.sort_by_key(|change| change.at);
    let mut notes = Vec::new();
    for _ in 0..bytes.int_in_range(0..=6)? {
        let kind = if bytes.arbitrary()? { Kind::On } else { Kind::Off };
        let at = if bytes.ratio(15, 16)? { at(bytes)? } else { bytes.arbitrary()? };
        let (channel, key) = bytes.arbitrary()?;
        let velocity = value(bytes)? as f32;
        let channel = if bytes.ratio(15, 16)? { channel % 16 } else { channel };
        notes.push(NoteEvent { at, kind, channel, key, velocity });
    }
    notes.sort_by_key(|note| note.at);
    let block = Block {
        frames,
        transport: if bytes.ratio(15, 16)? { Some(transport(bytes)?) } else { None },
        changes: &changes,
        notes: &notes,
        queue_limit: if bytes.ratio(1, 8)? { Some(bytes.int_in_range(0..=8)?) } else { None },
        ..Block::default()
    };
    let struck = notes.iter().filter(|note| note.kind == Kind::On);
    keys.struck.extend(struck.map(|note| (note.channel, note.key)));
    emit(host, &block, keys);
    Ok(())
}

fn value(bytes: &mut Unstructured) -> Result<f64> {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 2.0, 1e300];
    Ok(match bytes.int_in_range(0..=7)? {
        0 => bytes.arbitrary()?,
        1 => *bytes.choose(&odd)?,
        _ => f64::from(bytes.arbitrary::<u8>()?) / 255.0,
    })
}

fn transport(bytes: &mut Unstructured) -> Result<Transport> {
    let beats = |bytes: &mut Unstructured| -> Result<Option<f64>> {
        Ok(match bytes.int_in_range(0..=15)? {
            0 => None,
            1 => Some(bytes.arbitrary()?),
            _ => Some(f64::from(bytes.arbitrary::<u16>()?) / 64.0 - 16.0),
        })
    };
    let (position_beats, bar_start_beats) = (beats(bytes)?, beats(bytes)?);
    let (tempo, loop_beats) = (beats(bytes)?, beats(bytes)?.zip(beats(bytes)?));
    let meter = if bytes.ratio(1, 4)? { bytes.arbitrary()? } else { Some((4, 4)) };
    Ok(Transport {
        playing: bytes.ratio(7, 8)?,
        position_beats,
        // The framework's VST3 side (nice-plug 0.4.2) adds to the position in samples, which
        // overflows in builds that check, at positions that no host has.
        position_seconds: beats(bytes)?.filter(|seconds| seconds.abs() < 1e9),
        tempo,
        meter,
        bar_start_beats,
        bar_number: bytes.arbitrary()?,
        loop_beats,
    })
}
