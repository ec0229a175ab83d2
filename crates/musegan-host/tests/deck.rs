//! The deck's own promises, with a metronome in place of a plugin: a host whose click on every
//! beat is computed here in the plainest way.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use musegan_host::{
    Block, Controller, Deck, Emitted, Fault, Format, Host, HostError, Kind, LoopEnd, NoteEvent,
    Parameter, Processor, Setup, Transport,
};

const RATE: f64 = 48_000.0;
const KEY: u8 = 60;

/// Length and transport of every block.
type Heard = Arc<Mutex<Vec<(u32, Transport)>>>;

/// Clicks on every beat; keeps every block's length and transport.
#[derive(Default)]
struct Metronome {
    clicks: Clicks,
    knobs: Knobs,
}

#[derive(Default)]
struct Clicks {
    heard: Heard,
    never_ends: bool,
}

impl Processor for Clicks {
    fn process(&mut self, block: &Block<'_>, emitted: &mut Emitted) -> Result<(), HostError> {
        *emitted = Emitted::default();
        let transport = block.transport.unwrap();
        self.heard.lock().unwrap().push((block.frames, transport));
        let beats_per_sample = transport.tempo.unwrap() / 60.0 / RATE;
        for at in 0..block.frames {
            let mut beats = transport.position_beats.unwrap() + f64::from(at) * beats_per_sample;
            if let Some((start, end)) = transport.loop_beats.filter(|(_, end)| beats >= *end - 1e-9)
            {
                beats = start + (beats - end);
            }
            if transport.playing && (beats - beats.round()).abs() < 0.4 * beats_per_sample {
                let click = |kind| NoteEvent { at, kind, channel: 0, key: KEY, velocity: 1.0 };
                emitted.notes.push(click(Kind::On));
                if !self.never_ends {
                    emitted.notes.push(NoteEvent { at: at + 1, ..click(Kind::Off) });
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        Ok(())
    }
}

#[derive(Default)]
struct Knobs;

impl Controller for Knobs {
    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError> {
        Ok(Vec::new())
    }
    fn set_parameter(&mut self, _: u32, _: f64) -> Result<(), HostError> {
        Ok(())
    }
    fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        Ok(Vec::new())
    }
    fn load_state(&mut self, _: &[u8]) -> Result<(), HostError> {
        Ok(())
    }
}

impl Host for Metronome {
    fn format(&self) -> Format {
        Format::Clap
    }
    fn name(&self) -> &str {
        "Metronome"
    }
    fn activate(&mut self, _: f64, _: u32, _: bool) -> Result<(), HostError> {
        Ok(())
    }
    fn deactivate(&mut self) {}
    fn halves(&mut self) -> (&mut dyn Controller, &mut dyn Processor) {
        (&mut self.knobs, &mut self.clicks)
    }
}

fn metronome(blocks: &[u32]) -> (Deck, Heard) {
    let host = Metronome::default();
    let heard = host.clicks.heard.clone();
    let setup = Setup { sample_rate: RATE, blocks: blocks.into(), offline: true };
    (Deck::new(Box::new(host), setup).unwrap(), heard)
}

#[test]
fn blocks_come_in_the_lengths_asked_for_and_the_last_is_what_is_left() {
    let (mut deck, heard) = metronome(&[100, 7]);
    deck.play_samples(250).unwrap();
    let lengths: Vec<_> = heard.lock().unwrap().iter().map(|(frames, _)| *frames).collect();
    assert_eq!(lengths, [100, 7, 100, 7, 36]);
}

#[test]
fn positions_are_counted_from_the_seek_and_do_not_drift() {
    let (mut deck, heard) = metronome(&[512]);
    deck.set_tempo(93.7);
    deck.seek(1e6);
    for _ in 0..100_000 {
        deck.play_samples(512).unwrap();
    }
    let samples = 99_999.0 * 512.0;
    let last = heard.lock().unwrap().last().unwrap().1.position_beats.unwrap();
    assert_eq!(last, 1e6 + samples * (93.7 / 60.0 / RATE));
}

#[test]
fn a_cut_loop_has_a_block_end_at_its_end_and_plays_each_lap_alike() {
    let (mut deck, heard) = metronome(&[512]);
    deck.set_loop(1.0, 2.5, LoopEnd::Cut);
    deck.seek(1.0);
    deck.play_beats(6.0).unwrap();
    let lap = (1.5 / 2.0 * RATE) as u32;
    let heard = heard.lock().unwrap();
    let starts =
        heard.iter().filter(|(_, transport)| transport.position_beats == Some(1.0)).count();
    assert_eq!(starts, 4);
    assert_eq!(heard.iter().map(|(frames, _)| frames).sum::<u32>(), 4 * lap);
    assert!(heard.iter().all(|(_, transport)| transport.loop_beats.is_none()));
    let recording = deck.finish();
    let clicks: Vec<_> = recording.notes.iter().map(|note| note.start_beats.round()).collect();
    assert_eq!(clicks, [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
}

#[test]
fn a_crossing_block_has_its_later_events_at_the_loops_start() {
    let (mut deck, heard) = metronome(&[1000]);
    deck.set_loop(1.0, 3.0, LoopEnd::Cross);
    deck.seek(1.0);
    deck.play_beats(8.0).unwrap();
    assert!(heard.lock().unwrap().iter().all(|(frames, _)| *frames == 1000));
    let recording = deck.finish();
    let clicks: Vec<_> = recording.notes.iter().map(|note| note.start_beats).collect();
    let expected = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0];
    assert_eq!(clicks.len(), expected.len());
    for (click, expected) in clicks.iter().zip(expected) {
        assert!((click - expected).abs() < 1e-6, "{clicks:?}");
    }
}

#[test]
fn a_plugin_that_never_ends_its_notes_is_found_out() {
    let clicks = Clicks { never_ends: true, ..Clicks::default() };
    let host = Metronome { clicks, ..Metronome::default() };
    let mut deck = Deck::new(Box::new(host), Setup::offline(RATE, 512)).unwrap();
    deck.play_beats(1.5).unwrap();
    deck.stop().unwrap();
    let faults = deck.finish().faults;
    assert_eq!(
        faults,
        [
            Fault::StruckTwice { channel: 0, key: KEY, at_sample: 24_000 },
            Fault::Stuck { channel: 0, key: KEY, since: 24_000 },
        ]
    );
}

#[test]
fn what_is_no_plugin_is_refused_with_a_sentence_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, "not a library").unwrap();
        path
    };
    for (path, reason) in [
        (file("band.mid"), "expected a path ending in .clap or .vst3"),
        (folder.path().join("missing.clap"), "no such plugin"),
        (file("broken.clap"), "could not be loaded"),
        (file("broken.vst3"), "could not be loaded"),
    ] {
        let error = musegan_host::load(&path).err().unwrap().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}
