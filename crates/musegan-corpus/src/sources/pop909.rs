//! POP909: pop songs played on a piano, with the melody and a second tune in tracks of their own,
//! and files of beats, chords and keys in seconds.
//!
//! Times come from the beat file, never from the metre of the `.mid`, which is wrong. Bars are
//! found from the marks of the beat file and the changes of chord together (see [`bars`]). Songs
//! in three are refused, and those whose bars cannot be found.
use std::path::Path;

use musegan_score::annotations::{TimedChord, read_chord_file};
use musegan_score::beats::{BeatFile, TempoMap};
use musegan_score::chord::pitch_class;
use musegan_score::{Key, Song, SongNote, midi};

use self::bars::Bars;
use self::pulse::Pulse;
use super::files::folder_name;
use super::{Refused, SongFile, SourceInfo, form};
use crate::chart::{BEATS_PER_BAR, Chart, ChartBar, TICKS_PER_BAR, Voice, VoiceRole};

mod bars;
mod changes;
mod pulse;

pub(super) const INFO: SourceInfo = SourceInfo {
    name: "POP909",
    licence: "MIT",
    attribution: "copyright (c) 2020 Music X Lab; Z. Wang, K. Chen, J. Jiang, Y. Zhang, M. Xu, S. Dai, X. Gu, G. Xia: POP909, a \
                  Pop-song Dataset for Music Arrangement Generation (ISMIR 2020)",
    url: "https://github.com/music-x-lab/POP909-Dataset",
};

const TICKS_PER_BEAT: u64 = TICKS_PER_BAR / BEATS_PER_BAR as u64;
const TICKS_PER_STEP: u64 = TICKS_PER_BEAT / 4;
/// A tenth of a sixteenth: so near the grid a note is on it.
const SNAP: u64 = TICKS_PER_STEP / 10;

/// The lowest notes of the piano are one in so many.
const LOW_SHARE: usize = 6;

const TRACKS: [(&str, VoiceRole); 3] = [
    ("MELODY", VoiceRole::Melody),
    ("BRIDGE", VoiceRole::Countermelody),
    ("PIANO", VoiceRole::Piano),
];

pub(super) fn song_name(path: &Path) -> Option<String> {
    let name = folder_name(path)?;
    let is_song = path.extension()? == "mid" && path.file_stem()? == name;
    (is_song && path.with_file_name("beat_midi.txt").is_file()).then(|| name.to_owned())
}

pub(super) fn chart(song: &SongFile) -> Result<Chart, Refused> {
    let beside = |name: &str| song.path.with_file_name(name);
    let damaged = |name: &str, error: String| Refused {
        song: song.name.clone(),
        reason: "damaged",
        detail: format!("{}: {error}", beside(name).display()),
    };
    let music = midi::read_file(&song.path)
        .map_err(|error| song.refused("cannot be read", error.to_string()))?;
    let beats = BeatFile::parse(song.text(&beside("beat_midi.txt"))?.as_bytes())
        .map_err(|error| damaged("beat_midi.txt", error.to_string()))?;
    let chords = read_chord_file(&song.text(&beside("chord_midi.txt"))?)
        .map_err(|error| damaged("chord_midi.txt", error.to_string()))?;
    let key = key(&song.text(&beside("key_audio.txt"))?)
        .map_err(|error| damaged("key_audio.txt", error))?;
    let pulse = Pulse::of(&beats).map_err(|error| song.refused("no steady pulse", error))?;
    let bars = Bars::of(&pulse, &chords, &low_notes(&music, &pulse))
        .map_err(|(reason, error)| song.refused(reason, error))?;
    if bars.count() > super::MAX_BARS {
        return Err(song.refused("too long", format!("{} bars", bars.count())));
    }
    let mut chart = Chart {
        name: song.name.clone(),
        title: format!("POP909 {}", song.name),
        artist: String::new(),
        tags: vec!["pop".to_owned()],
        bpm: pulse.bpm(),
        key,
        bars: chords_of(&bars, &pulse, &chords),
        sections: Vec::new(),
        voices: voices(&music, &pulse, &bars),
    };
    if chart.voice(VoiceRole::Melody).is_empty() || chart.voice(VoiceRole::Piano).is_empty() {
        return Err(song.refused("no music", "no notes in the tracks MELODY and PIANO"));
    }
    changes::on_strong_beats(&mut chart);
    trim(&mut chart);
    chart.sections = form::sections(&chart);
    Ok(chart)
}

