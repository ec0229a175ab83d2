//! Joining four times the songs takes no more memory. Alone in its program, since it counts what all
//! threads allocate.
#![allow(clippy::unwrap_used)]
use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use musegan_score::Layout;
use musegan_score::layout::PlacedNote;
use musegan_train::dataset::Shape;
use musegan_train::prepare::duplicates::Rules;
use musegan_train::prepare::join::{self, Observer};
use musegan_train::prepare::journal::{Header, Journal};
use musegan_train::prepare::prepared::{Contents, LabelledPhrase, Prepared};

/// The system's allocator, counted.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator as it comes.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        let in_use = IN_USE.fetch_add(memory.size(), Ordering::Relaxed) + memory.size();
        MOST.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: as our caller promises.
        unsafe { System.alloc(memory) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, memory: Memory) {
        IN_USE.fetch_sub(memory.size(), Ordering::Relaxed);
        // SAFETY: as our caller promises.
        unsafe { System.dealloc(pointer, memory) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Nobody;

impl Observer for Nobody {
    fn file(&mut self, _: &Prepared) {}

    fn finish(&mut self, _: &Path) -> anyhow::Result<serde_json::Value> {
        Ok(().into())
    }
}

const PHRASES_PER_SONG: u32 = 8;

/// A song that is like no other, or, each tenth, like the one before.
fn song(number: u32) -> Prepared {
    let tune = u64::from(number - u32::from(number % 10 == 9));
    let mut state = tune.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut pitch = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        60 + (state >> 33) as u8 % 24
    };
    let mut phrase = |bar| LabelledPhrase {
        bar,
        notes: (0..32)
            .step_by(2)
            .map(|onset| PlacedNote { part: 0, onset, pitch: pitch(), length: 1, velocity: 0 })
            .collect(),
        key: None,
        chords: Vec::new(),
        section: String::new(),
    };
    let phrases = (0..PHRASES_PER_SONG).map(&mut phrase).collect();
    Prepared {
        corpus: "tunes".into(),
        song: format!("a tune with some name, {number}"),
        file: format!("some/folder/{number}.mid"),
        origin: None,
        weight: 1.0,
        outcome: Ok(Contents { phrases, ..Contents::default() }),
    }
}

/// Most bytes in use while so many songs are joined, above those before.
fn most_bytes(songs: u32) -> usize {
    let place = tempfile::tempdir().unwrap();
    let shape = Shape { preset: "melody".into(), layout: Layout::MELODY, binary: true };
    let header = Header { shape, config: ().into(), inputs: "tunes".into(), share: (1, 1) };
    let mut journal = Journal::open(&place.path().join("journal"), &header).unwrap();
    (0..songs).for_each(|number| journal.append(&song(number)).unwrap());
    journal.finish().unwrap();
    let options = join::Options {
        journals: vec![place.path().join("journal")],
        output: place.path().join("data"),
        replace: false,
        work: place.path().to_owned(),
        duplicates: Rules::default(),
    };
    let before = IN_USE.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let index = join::run_within(1 << 16, &options, &mut Nobody).unwrap();
    let duplicates = index.corpora[0].dropped.values().map(|tally| tally.count).sum::<u64>();
    assert_eq!(duplicates, u64::from(songs / 10 * PHRASES_PER_SONG));
    MOST.load(Ordering::Relaxed) - before
}

#[test]
fn joining_four_times_the_songs_takes_no_more_memory() {
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let few = 10_000;
    let [of_few, of_many] = [few, 4 * few].map(|songs| one_thread.install(|| most_bytes(songs)));
    println!("{of_few} bytes for {few} songs, {of_many} for {}", 4 * few);
    // An eight-byte number for each further phrase would be 1.9 MB.
    let allowed = of_few + 200_000;
    assert!(of_many < allowed, "{of_few} bytes for {few} songs, {of_many} for {}", 4 * few);
}
