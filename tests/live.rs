//! The live application's performance, on a port that writes down what it is sent.
#![allow(clippy::unwrap_used)]

use musegan::live::{Band, Port, clock::Clock, ports};
use musegan_engine::Controls;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Tape {
    begun: usize,
    channels: BTreeSet<u8>,
    sounding: BTreeSet<(u8, u8)>,
    fails_after: Option<usize>,
}

impl Port for Tape {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        let (status, place) = (message[0] & 0xF0, (message[0] & 0x0F, message[1]));
        if status == 0x90 {
            anyhow::ensure!(self.fails_after != Some(self.begun), "unplugged");
            self.begun += 1;
            self.channels.insert(place.0 + 1);
            assert!(self.sounding.insert(place), "no on for a sounding key");
        } else {
            let sounded = self.sounding.remove(&place);
            assert!(sounded || self.fails_after.is_some(), "no off without an on");
        }
        Ok(())
    }
}

fn band(clock: &Clock) -> Band {
    let mut band = Band::new(None, Controls { density: 0.8, ..Controls::default() }).unwrap();
    band.warm_up(clock).unwrap();
    band
}

#[test]
fn two_bars_last_as_long_as_the_tempo_says_and_end_every_note() {
    let mut clock = Clock::new(480.0);
    let mut tape = Tape::default();
    let mut band = band(&clock);
    let since = Instant::now();
    band.perform(&mut tape, &mut clock, Some(2), &AtomicBool::new(false)).unwrap();
    assert!(since.elapsed() >= Duration::from_millis(990), "eight beats at 480 BPM are a second");
    assert!(tape.begun > 0 && tape.sounding.is_empty());
    assert!(tape.channels.iter().all(|channel| (1..=5).contains(channel)));
}

#[test]
fn quitting_in_the_middle_ends_every_note() {
    let mut clock = Clock::new(120.0);
    let mut tape = Tape::default();
    let mut band = band(&clock);
    let quitting = Arc::new(AtomicBool::new(false));
    let hand = quitting.clone();
    let quitter = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        hand.store(true, Relaxed);
    });
    band.perform(&mut tape, &mut clock, None, &quitting).unwrap();
    quitter.join().unwrap();
    assert!(tape.begun > 0 && tape.sounding.is_empty());
}

#[test]
fn a_port_that_fails_is_an_error_and_still_gets_its_offs() {
    let mut clock = Clock::new(480.0);
    let mut tape = Tape { fails_after: Some(3), ..Tape::default() };
    let mut band = band(&clock);
    let error = band.perform(&mut tape, &mut clock, Some(4), &AtomicBool::new(false)).unwrap_err();
    assert!(format!("{error:#}").contains("unplugged"));
    assert!(tape.begun == 3 && tape.sounding.is_empty());
}

#[test]
fn a_port_is_named_by_a_part_of_its_name_if_that_is_one() {
    let names = ["Midi Through 14:0".to_owned(), "FLUID Synth 128:0".to_owned()];
    assert_eq!(ports::choose(&names, "fluid").unwrap(), names[1]);
    assert!(ports::choose(&names, "0").unwrap_err().to_string().contains("say which"));
    assert!(ports::choose(&names, "piano").unwrap_err().to_string().contains("Midi Through"));
}
