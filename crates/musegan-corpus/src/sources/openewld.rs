//! OpenEWLD: lead sheets in compressed MusicXML, a melody with chord symbols.
//!
//! Taken: 4/4 and 2/2, and 2/4 with two bars to a bar. Repeats and endings are played out. A
//! song's name is its file's, with `.mxl`. Titles and composers are those that the scores name;
//! of the database beside them only the genres are read, which are free of conditions.
use std::path::Path;

use self::score::Score;
use super::files;
use super::{MAX_BARS, Refused, SongFile, SourceInfo, form};
use crate::chart::{Chart, TICKS_PER_BAR, Voice, VoiceRole};

mod genres;
mod harmony;
mod mxl;
mod order;
mod score;
mod sheet;
mod sqlite;

pub(super) use genres::Genres;

pub(super) const INFO: SourceInfo = SourceInfo {
    name: "OpenEWLD",
    licence: "MIT",
    attribution: "copyright (c) 2018 00sapo (F. Simonetta); the scores are in the public domain",
    url: "https://github.com/00sapo/OpenEWLD",
};

pub(super) fn song_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    path.extension()?.eq_ignore_ascii_case("mxl").then(|| name.to_owned())
}

pub(super) fn chart(song: &SongFile, genres: &Genres) -> Result<Chart, Refused> {
    let bytes = files::bytes(&song.path)
        .map_err(|error| song.refused("cannot be read", error.to_string()))?;
    let text = mxl::score(&bytes).map_err(|error| song.refused("damaged", error))?;
    let score = Score::parse(&text).map_err(|error| song.refused("damaged", error))?;
    let quarters = score.quarters_per_bar();
    if quarters != 4 && quarters != 2 {
        let metre = score.metre();
        return Err(song.refused("not in 4/4", format!("the metre is {metre}")));
    }
    let order = order::played(&score.measures).map_err(|error| song.refused("damaged", error))?;
    let sheet = sheet::Sheet::of(&score, &order, quarters)
        .map_err(|error| song.refused("bars do not join", error))?;
    if sheet.bars.len() > MAX_BARS {
        return Err(song.refused("too long", format!("{} bars", sheet.bars.len())));
    }
    if sheet.notes.is_empty() || sheet.bars.iter().all(|bar| bar.chords == [None; 4]) {
        return Err(song.refused("no lead sheet", "there is no melody, or there are no chords"));
    }
    let bpm = score.bpm.unwrap_or_else(|| bpm_of(&sheet));
    let mut chart = Chart {
        name: song.name.clone(),
        title: score.title.clone(),
        artist: score.composer.clone(),
        tags: genres.of(song),
        bpm,
        key: score.key(&sheet.bars),
        bars: sheet.bars,
        sections: Vec::new(),
        voices: vec![Voice { role: VoiceRole::Melody, notes: sheet.notes }],
    };
    chart.sections = form::sections(&chart);
    Ok(chart)
}

/// A tempo at which the melody moves as melodies do; lead sheets seldom tell theirs.
fn bpm_of(sheet: &sheet::Sheet) -> f64 {
    /// Where it plays.
    const NOTES_PER_SECOND: f64 = 1.7;
    let mut bars: Vec<u64> = sheet.notes.iter().map(|note| note.onset / TICKS_PER_BAR).collect();
    bars.dedup();
    let notes_per_beat = sheet.notes.len() as f64 / (bars.len().max(1) * 4) as f64;
    let bpm = 60.0 * NOTES_PER_SECOND / notes_per_beat;
    (bpm / 4.0).round().clamp(18.0, 42.0) * 4.0
}
