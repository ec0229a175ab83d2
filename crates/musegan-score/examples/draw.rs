//! Draws the piano rolls of a `.mid` file's first bars as a PNG picture.
//!
//! `cargo run -p musegan-score --features picture --example draw -- FILE.mid OUT.png [BARS] [FIRST_PHRASE]`
use std::error::Error;
use std::path::Path;

use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_PHRASE};
use musegan_score::picture::{self, Layout};
use musegan_score::quantise::Stride;
use musegan_score::{TimedNote, midi};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, rest @ ..] = args.as_slice() else {
        return Err("usage: draw FILE.mid OUT.png [BARS] [FIRST_PHRASE]".into());
    };
    let number = |i: usize, default| rest.get(i).map_or(Ok(default), |text| text.parse());
    let (bars, skipped): (usize, usize) = (number(0, 16)?, number(1, 0)?);
    let song = midi::read_file(Path::new(input))?;
    let phrases = song.phrases(Stride::Phrase).skip(skipped).take(bars.div_ceil(BARS_PER_PHRASE));
    let notes: Vec<_> = phrases
        .enumerate()
        .flat_map(|(i, cut)| {
            TimedNote::of_phrase(&cut.phrase, (i * BEATS_PER_PHRASE) as f64).collect::<Vec<_>>()
        })
        .collect();
    let mut layout = Layout::new(song.name.as_deref().unwrap_or("Untitled"), bars);
    layout.caption = format!("{:.0} BPM", song.bpm());
    Ok(picture::save_piano_rolls(Path::new(output), &notes, &layout)?)
}
