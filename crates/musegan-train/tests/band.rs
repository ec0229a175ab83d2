//! A run that trains the band, as a user has it: stopped in every phase and resumed, with other
//! threads, with other settings, exported; and never with a phrase of a held-out song.
#![allow(clippy::unwrap_used)]
use musegan_model::band::Dimensions;
use musegan_model::band::Harmony;
use musegan_model::{Band, Device};
use musegan_score::chord::Quality;
use musegan_score::{Chord, Composition, Key, Note, Phrase, Pitch, Step, Track, Velocity};
use musegan_train::dataset::{Dataset, DatasetWriter, PackedPhrase, Shape, is_held_out};
use musegan_train::train::band::config::{AdversarialPhase, BandConfig, CodecPhase, SecondPhase};
use musegan_train::train::band::course;
use musegan_train::train::band::songbook::Songbook;
use musegan_train::train::band::state::State;
use musegan_train::train::checkpoint::{Checkpoints, Corpus};
use musegan_train::train::config::Network;
use musegan_train::train::random::{self, Purpose};
use musegan_train::train::{Arguments, Config, TrainError, Which, export};
use rand::Rng;
use rayon::prelude::*;
use std::path::Path;

/// Networks that are as small as they can be.
const SMALL: Dimensions = Dimensions {
    latent: 6,
    rhythm: 2,
    chord: 3,
    rhythm_step: 3,
    rhythm_hidden: 8,
    rhythm_decoded_step: 4,
    step: 4,
    hidden: 12,
    decoded_step: 6,
    width: 8,
    heads: 2,
    expansion: 2,
    generator_blocks: 1,
    encoder_blocks: 1,
    critic_blocks: 1,
    phrase_noise: 3,
    bar_noise: 2,
    track_noise: 2,
    cell_noise: 3,
};

/// Two steps of the codec, two of the second stage, three against the critic.
fn config() -> Config {
    Config {
        network: Network::Band,
        log_every: 1,
        checkpoint_every: 1,
        checkpoints: 9,
        sample_every: 0,
        band: BandConfig {
            bank: 4,
            dimensions: SMALL,
            codec: CodecPhase { steps: 2, batch: 5, ..CodecPhase::default() },
            second: SecondPhase {
                steps: 2,
                batch: 5,
                sheet_from: 0,
                sheet_every: 1,
                ..SecondPhase::default()
            },
            adversarial: AdversarialPhase {
                steps: 3,
                batch: 6,
                penalty_every: 2,
                decoder_learning_rate: 1e-4,
                evaluate_every: 2,
                evaluate_phrases: 10,
                ..AdversarialPhase::default()
            },
            ..BandConfig::default()
        },
        ..Config::default()
    }
}

/// Seven phrases of drawn notes.
fn book() -> Songbook {
    let mut rng = random::generator(3, 0, Purpose::Samples, 0);
    let phrases: Vec<_> = (0..7u8)
        .map(|number| {
            let notes: Vec<_> = (0..90)
                .map(|_| {
                    let track = Track::ALL[rng.random_range(0..5)];
                    let step = Step::new(rng.random_range(0..64)).unwrap();
                    let pitch = Pitch::new(rng.random_range(40..70)).unwrap();
                    let velocity = Velocity::clamped(rng.random_range(30..120));
                    (track, Note::new(step, rng.random_range(1..9), pitch, velocity))
                })
                .collect();
            let chord = Chord::new(number * 5, Quality::Minor7, number);
            let harmony = Harmony { chords: [Some(chord); 16], key: Some(Key::new(number, true)) };
            (Phrase::new(notes), harmony)
        })
        .collect();
    Songbook::from_phrases(phrases.into_par_iter())
}

fn train(run: &Path, config: &Config, until: u64, resume: bool) -> Result<(), TrainError> {
    let path = run.parent().unwrap().join("band.toml");
    std::fs::write(&path, config.to_toml().unwrap()).unwrap();
    let arguments = Arguments { config: Some(path), steps: Some(until), resume, ..of(run) };
    course::run_on(&book(), &corpus(), &arguments)
}

/// Goes on with what `config.toml` says.
fn resume(run: &Path) -> Result<(), TrainError> {
    course::run_on(&book(), &corpus(), &Arguments { resume: true, ..of(run) })
}

fn of(run: &Path) -> Arguments {
    Arguments { run: run.to_owned(), ..Arguments::default() }
}

fn corpus() -> Corpus {
    Corpus { names: vec!["drawn".to_owned()], sha256: "of them".to_owned() }
}

fn newest(run: &Path) -> Vec<u8> {
    std::fs::read(Checkpoints::of(run).list().unwrap().swap_remove(0)).unwrap()
}

#[test]
fn a_run_that_was_stopped_in_every_phase_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, pieces) = (folder.path().join("whole"), folder.path().join("pieces"));
    train(&whole, &config(), 7, false).unwrap();
    for until in [1, 2, 3, 5, 6, 7] {
        train(&pieces, &config(), until, until > 1).unwrap();
    }
    assert!(newest(&whole) == newest(&pieces));
    let log = std::fs::read_to_string(pieces.join("log.jsonl")).unwrap();
    let losses = log.lines().filter(|line| line.contains("steps_per_second")).count();
    assert_eq!(losses, 7);
    let best = |run: &Path| std::fs::read(run.join("checkpoints/best.safetensors")).unwrap();
    assert!(best(&whole) == best(&pieces));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let runs = [1, 3].map(|threads| {
        let run = folder.path().join(threads.to_string());
        train(&run, &Config { threads, ..config() }, 7, false).unwrap();
        newest(&run)
    });
    assert!(runs[0] == runs[1]);
}

