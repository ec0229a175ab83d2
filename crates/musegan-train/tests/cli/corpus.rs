//! `corpus build`: public collections in, five-track songs and a manifest out, and back in through
//! `prepare`.

use std::fs;

use musegan_corpus::manifest::Manifest;
use musegan_score::{Chord, Song, SongNote, Track, midi};
use musegan_train::dataset::Dataset;

use crate::program::{Workplace, contents, note};

/// Charts of two songs, one of them in three; a drummer; and a band of Simutrans.
fn sources() -> Workplace {
    let place = Workplace::new();
    let chart = |metre: &str, title: &str| {
        let verse = "A, verse, | C:maj | A:min | F:maj | G:7 | C:maj | A:min | F:maj | G:7 |";
        let chorus = "B, chorus, | F:maj | G:maj | C:maj | A:min | F:maj | G:7 | C:maj | C:maj |";
        format!(
            "# title: {title}\n# artist: Somebody\n# metre: {metre}\n# tonic: C\n\n0.0\tsilence\n\
             0.5\t{verse}\n16.5\t{chorus}\n32.5\t{verse}\n48.5\t{chorus}\n64.5\tend\n"
        )
    };
    place.write("raw/billboard/0007/salami_chords.txt", chart("4/4", "Four Square"));
    place.write("raw/billboard/0008/salami_chords.txt", chart("3/4", "Three Corners"));
    let list = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,\
                duration,split\ndrummer1,s,drummer1/s/1,rock,120,beat,4-4,drummer1/1.mid,,32,train\n";
    place.write("raw/groove/info.csv", list);
    place.write("raw/groove/drummer1/1.mid", drummer());
    place.write("raw/simutrans/music/01-Main-Theme.mid", crate::program::mid(0..4));
    let credits = "music/01-Main-Theme.mid\nMain Theme\nA Player\n-\n";
    place.write("raw/simutrans/music/music.tab", credits);
    place
}

/// Sixteen bars of kick, snare and hi-hat.
fn drummer() -> Vec<u8> {
    let beat = |i: usize| {
        let drum = if i.is_multiple_of(2) { 36 } else { 38 };
        [(Track::Drums, note(4 * i, 1, drum, 100)), (Track::Drums, note(4 * i + 2, 1, 42, 60))]
    };
    let phrase = musegan_score::Phrase::new((0..16).flat_map(beat));
    midi::write_phrases(&vec![phrase; 4], 120.0).unwrap()
}

fn arranged(place: &Workplace, corpus: &str) -> Song {
    let file = format!("{corpus}/mcgill_billboard/0007-1.mid");
    midi::read(&fs::read(place.path(&file)).unwrap()).unwrap()
}

fn part(song: &Song, track: Track) -> &[SongNote] {
    let part = song.parts.iter().find(|part| part.name.as_deref() == Some(track.name()));
    part.map_or(&[], |part| &part.notes)
}

#[test]
fn a_chart_becomes_a_song_of_five_tracks_with_its_sections_and_chords_as_markers() {
    let place = sources();
    let said = place.succeed("corpus build --sources raw --output corpus").stdout;
    assert!(said.contains("not in 4/4"), "{said}");
    let song = arranged(&place, "corpus");
    for track in Track::ALL {
        assert!(part(&song, track).len() > 32, "{} plays little", track.name());
    }
    let texts: Vec<_> = song.markers.iter().map(|marker| &*marker.text).collect();
    assert_eq!(texts[..4], ["verse", "C:maj", "A:min", "F:maj"]);
    assert_eq!(song.keys.len(), 1);
    // The bass stands on the chords.
    let chord_at = |tick: u64| {
        let before = song.markers.iter().filter(|marker| marker.tick <= tick);
        before.filter_map(|marker| marker.text.parse::<Chord>().ok()).next_back()
    };
    let bar = 4 * u64::from(song.ticks_per_beat);
    let downbeats: Vec<_> = part(&song, Track::Bass)
        .iter()
        .filter(|n| (n.onset + 30) % bar < 60)
        .map(|n| chord_at(n.onset + 30).unwrap().tones().contains(n.pitch))
        .collect();
    let right = downbeats.iter().filter(|right| **right).count();
    assert!(right * 100 >= downbeats.len() * 95, "{right} of {}", downbeats.len());
}

