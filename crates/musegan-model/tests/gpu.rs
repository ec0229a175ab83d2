//! The generator on the emulated card, which runs the kernels that a real one does, and what
//! happens when that fails.
#![allow(clippy::unwrap_used)]

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use musegan_device::interface::{DEVICE_LOST, OUT_OF_MEMORY, PANICKED};
use musegan_model::device::{Choice, Devices, Reason, Work};
use musegan_model::sampling::latent;
use musegan_model::{Band, Device, Generator};
use musegan_score::Composition;

#[path = "fixture/read.rs"]
mod fixture;

const NAME: &str = "emulated (for tests) (cuda:0)";

/// The emulated card, for one test at a time: how it fails holds for the whole process.
struct Card {
    controls: libloading::Library,
    path: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Card {
    fn new() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let file = format!("{DLL_PREFIX}musegan_gpu{DLL_SUFFIX}");
        let path = target.join("test-bundles/gpu").join(file);
        assert!(path.exists(), "no {}; run `cargo xtask gpu-emulated`", path.display());
        // SAFETY: our own library, whose initialisers do nothing.
        let controls = unsafe { libloading::Library::new(&path) }.unwrap();
        Self { controls, path, _turn: turn }
    }

    fn devices(&self, choice: Choice) -> Devices {
        let patience = Duration::from_secs(60);
        Devices { library: Some(self.path.clone()), patience, ..Devices::new(choice) }
    }

    fn open(&self) -> Device {
        self.devices(Choice::Cuda(0)).open().unwrap()
    }

    /// Has the call that is so many from now on fail: a phrase is two.
    fn fail_after(&self, calls: u64, kind: i32) {
        // SAFETY: the library exports this name with this signature.
        unsafe {
            let name = b"musegan_gpu_emulated_fail_after";
            self.controls.get::<extern "C" fn(u64, i32)>(name).unwrap()(calls, kind);
        }
    }

    /// Has it take so long to answer.
    fn stall(&self, milliseconds: u64) {
        self.set(b"musegan_gpu_emulated_stall", milliseconds);
    }

    fn limit_memory(&self, bytes: u64) {
        self.set(b"musegan_gpu_emulated_limit_memory", bytes);
    }

    fn set(&self, name: &[u8], value: u64) {
        // SAFETY: the library exports these names with this signature.
        unsafe { self.controls.get::<extern "C" fn(u64)>(name).unwrap()(value) };
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        self.fail_after(0, DEVICE_LOST);
        self.stall(0);
        self.limit_memory(0);
    }
}

fn latents(count: i64) -> Vec<f32> {
    (0..count).flat_map(|index| latent(11, index, 1.0)).collect()
}

fn cells(generator: &mut Generator, latents: &[f32]) -> Vec<f32> {
    let rolls = generator.rolls(latents).unwrap();
    rolls.iter().flat_map(|roll| roll.cells().to_vec()).collect()
}

fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_card_gives_what_the_cpu_gives_alone_and_among_others() {
    let card = Card::new();
    let weights = fixture::weights();
    let (mut cpu, mut gpu) =
        (Generator::new(&weights, Device::Cpu), Generator::new(&weights, card.open()));
    // More than one batch, and an end that fills none.
    let latents = latents(70);
    let (ours, theirs) = (cells(&mut cpu, &latents), cells(&mut gpu, &latents));
    assert!(difference(&ours, &theirs) < 1e-5, "{}", difference(&ours, &theirs));
    let again = cells(&mut gpu, &latents);
    assert!(again.iter().zip(&theirs).all(|(a, b)| a.to_bits() == b.to_bits()));
    let alone: Vec<f32> = latents.chunks(128).take(3).flat_map(|z| cells(&mut gpu, z)).collect();
    assert!(difference(&alone, &theirs[..alone.len()]) < 1e-5);
    assert_eq!(gpu.playing().to_string(), format!("{NAME}, as chosen"));
    assert_eq!(gpu.launches().map(|launches| launches.by_host > 0), Some(true));
}

