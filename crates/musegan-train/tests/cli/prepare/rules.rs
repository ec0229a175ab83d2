//! Settings: presets, configuration files, rules and what they count.

use musegan_score::{Note, Phrase, Pitch, Song, Step, Track, Velocity, midi};
use musegan_train::dataset::{Dataset, Index};
use musegan_train::prepare::{Report, Settings};

use crate::program::{Workplace, mid};

/// A configuration that keeps phrases that are alike.
pub const KEEP_DUPLICATES: &str =
    "[duplicates]\nexact = \"keep\"\ntransposed = \"keep\"\nnearly = \"keep\"\n";

fn index(place: &Workplace, dataset: &str) -> Index {
    Index::read(&place.path(&format!("{dataset}/index.json"))).unwrap()
}

/// How often each rule that the text is part of counted, with its example.
fn dropped(index: &Index, rule: &str) -> (u64, String) {
    let found = index.corpora[0].dropped.iter().find(|(name, _)| name.contains(rule));
    found.map_or((0, String::new()), |(_, tally)| (tally.count, tally.example.clone()))
}

#[test]
fn every_preset_gives_rows_of_its_own_shape_and_its_settings_read_back() {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..4));
    place.write("keep.toml", KEEP_DUPLICATES);
    for (preset, parts, steps, phrases) in [
        ("band", 5, 64, 4),
        ("tutorial", 5, 64, 4),
        ("musegan", 5, 192, 4),
        ("lpd17", 17, 64, 4),
        ("melody", 1, 32, 15),
        ("piano", 1, 64, 4),
    ] {
        place.succeed(&format!(
            "prepare --input midi --output {preset} --preset {preset} --config keep.toml"
        ));
        let index = index(&place, preset);
        let layout = index.layout.layout;
        assert_eq!((layout.parts.names().len(), layout.steps()), (parts, steps), "{preset}");
        assert_eq!(index.phrases, phrases, "{preset}");
        assert_eq!(Dataset::open(&place.path(preset)).unwrap().len(), phrases);
        let settings: Settings = serde_json::from_value(index.config).unwrap();
        assert_eq!(settings.shape().preset, preset);
        let measured = Report::deserialized(&index.report);
        assert!(measured.histograms.iter().any(|histogram| histogram.total() > 0));
    }
}

#[test]
fn configurations_that_make_no_sense_are_refused_before_anything_is_read() {
    let place = Workplace::new();
    for (text, word) in [
        ("striide = \"bar\"", "striide"),
        ("[rules]\nmin_trakcs = 2", "min_trakcs"),
        ("[rules]\nmin_tracks = 6", "5 tracks"),
        ("[rules]\nswing = \"swing it\"", "swing it"),
        ("[rules]\nmax_off_grid = nan", "max_off_grid"),
        ("[rules]\nmax_phrases_per_file = 0", "1 to 65536"),
        ("[layout]\nbars = \"four\"", "expected a number from 0 to 255"),
        ("preset = \"orchestra\"", "orchestra"),
        ("[layout]\nbars = 0", "bars"),
        ("[layout]\nlowest_pitch = 100\npitches = 60", "pitches"),
        ("stride = ", "config.toml"),
    ] {
        place.write("config.toml", text);
        let arguments = "prepare --input nowhere --output data --config config.toml";
        place.fail(arguments, 2, &["config.toml", word]);
    }
    place.fail("prepare --input nowhere --output data --config none.toml", 1, &["none.toml"]);
    place.fail("prepare --input nowhere --output data --shard 5/4", 2, &["1/4"]);
    place.fail("prepare --input nowhere --output data --min-tracks 9", 2, &["min_tracks is 9"]);
}

#[test]
fn flags_win_over_the_configuration_and_it_over_the_preset() {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..4));
    let config = format!("preset = \"piano\"\nstride = \"bar\"\n{KEEP_DUPLICATES}");
    place.write("config.toml", &config);
    place.succeed("prepare --input midi --output data --config config.toml --stride phrase");
    let settings: Settings = serde_json::from_value(index(&place, "data").config).unwrap();
    assert_eq!(settings.shape().preset, "piano");
    assert_eq!(index(&place, "data").phrases, 4);
    place.succeed("prepare --input midi --output band --config config.toml --preset band");
    assert_eq!(index(&place, "band").layout.layout.parts.names().len(), 5);
}

