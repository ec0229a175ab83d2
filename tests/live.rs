//! The live application's performance, on a port that writes down what it is sent.
#![allow(clippy::unwrap_used)]

use clap::Parser;
use musegan::live::keys::{Keys, Listener};
use musegan::live::options::Options;
use musegan::live::{Band, Port, clock::Clock, ports};
use musegan::worker::{Composer, Errand, Networks};
use musegan_engine::{Controls, PhraseKey};
use musegan_model::device::{Choice, Devices};
use musegan_score::{Form, Meter, Mode, Phrase, Take, Track};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
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
    let mut band = band_on(Choice::Auto);
    band.warm_up(clock).unwrap();
    band
}

/// A band that finds no graphics library, whatever lies beside the tests.
fn band_on(device: Choice) -> Band {
    let devices = Devices { library: Some("/nowhere/library".into()), ..Devices::default() };
    let controls = Controls { density: 0.8, ..Controls::default() };
    // Weights that a card could play, whatever the program carries.
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tutorial.safetensors");
    Band::with(Networks::new(devices), Some(weights.as_ref()), device, controls).unwrap()
}

#[test]
fn a_device_that_is_asked_for_and_not_to_be_had_is_an_error_and_auto_says_why_the_cpu_plays() {
    let sentence = band_on(Choice::Auto).settle().unwrap();
    assert!(sentence.starts_with("CPU: ") && sentence.contains("/nowhere/library"), "{sentence}");
    assert_eq!(band_on(Choice::Cpu).settle().unwrap(), "CPU, as chosen");
    let error = band_on(Choice::Cuda(1)).settle().unwrap_err().to_string();
    assert!(error.contains("cuda:1") && error.contains("/nowhere/library"), "{error}");
}

/// Its weights are there, and looking for another device panics.
struct Unlucky;

impl Composer for Unlucky {
    fn load(&mut self, _: &[u8], _: &str) -> anyhow::Result<String> {
        Ok(String::new())
    }

    fn compose(&mut self, _: PhraseKey) -> anyhow::Result<Phrase> {
        anyhow::bail!("nobody asks")
    }

    fn revive(&mut self) {}

    fn on_device(&self, _: Choice) -> Option<Errand<Self>> {
        Some(Box::new(|| panic!("a bug in a driver")))
    }
}

#[test]
fn auto_goes_on_with_the_cpu_even_where_looking_for_another_device_fails() {
    let settled = |device| Band::with(Unlucky, None, device, Controls::default()).unwrap().settle();
    assert!(settled(Choice::Cuda(0)).is_err());
    let sentence = settled(Choice::Auto).unwrap();
    assert!(sentence.starts_with("CPU: "), "{sentence}");
}

/// Writes down what it is asked for.
struct Scribe(Arc<Mutex<Vec<PhraseKey>>>);

impl Composer for Scribe {
    fn load(&mut self, _: &[u8], _: &str) -> anyhow::Result<String> {
        Ok(String::new())
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        self.0.lock().unwrap().push(key);
        Ok(Phrase::default())
    }

    fn revive(&mut self) {}
}

#[test]
fn a_chord_that_is_played_leads_the_band_also_after_it_is_let_go() {
    let asked = Arc::<Mutex<Vec<PhraseKey>>>::default();
    let mut clock = Clock::new(960.0, Meter::COMMON);
    let controls = Controls { listens: true, ..Controls::default() };
    let mut band = Band::with(Scribe(asked.clone()), None, Choice::Cpu, controls).unwrap();
    let (mut listener, changes) = Listener::new();
    band.listen_to(Keys::new(changes, None));
    for key in [57, 60, 64] {
        listener.hear(&[0x93, key, 80]);
    }
    listener.hear(&[0xFE]);
    let mut play =
        |bars| band.perform(&mut Tape::default(), &mut clock, Some(bars), &AtomicBool::new(false));
    play(1).unwrap();
    listener.hear(&[0x93, 60, 0]);
    listener.hear(&[0xB3, 123, 0]);
    asked.lock().unwrap().clear();
    play(6).unwrap();
    let asked = asked.lock().unwrap();
    let last = asked.last().unwrap().composition.progression;
    assert_eq!(last.to_string(), "Am");
}

