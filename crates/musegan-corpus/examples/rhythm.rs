//! Writes the drums and the bass of many songs and prints how they measure, or shows those of one.
//!
//! `cargo run --release -p musegan-corpus --example rhythm -- SOURCES` measures, by style;
//! `... -- SOURCES COLLECTION SONG NUMBER` shows an arrangement, bar by bar. SOURCES is a folder
//! below which the collections were unpacked.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use musegan_corpus::chart::{BEATS_PER_BAR, TICKS_PER_BAR};
use musegan_corpus::drummers::{Drummers, Kind};
use musegan_corpus::sources::Collection;
use musegan_corpus::{Chart, Dice, Plan, bass, drums};
use musegan_score::{SongNote, Track};

const STEP: u64 = TICKS_PER_BAR / 16;
const ARRANGEMENTS: u32 = 1;
/// Every so-manieth song is measured.
const EVERY: usize = 8;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().context("usage: rhythm SOURCES [COLLECTION SONG N]")?);
    let drummers = Drummers::read(folder)?;
    if let [_, collection, song, number] = &arguments[..] {
        for known in Collection::ALL {
            if known.info().name.to_lowercase().contains(&collection.to_lowercase()) {
                for chart in known.charts(folder)?.flatten().filter(|chart| chart.name == *song) {
                    show(&chart, &drummers, number.parse()?);
                }
            }
        }
        return Ok(());
    }
    library(&drummers);
    let mut styles: BTreeMap<String, Measures> = BTreeMap::new();
    let mut all = Measures::default();
    for known in Collection::ALL {
        let mut of_collection = Measures::default();
        for chart in known.charts(folder)?.flatten().step_by(EVERY) {
            for number in 1..=ARRANGEMENTS {
                let (plan, drums, bass) = arranged(&chart, &drummers, number);
                let style = format!("{:?} {:?}", plan.style, plan.swing);
                for sums in [styles.entry(style).or_default(), &mut all, &mut of_collection] {
                    sums.add(&chart, &plan, &drums, &bass);
                }
            }
        }
        of_collection.print(known.info().name);
    }
    for (style, sums) in &styles {
        sums.print(style);
    }
    all.print("all");
    Ok(())
}

fn arranged(
    chart: &Chart,
    drummers: &Drummers,
    number: u32,
) -> (Plan, Vec<SongNote>, Vec<SongNote>) {
    let dice = Dice::new(0, &chart.name, number);
    let plan = Plan::of(chart, &dice);
    let drums = drums::write(chart, &plan, drummers, &dice);
    let bass = bass::write(chart, &plan, &drums, &dice);
    (plan, drums, bass)
}

fn library(drummers: &Drummers) {
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for performance in drummers.all().iter().filter(|p| p.kind == Kind::Beat) {
        let (count, bars) = kinds.entry(format!("{:?}", performance.feel)).or_default();
        *count += 1;
        *bars += performance.groove.len();
    }
    println!("performances and groove bars: {kinds:?}");
    println!("fills: {}; left out: {:?}", drummers.fills().len(), drummers.left_out());
}

#[derive(Default)]
struct Measures {
    songs: usize,
    bars: usize,
    resting: [usize; 5],
    drum_notes: usize,
    drum_pitches: usize,
    drum_phrases: usize,
    repeated: usize,
    drum_likeness: (f64, usize),
    off_grid: (usize, usize),
    bass_notes: usize,
    bass_classes: (usize, usize),
    bass_likeness: (f64, usize),
    bass_steps: [usize; 16],
    bass_sounding: usize,
    bass_pitch: usize,
    chord_downbeats: (usize, usize),
    drum_steps: usize,
    drum_on_beat: usize,
    drum_on_eighth: usize,
    bass_lengths: u64,
    bass_long: usize,
    bass_pitches: usize,
    kicks: (usize, usize),
    rubs: (usize, usize),
}

impl Measures {
    fn add(&mut self, chart: &Chart, plan: &Plan, drums: &[SongNote], bass: &[SongNote]) {
        self.songs += 1;
        self.bars += plan.bars.len();
        for bar in &plan.bars {
            for track in Track::ALL {
                self.resting[track.index()] += usize::from(!bar.plays(track));
            }
        }
        self.add_drums(plan, drums);
        self.add_bass(chart, plan, bass);
        self.add_kicks(plan, drums, bass);
    }