#[test]
fn the_manifest_names_every_file_with_source_licence_and_attribution() {
    let place = sources();
    place.succeed("corpus build --sources raw --output corpus --arrangements 3");
    let manifest = Manifest::read(&place.path("corpus")).unwrap().unwrap();
    let files = manifest.songs.iter().map(|song| song.file.clone());
    let mut files: Vec<_> = files.chain(["manifest.json".into()]).collect();
    files.sort();
    let found: Vec<_> = contents(&place.path("corpus"))
        .into_iter()
        .map(|(path, _)| path.to_string_lossy().replace('\\', "/"))
        .collect();
    assert_eq!(
        {
            files.sort();
            files
        },
        {
            let mut found = found;
            found.sort();
            found
        }
    );
    let arranged: Vec<_> = manifest.songs.iter().filter(|song| song.song == "0007").collect();
    assert_eq!(arranged.len(), 3);
    assert!(arranged.iter().all(|song| song.licence == "CC0-1.0 AND CC-BY-4.0"), "{arranged:?}");
    assert!(arranged.iter().all(|song| song.attribution.contains("Groove")), "{arranged:?}");
    assert!(arranged.iter().all(|song| (&*song.title, &*song.by) == ("Four Square", "Somebody")));
    let weights: f64 = arranged.iter().map(|song| song.weight).sum();
    assert!((weights - 1.0).abs() < 1e-9, "{weights}");
    let band = manifest.songs.iter().find(|song| song.source == "Simutrans").unwrap();
    assert_eq!((&*band.title, &*band.by, band.weight), ("Main Theme", "A Player", 3.0));
    assert!(manifest.sources.iter().all(|source| source.url.starts_with("https://")));
    place.succeed("prepare --input corpus --output dataset");
    let dataset = Dataset::open(&place.path("dataset")).unwrap();
    let names: Vec<_> = dataset.corpora().iter().map(|corpus| corpus.name.clone()).collect();
    assert_eq!(names, ["McGill Billboard", "Simutrans"]);
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads_and_another_does_not() {
    let place = sources();
    let build = "corpus build --sources raw --arrangements 2 --output";
    for (output, seed, threads) in [("a", 1, 1), ("b", 1, 3), ("c", 2, 2)] {
        let outcome = place.run_on_threads(&format!("{build} {output} --seed {seed}"), threads);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    }
    assert_eq!(contents(&place.path("a")), contents(&place.path("b")));
    assert_ne!(arranged(&place, "a").parts, arranged(&place, "c").parts);
}

#[test]
fn what_is_missing_or_in_the_way_is_said_and_nothing_is_written() {
    let place = sources();
    place.write("taken/mine.txt", "mine");
    let words = ["taken", "not empty"];
    place.fail("corpus build --sources raw --output taken", 1, &words);
    fs::remove_dir_all(place.path("raw/groove")).unwrap();
    let words = ["Groove MIDI Dataset", "raw"];
    place.fail("corpus build --sources raw --output corpus", 1, &words);
    let words = ["cannot search nowhere"];
    place.fail("corpus build --sources nowhere --output new/corpus", 1, &words);
    assert!(!place.path("corpus").exists() && !place.path("new").exists());
}

#[test]
fn a_real_band_that_cannot_be_read_or_is_there_twice_is_counted_and_no_file_overwrites_another() {
    let place = sources();
    for (name, bytes) in [
        ("a/Same Name.mid", crate::program::mid(4..8)),
        ("b/same-name.mid", crate::program::mid(8..12)),
        ("b/Same_Name.mid", crate::program::mid(12..16)),
        ("b/Copy.mid", crate::program::mid(0..4)),
        ("b/Broken.mid", b"nothing".to_vec()),
        ("b/Silent.mid", crate::program::mid(0..0)),
    ] {
        place.write(&format!("raw/freedoom/{name}"), bytes);
    }
    let said = place.succeed("corpus build --sources raw --output corpus").stdout;
    for reason in ["1 damaged", "1 there twice", "1 no notes"] {
        assert!(said.contains(reason), "no {reason:?} in {said}");
    }
    let manifest = Manifest::read(&place.path("corpus")).unwrap().unwrap();
    let bands = manifest.songs.iter().filter(|song| song.source == "Freedoom");
    let files: Vec<_> = bands.map(|song| song.file.as_str()).collect();
    let expected = ["freedoom/same-name.mid", "freedoom/same_name.mid", "freedoom/same_name_2.mid"];
    assert_eq!(files, expected);
    assert!(files.iter().all(|file| place.path("corpus").join(file).is_file()));
}

#[test]
fn collections_that_are_not_there_are_named_and_an_empty_folder_is_filled() {
    let place = sources();
    fs::create_dir(place.path("corpus")).unwrap();
    let said = place.succeed("corpus build --sources raw --output corpus").stdout;
    assert!(said.contains("not found: POP909, OpenEWLD, Freedoom, Blasphemer, EasyRPG"), "{said}");
    assert!(place.path("corpus/manifest.json").is_file());
    let hidden = fs::read_dir(place.path(".")).unwrap().flatten();
    let names: Vec<_> = hidden.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| !name.starts_with(".musegan")), "{names:?}");
}

#[test]
fn where_no_song_can_be_used_the_first_reason_is_said() {
    let place = sources();
    fs::remove_dir_all(place.path("raw/billboard/0007")).unwrap();
    let words = ["none of the 1 songs", "0008", "the metre is 3/4"];
    place.fail("corpus build --sources raw --output corpus", 1, &words);
    fs::remove_dir_all(place.path("raw/billboard")).unwrap();
    place.fail("corpus build --sources raw --output corpus", 1, &["found no song", "POP909"]);
    let weight = "corpus build --sources raw --output corpus --real-weight 5000";
    place.fail(weight, 2, &["0.001 to 1000"]);
    assert!(!place.path("corpus").exists());
}

#[test]
fn a_corpus_that_lies_among_the_sources_changes_nothing() {
    let place = sources();
    place.succeed("corpus build --sources raw --output raw/built");
    place.succeed("corpus build --sources raw --output again");
    assert_eq!(contents(&place.path("raw/built")), contents(&place.path("again")));
}
