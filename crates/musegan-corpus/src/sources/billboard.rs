//! McGill Billboard: chord charts in the SALAMI format, one `salami_chords.txt` for each place in
//! the charts that was drawn; the folder's name is the song's.
//!
//! Taken: 4/4, and 12/8 as four beats of triplets, which the tag `12/8` says. A bar in
//! another metre inside such a song becomes whole bars (see [`bars`]); a passage in another metre is
//! left out. A song that was drawn twice is taken once.
use std::collections::BTreeMap;
use std::path::Path;

use self::lines::{Header, Line, Passage};
use super::files::folder_name;
use super::{MAX_BARS, Refused, SongFile, SourceInfo, keys};
use crate::chart::{Chart, ChartBar, ChartSection};

mod bars;
mod lines;
mod roles;

pub(super) const INFO: SourceInfo = SourceInfo {
    name: "McGill Billboard",
    licence: "CC0-1.0",
    attribution: "J. A. Burgoyne, J. Wild, I. Fujinaga: An Expert Ground Truth Set for Audio Chord \
                  Recognition and Music Analysis (ISMIR 2011)",
    url: "https://ddmal.music.mcgill.ca/research/The_McGill_Billboard_Project_(Chord_Analysis_Dataset)/",
};

/// Of a song's bars so many at most may be made to fit or left out.
const MAX_IRREGULAR: f64 = 0.15;
/// Faster beats are counted half as fast.
const FASTEST_BPM: f64 = 195.0;

/// Songs that were drawn more than once, by their later names.
pub(super) struct Repeats {
    first: BTreeMap<String, String>,
}

impl Repeats {
    /// Looks at the titles and artists of all songs; those without a title repeat
    /// nothing.
    pub(super) fn of(songs: &[SongFile]) -> Self {
        let mut by_title = BTreeMap::new();
        let mut first = BTreeMap::new();
        for song in songs {
            let Ok(text) = song.text(&song.path) else { continue };
            let Header { title, artist } = Header::of(&text);
            if title.is_empty() {
                continue;
            }
            let name = by_title
                .entry((title.to_lowercase(), artist.to_lowercase()))
                .or_insert_with(|| song.name.clone());
            if *name != song.name {
                first.insert(song.name.clone(), name.clone());
            }
        }
        Self { first }
    }
}

pub(super) fn song_name(path: &Path) -> Option<String> {
    let is_chart = path.file_name()? == "salami_chords.txt";
    is_chart.then(|| folder_name(path).map(str::to_owned))?
}

pub(super) fn chart(song: &SongFile, repeats: &Repeats) -> Result<Chart, Refused> {
    if let Some(first) = repeats.first.get(&song.name) {
        return Err(song.refused("drawn twice", format!("the same song as {first}")));
    }
    let text = song.text(&song.path)?;
    let lines = lines::read(&text).map_err(|error| song.refused("damaged", error))?;
    let mut passages = Vec::new();
    let (mut kept, mut irregular) = (0, 0);
    for passage in lines.iter().filter_map(Line::passage) {
        if kept + passage.bars.len() * passage.times > MAX_BARS {
            return Err(song.refused("too long", format!("more than {MAX_BARS} bars")));
        }
        match passage.metre.has_four_beats() {
            true => {
                let (bars, fitted) = bars::of(passage);
                kept += bars.len();
                irregular += fitted;
                passages.push((passage, bars));
            }
            false => irregular += passage.bars.len() * passage.times,
        }
    }
    if kept == 0 {
        let metres = lines::metres(&lines).join(", ");
        return Err(song.refused("not in 4/4", format!("the metre is {metres}")));
    }
    if irregular as f64 > MAX_IRREGULAR * (kept + irregular) as f64 {
        let detail = format!("{irregular} bars are in another metre, {kept} are kept");
        return Err(song.refused("unsteady metre", detail));
    }
    let bpm = bars::bpm(&lines)
        .ok_or_else(|| song.refused("no tempo", "no two times from which it follows"))?;
    if bpm <= FASTEST_BPM {
        return Ok(joined(song, &text, bpm, &passages));
    }
    for (_, bars) in &mut passages {
        *bars = bars::halved(bars);
    }
    Ok(joined(song, &text, bpm / 2.0, &passages))
}

fn joined(song: &SongFile, text: &str, bpm: f64, passages: &[(&Passage, Vec<ChartBar>)]) -> Chart {
    let Header { title, artist } = Header::of(text);
    let mut chart = Chart {
        name: song.name.clone(),
        title,
        artist,
        tags: tags(passages),
        bpm,
        key: keys::of_tonics(passages.iter().map(|(p, bars)| (p.tonic, bars.as_slice()))),
        bars: Vec::new(),
        sections: Vec::new(),
        voices: Vec::new(),
    };
    let mut letters = Vec::new();
    for (passage, bars) in passages.iter().filter(|(_, bars)| !bars.is_empty()) {
        let continues = passage.letter.is_none() && passage.label.is_none();
        match chart.sections.last_mut() {
            Some(section) if continues => section.bars += bars.len(),
            _ => {
                chart.sections.push(ChartSection {
                    label: passage.name().to_owned(),
                    role: roles::UNKNOWN,
                    group: 0,
                    first_bar: chart.bars.len(),
                    bars: bars.len(),
                });
                letters.push(passage.letter.clone());
            }
        }
        chart.bars.extend(bars);
    }
    roles::assign(&mut chart.sections, &letters);
    chart
}

/// Lead instruments other than the voice, and what the metre and the chords say of the style.
fn tags(passages: &[(&Passage, Vec<ChartBar>)]) -> Vec<String> {
    let leads = passages.iter().flat_map(|(passage, _)| &passage.instruments);
    let mut tags: Vec<_> = leads.filter(|name| *name != "voice").cloned().collect();
    let (mut triple, mut all) = (0, 0);
    for (passage, bars) in passages {
        all += bars.len();
        triple += if passage.metre.is_compound() { bars.len() } else { 0 };
    }
    if triple * 2 > all {
        tags.push("12/8".to_owned());
    }
    let bars: Vec<_> = passages.iter().flat_map(|(_, bars)| bars.iter().copied()).collect();
    if keys::is_blues(&bars) {
        tags.push("blues".to_owned());
    }
    tags.sort_unstable();
    tags.dedup();
    tags
}
