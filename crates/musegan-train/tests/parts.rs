//! Runs whose objective is put together from other parts than the tutorial's, as a user has them:
//! refused where they make no sense, resumed, measured while they go on.
#![allow(clippy::unwrap_used)]
use musegan_model::device::{Choice, Devices};
use musegan_train::train::batches::Phrases;
use musegan_train::train::checkpoint::{Checkpoints, Corpus};
use musegan_train::train::objective::Objective;
use musegan_train::train::state::State;
use musegan_train::train::{Arguments, Config, TrainError, Which, export, run_on};
use std::path::{Path, PathBuf};

/// Phrases with a regular pattern.
struct Patterns;

impl Phrases for Patterns {
    fn len(&self) -> usize {
        7
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        for (cell, value) in roll.iter_mut().enumerate() {
            *value = if cell % (37 + index) == 0 { 1.0 } else { 0.0 };
        }
    }
}

const SMALL: &str = "batch = 3\ncheckpoint_every = 1\ncheckpoints = 9\nlog_every = 1\n\
                     sample_every = 0\nthreads = 2\n";
/// Everything that a step can be made of, but what only one of them has.
const ALL: &str = "generator_steps = 2\ncritic_steps = 2\naverage = 0.9\nevaluate_every = 0\n\
                   [objective]\nloss = \"relativistic\"\npenalty = \"r1\"\npenalty_every = 3\n\
                   spectral_norm = true\nfeature_matching = 0.5\nminibatch_statistics = 2.0\n\
                   [critic]\nschedule = \"cosine\"\nwarm_up = 3\nrate = 2.0\n";

/// A folder with a run's settings.
struct Place(tempfile::TempDir);

impl Place {
    fn new(settings: &str) -> Self {
        // SAFETY: nothing in this process reads the environment except through Rust's own lock.
        unsafe { musegan_train::train::derivatives::enable() };
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.settings(), format!("{SMALL}{settings}")).unwrap();
        place
    }

    fn settings(&self) -> PathBuf {
        self.0.path().join("settings.toml")
    }

    fn run(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn train(&self, name: &str, steps: u64, resume: bool) -> Result<(), TrainError> {
        self.train_on(&Devices::new(Choice::Cpu), name, steps, resume)
    }

    fn train_on(
        &self,
        devices: &Devices,
        name: &str,
        steps: u64,
        resume: bool,
    ) -> Result<(), TrainError> {
        let (config, steps) = (Some(self.settings()), Some(steps));
        let arguments =
            Arguments { run: self.run(name), config, steps, resume, ..Arguments::default() };
        let corpus = Corpus { names: vec!["patterns".into()], sha256: "of the patterns".into() };
        run_on(&Patterns, &corpus, &arguments, devices)
    }
}

fn newest(run: &Path) -> PathBuf {
    Checkpoints::of(run).list().unwrap().swap_remove(0)
}

#[track_caller]
fn assert_refused(settings: &str, reason: &str) {
    let place = Place::new(settings);
    let refused = Config::read(&place.settings()).unwrap_err().to_string();
    assert!(refused.contains(reason) && refused.contains("settings.toml"), "{refused}");
}

#[test]
fn parts_that_do_not_go_together_are_refused_with_the_reason() {
    let unbounded = "nothing else keeps the critic's scores from growing";
    assert_refused("[objective]\npenalty = \"none\"", unbounded);
    assert_refused("penalty = 0.0", unbounded);
    assert_refused("[objective]\npenalty = \"r1\"", "does not bound");
    assert_refused("[objective]\nloss = \"hinge\"\nlabel_smoothing = 0.1", "needs labels");
    let spaced = "[objective]\nloss = \"hinge\"\npenalty = \"none\"\npenalty_every = 4";
    assert_refused(spaced, "no penalty to space out");
    let loud = "[objective]\npenalty = \"none\"\nspectral_norm = true\nminibatch_statistics = 1.0";
    assert_refused(loud, "does not bound the weight of the batch's spread");
    assert_refused("[objective]\nreconstruction = 1.0", "need an encoder");
    assert_refused("[objective]\nloss = \"least-squares\"", "least-squares");
    assert_refused("[objective]\nlabel_smoothing = 0.5\nloss = \"bce\"", "below 0.5");
    assert_refused("[critic]\nrate = 0.0", "`rate` of [critic] must be above 0");
    assert_refused("generator_steps = 0", "`generator_steps` must be between 1 and 20");
    let alone = SMALL.replace("batch = 3", "batch = 1");
    let place = Place::new("");
    let settings = format!("{alone}[objective]\nminibatch_statistics = 1.0");
    std::fs::write(place.settings(), settings).unwrap();
    let refused = Config::read(&place.settings()).unwrap_err().to_string();
    assert!(refused.contains("compares the phrases of a batch"), "{refused}");
}

