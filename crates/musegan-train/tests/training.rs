//! A training run as a user has it: stopped, resumed, damaged.
#![allow(clippy::unwrap_used)]
use musegan_model::device::{Choice, Devices};
use musegan_train::train::batches::Phrases;
use musegan_train::train::checkpoint::{Checkpoints, Corpus};
use musegan_train::train::objective::Objective;
use musegan_train::train::random::{self, Purpose};
use musegan_train::train::state::State;
use musegan_train::train::{Arguments, Config, TrainError, Which, run_on};
use rand::Rng;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const CPU: Devices = Devices::new(Choice::Cpu);

/// Phrases with a regular pattern; after a number of reads their cells are not numbers.
struct Patterns {
    good: AtomicUsize,
}

impl Patterns {
    fn new() -> Self {
        Self { good: AtomicUsize::new(usize::MAX) }
    }
}

impl Phrases for Patterns {
    fn len(&self) -> usize {
        7
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        let sound = if self.good.fetch_sub(1, Ordering::Relaxed) == 0 { f32::NAN } else { 1.0 };
        for (cell, value) in roll.iter_mut().enumerate() {
            *value = if cell % (37 + index) == 0 { sound } else { 0.0 };
        }
    }
}

fn enable_derivatives() {
    // SAFETY: nothing in this process reads the environment except through Rust's own lock.
    unsafe { musegan_train::train::derivatives::enable() };
}

/// Settings small enough for a test, in a file.
fn small(folder: &Path) -> PathBuf {
    let path = folder.join("small.toml");
    let text = "batch = 3\ncheckpoint_every = 1\ncheckpoints = 9\nlog_every = 1\naverage = 0.9\n\
                sample_every = 0\nevaluate_every = 0\ncritic_steps = 2\nkeys = \"random\"\n";
    std::fs::write(&path, text).unwrap();
    path
}

fn train(run: &Path, steps: u64, resume: bool) -> Result<(), TrainError> {
    train_on(&Patterns::new(), run, steps, resume)
}

fn train_on(phrases: &Patterns, run: &Path, steps: u64, resume: bool) -> Result<(), TrainError> {
    enable_derivatives();
    let config = Some(small(run.parent().unwrap()));
    let arguments = Arguments {
        run: run.to_owned(),
        config,
        steps: Some(steps),
        resume,
        ..Arguments::default()
    };
    run_on(phrases, &corpus(), &arguments, &CPU)
}

fn corpus() -> Corpus {
    Corpus { names: vec!["patterns".to_owned()], sha256: "of the patterns".to_owned() }
}

fn newest(run: &Path) -> PathBuf {
    Checkpoints::of(run).list().unwrap().swap_remove(0)
}

#[test]
fn a_run_that_was_stopped_and_resumed_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, halves) = (folder.path().join("whole"), folder.path().join("halves"));
    train(&whole, 6, false).unwrap();
    train(&halves, 3, false).unwrap();
    std::fs::write(halves.join("checkpoints/.musegan-killed"), "half").unwrap();
    train(&halves, 6, true).unwrap();
    assert_eq!(newest(&whole).file_name(), newest(&halves).file_name());
    assert!(std::fs::read(newest(&whole)).unwrap() == std::fs::read(newest(&halves)).unwrap());
    let log = std::fs::read_to_string(halves.join("log.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 6);
    assert!(!halves.join("checkpoints/.musegan-killed").exists());
}

#[test]
fn a_run_is_exported_the_same_way_twice_and_says_what_it_was_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, 2, false).unwrap();
    let (weights, _) = musegan_train::train::export(&run, Which::Best).unwrap();
    assert_eq!(weights.provenance().steps, 2);
    assert_eq!(weights.provenance().corpora, ["patterns"]);
    assert!(
        weights.to_bytes() == musegan_train::train::export(&run, Which::Best).unwrap().0.to_bytes()
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let states: Vec<State> = [1, 3]
        .into_iter()
        .map(|threads| {
            let config = Config { batch: 10, ..Config::default() };
            let mut objective = Objective::new(&config);
            let mut state = State::start(&config, &objective.generator, &objective.critic);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for _ in 0..2 {
                pool.install(|| objective.step(&mut state, &Patterns::new(), &config)).unwrap();
            }
            state
        })
        .collect();
    assert!(states[0] == states[1]);
}

