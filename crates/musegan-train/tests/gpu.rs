//! Training on the emulated card, which runs the kernels that a real one does, against the CPU.
#![allow(clippy::unwrap_used)]
use musegan_device::interface::DEVICE_LOST;
use musegan_device::{Gpu, Library};
use musegan_model::device::{Choice, Devices};
use musegan_model::trainable::{Critic, Generator, Layout};
use musegan_train::train::batches::{Phrases, SongShare};
use musegan_train::train::checkpoint::{Checkpoints, Corpus};
use musegan_train::train::gpu::{Synthetic, compare, time};
use musegan_train::train::state::State;
use musegan_train::train::{Arguments, Config, TrainError, run_on};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
        let path = target.join("test-bundles/gpu").join(Library::file_name());
        assert!(path.exists(), "no {}; run `cargo xtask gpu-emulated`", path.display());
        // SAFETY: nothing in this process reads the environment except through Rust's own lock.
        unsafe { musegan_train::train::derivatives::enable() };
        // SAFETY: our own library, whose initialisers do nothing.
        let controls = unsafe { libloading::Library::new(&path) }.unwrap();
        Self { controls, path, _turn: turn }
    }

    fn open(&self) -> Gpu {
        Gpu::open(&Library::open(&self.path).unwrap(), 0).unwrap()
    }

    fn devices(&self, choice: Choice) -> Devices {
        let patience = Duration::from_secs(60);
        Devices { library: Some(self.path.clone()), patience, ..Devices::new(choice) }
    }

    /// Has the call that is so many from now on fail. Taking steps is one call, looking at them
    /// another, reading what they measured two more, and a checkpoint nine.
    fn fail_after(&self, calls: u64) {
        // SAFETY: the library exports this name with this signature.
        unsafe {
            let name = b"musegan_gpu_emulated_fail_after";
            self.controls.get::<extern "C" fn(u64, i32)>(name).unwrap()(calls, DEVICE_LOST);
        }
    }

    fn limit_memory(&self, bytes: u64) {
        let name = b"musegan_gpu_emulated_limit_memory";
        // SAFETY: the library exports this name with this signature.
        unsafe { self.controls.get::<extern "C" fn(u64)>(name).unwrap()(bytes) };
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        self.fail_after(0);
        self.limit_memory(0);
    }
}

/// Phrases of which some are drawn more often than others; each has a key of its own.
struct Songs(Vec<SongShare>);

impl Songs {
    fn new() -> Self {
        let mut songs: Vec<SongShare> = Vec::new();
        for (weight, phrases) in [(1.0, 2), (0.25, 5), (3.0, 1), (1.0, 3)] {
            let last = songs.last();
            songs.push(SongShare {
                weights_before: last.map_or(0.0, SongShare::weights_after),
                weight,
                phrases_before: last.map_or(0, |last| last.phrases_before + last.phrases),
                phrases,
            });
        }
        Self(songs)
    }
}

impl Phrases for Songs {
    fn len(&self) -> usize {
        11
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        for (cell, value) in roll.iter_mut().enumerate() {
            let (pitch, place) = (cell % 72, cell / 72);
            let sounds = [0, 4, 7].contains(&((pitch + index) % 12)) && pitch / 12 == place % 5;
            *value = if sounds && (5..66).contains(&pitch) { 1.0 } else { 0.0 };
        }
    }

    fn songs(&self) -> &[SongShare] {
        &self.0
    }
}

#[test]
fn a_step_has_the_cpus_gradients_and_losses() {
    let card = Card::new();
    for batch in [2, 5] {
        let agreement = compare(&card.open(), &Synthetic, batch).unwrap();
        assert!(agreement.critic < 1e-4 && agreement.generator < 1e-4, "{agreement}");
        assert!(agreement.losses < 1e-5, "{agreement}");
    }
}

#[test]
fn a_step_is_few_kernels_in_one_launch() {
    let card = Card::new();
    let timing = time(&card.open(), &Songs::new(), 2, 0.0).unwrap();
    assert!(timing.kernels < 220 && timing.launches_by_host == 1, "{timing}");
    // What need not wait runs beside the rest.
    assert!(timing.longest_chain < 130, "{timing}");
    assert_eq!((timing.batch, timing.steps), (2, 1));
}

