//! One roll of the transport, kept as a `.mid` file and a picture, and told in numbers.
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use musegan_host::{Deck, Note, Recording, Setup, load};
use musegan_score::grid::BEATS_PER_BAR;
use musegan_score::picture::{Layout, save_piano_rolls};
use musegan_score::{Pitch, Song, TimedNote, Track, TrackSummary, Velocity, midi};

const SAMPLE_RATE: f64 = 48_000.0;
const BLOCK: u32 = 512;

/// Plays `bars` bars offline and writes `band.mid` and `band.png` into `output`.
///
/// # Errors
/// If the plugin fails, its stream is not in order, it plays nothing, or a file cannot be written.
pub fn run(plugin: &Path, output: &Path, bars: u32, tempo: f64) -> anyhow::Result<()> {
    let started = Instant::now();
    let beats = f64::from(bars) * BEATS_PER_BAR as f64;
    let recording = play(plugin, beats, tempo)?;
    let took = started.elapsed().as_secs_f64();
    let notes: Vec<_> = recording.notes.iter().filter_map(|note| timed(note, beats)).collect();

    std::fs::create_dir_all(output)
        .with_context(|| format!("cannot create {}", output.display()))?;
    let file = output.join("band.mid");
    std::fs::write(&file, midi::write(&Song::of_notes(&notes, tempo))?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    let picture = output.join("band.png");
    let mut layout = Layout::new("MuseGAN", bars as usize);
    layout.caption = format!("{bars} bars at {tempo} BPM");
    save_piano_rolls(&picture, &notes, &layout)?;

    println!(
        "  {:<8} {:>6} {:>9}   {:<15} {:>6}",
        "track", "notes", "density", "pitches", "unique"
    );
    for summary in TrackSummary::of(&notes, bars as usize) {
        println!("  {}", line(&summary));
    }
    let seconds = beats * 60.0 / tempo;
    println!();
    println!(
        "  {bars} bars at {tempo} BPM: {seconds:.0} s of music in {took:.2} s, {:.0} times faster \
         than real time",
        seconds / took
    );
    println!("  {}", file.display());
    println!("  {}", picture.display());
    Ok(())
}

fn play(plugin: &Path, beats: f64, tempo: f64) -> anyhow::Result<Recording> {
    let mut deck = Deck::new(load(plugin)?, Setup::offline(SAMPLE_RATE, BLOCK))?;
    deck.set_tempo(tempo);
    deck.play_beats(beats)?;
    deck.stop()?;
    let recording = deck.finish();
    if let Some(fault) = recording.faults.first() {
        bail!("{} faults in the plugin's notes; the first: {fault}", recording.faults.len());
    }
    if recording.notes.is_empty() {
        bail!("the plugin played no note");
    }
    Ok(recording)
}

/// A recorded note as a part of the band: channels 1 to 5 are the five tracks.
fn timed(note: &Note, song_beats: f64) -> Option<TimedNote> {
    Some(TimedNote {
        track: *Track::ALL.get(usize::from(note.channel))?,
        onset_beats: note.start_beats,
        length_beats: note.end_beats.min(song_beats) - note.start_beats,
        pitch: Pitch::new(note.key)?,
        velocity: Velocity::clamped(i32::from(note.velocity)),
    })
}

/// One row of the table. Density is the share of the track's cells (a sixteenth by a pitch, 72
/// pitches) in which a note sounds.
fn line(summary: &TrackSummary) -> String {
    let TrackSummary { track, notes, density, range, unique_pitches } = *summary;
    let range = range.map_or("–".into(), |(low, high)| {
        let names = format!("{}–{}", name(low), name(high));
        format!("{:>2}–{:<3} {names}", low.number(), high.number())
    });
    let (track, percent) = (track.name(), 100.0 * density);
    format!("{track:<8} {notes:>6} {percent:>7.1} %   {range:<15} {unique_pitches:>6}")
}

/// The pitch's name; 60 is C4.
fn name(pitch: Pitch) -> String {
    const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
    let number = usize::from(pitch.number());
    format!("{}{}", NAMES[number % 12], number as i32 / 12 - 1)
}
