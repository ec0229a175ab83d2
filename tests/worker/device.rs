//! A device that comes, fails, hangs or is not there: the CPU plays what it would have, in time, and
//! a sentence says which device plays and why.
use crate::emulated::{Emulated, LOST, NAME, OUT_OF_MEMORY};
use crate::stand::{Stand, assert_same};
use musegan::state::{DeviceChoice, DeviceNews};
use musegan::worker::{Composer, Errand, Networks};
use musegan_engine::{Event, PhraseKey};
use musegan_model::device::{About, Choice, Devices, Playing};
use musegan_score::Phrase;
use nice_plug::params::persist::PersistentField;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Steps of a phrase.
const PHRASE: u32 = 64;
/// How long a device may take to answer in these tests.
const PATIENCE: Duration = Duration::from_millis(300);

/// The networks of the tutorial, which cards can play, whatever the plugin carries.
const TUTORIAL: &[u8] = include_bytes!("../tutorial.safetensors");

/// A stand whose worker finds graphics cards through this library.
fn stand(library: &Path, choice: Choice) -> Stand {
    Stand::of(networks(library), chosen(choice))
}

fn networks(library: &Path) -> Tutorial {
    let library = Some(library.into());
    Tutorial(Networks::new(Devices { library, patience: PATIENCE, ..Devices::default() }))
}

/// Networks that take the tutorial's weights for those that the plugin carries.
struct Tutorial(Networks);

impl Composer for Tutorial {
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String> {
        self.0.load(if source == "embedded" { TUTORIAL } else { weights }, source)
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        self.0.compose(key)
    }

    fn revive(&mut self) {
        self.0.revive();
    }

    fn playing(&self) -> Option<&Playing> {
        self.0.playing()
    }

    fn on_device(&self, choice: Choice) -> Option<Errand<Self>> {
        let errand = self.0.on_device(choice)?;
        Some(Box::new(|| Self(errand())))
    }

    fn cards(&self) -> Errand<Result<Vec<About>, String>> {
        self.0.cards()
    }
}

fn chosen(choice: Choice) -> DeviceChoice {
    let device = DeviceChoice::default();
    device.choose(choice);
    device
}

/// Waits until it is settled which device plays.
fn settled(stand: &Stand) -> DeviceNews {
    stand.wait_for("a device", |news| news.device.is_settled.then_some(news.device))
}

/// Waits until a sentence with this in it says which device plays.
fn told(stand: &Stand, part: &str) -> DeviceNews {
    let says = |device: &DeviceNews| device.is_settled && device.sentence.contains(part);
    stand.wait_for(part, |news| Some(news.device).filter(says))
}

/// What the CPU plays.
fn usual(steps: u32) -> Vec<Vec<Event>> {
    stand(Path::new("/nowhere/library"), Choice::Cpu).render(steps)
}

#[test]
fn the_device_that_is_chosen_plays_what_the_cpu_plays() {
    let emulated = Emulated::new();
    let mut stand = stand(&emulated.path, Choice::Cuda(0));
    assert_eq!(settled(&stand).sentence, format!("{NAME}, as chosen"));
    assert_same(&stand.render(8 * PHRASE), &usual(8 * PHRASE));
    assert_eq!(settled(&stand).sentence, format!("{NAME}, as chosen"), "it has played throughout");
}

#[test]
fn auto_leaves_alone_a_device_that_is_slower_than_the_cpu_and_says_so() {
    let emulated = Emulated::new();
    let stand = stand(&emulated.path, Choice::Auto);
    let device = settled(&stand);
    assert!(device.sentence.starts_with("CPU: ") && !device.is_another, "{device:?}");
    assert!(device.sentence.contains(&format!("{NAME} took")), "{device:?}");
}