/// A folder for runs, and the card.
struct Place {
    card: Card,
    folder: tempfile::TempDir,
}

const CUDA: Choice = Choice::Cuda(0);

impl Place {
    fn new() -> Self {
        Self { card: Card::new(), folder: tempfile::tempdir().unwrap() }
    }

    fn run(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Begins a run with these settings.
    fn begin(&self, name: &str, on: Choice, settings: &str, steps: u64) -> Result<(), TrainError> {
        let config = self.run("settings.toml");
        let text = format!(
            "checkpoint_every = 1\nlog_every = 1\nsample_every = 0\nevaluate_every = 0\n{settings}"
        );
        std::fs::write(&config, text).unwrap();
        self.train(name, on, Some(config), steps)
    }

    fn resume(&self, name: &str, on: Choice, steps: u64) -> Result<(), TrainError> {
        self.train(name, on, None, steps)
    }

    fn train(
        &self,
        name: &str,
        on: Choice,
        config: Option<PathBuf>,
        steps: u64,
    ) -> Result<(), TrainError> {
        let (data, run, resume) = (PathBuf::new(), self.run(name), config.is_none());
        let arguments = Arguments { data, run, config, steps: Some(steps), resume, preset: None };
        run_on(&Songs::new(), &corpus(), &arguments, &self.card.devices(on))
    }

    /// The newest checkpoint's state.
    fn state(&self, name: &str) -> State {
        Checkpoints::of(&self.run(name)).newest().unwrap().state
    }

    /// The newest checkpoint's bytes.
    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(&Checkpoints::of(&self.run(name)).list().unwrap()[0]).unwrap()
    }

    /// Every number of the log but the speed.
    fn log(&self, name: &str) -> Vec<f64> {
        let text = std::fs::read_to_string(self.run(name).join("log.jsonl")).unwrap();
        let line = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let numbers = |line: serde_json::Value| {
            let names = ["step", "critic_loss", "generator_loss", "penalty", "real_score"];
            names.map(|name| line[name].as_f64().unwrap())
        };
        text.lines().map(line).flat_map(numbers).collect()
    }
}

fn corpus() -> Corpus {
    Corpus { names: vec!["songs".to_owned()], sha256: "of the songs".to_owned() }
}

/// Every tensor agrees within 1e-4 of its largest number, or of a ten thousandth of the largest.
fn assert_gradients_near(layout: &Layout, ours: &[f32], theirs: &[f32]) {
    let largest = |numbers: &[f32]| numbers.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let least = 1e-4 * largest(theirs);
    for p in layout.parameters() {
        let (a, b) = (&ours[p.range.clone()], &theirs[p.range.clone()]);
        let near = 1e-4 * largest(b).max(least);
        // The last bias has no gradient: the CPU's is rounding, the card's zero.
        let near = if p.name == "dense.bias" { 1e-7 } else { near };
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= near), "{}", p.name);
    }
}

fn assert_logs_near(ours: &[f64], theirs: &[f64], near: f64) {
    assert_eq!(ours.len(), theirs.len());
    let near = ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < near);
    assert!(near, "{ours:?} is not {theirs:?}");
}

/// At a rate at which nothing moves, the second round has the weights of the first on both devices,
/// and the moments are the gradients of both.
#[test]
fn batches_in_every_key_have_the_cpus_gradients() {
    let place = Place::new();
    for (keys, batch) in [("as-written", 3), ("random", 5), ("white", 2)] {
        let settings = format!(
            "batch = {batch}\nkeys = \"{keys}\"\ncritic_steps = 2\nlearning_rate = 1e-12\nseed = 7"
        );
        let [card, cpu] = ["card", "cpu"].map(|on| format!("{keys} {on}"));
        place.begin(&card, CUDA, &settings, 1).unwrap();
        place.begin(&cpu, Choice::Cpu, &settings, 1).unwrap();
        let (ours, theirs) = (place.state(&card), place.state(&cpu));
        let (critic, generator) = (Critic::new(), Generator::new());
        let moments = |state: &State| {
            (state.critic_moments.first.clone(), state.generator_moments.first.clone())
        };
        let (ours_first, theirs_first) = (moments(&ours), moments(&theirs));
        assert_gradients_near(critic.layout(), &ours_first.0, &theirs_first.0);
        assert_gradients_near(generator.layout(), &ours_first.1, &theirs_first.1);
        assert_gradients_near(generator.statistics(), &ours.statistics, &theirs.statistics);
        assert_logs_near(&place.log(&card), &place.log(&cpu), 1e-5);
    }
}