#[test]
fn a_phrase_in_which_the_card_fails_is_the_cpus_and_so_are_all_later_ones() {
    let card = Card::new();
    let weights = fixture::weights();
    let song = Composition { seed: 5, ..Composition::default() };
    let mut cpu = Band::new(&weights, Device::Cpu);
    for (kind, called) in
        [(DEVICE_LOST, "is lost"), (OUT_OF_MEMORY, "no memory"), (PANICKED, "as it was told to")]
    {
        for call in [4, 5] {
            let mut band = Band::new(&weights, card.open());
            assert_eq!(band.playing().reason, Reason::Chosen);
            card.fail_after(call, kind);
            for index in 0..4 {
                let phrase = band.phrase(&song, index);
                if band.playing().is_cpu() {
                    assert_eq!(phrase, cpu.phrase(&song, index), "{called}, phrase {index}");
                }
            }
            let said = band.playing().to_string();
            let phrases = if call == 4 { "1 phrase:" } else { "2 phrases:" };
            let begins = format!("CPU: {NAME} failed after {phrases} ");
            assert!(said.starts_with(&begins) && said.contains(called), "{said}");
            // Asked for again, it is tried again.
            card.fail_after(0, kind);
            assert!(!band.choose(&card.devices(Choice::Cuda(0))).is_cpu());
        }
    }
}

#[test]
fn a_card_that_hangs_is_waited_for_no_longer_than_was_said() {
    let card = Card::new();
    let devices = Devices { patience: Duration::from_millis(600), ..card.devices(Choice::Cuda(0)) };
    let mut band = Band::new(&fixture::weights(), devices.open().unwrap());
    let song = Composition::default();
    band.phrase(&song, 0);
    assert!(!band.playing().is_cpu(), "{}", band.playing());
    card.stall(60_000);
    let start = Instant::now();
    let phrase = band.phrase(&song, 1);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(phrase, Band::new(&fixture::weights(), Device::Cpu).phrase(&song, 1));
    let said = band.playing().to_string();
    assert!(said.contains("failed after 1 phrase: ") && said.contains("600 ms"), "{said}");
}

#[test]
fn a_card_without_memory_or_that_is_not_there_is_refused_and_the_cpu_plays() {
    let card = Card::new();
    let weights = fixture::weights();
    let device = card.open();
    card.limit_memory(1 << 16);
    let generator = Generator::new(&weights, device);
    let said = generator.playing().to_string();
    assert!(said.starts_with(&format!("CPU: {NAME} cannot play: ")), "{said}");
    assert!(said.contains("memory") && matches!(generator.playing().reason, Reason::Refused(_)));
    let mut band = Band::new(&weights, Device::Cpu);
    for (choice, words) in [(Choice::Cuda(7), "cuda:7"), (Choice::Metal, "macOS")] {
        let said = band.choose(&card.devices(choice)).to_string();
        assert!(said.starts_with("CPU: ") && said.contains(words), "{said}");
    }
    let nowhere =
        Devices { library: Some("/nowhere/library".into()), ..Devices::new(Choice::Auto) };
    let playing = band.choose(&nowhere).clone();
    assert!(matches!(playing.reason, Reason::Alone(_)), "{playing}");
    assert!(playing.to_string().contains("/nowhere/library"), "{playing}");
    assert!(band.phrase(&Composition::default(), 0).notes().next().is_some());
}

#[test]
fn auto_measures_once_and_later_starts_do_not_open_what_is_slower() {
    let card = Card::new();
    let folder = tempfile::tempdir().unwrap();
    let cache = Some(folder.path().to_owned());
    let devices = Devices { cache, ..card.devices(Choice::Auto) };
    let mut generator = Generator::new(&fixture::weights(), Device::Cpu);
    let playing = generator.choose(&devices, Work::PHRASE).clone();
    // Emulating a card takes the processor far longer than playing does.
    assert!(playing.is_cpu() && matches!(playing.reason, Reason::Faster(_)), "{playing}");
    assert!(playing.to_string().contains(&format!("ms a phrase; {NAME} took ")), "{playing}");
    assert!(folder.path().join("musegan/devices.json").is_file());
    card.limit_memory(1);
    let mut later = Generator::new(&fixture::weights(), Device::Cpu);
    assert_eq!(later.choose(&devices, Work::PHRASE), &playing);
    let anew = Devices { anew: true, ..devices };
    assert!(matches!(later.choose(&anew, Work::PHRASE).reason, Reason::Alone(_)));
}