#[test]
fn each_rule_counts_what_it_drops_with_an_example() {
    let place = Workplace::new();
    let note = |onset: usize, length, pitch, track| {
        let (onset, pitch) = (Step::new(onset).unwrap(), Pitch::new(pitch).unwrap());
        (track, Note::new(onset, length, pitch, Velocity::DEFAULT))
    };
    let write = |name: &str, song: &Song| {
        place.write(&format!("midi/{name}.mid"), midi::write(song).unwrap());
    };
    let melody = |step| note(step, 2, 60 + (step % 12) as u8, Track::Piano);
    let piano = Phrase::new((0..64).step_by(4).map(melody));

    write("sparse", &Song::of_phrases(&[Phrase::new([melody(0)])], 120.0));
    let cluster = (0..64).flat_map(|step| (40..80).map(move |pitch| (step, pitch)));
    let cluster = cluster.map(|(step, pitch)| note(step, 1, pitch, Track::Piano));
    write("dense", &Song::of_phrases(&[Phrase::new(cluster)], 120.0));
    let mut waltz = Song::of_phrases(&[piano.clone(), piano.clone()], 120.0);
    waltz.metres[0].count = 3;
    write("waltz", &waltz);
    let mut stuck = Song::of_phrases(std::slice::from_ref(&piano), 120.0);
    let mut hour = stuck.parts[1].notes[0];
    (hour.length, hour.pitch) = (480 * 7200, Pitch::new(90).unwrap());
    stuck.parts[1].notes.push(hour);
    write("stuck", &stuck);
    let mut silent = Song::of_phrases(std::slice::from_ref(&piano), 120.0);
    silent.parts.clear();
    write("silent", &silent);
    let mut free = Song::of_phrases(&[piano.clone(), piano.clone()], 120.0);
    for (number, note) in (0u64..).zip(free.parts[1].notes.iter_mut()) {
        note.onset += number * 7919 % 113;
    }
    write("free", &free);
    let mut triplets = Song::of_phrases(&[piano], 120.0);
    let pitch = Pitch::new(61).unwrap();
    let third = |number: u64| musegan_score::SongNote {
        onset: number * 160,
        length: 160,
        pitch,
        velocity: Velocity::DEFAULT,
    };
    triplets.parts[1].notes = (0..48).map(third).collect();
    write("triplets", &triplets);

    place.write("midi/good.mid", mid(0..2));
    let outcome = place.succeed("prepare --input midi --output data");
    let index = index(&place, "data");
    for (rule, file) in [
        ("too few notes", "sparse"),
        ("implausibly many", "dense"),
        ("without a bar of 4/4", "waltz"),
        ("never released", "stuck"),
        ("without a note", "silent"),
        ("off the grid", "free"),
        ("triplets", "triplets"),
    ] {
        let (count, example) = dropped(&index, rule);
        assert!(count > 0 && example == format!("{file}.mid"), "{rule}: {count} {example}");
        assert!(outcome.stdout.contains(&format!("such as midi/{file}.mid")), "{file}");
    }
    // Two good ones, and what is left of the one with a stuck note.
    assert_eq!(index.phrases, 3);

    place.succeed("prepare --input midi --output few --min-tracks 3");
    assert_eq!(self::index(&place, "few").phrases, 2);
}

#[test]
fn swing_is_straightened_and_counted_or_left_as_it_is() {
    let place = Workplace::new();
    let notes = (0..64u8).step_by(2).map(|step| {
        let (onset, pitch) = (Step::new(step.into()).unwrap(), Pitch::new(48 + step / 2).unwrap());
        (Track::Piano, Note::new(onset, 1, pitch, Velocity::DEFAULT))
    });
    let straight = Phrase::new(notes);
    let mut swung = Song::of_phrases(&[straight.clone(), straight.clone()], 120.0);
    for note in &mut swung.parts[1].notes {
        // The second of two eighths comes at two thirds of the beat.
        note.onset += if note.onset % 480 == 240 { 80 } else { 0 };
    }
    place.write("midi/swung.mid", midi::write(&swung).unwrap());
    place.write("keep.toml", KEEP_DUPLICATES);
    place.succeed("prepare --input midi --output straight --config keep.toml");
    assert_eq!(dropped(&index(&place, "straight"), "straightened").0, 2);
    let onsets = |phrase: &Phrase| -> Vec<_> {
        phrase.track(Track::Piano).iter().map(|note| note.onset()).collect()
    };
    let found = Dataset::open(&place.path("straight")).unwrap().phrase(0);
    assert_eq!(onsets(&found), onsets(&straight));

    place.write("midi/good.mid", mid(0..1));
    place.write("drop.toml", "[rules]\nswing = \"drop\"\n");
    place.succeed("prepare --input midi --output dropped --config drop.toml");
    let index = index(&place, "dropped");
    assert_eq!((dropped(&index, "that swing").0, index.phrases), (2, 1));
}

#[test]
fn keys_and_chords_are_those_that_are_annotated_or_those_that_are_heard() {
    let place = Workplace::new();
    let chord = |bar: usize, pitches: [u8; 3]| {
        pitches.map(|pitch| {
            let (onset, pitch) = (Step::new(bar * 16).unwrap(), Pitch::new(pitch).unwrap());
            (Track::Piano, Note::new(onset, 16, pitch, Velocity::DEFAULT))
        })
    };
    let bars = [[60, 64, 67], [65, 69, 72], [67, 71, 74], [60, 64, 67]];
    let notes = (0..4).flat_map(|bar| chord(bar, bars[bar]));
    let mut song = Song::of_phrases(&[Phrase::new(notes)], 120.0);
    place.write("heard/song.mid", midi::write(&song).unwrap());
    let marker = |tick, text: &str| musegan_score::song::Marker { tick, text: text.into() };
    // The second is a little late for its beat, as annotated seconds are.
    song.markers = vec![marker(0, "verse"), marker(0, "A:min7"), marker(990, "D:7")];
    place.write("written/song.mid", midi::write(&song).unwrap());
    for folder in ["heard", "written"] {
        place.succeed(&format!("prepare --input {folder} --output {folder}.data"));
    }
    let chords = |folder: &str| -> Vec<String> {
        let dataset = Dataset::open(&place.path(&format!("{folder}.data"))).unwrap();
        let labels = dataset.labels(0);
        assert_eq!(labels.key.map(|key| key.to_string()).as_deref(), Some("C major"));
        let chords = labels.chords.iter();
        chords.map(|chord| chord.map_or("none".into(), |chord| chord.to_string())).collect()
    };
    assert_eq!(chords("heard")[..6], ["C:maj", "C:maj", "C:maj", "C:maj", "F:maj", "F:maj"]);
    assert_eq!(chords("written")[..4], ["A:min7", "A:min7", "D:7", "D:7"]);
    let sections = |folder: &str| {
        let mut sections = Vec::new();
        let dataset = Dataset::open(&place.path(&format!("{folder}.data"))).unwrap();
        dataset.for_each_file(|entry| sections.extend(entry.sections)).unwrap();
        sections
    };
    assert_eq!(sections("written"), [("verse".to_owned(), 1)]);
    assert_eq!(sections("heard"), []);
}
