//! Which phrases and songs count as the same, and which of them stays.
#![allow(clippy::unwrap_used)]
use std::collections::{BTreeMap, BTreeSet};

use musegan_score::Layout;
use musegan_score::layout::PlacedNote;

use super::similar::ALIKE;
use super::*;
use crate::dataset::{Dataset, Index};
use crate::prepare::join::tests::{file, header, joined, journal, phrase};
use crate::prepare::prepared::{LabelledPhrase, Prepared};

/// The notes of each phrase, by song.
type Songs = BTreeMap<String, Vec<Vec<PlacedNote>>>;

/// Joins these files and returns the index and what is left.
fn prepared(files: &[Prepared], rules: Rules) -> (Index, Songs) {
    let place = tempfile::tempdir().unwrap();
    journal(&place.path().join("journal"), &header((1, 1)), files);
    let index = joined(place.path(), &["journal"], "out", rules).unwrap();
    let dataset = Dataset::open(&place.path().join("out")).unwrap();
    let mut songs = Songs::new();
    for number in 0..dataset.len() {
        songs.entry(dataset.song(number).name.clone()).or_default().push(dataset.notes(number));
    }
    dataset
        .for_each_nearly_same(|pair| {
            assert!((ALIKE..=1.0).contains(&pair.likeness), "{pair:?}");
            assert!(!songs.contains_key(&pair.song), "{pair:?}");
        })
        .unwrap();
    (index, songs)
}

fn dropped(index: &Index, rule: Rule) -> u64 {
    index.corpora.iter().filter_map(|c| c.dropped.get(rule.name())).map(|t| t.count).sum()
}

fn only(rule: Rule) -> Rules {
    match rule {
        Rule::Exact => Rules { exact: Choice::Drop, ..KEEP_ALL },
        Rule::Transposed => Rules { transposed: Choice::Drop, ..KEEP_ALL },
        Rule::Nearly => Rules { nearly: Choice::Drop, ..KEEP_ALL },
    }
}

#[test]
fn of_equal_and_transposed_phrases_the_first_stays() {
    let theme: &[(u8, u16, u8)] = &[(0, 0, 36), (1, 0, 60), (3, 4, 40)];
    let higher: &[(u8, u16, u8)] = &[(0, 0, 36), (1, 0, 63), (3, 4, 43)];
    // The drums, or one part alone, moved as well: another phrase.
    let other_drums: &[(u8, u16, u8)] = &[(0, 0, 39), (1, 0, 63), (3, 4, 43)];
    let other_bass: &[(u8, u16, u8)] = &[(0, 0, 36), (1, 0, 63), (3, 4, 40)];
    let mut louder = phrase(2, theme);
    louder.notes.iter_mut().for_each(|note| note.velocity = 127);
    let phrases = [
        phrase(0, theme),
        phrase(1, higher),
        louder,
        phrase(3, other_drums),
        phrase(4, other_bass),
    ];
    let songs = [file("midi", "one", "one.mid", phrases.into())];
    let counts = |rules| {
        let (index, songs) = prepared(&songs, rules);
        let counts = [Rule::Exact, Rule::Transposed].map(|rule| dropped(&index, rule));
        (counts, songs["one"].len())
    };
    assert_eq!(counts(Rules::default()), ([1, 1], 3));
    assert_eq!(counts(only(Rule::Exact)), ([1, 0], 4));
    assert_eq!(counts(only(Rule::Transposed)), ([0, 1], 4));
    assert_eq!(counts(KEEP_ALL), ([0, 0], 5));
}

#[test]
fn duplicates_are_found_across_corpora_and_counted_with_an_example() {
    let theme: &[(u8, u16, u8)] = &[(1, 0, 60)];
    let songs: Vec<_> = (0..5)
        .map(|n| file("midi", &format!("song {n}"), &format!("{n}.mid"), vec![phrase(0, theme)]))
        .chain([file("archive", "song 9", "9.mid", vec![phrase(0, theme)])])
        .collect();
    let (index, left) = prepared(&songs, Rules::default());
    assert_eq!((index.phrases, left.len(), dropped(&index, Rule::Exact)), (1, 1, 5));
    for corpus in &index.corpora {
        let tally = &corpus.dropped[Rule::Exact.name()];
        assert!(tally.example.ends_with(".mid"), "{tally:?}");
    }
}