#[test]
fn settings_of_phases_to_come_may_change_and_those_of_others_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, &config(), 3, false).unwrap();
    let mut later = config();
    later.band.adversarial.steps = 2;
    train(&run, &later, 4, true).unwrap();
    let mut earlier = later.clone();
    earlier.band.codec.velocities = 2.0;
    let refused = train(&run, &earlier, 5, true).unwrap_err().to_string();
    let names = |part| refused.contains(part);
    assert!(names("other settings") && names("`band.codec.velocities` is 2.0"), "{refused}");
    train(&run, &later, 9, true).unwrap();
    assert_eq!(Checkpoints::of(&run).list().unwrap().len(), 6, "all steps of the new settings");
}

#[test]
fn a_hand_that_changes_what_a_run_was_trained_with_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, &config(), 2, false).unwrap();
    let path = run.join("config.toml");
    let write = |edit: &dyn Fn(&mut Config)| {
        let mut config = Config::read(&path).unwrap();
        edit(&mut config);
        std::fs::write(&path, config.to_toml().unwrap()).unwrap();
    };
    let refused = |of: &str| {
        let refused = resume(&run).unwrap_err().to_string();
        assert!(refused.contains("config.toml was changed") && refused.contains(of), "{refused}");
    };
    write(&|config| config.band.codec.steps = 1);
    refused("`band.codec.steps` is 1 and was 2");
    // Nothing of the second phase has begun.
    write(&|config| (config.band.codec.steps, config.band.second.steps) = (2, 3));
    resume(&run).unwrap();
    write(&|config| config.band.adversarial.penalty = 3.0);
    refused("`band.adversarial.penalty` is 3.0 and was 10.0");
    write(&|config| (config.band.adversarial.penalty, config.seed) = (10.0, 5));
    refused("`seed` is 5 and was 0");
    write(&|config| (config.band.adversarial.steps, config.seed) = (4, 0));
    resume(&run).unwrap();
    let newest = Checkpoints::of(&run).list().unwrap().swap_remove(0);
    assert!(newest.ends_with("step-00000009.safetensors"), "two, three and four steps");
}

#[test]
fn a_run_says_when_its_critic_cannot_follow() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut config = Config { checkpoint_every: 99, ..config() };
    config.band.adversarial =
        AdversarialPhase { steps: 26, critic_learning_rate: 1e-9, ..config.band.adversarial };
    train(&run, &config, 99, false).unwrap();
    let log = std::fs::read_to_string(run.join("log.jsonl")).unwrap();
    let said: Vec<_> = log.lines().filter(|line| line.contains("\"health\"")).collect();
    let confused = |line: &str| line.contains("confused") && line.contains("[band.adversarial]");
    assert!(said.len() == 1 && confused(said[0]), "{said:?}");
}

#[test]
fn a_checkpoint_in_which_numbers_are_missing_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, &config(), 3, false).unwrap();
    let checkpoints = Checkpoints::of(&run);
    let mut state = checkpoints.newest::<State>().unwrap().state;
    state.step = 4;
    checkpoints.write(&state, &corpus(), &config()).unwrap();
    assert_eq!(checkpoints.newest::<State>().unwrap().state, state);
    state.second.as_mut().unwrap().spread.weights.pop();
    checkpoints.write(&state, &corpus(), &config()).unwrap();
    assert_eq!(checkpoints.newest::<State>().unwrap().state.step, 3);
}

#[test]
fn a_run_is_exported_the_same_way_twice_and_plays() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&run, &config(), 2, false).unwrap();
    let early = export(&run, Which::Newest).unwrap_err().to_string();
    assert!(early.contains("only its codec"), "{early}");
    train(&run, &config(), 7, true).unwrap();
    let (weights, _) = export(&run, Which::Newest).unwrap();
    assert_eq!(weights.provenance().steps, 7);
    assert_eq!(weights.provenance().corpora, ["drawn"]);
    assert_eq!(weights.architecture().band.as_ref().unwrap().bank, 4);
    assert!(weights.to_bytes() == export(&run, Which::Newest).unwrap().0.to_bytes());
    let (_, score) = export(&run, Which::Best).unwrap();
    assert!(score.is_some_and(|score| score.mean_abs_z.is_finite()));
    let mut band = Band::new(&weights, Device::Cpu);
    assert_eq!(band.phrase(&Composition::default(), 0).chords().len(), 16);
}

#[test]
fn no_phrase_of_a_held_out_song_is_in_the_book() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        DatasetWriter::create(&folder.path().join("data"), false, Shape::band()).unwrap();
    let corpus = writer.add_corpus("songs");
    for song in 0..40u8 {
        writer.begin_song(corpus, &song.to_string(), 1.0).unwrap();
        let pitch = Pitch::new(40 + song).unwrap();
        let note = Note::new(Step::default(), 1, pitch, Velocity::DEFAULT);
        writer.push(&PackedPhrase::of_phrase(&Phrase::new([(Track::Piano, note)]))).unwrap();
    }
    writer.finish(().into(), ().into()).unwrap();
    let book = Songbook::of(&Dataset::open(&folder.path().join("data")).unwrap()).unwrap();
    let pitches: Vec<u8> = (0..book.len())
        .map(|number| book.phrase(number, 0).0.track(Track::Piano)[0].pitch.number())
        .collect();
    let expected = (0..40u8).filter(|song| !is_held_out(&song.to_string())).map(|song| 40 + song);
    assert_eq!(pitches, expected.collect::<Vec<_>>());
    assert!(pitches.len() < 40, "none of the songs is held out");
}
