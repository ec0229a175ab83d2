//! The model `band` at play: what its controls change, and what they leave alone.
#![allow(clippy::unwrap_used)]

use musegan_model::band::Dimensions;
use musegan_model::device::{Choice, Devices};
use musegan_model::{Band, Device, Weights};
use musegan_score::{Composition, Form, Phrase, Take, Track};

fn weights() -> Weights {
    let small = Dimensions { hidden: 64, width: 32, step: 16, ..Dimensions::BAND };
    Weights::untrained(small, 64, 1).unwrap()
}

fn band() -> Band {
    Band::new(&weights(), Device::Cpu)
}

fn song(seed: u64) -> Composition {
    Composition { seed, ..Composition::default() }
}

fn with_take(song: Composition, track: Track, number: u16, locked: Option<u64>) -> Composition {
    Composition { takes: song.takes.with(track, Take { number, locked }), ..song }
}

fn changed(one: &Phrase, other: &Phrase) -> Vec<Track> {
    Track::ALL.into_iter().filter(|track| one.track(*track) != other.track(*track)).collect()
}

#[test]
fn phrases_come_out_the_same_in_any_order_and_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("band.safetensors");
    weights().write(&path).unwrap();
    let mut from_file = Band::new(&Weights::read(&path).unwrap(), Device::Cpu);
    let mut band = band();
    let forwards: Vec<_> = (-2..6).map(|index| band.phrase(&song(7), index)).collect();
    let mut backwards: Vec<_> =
        (-2..6).rev().map(|index| from_file.phrase(&song(7), index)).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    assert!(forwards.iter().all(|phrase| !phrase.is_empty()));
    assert_ne!(forwards[2], forwards[3]);
}

#[test]
fn the_band_that_ships_takes_less_than_twelve_megabytes() {
    let weights = Weights::untrained(Dimensions::BAND, 4096, 0).unwrap();
    assert!(weights.to_bytes().len() < 12_000_000, "{}", weights.to_bytes().len());
}

#[test]
fn another_take_of_a_track_changes_that_track_alone() {
    let mut band = band();
    for track in Track::ALL {
        let own = band.phrase(&song(3), 1);
        if own.track(track).is_empty() {
            continue;
        }
        let second = with_take(song(3), track, 1, None);
        assert_eq!(changed(&own, &band.phrase(&second, 1)), [track]);
        let other = if track == Track::Bass { Track::Piano } else { Track::Bass };
        let both = with_take(second, other, 4, None);
        assert_eq!(band.phrase(&both, 1).track(track), band.phrase(&second, 1).track(track));
    }
}

#[test]
fn a_locked_track_plays_its_songs_part_whatever_the_seed() {
    let mut band = band();
    let of_five = band.phrase(&song(5), 2);
    for seed in [8, 9] {
        let locked = band.phrase(&with_take(song(seed), Track::Piano, 0, Some(5)), 2);
        assert_eq!(locked.track(Track::Piano), of_five.track(Track::Piano));
        assert_eq!(locked.chords(), of_five.chords(), "the others play its chords");
        assert_ne!(locked.track(Track::Bass), of_five.track(Track::Bass));
    }
    let take = with_take(song(5), Track::Piano, 3, None);
    let locked = with_take(song(8), Track::Piano, 3, Some(5));
    let (take, locked) = (band.phrase(&take, 2), band.phrase(&locked, 2));
    assert_eq!(take.track(Track::Piano), locked.track(Track::Piano));
}

#[test]
fn to_lock_a_track_where_it_is_changes_nothing() {
    let mut band = band();
    let locked = with_take(song(5), Track::Drums, 0, Some(5));
    assert_eq!(band.phrase(&locked, 0), band.phrase(&song(5), 0));
    let itself = |song| Composition { morph: 0.5, morph_seed: 5, fill_every_bars: 4, ..song };
    assert_eq!(band.phrase(&itself(locked), 0), band.phrase(&itself(song(5)), 0));
}

#[test]
fn a_temperature_beyond_the_highest_counts_as_the_highest() {
    let mut band = band();
    let at = |temperature| Composition { temperature, ..song(2) };
    let hottest = band.phrase(&at(2.0), 0);
    assert!(!hottest.is_empty());
    for temperature in [2.5, 1e30, f32::MAX] {
        assert_eq!(band.phrase(&at(temperature), 0), hottest, "{temperature}");
    }
    assert_ne!(band.phrase(&at(1.9), 0), hottest);
}

