//! The chord chart that the band follows: the text that somebody typed and the song saves, and
//! the progression that the audio thread reads from it.
//!
//! What must stay true: what is typed wrongly changes nothing; a state gives the same progression
//! whatever was typed before; a chart that only a newer version can read is kept and saved as it
//! came; and the audio thread neither locks nor waits, nor ever sees half of a chart.
use super::packed;
use musegan_score::Progression;
use nice_plug::params::persist::PersistentField;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Longer texts are no chart; the longest that can be read are a few hundred.
const MOST_BYTES: usize = 4096;

/// A handle: clones share the chart. Saved as its text, empty where the band makes its own chords.
#[derive(Clone, Debug, Default)]
pub struct Chart(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    written: Mutex<Written>,
    /// Odd while the words are being written; grows by two with every chart.
    version: AtomicU64,
    words: [AtomicU64; packed::PROGRESSION],
}

#[derive(Debug, Default)]
struct Written {
    text: String,
    /// Why the text, which some other version saved, is no chart.
    problem: Option<String>,
}

impl Chart {
    /// Has the band follow what was typed.
    ///
    /// # Errors
    /// A sentence with the place, if it is no chart; then the one before stays.
    pub fn write(&self, text: &str) -> Result<(), String> {
        let progression = read(text)?;
        let mut written = self.0.written.lock();
        *written = Written { text: text.trim().to_owned(), problem: None };
        self.0.publish(&progression);
        Ok(())
    }

    /// What was typed last and could be read, or what the song was saved with.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.written.lock().text.clone()
    }

    /// Why the chart that the song was saved with is none for this version, if so.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.0.written.lock().problem.clone()
    }

    /// What reads the progression on the audio thread.
    #[must_use]
    pub fn reader(&self) -> ChartReader {
        ChartReader { shared: self.0.clone(), version: 0, progression: Progression::EMPTY }
    }
}

impl PersistentField<'_, String> for Chart {
    fn set(&self, text: String) {
        let read = read(&text);
        let mut written = self.0.written.lock();
        self.0.publish(&read.clone().unwrap_or_default());
        *written = Written { text, problem: read.err() };
    }

    fn map<F: Fn(&String) -> R, R>(&self, f: F) -> R {
        f(&self.0.written.lock().text)
    }
}

fn read(text: &str) -> Result<Progression, String> {
    if text.len() > MOST_BYTES {
        return Err(format!("a chord chart of {} bytes; {MOST_BYTES} is the most", text.len()));
    }
    text.parse().map_err(|error: musegan_score::progression::NoProgression| error.to_string())
}

impl Shared {
    /// Lets the audio thread have another progression. Called under the lock of the text, so that
    /// there is one writer.
    fn publish(&self, progression: &Progression) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        for (shared, word) in self.words.iter().zip(packed::progression(progression)) {
            shared.store(word, Ordering::Relaxed);
        }
        self.version.store(version + 2, Ordering::Release);
    }
}

/// The audio thread's view of a [`Chart`].
#[derive(Debug)]
pub struct ChartReader {
    shared: Arc<Shared>,
    /// That of the progression below.
    version: u64,
    progression: Progression,
}

impl ChartReader {
    /// The progression that is written now; while another one is just being written, the last one
    /// that was read whole. Reads atomics, once each.
    pub fn read(&mut self) -> Progression {
        let before = self.shared.version.load(Ordering::Acquire);
        if before == self.version || before % 2 == 1 {
            return self.progression;
        }
        let words = std::array::from_fn(|word| self.shared.words[word].load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        if self.shared.version.load(Ordering::Relaxed) == before {
            (self.version, self.progression) = (before, packed::to_progression(&words));
        }
        self.progression
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn what_is_typed_wrongly_changes_nothing_and_says_what_and_where() {
        let chart = Chart::default();
        let mut reader = chart.reader();
        chart.write(" C | Am7 F ").unwrap();
        assert_eq!(reader.read(), "C | Am7 F".parse().unwrap());
        let error = chart.write("C | Hm7").unwrap_err();
        assert!(error.contains("Hm7") && error.contains("bar 2"), "{error}");
        assert!(chart.write(&"C".repeat(MOST_BYTES + 1)).is_err());
        assert_eq!((chart.text().as_str(), chart.problem()), ("C | Am7 F", None));
        assert_eq!(reader.read(), "C | Am7 F".parse().unwrap());
        chart.write("").unwrap();
        assert!(reader.read().is_empty());
    }

    #[test]
    fn a_chart_of_a_newer_version_is_kept_and_the_band_makes_its_own_chords() {
        let (chart, newer) = (Chart::default(), "C | <arpeggio> F");
        let mut reader = chart.reader();
        chart.write("C").unwrap();
        chart.set(newer.into());
        assert!(reader.read().is_empty());
        assert!(chart.problem().is_some_and(|problem| problem.contains("bar 2")));
        assert_eq!(chart.map(String::clone), newer);
        chart.set("G".into());
        assert_eq!((chart.problem(), reader.read()), (None, "G".parse().unwrap()));
    }

    #[test]
    fn a_reader_sees_whole_charts_however_fast_they_are_written() {
        let (chart, over) = (Chart::default(), AtomicBool::new(false));
        let chords = ["C", "F#m7b5/A", "Bbmaj7"];
        let charts = chords.map(|chord| [chord; 16].join(" | "));
        let mut reader = chart.reader();
        let mut seen = [0u32; 3];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..30_000 {
                    chart.write(&charts[round % 3]).unwrap();
                }
                over.store(true, Ordering::Relaxed);
            });
            while !over.load(Ordering::Relaxed) {
                let progression = reader.read();
                let Some(first) = progression.chords().first() else { continue };
                assert!(progression.chords().iter().all(|chord| chord == first), "{progression}");
                let symbol = first.map(|chord| chord.symbol().to_string());
                let which = chords.iter().position(|chord| symbol.as_deref() == Some(chord));
                seen[which.unwrap()] += 1;
            }
        });
        assert_eq!(reader.read(), charts[29_999 % 3].parse().unwrap());
        assert!(seen.iter().sum::<u32>() > 0);
    }
}
