//! Which style a song is arranged in.
//!
//! Tags are hints, the tempo and the chords decide with them, and the dice choose, so that a song
//! is arranged in several styles, each of which fits it.
use musegan_score::chord::Quality;
use rand::Rng;

use super::{Style, Swing};
use crate::chart::VoiceRole;
use crate::{Chart, Dice};

/// How common each style is in popular music, and the tempos at which it is played.
const STYLES: [(Style, f64, f64, f64); 14] = [
    (Style::Pop, 4.0, 70.0, 160.0),
    (Style::Ballad, 2.0, 48.0, 92.0),
    (Style::Rock, 3.0, 85.0, 170.0),
    (Style::HardRock, 0.7, 95.0, 185.0),
    (Style::Funk, 1.0, 80.0, 122.0),
    (Style::Soul, 1.3, 62.0, 130.0),
    (Style::Country, 0.7, 75.0, 180.0),
    (Style::Reggae, 0.3, 64.0, 90.0),
    (Style::Latin, 0.5, 85.0, 135.0),
    (Style::BossaNova, 0.35, 90.0, 150.0),
    (Style::Swing, 0.25, 90.0, 230.0),
    (Style::Blues, 0.2, 60.0, 140.0),
    (Style::Dance, 0.8, 108.0, 138.0),
    (Style::HipHop, 0.5, 68.0, 108.0),
];

/// What words in a source's tags speak for; a word of several styles speaks for each.
const WORDS: [(&str, &[Style], f64); 27] = [
    ("pop", &[Style::HardRock], 0.3),
    ("rock", &[Style::Rock], 3.0),
    ("rock & roll", &[Style::Rock, Style::Blues], 2.0),
    ("rockabilly", &[Style::Country, Style::Rock], 3.0),
    ("hard rock", &[Style::HardRock], 6.0),
    ("metal", &[Style::HardRock], 10.0),
    ("punk", &[Style::HardRock], 8.0),
    ("ballad", &[Style::Ballad], 4.0),
    ("easy listening", &[Style::Ballad, Style::BossaNova], 2.5),
    ("romantic", &[Style::Ballad], 2.5),
    ("jazz", &[Style::Swing], 9.0),
    ("big band", &[Style::Swing], 5.0),
    ("swing", &[Style::Swing], 5.0),
    ("bop", &[Style::Swing], 4.0),
    ("dixieland", &[Style::Swing], 5.0),
    ("ragtime", &[Style::Swing, Style::Country], 3.0),
    ("stage & screen", &[Style::Swing, Style::Ballad, Style::BossaNova], 1.6),
    ("funk", &[Style::Funk, Style::Soul], 4.0),
    ("soul", &[Style::Soul, Style::Funk], 3.0),
    ("gospel", &[Style::Soul], 5.0),
    ("rhythm & blues", &[Style::Soul, Style::Blues], 5.0),
    ("blues", &[Style::Blues], 12.0),
    ("country", &[Style::Country], 6.0),
    ("latin", &[Style::Latin, Style::BossaNova], 6.0),
    ("reggae", &[Style::Reggae], 12.0),
    ("disco", &[Style::Dance], 8.0),
    ("electronic", &[Style::Dance], 6.0),
];

/// The style of an arrangement.
pub(super) fn of(chart: &Chart, dice: &Dice) -> Style {
    let weights: Vec<_> = STYLES
        .iter()
        .map(|&(style, common, slowest, fastest)| {
            let likely = common
                * at_tempo(chart.bpm, slowest, fastest)
                * tags(chart, style)
                * harmony(chart, style)
                * metre(chart, style);
            (style, likely)
        })
        .collect();
    dice.choose(&weights, "style", 0).copied().unwrap_or(Style::Pop)
}

/// A tempo within a style's range is played as it is; outside it becomes unlikely quickly.
fn at_tempo(bpm: f64, slowest: f64, fastest: f64) -> f64 {
    let outside = (slowest / bpm).max(bpm / fastest).max(1.0);
    (-8.0 * outside.log2()).exp2()
}

/// What the source says.
fn tags(chart: &Chart, style: Style) -> f64 {
    let says = |word: &str| chart.tags.iter().any(|tag| tag.contains(word));
    WORDS
        .iter()
        .filter(|(word, styles, _)| styles.contains(&style) && says(word))
        .map(|(_, _, factor)| factor)
        .product()
}

/// Sevenths belong to jazz, bossa nova, soul and funk; triads to rock and country.
fn harmony(chart: &Chart, style: Style) -> f64 {
    let chords = || chart.bars.iter().flat_map(|bar| bar.chords).flatten();
    let (mut colour, mut blue) = (0.0, 0.0);
    for chord in chords() {
        match chord.quality {
            Quality::Dominant7 => blue += 1.0,
            Quality::Major | Quality::Minor | Quality::Power => {}
            Quality::Suspended2 | Quality::Suspended4 => {}
            _ => colour += 1.0,
        }
    }
    let all = chords().count().max(1) as f64;
    let (colour, blue) = (colour / all, blue / all);
    match style {
        Style::Swing | Style::BossaNova => 0.3 + 3.0 * colour + blue,
        Style::Soul | Style::Funk => 0.6 + 1.5 * colour + blue,
        Style::Blues => 0.3 + 3.0 * blue,
        Style::Rock | Style::HardRock | Style::Country => (1.3 - 1.5 * colour).max(0.2),
        _ => 1.0,
    }
}

/// A song in triplets wants a style that has them. A recorded piano keeps its own straight time,
/// and what is always swung does not go with it.
fn metre(chart: &Chart, style: Style) -> f64 {
    let triplets = chart.tags.iter().any(|tag| tag == "12/8");
    let is_swung = matches!(style, Style::Swing | Style::Blues);
    match (triplets, style) {
        (true, Style::Swing | Style::Blues) => 3.0,
        (true, Style::Ballad | Style::Soul | Style::Country | Style::Rock) => 1.0,
        (true, _) => 0.05,
        (false, _) if is_swung && !chart.voice(VoiceRole::Piano).is_empty() => 0.0,
        (false, _) => 1.0,
    }
}

/// Swing always in jazz, mostly in blues; sixteenths sometimes in slow funk and hip hop; all else
/// is straight, unless the song itself is in triplets.
pub(super) fn swing(style: Style, chart: &Chart, dice: &Dice) -> Option<Swing> {
    if chart.tags.iter().any(|tag| tag == "12/8") {
        return Some(Swing::Eighths);
    }
    if !chart.voice(VoiceRole::Piano).is_empty() {
        return None;
    }
    let (swing, probability) = match style {
        Style::Swing => (Swing::Eighths, 1.0),
        Style::Blues => (Swing::Eighths, 0.7),
        Style::HipHop if chart.bpm < 100.0 => (Swing::Sixteenths, 0.3),
        Style::Funk if chart.bpm < 100.0 => (Swing::Sixteenths, 0.2),
        _ => return None,
    };
    dice.happens(probability, "swing", 0).then_some(swing)
}

/// The song's own tempo, a little faster or slower.
pub(super) fn bpm(chart: &Chart, dice: &Dice) -> f64 {
    let bpm = if chart.bpm.is_finite() { chart.bpm.clamp(30.0, 300.0) } else { 120.0 };
    (bpm * dice.about("tempo", 0).random_range(0.96..=1.04) * 10.0).round() / 10.0
}