/// A tune of so many phrases that no other number gives.
fn tune(number: u64, phrases: u32) -> Vec<LabelledPhrase> {
    let mut state = number;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize
    };
    let steps = Layout::BAND.steps() as u16;
    (0..phrases)
        .map(|bar| {
            let notes = (0..steps).step_by(2).map(|step| (1, step, 50 + random() as u8 % 24));
            phrase(bar, &notes.collect::<Vec<_>>())
        })
        .collect()
}

/// The tune, some semitones higher, the bass plays along, and every fourth phrase has a wrong note.
fn cover(mut tune: Vec<LabelledPhrase>) -> Vec<LabelledPhrase> {
    for (number, phrase) in tune.iter_mut().enumerate() {
        phrase.notes.iter_mut().for_each(|note| note.pitch += 5);
        if number % 4 == 0 {
            phrase.notes[0].pitch += 1;
        }
        let doubled = phrase.notes.iter().map(|note| PlacedNote { part: 3, ..*note });
        phrase.notes.extend(doubled.collect::<Vec<_>>());
    }
    tune
}

#[test]
fn a_song_that_is_nearly_another_is_dropped_whole_and_its_arrangements_are_not() {
    let mut files: Vec<_> =
        (0..30).map(|n| file("midi", &n.to_string(), &format!("{n}.mid"), tune(n, 12))).collect();
    files.push(file("midi", "cover", "cover.mid", cover(tune(7, 10))));
    files.push(file("midi", "7", "7/live.mid", cover(tune(7, 11))));
    let (index, songs) = prepared(&files, Rules::default());
    let names: BTreeSet<_> = songs.keys().map(String::as_str).collect();
    assert!(!names.contains("cover") && names.len() == 30, "{names:?}");
    assert_eq!((dropped(&index, Rule::Nearly), index.nearly_same.rows), (10, 1));
    assert_eq!(index.corpora[0].dropped[Rule::Nearly.name()].example, "cover.mid");
    assert_eq!(songs["7"].len(), 23);
    let (index, songs) = prepared(&files, KEEP_ALL);
    assert_eq!((songs.len(), dropped(&index, Rule::Nearly)), (31, 0));
}

#[test]
fn which_copy_of_a_song_stays_has_nothing_to_do_with_who_is_held_out() {
    let copies = |song: u64| {
        let name = move |copy| format!("{song} copy {copy}");
        (0..8).map(move |copy| file("midi", &name(copy), &name(copy), tune(song, 1)))
    };
    let files: Vec<_> = (0..100).flat_map(copies).collect();
    for rules in [Rules::default(), only(Rule::Exact)] {
        let (index, songs) = prepared(&files, rules);
        assert_eq!((index.phrases, songs.len()), (100, 100));
        // Did the copy stay that is held out wherever there is one, there would be 57.
        assert!((3..25).contains(&index.held_out_phrases), "{}", index.held_out_phrases);
    }
}

#[test]
fn what_a_dropped_song_shares_with_others_stays_with_them() {
    // The copy comes with more phrases, so that the other, which has some of its own, goes; the
    // third has two phrases of it and is another song.
    let (long, short) = (tune(1, 20), tune(1, 16));
    let mut third = tune(2, 10);
    third.extend(tune(1, 2));
    let files = [
        file("midi", "short", "short.mid", short),
        file("midi", "long", "long.mid", long),
        file("midi", "third", "third.mid", third),
    ];
    let (index, songs) = prepared(&files, Rules::default());
    assert_eq!(dropped(&index, Rule::Nearly), 16);
    assert_eq!(dropped(&index, Rule::Exact), 2);
    assert_eq!(songs.values().map(Vec::len).sum::<usize>(), 30);
}
