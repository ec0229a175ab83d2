//! OpenEWLD.
use std::io::{Cursor, Write};

use musegan_corpus::chart::{TICKS_PER_BAR, VoiceRole};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::{chart, charts, chords, write};
use crate::Collection::OpenEwld;

/// A compressed score of these measures.
pub(super) fn mxl(time: &str, measures: &[String]) -> Vec<u8> {
    packed(&xml(time, measures))
}

/// A score of these measures.
pub(super) fn xml(time: &str, measures: &[String]) -> String {
    let (beats, unit) = time.split_once('/').unwrap();
    let mut xml = String::from(
        "<?xml version=\"1.0\"?><!DOCTYPE score-partwise PUBLIC '-//Recordare//DTD' 'x.dtd'>\
         <score-partwise><work><work-title>A Tune</work-title></work><identification>\
         <creator type=\"composer\">A. Nobody</creator></identification><part id=\"P1\">",
    );
    for (index, measure) in measures.iter().enumerate() {
        xml += "<measure>";
        if index == 0 {
            xml += &format!(
                "<attributes><divisions>2</divisions><key><fifths>1</fifths></key>\
                 <time><beats>{beats}</beats><beat-type>{unit}</beat-type></time></attributes>"
            );
        }
        xml += &format!("{measure}</measure>");
    }
    xml + "</part></score-partwise>"
}

/// A score, compressed.
pub(super) fn packed(xml: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // A container as some are: the title's apostrophe ends the name.
    let files = [("META-INF/container.xml", "<a full-path='It's.xml'/>"), ("It's.xml", xml)];
    for (name, text) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A note of so many eighths.
fn note(name: &str, eighths: u8, tie: &str) -> String {
    let (step, octave) = name.split_at(1);
    let tie = if tie.is_empty() { String::new() } else { format!("<tie type=\"{tie}\"/>") };
    format!(
        "<note><pitch><step>{step}</step><octave>{octave}</octave></pitch>\
         <duration>{eighths}</duration>{tie}</note>"
    )
}

fn harmony(root: &str, kind: &str) -> String {
    format!("<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind></harmony>")
}

/// A pick-up, four bars with two endings, played twice.
pub(super) fn tune() -> Vec<String> {
    let ending = |number: &str, kind: &str, more: &str| {
        format!("<barline><ending number=\"{number}\" type=\"{kind}\"/>{more}</barline>")
    };
    vec![
        note("D4", 2, ""),
        harmony("G", "major")
            + &note("G4", 4, "")
            + &harmony("E", "minor-seventh")
            + &note("B4", 4, "start"),
        note("B4", 2, "stop") + &note("A4", 6, ""),
        ending("1", "start", "")
            + &harmony("D", "dominant")
            + &note("A4", 6, "")
            + &note("D4", 2, "")
            + &ending("1", "stop", "<repeat direction=\"backward\"/>"),
        ending("2", "start", "")
            + &harmony("G", "major")
            + &note("G4", 8, "")
            + &ending("2", "stop", ""),
        note("G4", 8, ""),
        note("G4", 8, ""),
    ]
}

#[test]
fn a_lead_sheet_is_played_with_its_pick_up_repeat_and_endings() {
    let folder = TempDir::new().unwrap();
    // The repeat goes to the beginning, pick-up included, so the first ending lacks a beat.
    let mut measures = tune();
    measures[3] = measures[3].replacen("<duration>2</duration>", "<duration>0</duration>", 1);
    write(folder.path(), "OpenEWLD/dataset/A/A_Tune/A_Tune.mxl", mxl("4/4", &measures));
    let chart = chart(OpenEwld, folder.path());
    assert_eq!((chart.name.as_str(), chart.title.as_str()), ("A_Tune.mxl", "A Tune"));
    assert_eq!((chart.artist.as_str(), chart.key.to_string().as_str()), ("A. Nobody", "G major"));
    assert_eq!(chords(&chart, 0), "N N N N");
    assert_eq!(chords(&chart, 1), "G:maj G:maj E:min7 E:min7");
    let onsets: Vec<_> = chart
        .voice(VoiceRole::Melody)
        .iter()
        .map(|note| {
            (note.onset * 4 / TICKS_PER_BAR, note.length * 4 / TICKS_PER_BAR, note.pitch.number())
        })
        .collect();
    let expected = [
        (3, 1, 62),
        (4, 2, 67),
        // Tied over the bar line.
        (6, 3, 71),
        (9, 3, 69),
        (12, 3, 69),
        (15, 1, 62),
        (16, 2, 67),
        (18, 3, 71),
        (21, 3, 69),
        (24, 4, 67),
    ];
    assert_eq!(onsets[..expected.len()], expected);
    assert_eq!(chords(&chart, 6), "G:maj G:maj G:maj G:maj");
    assert_eq!(chart.bars.len(), 9);
}

#[test]
fn a_waltz_is_refused_and_two_four_is_joined_in_pairs() {
    let folder = TempDir::new().unwrap();
    let bars = |eighths: u8| {
        let bar = |i: usize| harmony(["C", "G"][i % 2], "major") + &note("G4", eighths, "");
        (0..32).map(bar).collect::<Vec<_>>()
    };
    write(folder.path(), "a/Waltz.mxl", mxl("3/4", &bars(6)));
    write(folder.path(), "a/Rag.mxl", mxl("2/4", &bars(4)));
    let charts = charts(OpenEwld, folder.path());
    let rag = charts[0].as_ref().unwrap();
    assert_eq!((rag.bars.len(), chords(rag, 5).as_str()), (16, "C:maj C:maj G:maj G:maj"));
    let refused = charts[1].as_ref().unwrap_err();
    assert_eq!((refused.song.as_str(), refused.reason), ("Waltz.mxl", "not in 4/4"));
}

#[test]
fn the_form_of_a_song_is_found_by_what_comes_again() {
    let folder = TempDir::new().unwrap();
    let eight = |roots: [&str; 8], pitches: [&str; 4]| {
        let bar = |(i, root): (usize, &&str)| {
            harmony(root, "major")
                + &note(pitches[i % 4], 4, "")
                + &note(pitches[(i + 1) % 4], 4, "")
        };
        roots.iter().enumerate().map(bar).collect::<Vec<_>>()
    };
    let a = eight(["C", "A", "D", "G", "C", "F", "G", "C"], ["C4", "E4", "D4", "B4"]);
    let b = eight(["E", "E", "A", "A", "D", "D", "G", "G"], ["G4", "F4", "C5", "A4"]);
    let measures = [a.clone(), a.clone(), b, a].concat();
    write(folder.path(), "Standard.mxl", mxl("4/4", &measures));
    let chart = chart(OpenEwld, folder.path());
    let labels: Vec<_> = chart.sections.iter().map(|s| (s.label.as_str(), s.bars)).collect();
    assert_eq!(labels, [("A", 8), ("A", 8), ("B", 8), ("A", 8)]);
}