    fn add_drums(&mut self, plan: &Plan, drums: &[SongNote]) {
        let drum_bars = cells(drums, plan.bars.len(), false);
        self.drum_notes += drum_bars.iter().map(BTreeSet::len).sum::<usize>();
        likeness(&drum_bars, &mut self.drum_likeness);
        for phrase in drum_bars.chunks_exact(4) {
            let pitches: BTreeSet<u8> = phrase.iter().flatten().map(|cell| cell.1).collect();
            let different: BTreeSet<_> = phrase.iter().collect();
            let same = different.iter().map(|&a| phrase.iter().filter(|&b| a == b).count()).max();
            self.drum_pitches += pitches.len();
            self.drum_phrases += 1;
            self.repeated += usize::from(same >= Some(3) && !phrase[0].is_empty());
        }
        for bar in &drum_bars {
            let steps: BTreeSet<u64> = bar.iter().map(|cell| cell.0).collect();
            self.drum_steps += steps.len();
            self.drum_on_beat += steps.iter().filter(|step| step.is_multiple_of(4)).count();
            self.drum_on_eighth += steps.iter().filter(|step| step.is_multiple_of(2)).count();
        }
        for note in drums {
            let away = (note.onset + STEP / 2) % STEP;
            self.off_grid.0 += usize::from(away.abs_diff(STEP / 2) > STEP / 4);
            self.off_grid.1 += 1;
        }
    }

    fn add_bass(&mut self, chart: &Chart, plan: &Plan, bass: &[SongNote]) {
        let bass_bars = cells(bass, plan.bars.len(), true);
        likeness(&bass_bars, &mut self.bass_likeness);
        self.bass_notes += bass.len();
        for phrase in bass_bars.chunks_exact(4) {
            let pitches: BTreeSet<u8> = phrase.iter().flatten().map(|cell| cell.1).collect();
            self.bass_pitches += pitches.len();
        }
        for bar in bass_bars.iter().filter(|bar| !bar.is_empty()) {
            let classes: BTreeSet<u8> = bar.iter().map(|cell| cell.1 % 12).collect();
            self.bass_classes.0 += classes.len();
            self.bass_classes.1 += 1;
            self.bass_sounding += bar.iter().map(|cell| cell.0).collect::<BTreeSet<_>>().len();
        }
        for note in bass {
            let step = (note.onset + STEP / 2) / STEP;
            let steps = ((note.end() + STEP / 2) / STEP).saturating_sub(step).max(1);
            self.bass_lengths += steps;
            self.bass_long += usize::from(steps >= 2);
            self.bass_steps[(step % 16) as usize] += 1;
            self.bass_pitch += usize::from(note.pitch.number());
            let chord = chart.chord(step as usize / 4);
            if let Some(chord) = chord.filter(|_| step.is_multiple_of(8)) {
                let tone =
                    chord.tones().contains(note.pitch) || note.pitch.number() % 12 == chord.bass();
                if step.is_multiple_of(16) {
                    self.chord_downbeats.0 += usize::from(tone);
                    self.chord_downbeats.1 += 1;
                }
                let near = [-1, 1].into_iter().filter_map(|by| note.pitch.transposed(by));
                let rubs = !tone && near.into_iter().any(|p| chord.tones().contains(p));
                self.rubs.0 += usize::from(rubs);
                self.rubs.1 += 1;
            }
        }
    }

    fn add_kicks(&mut self, plan: &Plan, drums: &[SongNote], bass: &[SongNote]) {
        for kick in drums.iter().filter(|n| n.pitch.number() == 36 && n.velocity.value() > 40) {
            let bar = (kick.onset / TICKS_PER_BAR) as usize;
            if plan.bars.get(bar).is_none_or(|bar| !bar.plays(Track::Bass)) {
                continue;
            }
            self.kicks.1 += 1;
            let near = bass.iter().any(|note| note.onset.abs_diff(kick.onset) <= STEP);
            self.kicks.0 += usize::from(near);
        }
    }