/// Plays in time from the song's start until `steps`, a sixteenth each 16 ms: 4 bars in a second.
fn play_live(stand: &mut Stand, steps: u32) -> Vec<Vec<Event>> {
    let first = stand.step(Duration::from_secs(20));
    let since = Instant::now();
    let rest = (1..steps).map(|step| {
        let due = Duration::from_millis(16) * step;
        std::thread::sleep(due.saturating_sub(since.elapsed()));
        stand.step(Duration::ZERO)
    });
    std::iter::once(first).chain(rest).collect()
}

/// A device that fails while its third phrase is wanted.
fn fails(emulated: &Emulated, misfortune: impl FnOnce(&Emulated), sentence: &str) {
    let mut stand = stand(&emulated.path, Choice::Cuda(0));
    settled(&stand);
    misfortune(emulated);
    let played = play_live(&mut stand, 4 * PHRASE);
    assert_same(&played, &usual(4 * PHRASE));
    assert_eq!(stand.player.status().rested_steps, 0, "something was late");
    let device = told(&stand, &format!("CPU: {NAME} failed after"));
    assert!(device.is_another && device.sentence.contains(sentence), "{device:?}");
}

#[test]
fn a_device_that_is_lost_in_mid_song_is_followed_by_the_cpu_in_time() {
    fails(&Emulated::new(), |device| device.fail_after(5, LOST), "2 phrases: the emulated device");
}

#[test]
fn a_device_that_runs_out_of_memory_in_mid_song_is_followed_by_the_cpu_in_time() {
    fails(&Emulated::new(), |device| device.fail_after(4, OUT_OF_MEMORY), "no memory left");
}

#[test]
fn a_device_that_stalls_is_followed_by_the_cpu_in_time() {
    let stall = |device: &Emulated| device.stall(Duration::from_secs(3600));
    fails(&Emulated::new(), stall, "did not answer within 300 ms");
}

#[test]
fn a_device_that_failed_is_left_alone_until_it_is_chosen_again() {
    let emulated = Emulated::new();
    let mut stand = stand(&emulated.path, Choice::Cuda(0));
    settled(&stand);
    emulated.fail_after(1, LOST);
    stand.render(PHRASE);
    let failed = told(&stand, "failed after 0 phrases");
    stand.render(8 * PHRASE);
    assert_eq!(stand.stage.news().device, failed, "nobody has tried it");
    stand.device.choose(Choice::Cuda(0));
    told(&stand, &format!("{NAME}, as chosen"));
    assert_same(&stand.render(2 * PHRASE), &usual(2 * PHRASE));
}

#[test]
fn a_device_without_enough_memory_is_refused_with_a_sentence_and_the_cpu_plays() {
    let emulated = Emulated::new();
    emulated.limit_memory(100_000);
    let mut stand = stand(&emulated.path, Choice::Cuda(0));
    let device = settled(&stand);
    assert!(device.is_another && device.sentence.starts_with("CPU: "), "{device:?}");
    assert!(device.sentence.contains("memory"), "{device:?}");
    assert_same(&stand.render(PHRASE), &usual(PHRASE));
}

#[test]
fn a_library_that_is_none_is_refused_with_a_sentence_and_the_cpu_plays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("library");
    std::fs::write(&file, "no library").unwrap();
    let mut stand = stand(&file, Choice::Cuda(0));
    let device = settled(&stand);
    assert!(device.is_another && device.sentence.contains("is no graphics library"), "{device:?}");
    assert!(device.sentence.contains(file.to_str().unwrap()), "{device:?}");
    assert_same(&stand.render(PHRASE), &usual(PHRASE));
    // Put right and chosen again, it plays.
    let emulated = Emulated::new();
    std::fs::rename(&emulated.path, &file).unwrap();
    stand.device.choose(Choice::Cuda(0));
    told(&stand, &format!("{NAME}, as chosen"));
}

