//! Charts and plans written by hand, for tests of the parts.
#![allow(dead_code, clippy::unwrap_used)]
use musegan_corpus::chart::{Chart, ChartBar, ChartSection, SectionRole, Voice, VoiceRole};
use musegan_corpus::plan::{BarPlan, Plan, Style};
use musegan_score::{Chord, Key, Pitch, SongNote, Track, Velocity};

/// All styles.
pub const STYLES: [Style; 14] = [
    Style::Pop,
    Style::Ballad,
    Style::Rock,
    Style::HardRock,
    Style::Funk,
    Style::Soul,
    Style::Country,
    Style::Reggae,
    Style::Latin,
    Style::BossaNova,
    Style::Swing,
    Style::Blues,
    Style::Dance,
    Style::HipHop,
];

/// A verse of eight bars, a chorus of eight, and both again, over chords that circle in C.
pub fn song() -> Chart {
    const VERSE: [&str; 8] =
        ["C:maj", "A:min7", "D:min7", "G:7", "E:min7", "A:7", "D:min7 G:sus4(b7)", "C:maj7"];
    const CHORUS: [&str; 8] =
        ["F:maj7", "G:maj", "E:min", "A:min", "F:maj", "G:maj/3", "C:maj", "C:maj G:7"];
    let bars: Vec<ChartBar> =
        [VERSE, CHORUS, VERSE, CHORUS].concat().iter().map(|bar| of_text(bar)).collect();
    let section = |index: usize| ChartSection {
        label: ["verse", "chorus"][index % 2].into(),
        role: [SectionRole::Verse, SectionRole::Chorus][index % 2],
        group: index % 2,
        first_bar: index * 8,
        bars: 8,
    };
    Chart {
        name: "song".into(),
        title: "Song".into(),
        artist: String::new(),
        tags: Vec::new(),
        bpm: 104.0,
        key: Key::new(0, false),
        bars,
        sections: (0..4).map(section).collect(),
        voices: Vec::new(),
    }
}

fn of_text(bar: &str) -> ChartBar {
    let chords: Vec<Option<Chord>> =
        bar.split(' ').map(|chord| Some(chord.parse().unwrap())).collect();
    ChartBar { chords: std::array::from_fn(|beat| chords[beat * chords.len() / 4]) }
}

/// Everybody plays, choruses louder, a fill before each section.
pub fn plan(chart: &Chart, style: Style) -> Plan {
    let bar = |bar: usize| {
        let section = chart.sections.iter().position(|s| bar < s.first_bar + s.bars).unwrap();
        let bar_in_section = bar - chart.sections[section].first_bar;
        BarPlan {
            section,
            bar_in_section,
            repetition: section / 2,
            intensity: [0.45, 0.8][section % 2],
            plays: [true; Track::COUNT],
            fill: bar_in_section + 1 == chart.sections[section].bars,
            crash: bar_in_section == 0,
            stop: false,
        }
    };
    let bars = (0..chart.bars.len()).map(bar).collect();
    Plan { style, swing: None, bpm: chart.bpm, bars }
}

/// A note in sixteenths.
pub fn note(step: u64, steps: u64, pitch: u8) -> SongNote {
    SongNote {
        onset: step * 120,
        length: steps * 120,
        pitch: Pitch::new(pitch).unwrap(),
        velocity: Velocity::clamped(80),
    }
}

/// The chart with a voice of its own.
pub fn with_voice(mut chart: Chart, role: VoiceRole, notes: Vec<SongNote>) -> Chart {
    chart.voices.push(Voice { role, notes });
    chart
}
