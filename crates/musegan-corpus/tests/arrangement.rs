//! The song that an arrangement is: tracks, markers, determinism.
#![allow(clippy::unwrap_used)]

use musegan_corpus::arrangement::arrange;
use musegan_corpus::chart::{BEATS_PER_BAR, Chart, ChartBar, ChartSection, SectionRole};
use musegan_corpus::drummers::Drummers;
use musegan_score::annotations::Annotations;
use musegan_score::song::TICKS_PER_BEAT;
use musegan_score::{Chord, Key, Track, midi};

/// Sections of eight bars on one chord, but for a silent last beat.
fn chart(labels: &[&str]) -> Chart {
    let chord: Chord = "A:min7/b3".parse().unwrap();
    let mut bars = vec![ChartBar { chords: [Some(chord); BEATS_PER_BAR] }; 8 * labels.len()];
    bars.last_mut().unwrap().chords[3] = None;
    let section = |(group, label): (usize, &&str)| ChartSection {
        label: (*label).to_owned(),
        role: SectionRole::Verse,
        group,
        first_bar: 8 * group,
        bars: 8,
    };
    Chart {
        name: "song".into(),
        title: "A Song".into(),
        artist: String::new(),
        tags: Vec::new(),
        bpm: 100.0,
        key: Key::new(9, true),
        bars,
        sections: labels.iter().enumerate().map(section).collect(),
        voices: Vec::new(),
    }
}

#[test]
fn who_reads_the_markers_of_the_file_finds_the_chords_and_sections_of_the_chart() {
    let chart = chart(&["verse", "N", "X", "A:min"]);
    let song = arrange(&chart, &Drummers::default(), 1, 1);
    let read = midi::read(&midi::write(&song).unwrap()).unwrap();
    let annotations = Annotations::of_markers(&read);
    for beat in 0..chart.bars.len() * BEATS_PER_BAR {
        let tick = beat as u64 * u64::from(TICKS_PER_BEAT);
        assert_eq!(annotations.chord_at(tick), chart.chord(beat), "beat {beat}");
    }
    let sections: Vec<_> = annotations.sections().iter().map(|(_, name)| &**name).collect();
    assert_eq!(sections, ["verse", "section N", "section X", "section A min"]);
}

#[test]
fn a_song_has_its_five_tracks_also_where_nobody_drums() {
    let song = arrange(&chart(&["verse", "chorus"]), &Drummers::default(), 1, 1);
    let names: Vec<_> = song.parts.iter().map(|part| part.name.as_deref().unwrap()).collect();
    assert_eq!(names, Track::ALL.map(Track::name));
    assert!(song.parts[Track::Drums.index()].notes.is_empty());
    assert!(!song.parts[Track::Bass.index()].notes.is_empty());
}
