//! `--device`, `devices` and `check-device`, with the emulated card and with none.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::Path;

use musegan_model::Weights;
use musegan_model::device::{Choice, Devices};
use musegan_train::devices::Bulk;

use crate::program::{Workplace, contents};

/// The option that names the emulated card's library.
fn emulated() -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("test-bundles/gpu").join(format!("{DLL_PREFIX}musegan_gpu{DLL_SUFFIX}"));
    assert!(path.exists(), "no {}; run `cargo xtask gpu-emulated`", path.display());
    format!("--library {}", path.display())
}

/// The option that names the library for cards, with a stand-in for their driver; a program that
/// breaks one of the driver's rules does not succeed.
#[cfg(target_os = "linux")]
fn driven() -> String {
    emulated().replace("gpu/lib", "gpu/standin/lib")
}

/// Weights of the tutorial: unlike those that tests make up, they are such as training leaves, and
/// rounding stays small in them.
const TUTORIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/tutorial.safetensors");

fn place() -> Workplace {
    let place = Workplace::new();
    fs::copy(TUTORIAL, place.path("w.safetensors")).unwrap();
    place
}

fn raw(place: &Workplace, output: &str) -> Vec<f32> {
    let bytes = fs::read(place.path(output).join("raw.npy")).unwrap();
    npyz::NpyFile::new(&bytes[..]).unwrap().into_vec().unwrap()
}

#[test]
fn a_card_generates_what_the_cpu_generates() {
    let place = place();
    let generate = "generate --weights w.safetensors -n 3 --raw --format mid --output";
    let quiet = place.succeed(&format!("{generate} cpu")).stderr;
    assert_eq!(quiet, "");
    let said = place.succeed(&format!("{generate} card --device cuda {}", emulated())).stderr;
    assert_eq!(said, "device: emulated (for tests) (cuda:0), as chosen\n");
    let (ours, theirs) = (raw(&place, "cpu"), raw(&place, "card"));
    let largest = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(ours.len() == theirs.len() && largest < 1e-4, "{largest}");
    #[cfg(target_os = "linux")]
    {
        let said = place.succeed(&format!("{generate} driven --device cuda {}", driven())).stderr;
        assert_eq!(said, "device: Stand-in 0 (cuda:0), as chosen\n");
        assert_eq!(theirs, raw(&place, "driven"), "bit by bit");
    }
}

#[test]
fn many_phrases_come_in_the_order_of_their_seeds_on_every_device() {
    let library = emulated().split_once(' ').map(|(_, path)| path.into());
    let (cpu, card) = (Devices::new(Choice::Cpu), Devices::new(Choice::Cuda(0)));
    let weights = Weights::read(TUTORIAL.as_ref()).unwrap();
    let seeds: Vec<u64> = (0..70).rev().collect();
    let [cpu, card] = [cpu, Devices { library, ..card }].map(|devices| {
        let mut bulk = Bulk::new(&weights, &devices).unwrap();
        let cells = bulk.map(&seeds, |roll| roll.cells().iter().sum::<f32>());
        assert_eq!(bulk.playing().is_cpu(), devices.choice == Choice::Cpu, "{}", bulk.playing());
        cells
    });
    assert!(cpu.windows(2).all(|pair| pair[0] != pair[1]));
    let off = cpu.iter().zip(&card).map(|(a, b)| (a - b).abs() / a.abs()).fold(0.0, f32::max);
    assert!(cpu.len() == seeds.len() && card.len() == seeds.len() && off < 1e-5, "{off}");
}

#[test]
fn a_device_that_was_named_and_is_not_there_is_an_error_and_auto_goes_on_with_the_cpu() {
    let place = place();
    let generate = "generate --weights w.safetensors -n 2 --output";
    let cases = [
        ("cuda --library gone.so", "gone.so"),
        ("cuda --library w.safetensors", "no graphics library"),
        (&format!("cuda:3 {}", emulated()), "cuda:3"),
    ];
    for (device, words) in cases {
        place.fail(&format!("{generate} none --device {device}"), 1, &[words]);
        place.fail(&format!("check-device --device {device}"), 1, &[words]);
    }
    assert!(!place.path("none").exists());
    place.succeed(&format!("{generate} cpu"));
    let said = place.succeed(&format!("{generate} auto --device auto --library gone.so")).stderr;
    assert!(said.starts_with("device: CPU: ") && said.contains("gone.so"), "{said}");
    assert_eq!(contents(&place.path("cpu")), contents(&place.path("auto")));
    place.fail(&format!("{generate} none --device abacus"), 2, &["abacus", "cuda:N"]);
    place.fail("check-device --device cpu", 1, &["cpu", "name a card"]);
}

#[test]
fn devices_are_listed_and_auto_remembers_what_it_measured() {
    let place = place();
    let devices = format!("devices --weights w.safetensors {}", emulated());
    let first = place.succeed(&devices).stdout;
    for words in ["2 threads", "cuda:0   emulated", "ms a phrase; ", "of 64 on 2 threads; "] {
        assert!(first.contains(words), "no {words:?} in {first}");
    }
    assert_eq!(place.succeed(&devices).stdout, first);
    let none = place.succeed("devices --library gone.so").stdout;
    assert!(none.contains("no cuda: ") && none.contains("gone.so"), "{none}");
    let of_band = none.lines().last().unwrap();
    assert!(of_band.starts_with("auto, the model band: CPU"), "{none}");
    assert!(!first.contains(of_band), "nobody has asked: {first}");
}

#[test]
fn what_was_checked_is_shown_though_its_file_cannot_be_written() {
    let check = "check-device --phrases 1 --seconds 0.001 --no-training --json none/check.json";
    let outcome = place().run(&format!("{check} {}", emulated()));
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("cannot write none/check.json"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("outcome    as promised"), "{}", outcome.stdout);
}

#[test]
fn a_card_is_held_against_the_cpu() {
    holds_against_the_cpu(&emulated());
}

#[cfg(target_os = "linux")]
#[test]
fn a_card_behind_its_driver_is_held_against_the_cpu() {
    holds_against_the_cpu(&driven());
}

fn holds_against_the_cpu(library: &str) {
    let place = place();
    let check = "check-device --device cuda --weights w.safetensors --phrases 70 --seconds 0.1 \
                 --no-training --json check.json";
    let report = place.succeed(&format!("{check} {library}")).stdout;
    assert!(report.contains("outcome    as promised"), "{report}");
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("check.json")).unwrap()).unwrap();
    assert_eq!(json["agreement"]["phrases"], 70);
    assert_eq!(json["agreement"]["cells"], 70 * 5 * 64 * 72);
    assert_eq!(json["launches_by_host"], 1);
    assert_eq!(json["latencies"].as_array().unwrap().len(), 4);
}
