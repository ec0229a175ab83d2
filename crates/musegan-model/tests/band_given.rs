//! Phrases that somebody brings to the model `band`.
#![allow(clippy::unwrap_used)]

use musegan_model::Weights;
use musegan_model::band::given::{NothingThere, harmonies};
use musegan_model::band::{Dimensions, Player};
use musegan_score::{Composition, Note, Phrase, Pitch, Step, Track, Velocity};

fn player() -> Player {
    let small = Dimensions { hidden: 64, width: 32, step: 16, ..Dimensions::BAND };
    Player::new(&Weights::untrained(small, 64, 1).unwrap()).unwrap()
}

fn notes(track: Track, notes: &[(usize, usize, u8)]) -> Vec<(Track, Note)> {
    let note = |&(onset, length, pitch): &(usize, usize, u8)| {
        let (onset, pitch) = (Step::new(onset).unwrap(), Pitch::new(pitch).unwrap());
        (track, Note::new(onset, length, pitch, Velocity::DEFAULT))
    };
    notes.iter().map(note).collect()
}

/// C, A minor, F and G, a bar each, by piano and bass.
fn four_chords() -> Phrase {
    let bars = [[48, 60, 64, 67], [45, 60, 64, 69], [41, 60, 65, 69], [43, 59, 62, 67]];
    let of_bar = |(bar, keys): (usize, [u8; 4])| {
        let chord = keys[1..].iter().map(|&key| (bar * 16, 16, key)).collect::<Vec<_>>();
        [notes(Track::Bass, &[(bar * 16, 16, keys[0])]), notes(Track::Piano, &chord)].concat()
    };
    Phrase::new(bars.into_iter().enumerate().flat_map(of_bar))
}

#[test]
fn a_phrase_is_heard_over_the_chords_that_sound_in_it() {
    let harmony = harmonies(&[Phrase::default(), four_chords()]);
    assert_eq!(harmony[0].chords, [None; 16]);
    let symbols: Vec<_> =
        harmony[1].chords.iter().map(|chord| chord.unwrap().symbol().to_string()).collect();
    assert_eq!([&symbols[0], &symbols[4], &symbols[8], &symbols[15]], ["C", "Am", "F", "G"]);
}

#[test]
fn the_given_tracks_stay_as_they_are_and_the_others_play() {
    let mut player = player();
    let song = Composition::default();
    let given = Track::ALL.map(|track| track == Track::Piano);
    let phrase = player.accompany(&four_chords(), given, None, (&song, 0)).unwrap();
    assert_eq!(phrase.track(Track::Piano), four_chords().track(Track::Piano));
    assert_ne!(phrase.track(Track::Bass), four_chords().track(Track::Bass));
    assert_eq!(phrase.chords()[0].map(|chord| chord.root()), Some(0));
    let other = player.accompany(&four_chords(), given, None, (&song, 1)).unwrap();
    assert_ne!(phrase, other);
    let progression = "D".parse().unwrap();
    let told = Composition { progression, ..song };
    let told = player.accompany(&four_chords(), given, None, (&told, 0)).unwrap();
    assert_eq!(*told.chords(), [progression.chords()[0]; 16]);
}

#[test]
fn a_phrase_that_is_varied_by_nothing_is_what_is_decoded_of_it() {
    let mut player = player();
    let encoded = player.encode(&four_chords(), None).unwrap();
    let decoded = player.decode(&encoded);
    let varied = player.vary(&encoded, 0.0, 1);
    // Sums of latents in another order round differently, and a cell may lie at its threshold.
    let cells = |phrase: &Phrase| -> Vec<_> {
        phrase.notes().map(|(track, note)| (track, note.onset(), note.pitch)).collect()
    };
    let (decoded, varied) = (cells(&decoded), cells(&varied));
    let same = decoded.iter().filter(|cell| varied.contains(cell)).count();
    assert!(same * 50 >= decoded.len() * 49, "{same} of {}", decoded.len());
    assert_eq!(player.vary(&encoded, 0.4, 1), player.vary(&encoded, 0.4, 1));
    assert_ne!(player.vary(&encoded, 0.4, 1), player.vary(&encoded, 0.4, 2));
}

#[test]
fn a_morph_begins_with_one_phrase_and_ends_with_the_other() {
    let mut player = player();
    let drums = Phrase::new(notes(Track::Drums, &[(0, 1, 36), (4, 1, 38), (32, 1, 36)]));
    let (from, to) =
        (player.encode(&four_chords(), None).unwrap(), player.encode(&drums, None).unwrap());
    let way: Vec<_> = (0..=4).map(|step| player.morph(&from, &to, step as f32 / 4.0)).collect();
    let chords = |phrase: &Phrase| *phrase.chords();
    assert_eq!(chords(&way[0]), from.harmony().chords);
    assert_eq!(chords(&way[4]), to.harmony().chords);
    assert_eq!(chords(&way[2])[..8], from.harmony().chords[..8], "the end changes first");
    assert!(way[4].notes().all(|(track, _)| track == Track::Drums), "{:?}", way[4]);
    let even = player.morph_evenly(&from, &to, 7);
    assert_eq!([&even[0], &even[7]], [&way[0], &way[4]]);
    assert_eq!(even.len(), 8);
}

#[test]
fn what_cannot_be_encoded_or_accompanied_says_why() {
    let mut player = player();
    let song = (&Composition::default(), 0);
    assert_eq!(player.encode(&Phrase::default(), None).unwrap_err(), NothingThere::Empty);
    let silent = Track::ALL.map(|track| track == Track::Strings);
    let refused = player.accompany(&four_chords(), silent, None, song).unwrap_err();
    assert_eq!(refused, NothingThere::Silent);
    let all = player.accompany(&four_chords(), [true; 5], None, song).unwrap_err();
    assert_eq!(all, NothingThere::Full);
}