#[test]
fn a_torn_or_altered_checkpoint_is_passed_over_for_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, 2, false).unwrap();
    let whole = std::fs::read(newest(&run)).unwrap();
    let mut rng = random::generator(9, 0, Purpose::Samples, 0);
    for _ in 0..12 {
        let length = rng.random_range(0..whole.len());
        std::fs::write(newest(&run), &whole[..length]).unwrap();
        assert_eq!(
            Checkpoints::of(&run).newest::<State>().unwrap().state.step,
            1,
            "torn at {length}"
        );
        let mut altered = whole.clone();
        altered[length] ^= 1 << rng.random_range(0..8);
        std::fs::write(newest(&run), &altered).unwrap();
        // A flipped bit in the header may be one that means nothing, such as a space.
        let state = Checkpoints::of(&run).newest::<State>().unwrap().state;
        std::fs::write(newest(&run), &whole).unwrap();
        let unaltered = Checkpoints::of(&run).newest::<State>().unwrap().state;
        assert!(state.step == 1 || state == unaltered, "altered at {length}");
    }
    std::fs::write(newest(&run), &whole[..whole.len() / 2]).unwrap();
    train(&run, 2, true).unwrap();
    assert!(std::fs::read(newest(&run)).unwrap() == whole);
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_an_error_and_the_ones_before_stay() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, 2, false).unwrap();
    let third = run.join("checkpoints/step-00000003.safetensors");
    std::fs::create_dir_all(third.join("occupied")).unwrap();
    let error = train(&run, 4, true).unwrap_err();
    assert!(error.to_string().contains("step-00000003"), "{error}");
    std::fs::remove_dir_all(&third).unwrap();
    assert_eq!(Checkpoints::of(&run).newest::<State>().unwrap().state.step, 2);
    let left = std::fs::read_dir(run.join("checkpoints")).unwrap().count();
    assert_eq!(left, 2, "nothing half-written is left");
}

#[test]
fn a_run_whose_numbers_break_stops_and_names_the_step_and_the_last_good_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let phrases = Patterns { good: AtomicUsize::new(2 * 2 * 3 + 1) };
    let error = train_on(&phrases, &run, 5, false).unwrap_err().to_string();
    assert!(
        error
            .contains("step 3: the batch of real phrases, and so the critic's loss, is not finite"),
        "{error}"
    );
    assert!(error.contains("step-00000002.safetensors"), "{error}");
}

#[test]
fn an_existing_run_is_neither_overwritten_nor_resumed_with_other_settings_or_data() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    assert!(matches!(train(&run, 1, true), Err(TrainError::Config { .. })));
    train(&run, 1, false).unwrap();
    let before = std::fs::read(newest(&run)).unwrap();
    assert!(matches!(train(&run, 1, false), Err(TrainError::RunExists(_))));
    let other = folder.path().join("other.toml");
    std::fs::write(&other, "penalty = 5.0").unwrap();
    let arguments =
        |config| Arguments { run: run.clone(), config, resume: true, ..Arguments::default() };
    let error = run_on(&Patterns::new(), &corpus(), &arguments(Some(other)), &CPU);
    assert!(matches!(error, Err(TrainError::OtherRun { .. })));
    let corpus = Corpus { sha256: "of others".to_owned(), ..corpus() };
    let error = run_on(&Patterns::new(), &corpus, &arguments(None), &CPU);
    assert!(matches!(error, Err(TrainError::OtherRun { .. })));
    assert!(std::fs::read(newest(&run)).unwrap() == before);
}

/// A checkpoint without the digest of its settings, as older programs wrote it.
fn make_old(checkpoint: &Path) {
    let bytes = std::fs::read(checkpoint).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let mut metadata = header.metadata().clone().unwrap();
    let about = metadata.get_mut("musegan-checkpoint").unwrap();
    let mut told: serde_json::Value = serde_json::from_str(about).unwrap();
    assert!(told.as_object_mut().unwrap().remove("settings_sha256").is_some());
    *about = told.to_string();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let old = safetensors::serialize(file.tensors(), Some(metadata)).unwrap();
    std::fs::write(checkpoint, old).unwrap();
}

#[test]
fn a_run_whose_config_was_edited_is_neither_resumed_nor_exported_but_may_get_more_steps() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, 1, false).unwrap();
    let resume = || {
        let arguments = Arguments { run: run.clone(), resume: true, ..Arguments::default() };
        run_on(&Patterns::new(), &corpus(), &arguments, &CPU)
    };
    let path = run.join("config.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    let edit = |from: &str, to: &str| {
        assert!(written.contains(from), "{written}");
        std::fs::write(&path, written.replace(from, to)).unwrap();
    };
    edit("penalty = 10.0", "penalty = 5.0");
    for refused in [resume(), musegan_train::train::export(&run, Which::Best).map(|_| ())] {
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("config.toml was changed") && refused.contains("undo"),
            "{refused}"
        );
    }
    edit("steps = 1\nbatch", "steps = 2\nbatch");
    resume().unwrap();
    make_old(&newest(&run));
    edit("penalty = 10.0", "penalty = 5.0");
    resume().unwrap();
    assert_eq!(musegan_train::train::export(&run, Which::Best).unwrap().0.provenance().steps, 2);
}

#[test]
fn an_unknown_key_and_a_value_out_of_range_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    for (text, expected) in [
        ("learning_rat = 1e-3", "learning_rat"),
        ("batch = 1", "`batch` must be between 2 and 1024, not 1"),
        ("betas = [0.5, 1.0]", "`betas` must be"),
        ("average = nan", "`average` must be"),
        ("learning_rate = -1.0", "`learning_rate` must be"),
        ("steps = \"many\"", "steps"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("run.toml"), "{error}");
    }
}