#[test]
fn parts_that_go_together_are_not_refused() {
    for settings in [
        "[objective]\npenalty = \"none\"\nspectral_norm = true",
        "[objective]\npenalty = \"r1\"\nspectral_norm = true",
        "[objective]\nloss = \"bce\"\npenalty = \"none\"\nlabel_smoothing = 0.1",
        "[objective]\nloss = \"non-saturating\"\npenalty_every = 4",
    ] {
        Config::read(&Place::new(settings).settings()).unwrap();
    }
}

#[test]
fn a_run_of_all_parts_that_was_stopped_and_resumed_ends_with_the_same_bytes() {
    let place = Place::new(ALL);
    place.train("whole", 5, false).unwrap();
    place.train("halves", 5 - 3, false).unwrap();
    place.train("halves", 5, true).unwrap();
    let [whole, halves] = ["whole", "halves"].map(|name| newest(&place.run(name)));
    assert_eq!(whole.file_name(), halves.file_name());
    assert!(std::fs::read(whole).unwrap() == std::fs::read(halves).unwrap());
}

#[test]
fn the_number_of_threads_changes_nothing_of_any_part() {
    let place = Place::new(ALL);
    let config = Config { batch: 10, ..Config::read(&place.settings()).unwrap() };
    let states = [1, 3].map(|threads| {
        let mut objective = Objective::new(&config);
        let mut state = State::start(&config, &objective.generator, &objective.critic);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| objective.step(&mut state, &Patterns, &config)).unwrap();
        state
    });
    assert!(states[0] == states[1]);
}

#[test]
fn the_best_checkpoint_is_kept_beside_the_newest_and_exported() {
    let place = Place::new("evaluate_every = 1\nlearning_rate = 0.01");
    place.train("run", 4, false).unwrap();
    let run = place.run("run");
    let log = std::fs::read_to_string(run.join("log.jsonl")).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let scores: Vec<(u64, f64)> = lines
        .filter_map(|line| Some((line["step"].as_u64()?, line["mean_abs_z"].as_f64()?)))
        .collect();
    assert_eq!(scores.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let best = scores.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let (weights, score) = export(&run, Which::Best).unwrap();
    assert_eq!((weights.provenance().steps, score.unwrap().mean_abs_z), *best);
    let (weights, score) = export(&run, Which::Newest).unwrap();
    assert_eq!((weights.provenance().steps, score), (4, None));
    // Whoever has lost the best has the newest.
    std::fs::write(run.join("checkpoints/best.safetensors"), "torn").unwrap();
    assert_eq!(export(&run, Which::Best).unwrap().0.provenance().steps, 4);
}

#[test]
fn no_card_is_asked_for_parts_that_only_the_processor_trains() {
    let place = Place::new("evaluate_every = 0\n[objective]\nloss = \"hinge\"");
    // Looked for only if a card is asked for.
    let library = Some(PathBuf::from("/no/such/library"));
    let devices = |choice| Devices { library: library.clone(), ..Devices::new(choice) };
    let refused = place.train_on(&devices("cuda".parse().unwrap()), "run", 1, false);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("loss = \"hinge\"") && refused.contains("--device cpu"), "{refused}");
    assert!(!place.run("run").exists());
    place.train_on(&devices(Choice::Auto), "run", 1, false).unwrap();
}