#[test]
fn weights_that_know_no_chords_are_told_from_those_that_do() {
    let clock = Clock::new(120.0, Meter::COMMON);
    let tutorial = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tutorial.safetensors");
    let ignores = |chords: &str| {
        let mut controls = Controls::default();
        controls.composition.progression = chords.parse().unwrap();
        let mut band = Band::new(Some(tutorial.as_ref()), Choice::Cpu, controls).unwrap();
        band.warm_up(&clock).unwrap();
        band.ignores_what_was_said()
    };
    assert!(ignores("Am | F") && !ignores(""));
}

#[test]
fn two_bars_last_as_long_as_the_tempo_says_and_end_every_note() {
    let mut clock = Clock::new(480.0, Meter::COMMON);
    let mut tape = Tape::default();
    let mut band = band(&clock);
    let since = Instant::now();
    band.perform(&mut tape, &mut clock, Some(2), &AtomicBool::new(false)).unwrap();
    assert!(since.elapsed() >= Duration::from_millis(990), "eight beats at 480 BPM are a second");
    assert!(tape.begun > 0 && tape.sounding.is_empty());
    assert!(tape.channels.iter().all(|channel| (1..=5).contains(channel)));
}

#[test]
fn bars_of_seven_eighths_are_shorter() {
    let mut clock = Clock::new(480.0, Meter::new(7, 8).unwrap());
    let mut band = band(&clock);
    band.perform(&mut Tape::default(), &mut clock, Some(2), &AtomicBool::new(false)).unwrap();
    assert!((clock.pos_beats() - 7.0).abs() < 1e-6, "{}", clock.pos_beats());
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

#[test]
fn what_is_said_on_the_command_line_is_what_is_played() {
    let line = |text: &str| Line::try_parse_from(text.split_whitespace()).map(|line| line.options);
    let options = line(
        "live --meter 7/8 --form verse-chorus --section-bars 16 --fill-every 4 --morph 0.5 \
         --morph-seed 9 --swing 0.6 --humanise 0.2 --variation 1 --key Bb --scale dorian \
         --chords C|Am7 --lock bass=4711 --lock Drums=2 --take bass=99 --chords-from Keys",
    )
    .unwrap();
    let controls = options.controls();
    let composition = controls.composition;
    assert_eq!(options.meter, Meter::new(7, 8).unwrap());
    assert_eq!((composition.form, composition.section_bars), (Form::VerseChorus, 16));
    assert_eq!((composition.morph, composition.morph_seed), (0.5, 9));
    assert_eq!((composition.variation, composition.fill_every_bars), (1.0, 4));
    assert_eq!((controls.swing, controls.humanise), (0.6, 0.2));
    assert_eq!(controls.scale, Mode::Dorian.on(10));
    assert_eq!(composition.progression, "C | Am7".parse().unwrap());
    let bass = Take { number: 99, locked: Some(4711) };
    assert_eq!(composition.takes.of(Track::Bass), bass);
    assert_eq!(composition.takes.of(Track::Drums), Take { number: 0, locked: Some(2) });
    assert_eq!(composition.takes.of(Track::Piano), Take::default());
    assert!(controls.listens && options.chords_from.as_deref() == Some("Keys"));
    let usual = line("live").unwrap().controls();
    assert!(usual.scale.is_empty() && usual.composition.progression.is_empty() && !usual.listens);
    for wrong in ["--meter 7", "--key H", "--section-bars 5", "--swing 2", "--scale minor"] {
        assert!(line(&format!("live {wrong}")).is_err(), "{wrong}");
    }
    for (wrong, word) in [
        ("--chords C|Hm7", "bar 2"),
        ("--lock tuba=7", "drums, piano"),
        ("--lock bass=low", "a seed"),
        ("--take piano", "piano=2"),
        ("--take piano=100", "0 to 99"),
    ] {
        let error = line(&format!("live {wrong}")).unwrap_err().to_string();
        assert!(error.contains(word), "{wrong}: {error}");
    }
}

#[test]
fn quitting_in_the_middle_ends_every_note() {
    let mut clock = Clock::new(120.0, Meter::COMMON);
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
    let mut clock = Clock::new(480.0, Meter::COMMON);
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