/// The beats at which the piano plays its lowest notes.
fn low_notes(music: &Song, pulse: &Pulse) -> Vec<f64> {
    let tempos = TempoMap::of(music);
    let is_piano = |name: &str| name.trim().eq_ignore_ascii_case("PIANO");
    let parts = music.parts.iter().filter(|part| part.name.as_deref().is_some_and(is_piano));
    let mut notes: Vec<_> = parts.flat_map(|part| &part.notes).collect();
    notes.sort_by_key(|note| (note.pitch, note.onset));
    notes.truncate(notes.len() / LOW_SHARE);
    notes.iter().map(|note| pulse.beat_at(tempos.seconds_at(note.onset))).collect()
}

/// The key that rules longest.
fn key(text: &str) -> Result<Key, String> {
    let mut seconds = [0.0; 24];
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let expected =
            || format!("line {}: expected \"start end key\" such as \"0 9 Gb:maj\"", number + 1);
        let mut words = line.split_whitespace();
        let mut time = || words.next()?.parse::<f64>().ok().filter(|time| time.is_finite());
        let (start, end) = time().zip(time()).ok_or_else(expected)?;
        let (tonic, mode) =
            words.next().and_then(|key| key.split_once(':')).ok_or_else(expected)?;
        let key = Key::new(pitch_class(tonic).ok_or_else(expected)?, mode.starts_with("min"));
        seconds[usize::from(key.code())] += (end - start).max(0.0);
    }
    // The first of equals.
    let longest = (0..24).rev().max_by(|&a, &b| seconds[a].total_cmp(&seconds[b]));
    let key = longest.filter(|&code| seconds[code] > 0.0).and_then(|code| Key::of_code(code as u8));
    key.ok_or_else(|| "no key".to_owned())
}

/// The chord in the middle of every beat; beats that were put in go on with the chord before.
fn chords_of(bars: &Bars, pulse: &Pulse, chords: &[TimedChord]) -> Vec<ChartBar> {
    let mut of_beats = vec![None; bars.count() * BEATS_PER_BAR];
    for (beat, &place) in bars.places().iter().enumerate() {
        let middle = pulse.seconds_at(beat as f64 + 0.5);
        let after = chords.partition_point(|chord| chord.start_seconds <= middle);
        let chord = after.checked_sub(1).map(|index| chords[index]);
        if let (Some(slot), Some(chord)) = (of_beats.get_mut(place), chord) {
            *slot = Some(chord.chord.filter(|_| middle < chord.end_seconds + 0.01));
        }
    }
    let mut before = None;
    let of_beats: Vec<_> = of_beats
        .into_iter()
        .map(|chord| {
            before = chord.unwrap_or(before);
            before
        })
        .collect();
    let (bars, _) = of_beats.as_chunks();
    bars.iter().map(|&chords| ChartBar { chords }).collect()
}

fn voices(music: &Song, pulse: &Pulse, bars: &Bars) -> Vec<Voice> {
    let tempos = TempoMap::of(music);
    let end = bars.count() as u64 * TICKS_PER_BAR;
    let tick_at = |tick| snapped(bars.tick_at(pulse.beat_at(tempos.seconds_at(tick))));
    let voice = |(track, role): (&str, VoiceRole)| {
        let is_track = |name: &str| name.trim().eq_ignore_ascii_case(track);
        let parts = music.parts.iter().filter(|part| part.name.as_deref().is_some_and(is_track));
        let mut notes: Vec<_> = parts
            .flat_map(|part| &part.notes)
            .filter_map(|note| {
                let onset = u64::try_from(tick_at(note.onset)).ok()?;
                let length =
                    u64::try_from(tick_at(note.end())).ok()?.min(end).checked_sub(onset)?;
                (onset < end).then(|| SongNote { onset, length: length.max(1), ..*note })
            })
            .collect();
        notes.sort_by_key(|note| (note.onset, note.pitch));
        notes.dedup_by_key(|note| (note.onset, note.pitch));
        Voice { role, notes }
    };
    TRACKS.map(voice).into_iter().filter(|voice| !voice.notes.is_empty()).collect()
}

/// On the sixteenth that is nearest, if it is very near.
const fn snapped(tick: i64) -> i64 {
    let step = TICKS_PER_STEP as i64;
    let nearest = (tick + step / 2).div_euclid(step) * step;
    if (tick - nearest).abs() <= SNAP as i64 { nearest } else { tick }
}

/// Without the bars before the first note and after the last.
fn trim(chart: &mut Chart) {
    let notes = || chart.voices.iter().flat_map(|voice| &voice.notes);
    let first = notes().map(|note| note.onset / TICKS_PER_BAR).min().unwrap_or(0);
    let last = notes().map(|note| (note.end() - 1) / TICKS_PER_BAR).max().unwrap_or(0);
    chart.bars.truncate(last as usize + 1);
    chart.bars.drain(..first as usize);
    for note in chart.voices.iter_mut().flat_map(|voice| &mut voice.notes) {
        note.onset -= first * TICKS_PER_BAR;
    }
}