    fn print(&self, name: &str) {
        let share = |(part, all): (usize, usize)| part as f64 / all.max(1) as f64;
        let mean = |(sum, count): (f64, usize)| sum / count.max(1) as f64;
        let bars = self.bars.max(1) as f64;
        let resting = self.resting.map(|bars_resting| bars_resting as f64 / bars);
        let bass_all = self.bass_steps.iter().sum::<usize>().max(1) as f64;
        let bass_on =
            |every: usize| self.bass_steps.iter().step_by(every).sum::<usize>() as f64 / bass_all;
        println!(
            "{name}: {} songs, {} bars; resting D P G B S {resting:.3?}",
            self.songs, self.bars
        );
        println!(
            "  drums: notes/bar {:.1}, pitches/phrase {:.2}, bars alike {:.3}, same bar thrice \
             {:.3}, off grid {:.3}, steps sounding {:.3}, on beat {:.3}, \
             on eighth {:.3}",
            self.drum_notes as f64 / bars,
            share((self.drum_pitches, self.drum_phrases)),
            mean(self.drum_likeness),
            share((self.repeated, self.drum_phrases)),
            share(self.off_grid),
            self.drum_steps as f64 / bars / 16.0,
            share((self.drum_on_beat, self.drum_steps)),
            share((self.drum_on_eighth, self.drum_steps)),
        );
        println!(
            "  bass: notes/bar {:.2}, classes/bar {:.2}, bars alike {:.3}, sounding {:.3}, mean \
             pitch {:.1}, on beat {:.3}, on eighth {:.3}, downbeats on tones {:.3}, kicks joined \
             {:.3}, rubs on strong beats {:.4}, length {:.2}, long {:.3}, pitches/phrase {:.2}",
            self.bass_notes as f64 / bars,
            share(self.bass_classes),
            mean(self.bass_likeness),
            self.bass_sounding as f64 / bars / 16.0,
            self.bass_pitch as f64 / bass_all,
            bass_on(4),
            bass_on(2),
            share(self.chord_downbeats),
            share(self.kicks),
            share(self.rubs),
            self.bass_lengths as f64 / bass_all,
            self.bass_long as f64 / bass_all,
            share((self.bass_pitches, self.drum_phrases)),
        );
    }
}

/// The cells of each bar: its steps and pitches; of notes that are held, all they sound on.
fn cells(notes: &[SongNote], bars: usize, held: bool) -> Vec<BTreeSet<(u64, u8)>> {
    let mut cells = vec![BTreeSet::new(); bars];
    for note in notes {
        let first = (note.onset + STEP / 2) / STEP;
        let end = if held { ((note.end() + STEP / 2) / STEP).max(first + 1) } else { first + 1 };
        for step in first..end {
            if let Some(bar) = cells.get_mut((step / 16) as usize) {
                bar.insert((step % 16, note.pitch.number()));
            }
        }
    }
    cells
}

fn likeness(bars: &[BTreeSet<(u64, u8)>], into: &mut (f64, usize)) {
    for pair in bars.windows(2) {
        let both = pair[0].intersection(&pair[1]).count();
        let any = pair[0].union(&pair[1]).count();
        if any > 0 {
            into.0 += both as f64 / any as f64;
            into.1 += 1;
        }
    }
}

/// Prints what is played, a line for each drum and one for the bass.
fn show(chart: &Chart, drummers: &Drummers, number: u32) {
    let (plan, drums, bass) = arranged(chart, drummers, number);
    println!(
        "{} by {}: {:?} {:?} at {}",
        chart.title, chart.artist, plan.style, plan.swing, plan.bpm
    );
    for (bar, now) in plan.bars.iter().enumerate() {
        let section = &chart.sections[now.section];
        let playing =
            Track::ALL.map(|track| if now.plays(track) { &track.name()[..1] } else { "." });
        println!(
            "bar {bar} {} {:?} {} intensity {:.2}{}{}{}",
            section.label,
            section.role,
            playing.concat(),
            now.intensity,
            if now.fill { " fill" } else { "" },
            if now.crash { " crash" } else { "" },
            if now.stop { " stop" } else { "" },
        );
        let chords: Vec<_> = (0..BEATS_PER_BAR)
            .filter_map(|beat| Some(chart.chord(bar * 4 + beat)?.to_string()))
            .collect();
        println!("   {}", chords.join(" "));
        let inside = |note: &&SongNote| (note.onset + STEP / 2) / TICKS_PER_BAR == bar as u64;
        let keys: BTreeSet<_> = drums.iter().filter(inside).map(|n| n.pitch).collect();
        for key in keys {
            line(drums.iter().filter(inside).filter(|n| n.pitch == key), key.number());
        }
        let bass: Vec<_> = bass.iter().filter(inside).collect();
        let said: Vec<_> = bass
            .iter()
            .map(|n| {
                let step = (n.onset + STEP / 2) / STEP % 16;
                format!("{step}:{}({},{})", n.pitch.number(), n.length, n.velocity.value())
            })
            .collect();
        println!("   bass {}", said.join(" "));
    }
}

fn line<'a>(notes: impl Iterator<Item = &'a SongNote>, key: u8) {
    let mut steps = ['.'; 16];
    for note in notes {
        let step = ((note.onset + STEP / 2) / STEP % 16) as usize;
        steps[step] = char::from(b'0' + note.velocity.value() / 13);
    }
    println!("   {key:>3} {}", steps.into_iter().collect::<String>());
}