#[test]
fn a_song_that_asks_for_a_device_of_a_newer_version_is_played_and_told_about() {
    let device = DeviceChoice::default();
    device.set("npu:3".into());
    let mut stand = Stand::of(networks(Path::new("/nowhere/library")), device.clone());
    let news = settled(&stand);
    assert!(news.is_another && news.sentence.starts_with("CPU: "), "{news:?}");
    assert!(news.sentence.contains("\"npu:3\""), "{news:?}");
    assert_same(&stand.render(PHRASE), &usual(PHRASE));
    assert_eq!(device.map(String::clone), "npu:3");
}

#[test]
fn other_weights_get_the_device_that_is_chosen_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sparse.safetensors");
    let weights = musegan_model::Weights::from_bytes(TUTORIAL, "tutorial").unwrap();
    weights.with_thresholds([0.9; 5], "sparse").unwrap().write(&file).unwrap();
    let emulated = Emulated::new();
    let mut stand = stand(&emulated.path, Choice::Cuda(0));
    settled(&stand);
    stand.choice.choose(Some(&file));
    stand.wait_for("the weights", |news| (news.weights != "embedded").then_some(()));
    told(&stand, &format!("{NAME}, as chosen"));
    let mut on_cpu = self::stand(Path::new("/nowhere/library"), Choice::Cpu);
    on_cpu.choice.choose(Some(&file));
    assert_same(&stand.render(PHRASE), &on_cpu.render(PHRASE));
    told(&stand, &format!("{NAME}, as chosen"));
}

/// Networks that take for ever to open a device while the flag is set.
struct Held(Tutorial, Arc<AtomicBool>);

impl Composer for Held {
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String> {
        self.0.load(weights, source)
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        self.0.compose(key)
    }

    fn revive(&mut self) {
        self.0.revive();
    }

    fn playing(&self) -> Option<&Playing> {
        self.0.playing()
    }

    fn on_device(&self, choice: Choice) -> Option<Errand<Self>> {
        let (errand, held) = (self.0.on_device(choice)?, self.1.clone());
        Some(Box::new(move || {
            while held.load(Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Self(errand(), held)
        }))
    }
}

#[test]
fn the_cpu_plays_while_a_device_is_being_opened_and_a_driver_that_hangs_holds_up_nobody() {
    let (emulated, held) = (Emulated::new(), Arc::new(AtomicBool::new(true)));
    let composer = || Held(networks(&emulated.path), held.clone());
    let mut stand = Stand::of(composer(), chosen(Choice::Cuda(0)));
    assert_same(&stand.render(4 * PHRASE), &usual(4 * PHRASE));
    let device = stand.stage.news().device;
    assert_eq!(
        (device.sentence.as_str(), device.is_settled),
        ("CPU, while cuda:0 is looked for", false)
    );
    let hung = Stand::of(composer(), chosen(Choice::Cuda(0)));
    hung.wait_for("the opener", |news| (!news.device.sentence.is_empty()).then_some(()));
    let since = Instant::now();
    drop(hung);
    assert!(since.elapsed() < Duration::from_millis(500), "{:?}", since.elapsed());
    held.store(false, Relaxed);
    told(&stand, &format!("{NAME}, as chosen"));
    assert_same(&stand.render(2 * PHRASE), &usual(2 * PHRASE));
}

#[test]
fn whoever_asks_which_cards_there_are_is_told() {
    let emulated = Emulated::new();
    let with = stand(&emulated.path, Choice::Cpu);
    let without = stand(Path::new("/nowhere/library"), Choice::Cpu);
    settled(&with);
    assert_eq!(with.stage.news().cards, None, "nobody has asked");
    with.stage.ask_for_cards();
    without.stage.ask_for_cards();
    let cards = with.wait_for("the cards", |news| news.cards).unwrap();
    assert_eq!(cards.iter().map(|card| card.number).collect::<Vec<_>>(), [0]);
    let none = without.wait_for("the cards", |news| news.cards).unwrap_err();
    assert!(none.contains("/nowhere/library"), "{none}");
}