/// How far two ends of a way are from each other, as a share of the way from its beginning.
fn apart(start: &[f32], ours: &[f32], theirs: &[f32]) -> f32 {
    let distance =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    (distance(ours, theirs) / distance(start, theirs)).sqrt()
}

/// Adam divides a gradient by its own size, so one that is nearly zero moves its weight by whole
/// steps of the rate in the direction of its rounding, and every step makes more of it. What is
/// apart after three steps is therefore held against how far the weights have moved.
#[test]
fn three_steps_move_the_weights_as_the_cpu_does() {
    let place = Place::new();
    let settings = "batch = 3\naverage = 0.9\nlearning_rate = 1e-4\nlearning_rate_end = 0.1";
    place.begin("cpu", Choice::Cpu, settings, 3).unwrap();
    place.begin("card", CUDA, settings, 3).unwrap();
    let config = Config::read(&place.run("cpu").join("config.toml")).unwrap();
    let start = State::start(&config, &Generator::new(), &Critic::new());
    let (ours, theirs) = (place.state("card"), place.state("cpu"));
    let of = |state: &State| [&state.critic, &state.generator, &state.average].map(Clone::clone);
    let (start, ours, theirs) = (of(&start), of(&ours), of(&theirs));
    let apart = [0, 1, 2].map(|n| apart(&start[n], &ours[n], &theirs[n]));
    assert!(apart.iter().all(|&apart| apart < 0.03), "{apart:?}");
    assert_logs_near(&place.log("card"), &place.log("cpu"), 1e-3);
}

#[test]
fn a_run_may_change_its_device_from_checkpoint_to_checkpoint() {
    let place = Place::new();
    let settings = "batch = 3\nlearning_rate = 1e-4";
    place.begin("cpu", Choice::Cpu, settings, 3).unwrap();
    place.begin("mixed", Choice::Cpu, settings, 1).unwrap();
    place.resume("mixed", CUDA, 2).unwrap();
    place.resume("mixed", Choice::Cpu, 3).unwrap();
    let (ours, theirs) = (place.state("mixed"), place.state("cpu"));
    assert_eq!(ours.step, 3);
    let config = Config::read(&place.run("cpu").join("config.toml")).unwrap();
    let start = State::start(&config, &Generator::new(), &Critic::new());
    let apart = apart(&start.generator, &ours.generator, &theirs.generator);
    assert!(apart < 0.03, "{apart}");
    assert_logs_near(&place.log("mixed"), &place.log("cpu"), 1e-3);
}

#[test]
fn a_run_on_a_card_that_was_stopped_and_resumed_ends_with_the_same_bytes() {
    let place = Place::new();
    let settings = "batch = 2\naverage = 0.9\nkeys = \"white\"";
    place.begin("whole", CUDA, &format!("{settings}\n"), 3).unwrap();
    place.begin("halves", CUDA, settings, 1).unwrap();
    place.resume("halves", CUDA, 3).unwrap();
    assert!(place.bytes("whole") == place.bytes("halves"));
    assert_eq!(place.log("whole"), place.log("halves"));
}

/// The library for cards plays the graph that it records through a driver, here one that stands in
/// for NVIDIA's and runs the same kernels on the CPU.
#[cfg(target_os = "linux")]
#[test]
fn a_run_through_a_cards_driver_ends_with_the_emulated_cards_bytes() {
    let mut place = Place::new();
    let settings = "batch = 2\naverage = 0.9\nkeys = \"random\"";
    place.begin("emulated", CUDA, settings, 3).unwrap();
    let folder = place.card.path.with_file_name("standin");
    place.card.path = folder.join(Library::file_name());
    place.begin("driven", CUDA, settings, 3).unwrap();
    assert!(place.bytes("emulated") == place.bytes("driven"));
    assert_eq!(place.log("emulated"), place.log("driven"));
}