#[test]
fn a_cold_song_has_plainer_chords_of_its_key_and_given_ones_stay() {
    let mut band = band();
    let chords = |band: &mut Band, temperature: f32| {
        let of = |seed| *band.phrase(&Composition { temperature, ..song(seed) }, 0).chords();
        (0..8).map(of).collect::<Vec<_>>()
    };
    let own = chords(&mut band, 1.0);
    let kept = |others: Vec<[_; 16]>| own.iter().zip(&others).filter(|(a, b)| a == b).count();
    assert_eq!(kept(chords(&mut band, 0.95)), 8);
    let [warm, cold] = [0.8, 0.0].map(|temperature| kept(chords(&mut band, temperature)));
    assert!(cold <= warm && cold < 8, "{warm} {cold}");
    let progression = "C | F".parse().unwrap();
    let told = Composition { progression, temperature: 0.0, ..song(1) };
    assert_eq!(*band.phrase(&told, 0).chords(), progression.of_phrase(0).unwrap());
}

#[test]
fn the_band_says_which_chords_it_plays_and_plays_those_that_are_given() {
    let mut band = band();
    assert!(band.phrase(&song(1), 0).chords().iter().all(Option::is_some));
    let progression = "C | Am7 F | Dm7 | G7 . . E7 | Am".parse().unwrap();
    let given = Composition { progression, ..song(1) };
    assert_eq!(*band.phrase(&given, 0).chords(), given.progression.of_phrase(0).unwrap());
    let second = band.phrase(&given, 1);
    assert_eq!(second.chords()[0], "Am".parse().ok(), "the fifth bar");
    assert_eq!(second.chords()[4], "C".parse().ok(), "and from the beginning again");
}

#[test]
fn a_song_keeps_its_key_and_a_section_its_chords() {
    let mut band = band();
    let composition = Composition { form: Form::Aaba, section_bars: 4, ..song(11) };
    let phrases: Vec<_> = (0..8).map(|index| band.phrase(&composition, index)).collect();
    assert_eq!(phrases[0].chords(), phrases[1].chords());
    assert_ne!(phrases[0].chords(), phrases[2].chords());
    assert_ne!(phrases[0], phrases[1], "varied as it comes again");
    for (seed, temperature) in [(11, 1.0), (11, 0.4), (12, 0.4), (13, 1.4)] {
        let same = Composition { seed, temperature, variation: 0.0, ..composition };
        assert_eq!(band.phrase(&same, 0), band.phrase(&same, 4), "{seed} at {temperature}");
    }
}

#[test]
fn a_song_that_has_morphed_all_the_way_is_the_other() {
    let mut band = band();
    for (index, temperature) in [(0, 1.0), (3, 1.0), (0, 0.4), (3, 1.6)] {
        let song = |seed| Composition { temperature, ..song(seed) };
        let morphed = |morph| Composition { morph, morph_seed: 9, ..song(4) };
        assert_eq!(band.phrase(&morphed(0.0), index), band.phrase(&song(4), index));
        let there = band.phrase(&morphed(1.0), index);
        assert_eq!(there, band.phrase(&song(9), index));
        let half = band.phrase(&morphed(0.5), index);
        assert!(half != band.phrase(&song(4), index) && half != there);
    }
}

#[test]
fn a_fill_changes_the_drums_of_its_bars_alone() {
    let mut band = band();
    let filled = Composition { fill_every_bars: 4, ..song(6) };
    let (plain, filled) = (band.phrase(&song(6), 0), band.phrase(&filled, 0));
    assert_eq!(changed(&plain, &filled), [Track::Drums]);
    let before = |phrase: &Phrase| {
        phrase.track(Track::Drums).iter().filter(|n| n.onset().index() < 56).copied().collect()
    };
    let (plain_before, filled_before): (Vec<_>, Vec<_>) = (before(&plain), before(&filled));
    assert_eq!(plain_before, filled_before);
    assert_eq!(plain.chords(), filled.chords());
}

#[test]
fn no_control_that_is_no_number_stops_the_band() {
    let mut band = band();
    for number in [f32::NAN, f32::INFINITY, -1.0, 1e30] {
        let odd = Composition { temperature: number, morph: number, variation: number, ..song(1) };
        for index in [i64::MIN, -1, i64::MAX] {
            let phrase = band.phrase(&odd, index);
            assert!(phrase.notes().all(|(_, note)| note.strength() > 0.0));
        }
    }
}

#[test]
fn it_plays_on_the_cpu_alone_and_says_so() {
    let mut band = band();
    let playing = band.choose(&Devices::new(Choice::Auto)).to_string();
    assert!(playing.starts_with("CPU: the model \"band\" plays on the CPU alone"), "{playing}");
    assert!(band.choose(&Devices::new(Choice::Cpu)).is_cpu());
}
