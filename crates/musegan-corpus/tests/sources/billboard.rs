//! McGill Billboard.
use tempfile::TempDir;

use super::{chart, charts, chords, sections, write};
use crate::Collection::Billboard;

/// Eight bars of 4/4 in sixteen seconds, twice, with what charts have beside.
pub(super) const SONG: &str = "# title: A Song\n# artist: Somebody\n# metre: 4/4\n# tonic: A\n\n\
    0.0\tsilence\n\
    1.0\tA, intro, | A:min | D:min E:7 | (2/4) E:7 . |, (guitar\n\
    6.0\tB, verse, | A:min . D:min7/b3 E:7 | N | x2, guitar), (voice)\n\
    14.0\t| F:maj | C:maj/3 |, ->\n\
    18.0\tC, chorus, | A:min | * |\n\
    22.0\tZ, noise\n\
    24.0\tB\t| A:min |\n\
    26.0\tend\n";

#[test]
fn a_chart_is_read_beat_by_beat_with_its_sections() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "deep/McGill-Billboard/0042/salami_chords.txt", SONG);
    let chart = chart(Billboard, folder.path());
    assert_eq!((chart.name.as_str(), chart.title.as_str()), ("0042", "A Song"));
    assert_eq!((chart.artist.as_str(), chart.tags.join(" ").as_str()), ("Somebody", "guitar"));
    assert_eq!(chart.key.to_string(), "A minor");
    assert!((chart.bpm - 120.0).abs() < 1.0, "{}", chart.bpm);
    assert_eq!(chords(&chart, 1), "D:min D:min E:7 E:7");
    assert_eq!(chords(&chart, 2), "E:7 E:7 E:7 E:7", "two beats become a bar");
    assert_eq!(chords(&chart, 5), "A:min A:min D:min7/b3 E:7", "the line is played twice");
    assert_eq!(chords(&chart, 6), "N N N N");
    assert_eq!(
        sections(&chart),
        ["intro Intro 3", "verse Verse 6", "chorus Chorus 2", "B Verse 1"],
        "a line without a name goes on; a letter alone is what it was before"
    );
    assert_eq!(chart.sections[1].group, chart.sections[3].group);
}

#[test]
fn a_song_in_three_or_drawn_twice_is_refused_with_the_reason() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "0001/salami_chords.txt", SONG);
    write(folder.path(), "0002/salami_chords.txt", SONG);
    write(
        folder.path(),
        "0003/salami_chords.txt",
        SONG.replace("A Song", "W").replace("4/4", "3/4"),
    );
    write(
        folder.path(),
        "0004/salami_chords.txt",
        SONG.replace("A Song", "X").replace("18.0", "1.5"),
    );
    let results = charts(Billboard, folder.path());
    assert!(results[0].is_ok());
    let reasons: Vec<_> =
        results[1..].iter().map(|result| result.as_ref().unwrap_err().reason).collect();
    assert_eq!(reasons, ["drawn twice", "not in 4/4", "damaged"]);
    let message = results[3].as_ref().unwrap_err().to_string();
    assert!(message.contains("0004/salami_chords.txt: line 10:"), "{message}");
}

#[test]
fn twelve_eight_is_four_beats_of_triplets_and_very_fast_is_half_as_fast() {
    let folder = TempDir::new().unwrap();
    let song = |metre: &str, seconds: u32| {
        let bars = "| C:maj F:maj | G:maj . C:maj . |";
        let line = |i: u32| {
            format!("{}.0\tA, verse, {}\n", i * seconds, bars.repeat(2).replace("||", "|"))
        };
        let lines: String = (0..4).map(line).collect();
        format!("# title: {metre}\n# metre: {metre}\n{lines}{}.0\tend\n", 4 * seconds)
    };
    write(folder.path(), "0001/salami_chords.txt", song("12/8", 16));
    write(folder.path(), "0002/salami_chords.txt", song("4/4", 4));
    let charts = charts(Billboard, folder.path());
    let (shuffle, fast) = (charts[0].as_ref().unwrap(), charts[1].as_ref().unwrap());
    assert_eq!((shuffle.bpm, shuffle.bars.len()), (60.0, 16));
    assert_eq!(shuffle.tags, ["12/8"]);
    assert_eq!((fast.bpm, fast.bars.len()), (120.0, 8));
    assert_eq!(chords(fast, 0), "C:maj F:maj G:maj C:maj");
}
