//! Reads the collections below a folder and prints what came of them.
//!
//! `cargo run -p musegan-corpus --example charts -- DIR` counts; with a collection and the names of
//! songs it prints their lead sheets: `... -- DIR billboard 0427`.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use musegan_corpus::Chart;
use musegan_corpus::chart::{BEATS_PER_BAR, TICKS_PER_BAR, VoiceRole};
use musegan_corpus::sources::{Collection, multitrack};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("usage: charts DIR [COLLECTION SONG...]")?;
    let folder = Path::new(&folder);
    let collection = arguments.next();
    let songs: Vec<_> = arguments.collect();
    for known in Collection::ALL {
        let name = known.info().name;
        match &collection {
            Some(asked) if !name.to_lowercase().contains(&asked.to_lowercase()) => {}
            Some(_) => print_songs(known, folder, &songs)?,
            None => count(known, folder)?,
        }
    }
    if collection.is_none() {
        count_bands(folder)?;
    }
    Ok(())
}

fn print_songs(collection: Collection, folder: &Path, songs: &[String]) -> anyhow::Result<()> {
    let found = collection.songs(folder)?;
    let reader = collection.reader(&found);
    for song in found.iter().filter(|song| songs.is_empty() || songs.contains(&song.name)) {
        match reader.chart(song) {
            Ok(chart) if songs.is_empty() => println!("{} {}", chart.name, form(&chart)),
            Ok(chart) => print_sheet(&chart),
            Err(refused) => println!("{refused}"),
        }
    }
    Ok(())
}

fn form(chart: &Chart) -> String {
    let sections = chart.sections.iter().map(|s| format!("{}{}{:?}", s.label, s.bars, s.role));
    let sections = sections.collect::<Vec<_>>().join(" ");
    let mut count = Count::default();
    count.add(chart);
    format!("{:.0} {} {:?} {:?} {sections}", chart.bpm, chart.key, count.changes, count.low)
}

fn print_sheet(chart: &Chart) {
    println!("{} \"{}\" ({})", chart.name, chart.title, chart.artist);
    println!("{:.1} bpm, {}, tags {:?}", chart.bpm, chart.key, chart.tags);
    for section in &chart.sections {
        println!("[{} {:?}, group {}]", section.label, section.role, section.group);
        for bar in section.first_bar..section.first_bar + section.bars {
            let mut before = None;
            let chords = chart.bars[bar].chords.iter().enumerate().map(|(beat, chord)| {
                let is_new = beat == 0 || before != Some(*chord);
                before = Some(*chord);
                match chord {
                    Some(chord) if is_new => chord.to_string(),
                    None if is_new => "N".to_owned(),
                    _ => ".".to_owned(),
                }
            });
            let chords = chords.collect::<Vec<_>>().join(" ");
            println!("{bar:4} | {chords:<36} | {}", tune(chart, bar));
        }
    }
}