#[test]
fn numbers_that_break_stop_the_run_where_the_cpu_stops_it() {
    let place = Place::new();
    let settings = "batch = 2\ncritic_steps = 1";
    place.begin("run", Choice::Cpu, settings, 1).unwrap();
    let config = Config::read(&place.run("run").join("config.toml")).unwrap();
    let broken = |what: fn(&mut State), expected: &str| {
        let mut state = place.state("run");
        what(&mut state);
        let good = Checkpoints::of(&place.run("run")).list().unwrap().swap_remove(0);
        let bytes = std::fs::read(&good).unwrap();
        Checkpoints::of(&place.run("run")).write(&state, &corpus(), &config).unwrap();
        let [card, cpu] =
            [CUDA, Choice::Cpu].map(|on| place.resume("run", on, 3).unwrap_err().to_string());
        std::fs::write(&good, bytes).unwrap();
        // The CPU also knows what broke them.
        for told in [card, cpu] {
            let has = |part| told.contains(part);
            assert!(
                told.starts_with("step 2: ") && has(expected) && has("step-00000001"),
                "{told}"
            );
        }
    };
    broken(|state| state.generator[0] = f32::NAN, "the generator's gradient of `transconv0.");
    broken(|state| state.critic_moments.first[0] = f32::NAN, "the generator's loss");
    // The last track's gamma: its cells are infinite.
    broken(|state| *state.generator.iter_mut().nth_back(1).unwrap() = 3e38, "the critic's loss");
}

#[test]
fn too_little_memory_is_told_before_anything_is_written() {
    let place = Place::new();
    place.card.limit_memory(200 << 20);
    let refused = place.begin("run", CUDA, "batch = 100", 1).unwrap_err().to_string();
    let expected = "training with batches of 100 needs ";
    assert!(refused.starts_with(expected) && refused.contains("200 MiB free"), "{refused}");
    assert!(refused.contains("; a batch of ") && refused.ends_with(" would fit"), "{refused}");
    place.card.limit_memory(1 << 20);
    let refused = place.begin("run", CUDA, "batch = 100", 1).unwrap_err().to_string();
    assert!(refused.contains("not even a batch of 2 would fit"), "{refused}");
    assert!(!place.run("run").exists());
}

#[test]
fn a_card_that_is_lost_ends_the_run_with_a_sentence_and_it_can_go_on() {
    let place = Place::new();
    place.begin("whole", CUDA, "batch = 2", 3).unwrap();
    // Two steps are written down; the third fails.
    place.card.fail_after(2 * 13 + 1);
    let lost = place.begin("run", CUDA, "batch = 2", 3).unwrap_err().to_string();
    assert!(lost.contains("is lost") && lost.contains("after step 2"), "{lost}");
    assert!(lost.contains("step-00000002") && lost.contains("--resume"), "{lost}");
    place.resume("run", CUDA, 3).unwrap();
    assert!(place.bytes("run") == place.bytes("whole"));
}

#[test]
fn without_the_library_a_card_is_refused_and_auto_trains_on_the_cpu() {
    let place = Place::new();
    let library = Some(place.run("nowhere.so"));
    let devices = |choice| Devices { library: library.clone(), ..Devices::new(choice) };
    let train = |name, choice| {
        let (data, run) = (PathBuf::new(), place.run(name));
        let config = Some(place.run("settings.toml"));
        let arguments = Arguments { data, run, config, steps: Some(1), ..Arguments::default() };
        run_on(&Songs::new(), &corpus(), &arguments, &devices(choice))
    };
    place.begin("cpu", Choice::Cpu, "batch = 2", 1).unwrap();
    for choice in [CUDA, Choice::Metal] {
        let refused = train("refused", choice).unwrap_err().to_string();
        assert!(refused.ends_with("; --device cpu needs no card"), "{refused}");
        assert!(!place.run("refused").exists());
    }
    train("auto", Choice::Auto).unwrap();
    assert!(place.bytes("auto") == place.bytes("cpu"));
}
