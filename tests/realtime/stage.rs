//! The child process: one thread that may make no system call, and others that stand in its way.
//!
//! It ends through [`process`](crate::process)'s exit codes, in the middle of whatever the watched
//! thread does: that thread can neither return nor exit.
use std::process::exit;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use musegan_host::{Block, Controller, Emitted, Format, Transport};

use crate::hosted::{RATE, plugin, state};
use crate::process::{CAUGHT, IDLED, REFUSED, THROUGH, clock_is_a_call, is_traced, mark};
use crate::song::{Dice, LONGEST, Song};
use crate::{pool, song, trap};

/// Blocks that a live piece lasts.
const BLOCKS: usize = 20_000;
/// Blocks before that, in which whatever happens only once may happen.
const WARMING: usize = 500;
/// Notes that a live piece must have begun, or it has shown nothing.
const FEWEST_ONS: usize = 50;
/// What a live host makes up for: its buffers.
const MOST_LATE: Duration = Duration::from_millis(20);
const MOST_SECONDS: u32 = 120;

static DONE: AtomicBool = AtomicBool::new(false);
static IDLE: AtomicBool = AtomicBool::new(false);

/// Plays a piece by name and ends the process.
pub fn perform(piece: &str) {
    // SAFETY: asks for a signal that ends the process, should it hang.
    unsafe { libc::alarm(MOST_SECONDS) };
    trap::install();
    match piece {
        "clap" => live(Format::Clap, true),
        "vst3" => live(Format::Vst3, false),
        "vst3 automated" => live(Format::Vst3, true),
        "render" => render(),
        "lock" => lock(),
        "clock" => clock(),
        other => panic!("no piece is called {other}"),
    }
}

/// Plays live, while the main thread does what main threads do.
fn live(format: Format, automated: bool) {
    let mut host = plugin(format);
    know(format);
    let parameters = host.parameters().unwrap();
    let mut ids: Vec<u32> = parameters.iter().map(|parameter| parameter.id).collect();
    if !automated {
        ids.clear();
    }
    host.activate(song::RATE, LONGEST, false).unwrap();
    let (controller, processor) = host.halves();
    let mut song = Song::new(ids.clone());
    let play = move |begin: &dyn Fn()| {
        let mut due = Instant::now();
        let mut play = |blocks| {
            for _ in 0..blocks {
                // A host that runs ahead of the clock would be taken for a render, and so would one
                // that makes up for all that it has missed.
                due = due.max(Instant::now() - MOST_LATE) + song.block(processor);
                while Instant::now() < due {
                    std::hint::spin_loop();
                }
            }
            song.ons
        };
        play(WARMING);
        begin();
        IDLE.store(play(BLOCKS) < FEWEST_ONS, SeqCst);
    };
    let mut interference = Interference::new(format, controller, ids);
    watch(play, || interference.go_on());
}

/// What the main thread does while the audio thread plays.
struct Interference<'a> {
    dice: Dice,
    format: Format,
    controller: &'a mut dyn Controller,
    /// Parameters that are turned.
    ids: Vec<u32>,
    /// Songs that are opened.
    states: Vec<Vec<u8>>,
}

/// Chord charts that come and go.
const CHARTS: [&str; 3] = ["", "C | Am7 F | Dm7 | G7", "F#m7b5 . . B7 | % | Em . . N.C."];

impl<'a> Interference<'a> {
    fn new(format: Format, controller: &'a mut dyn Controller, ids: Vec<u32>) -> Self {
        let song = |chart: &str| {
            format!(r#"{{"params":{{"seed":{{"i32":5}}}},"fields":{{"chords":"\"{chart}\""}}}}"#)
        };
        let states = CHARTS.map(|chart| state(format, &song(chart))).to_vec();
        Self { dice: Dice::new(11), format, controller, ids, states }
    }

    fn go_on(&mut self) {
        self.controller.save_state().unwrap();
        if self.dice.one_in(20) {
            let which = self.dice.below(self.states.len() as u64) as usize;
            self.controller.load_state(&self.states[which]).unwrap();
        }
        if self.format == Format::Vst3 {
            self.controller.parameters().unwrap();
            // The audio thread is told of it, too.
            if !self.ids.is_empty() {
                let id = self.ids[self.dice.below(self.ids.len() as u64) as usize];
                self.controller.set_parameter(id, self.dice.fraction()).unwrap();
            }
        }
        self.controller.idle();
    }
}

/// Seeks about in a render, where the plugin sleeps until the worker is done.
fn render() {
    let mut host = plugin(Format::Clap);
    know(Format::Clap);
    host.activate(RATE, 512, true).unwrap();
    let processor = host.halves().1;
    let play = move |begin: &dyn Fn()| {
        let mut emitted = Emitted::default();
        let mut process = |position: f64| {
            let transport = Transport {
                playing: true,
                position_beats: Some(position),
                tempo: Some(120.0),
                ..Transport::default()
            };
            let block = Block { frames: 512, transport: Some(transport), ..Block::default() };
            processor.process(&block, &mut emitted).unwrap();
        };
        (0..20).for_each(|block| process(f64::from(block)));
        begin();
        (1..50).for_each(|block| process(f64::from(block) * 1_000.0));
    };
    watch(play, || {});
}

/// Takes a lock that the main thread takes as well.
fn lock() {
    let shared = Mutex::new(0u64);
    let play = |begin: &dyn Fn()| {
        begin();
        for _ in 0..200_000_000u64 {
            *shared.lock().unwrap() += 1;
        }
    };
    watch(play, || {
        let mut held = shared.lock().unwrap();
        *held += 1;
        std::thread::sleep(Duration::from_micros(50));
    });
}

/// Reads the clock, to find out whether that is a system call here.
fn clock() {
    let read = |begin: &dyn Fn()| {
        begin();
        std::hint::black_box(Instant::now());
    };
    watch(read, || {});
}

fn know(format: Format) {
    trap::know_plugin(match format {
        Format::Clap => "MuseGAN.clap",
        Format::Vst3 => "MuseGAN.so",
    });
}

/// Runs `work` on a thread that has no system calls from the moment it calls what it is given,
/// and `beside` again and again on this one. Ends the process.
fn watch(work: impl FnOnce(&dyn Fn()) + Send, mut beside: impl FnMut()) {
    let begin = || {
        pool::enter();
        if is_traced() {
            mark("begins");
        } else if let Err(reason) = trap::give_up_calls(!clock_is_a_call()) {
            println!("{reason}");
            exit(REFUSED);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(move || {
            work(&begin);
            if is_traced() {
                mark("ends");
            }
            DONE.store(true, SeqCst);
            loop {
                std::hint::spin_loop();
            }
        });
        // Apart from the rest: whoever is caught may hold what this thread waits for.
        scope.spawn(report);
        loop {
            beside();
            std::thread::sleep(Duration::from_micros(100));
        }
    });
}

/// Waits until the watched thread is through or caught, and ends the process.
fn report() {
    loop {
        std::thread::sleep(Duration::from_millis(1));
        if let Some(text) = trap::caught() {
            println!("{text}");
            exit(CAUGHT);
        }
        if DONE.load(SeqCst) {
            exit(if IDLE.load(SeqCst) { IDLED } else { THROUGH });
        }
    }
}