/// A bar of the melody: the pitch on its sixteenth, `~` before what is off the grid.
fn tune(chart: &Chart, bar: usize) -> String {
    let span = bar as u64 * TICKS_PER_BAR..(bar + 1) as u64 * TICKS_PER_BAR;
    let notes = chart.voice(VoiceRole::Melody).iter().filter(|note| span.contains(&note.onset));
    let step = TICKS_PER_BAR / 16;
    let text = notes.map(|note| {
        let at = note.onset - span.start;
        let off = if at.is_multiple_of(step) { "" } else { "~" };
        format!("{off}{}:{}", at / step, note.pitch.number())
    });
    text.collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Count {
    charts: usize,
    bars: usize,
    refused: BTreeMap<&'static str, (usize, String)>,
    /// Beats on which the piano sounds and a chord is given, and of them those with its root.
    sounding: usize,
    with_root: usize,
    /// Melody onsets by beat of the bar, and off the beats.
    onsets: [usize; BEATS_PER_BAR + 1],
    tempos: BTreeMap<u32, usize>,
    roles: BTreeMap<String, usize>,
    changes: [usize; BEATS_PER_BAR],
    lengths: BTreeMap<usize, usize>,
    /// Low notes of the piano on beats 1 to 4.
    low: [usize; BEATS_PER_BAR],
}

fn count(collection: Collection, folder: &Path) -> anyhow::Result<()> {
    let mut count = Count::default();
    for chart in collection.charts(folder)? {
        match chart {
            Ok(chart) => count.add(&chart),
            Err(refused) => {
                let entry = count.refused.entry(refused.reason).or_insert((0, refused.detail));
                entry.0 += 1;
            }
        }
    }
    let info = collection.info();
    println!("{}, {}: {} charts, {} bars", info.name, info.licence, count.charts, count.bars);
    for (reason, (songs, example)) in &count.refused {
        println!("  refused {songs}: {reason}, for example {example}");
    }
    println!("  tempos (tens): {:?}", count.tempos);
    println!("  sections: {:?}", count.roles);
    println!("  lengths: {:?}", count.lengths);
    println!("  chord changes on beats 1 to 4: {:?}", count.changes);
    if count.onsets.iter().sum::<usize>() > 0 {
        println!("  melody onsets on beats 1 to 4, and between: {:?}", count.onsets);
    }
    if count.sounding > 0 {
        let share = count.with_root as f64 / count.sounding as f64;
        println!("  low piano notes on beats 1 to 4: {:?}", count.low);
        println!("  beats whose chord's root the piano plays: {share:.3}");
    }
    Ok(())
}

impl Count {
    fn add(&mut self, chart: &Chart) {
        self.charts += 1;
        self.bars += chart.bars.len();
        *self.tempos.entry(chart.bpm as u32 / 10 * 10).or_default() += 1;
        for section in &chart.sections {
            *self.roles.entry(format!("{:?}", section.role)).or_default() += 1;
            *self.lengths.entry(section.bars).or_default() += 1;
        }
        let ticks = TICKS_PER_BAR / BEATS_PER_BAR as u64;
        for note in chart.voice(VoiceRole::Melody) {
            let at = note.onset % TICKS_PER_BAR;
            let beat = (at / ticks) as usize;
            self.onsets[if at.is_multiple_of(ticks) { beat } else { BEATS_PER_BAR }] += 1;
        }
        let beats = chart.bars.len() * BEATS_PER_BAR;
        let mut classes = vec![0_u16; beats];
        for note in chart.voice(VoiceRole::Piano) {
            if note.pitch.number() < 48 && note.onset.is_multiple_of(ticks) {
                self.low[(note.onset / ticks) as usize % BEATS_PER_BAR] += 1;
            }
            let span = note.onset / ticks..note.end().div_ceil(ticks);
            for beat in span.map(|beat| beat as usize).filter(|beat| *beat < beats) {
                classes[beat] |= 1 << (note.pitch.number() % 12);
            }
        }
        for (beat, classes) in classes.iter().enumerate() {
            if beat > 0 && chart.chord(beat) != chart.chord(beat - 1) {
                self.changes[beat % BEATS_PER_BAR] += 1;
            }
            if let Some(chord) = chart.chord(beat).filter(|_| *classes != 0) {
                self.sounding += 1;
                self.with_root += usize::from(classes & 1 << chord.root() != 0);
            }
        }
    }
}

fn count_bands(folder: &Path) -> anyhow::Result<()> {
    let mut sets: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for file in multitrack::files(folder)? {
        sets.entry((file.source.name, file.licence.clone())).or_default().push(file);
    }
    for ((name, licence), files) in &sets {
        println!("{name}, {licence}: {} files", files.len());
        for file in files.iter().take(3) {
            println!("  {}: \"{}\" by {}", file.song, file.title, file.attribution);
        }
    }
    Ok(())
}
