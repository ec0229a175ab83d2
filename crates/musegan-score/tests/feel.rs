//! What is measured of a song's timing, and swing taken out of it.
#![allow(clippy::unwrap_used)]
use musegan_score::beats::Beats;
use musegan_score::layout::PlacedNote;
use musegan_score::quantise::{Feel, GridFit, Losses, Performance, Straightening, Stride, Swung};
use musegan_score::{Layout, Part, Pitch, Song, SongNote, Velocity};
use proptest::prelude::*;

const BEAT: u64 = 480;

/// A part with a note at each of these places, in beats.
fn part(places: impl IntoIterator<Item = f64>) -> Part {
    let note = |place: f64| SongNote {
        onset: (place * BEAT as f64).round() as u64,
        length: 60,
        pitch: Pitch::new(60).unwrap(),
        velocity: Velocity::DEFAULT,
    };
    let mut notes: Vec<_> = places.into_iter().map(note).collect();
    notes.sort_by_key(|note| note.onset);
    notes.dedup_by_key(|note| note.onset);
    Part { name: None, channel: 0, program: None, is_drums: false, notes }
}

fn song(places: impl IntoIterator<Item = f64>) -> Song {
    Song { parts: vec![part(places)], ..Song::silent(120.0) }
}

/// These places in each of 32 beats.
fn every_beat(places: &[f64]) -> impl Iterator<Item = f64> {
    (0..32).flat_map(move |beat| places.iter().map(move |place| f64::from(beat) + place))
}

fn performance(song: &Song) -> Performance {
    let assignment = vec![Some(1); song.parts.len()];
    Performance::new(song, &Beats::of_metres(song), &assignment, Layout::BAND)
}

fn fit(places: impl IntoIterator<Item = f64>) -> GridFit {
    performance(&song(places)).fit()
}

fn cut(song: &Song, straightening: Option<Straightening>) -> (Vec<Vec<PlacedNote>>, Losses) {
    let cuts = performance(song).cuts(Stride::Phrase, straightening);
    let losses = cuts.losses();
    (cuts.map(|cut| cut.notes).collect(), losses)
}

#[test]
fn triplet_swing_is_straightened_to_exact_eighths() {
    let swung = song(every_beat(&[0.0, 2.0 / 3.0]));
    let feel = performance(&swung).fit().feel();
    let Feel::Swung(Swung::Eighths, ratio) = feel else { panic!("{feel:?}") };
    assert!((ratio - 2.0).abs() < 1e-3, "{ratio}");
    let (notes, losses) = cut(&swung, feel.straightening());
    assert_eq!(losses.off_grid, 0);
    assert_eq!(notes, cut(&song(every_beat(&[0.0, 0.5])), None).0);
    assert_ne!(notes, cut(&swung, None).0);
}

#[test]
fn swung_sixteenths_are_straightened_and_eighths_between_them_stay() {
    let swung = song(every_beat(&[0.0, 0.3, 0.5, 0.8]));
    let feel = performance(&swung).fit().feel();
    assert!(matches!(feel, Feel::Swung(Swung::Sixteenths, _)), "{feel:?}");
    let (notes, losses) = cut(&swung, feel.straightening());
    assert_eq!(losses.off_grid, 0);
    assert_eq!(notes, cut(&song(every_beat(&[0.0, 0.25, 0.5, 0.75])), None).0);
}

#[test]
fn notes_between_swung_ones_move_in_proportion_and_early_ones_stay_with_their_beat() {
    let swing = Some(Straightening { swung: Swung::Eighths, ratio: 2.0 });
    let (notes, _) = cut(&song([0.0, 1.0 / 3.0, 2.0 / 3.0, 5.0 / 6.0, 1.9]), swing);
    let onsets: Vec<_> = notes[0].iter().map(|note| note.onset).collect();
    assert_eq!(onsets, [0, 1, 2, 3, 8]);
}

#[test]
fn straight_music_of_every_density_is_straight() {
    let rhythms: [&[f64]; 6] = [
        &[0.0],
        &[0.0, 0.5],
        &[0.0, 0.25, 0.5, 0.75],
        &[0.0, 0.75],
        &[0.25, 0.5, 0.75],
        &[0.0, 0.5, 0.75],
    ];
    for rhythm in rhythms {
        let fit = fit(every_beat(rhythm));
        assert_eq!((fit.feel(), fit.off_grid), (Feel::Straight, 0.0), "{rhythm:?}");
    }
}

#[test]
fn flams_grace_notes_and_late_drummers_are_not_swing() {
    // A flam before each eighth, a grace note behind it, everything a fiftieth of a beat late.
    let flams = every_beat(&[-0.03, 0.0, 0.47, 0.5]).map(|place| place + 1.02);
    assert_eq!(fit(flams).feel(), Feel::Straight);
    // Each eighth between the beats a fortieth of a beat late, each sixteenth a fiftieth.
    assert_eq!(fit(every_beat(&[0.0, 0.27, 0.525, 0.77])).feel(), Feel::Straight);
    assert_eq!(fit(every_beat(&[0.0, 0.53])).feel(), Feel::Straight);
}

#[test]
fn triplets_are_neither_swing_nor_straight() {
    let triplets = fit(every_beat(&[0.0, 1.0 / 3.0, 2.0 / 3.0]));
    assert_eq!(triplets.feel(), Feel::Triplets);
    assert!((triplets.triplets - 2.0 / 3.0).abs() < 1e-6 && triplets.off_sixteenths > 0.6);
}

#[test]
fn onsets_anywhere_are_free_and_a_few_say_nothing() {
    // The golden section spreads places evenly.
    let anywhere = |notes: i32| (0..notes).map(|i| f64::from(i) * 0.618_033_988_75);
    assert_eq!(fit(anywhere(200)).feel(), Feel::Free);
    assert_eq!(fit(anywhere(10)).feel(), Feel::Straight);
    assert_eq!(fit([]).feel(), Feel::Straight);
}

#[test]
fn a_song_whose_beat_is_elsewhere_is_not_swung() {
    // Straight eighths, a third of a beat off the file's beats.
    let feel = fit(every_beat(&[1.0 / 6.0, 2.0 / 3.0])).feel();
    assert!(!matches!(feel, Feel::Swung(..)), "{feel:?}");
}

#[test]
fn a_delay_of_the_whole_song_is_measured_taken_off_and_does_not_make_it_free() {
    let on_time = song(every_beat(&[1.0, 1.25, 1.5, 1.75]));
    for delay in [0.07, -0.07] {
        let late = song(every_beat(&[1.0, 1.25, 1.5, 1.75]).map(|place| place + delay));
        let fit = performance(&late).fit();
        assert!((f64::from(fit.lateness) - delay).abs() < 0.01, "{}", fit.lateness);
        assert!(fit.off_grid > 0.9 && fit.off_grid_on_time < 0.01);
        assert_eq!(fit.feel(), Feel::Straight);
        let cuts = performance(&late).earlier_by(fit.delay()).cuts(Stride::Phrase, None);
        assert_eq!(cuts.losses().off_grid, 0);
        let notes: Vec<_> = cuts.map(|cut| cut.notes).collect();
        assert_eq!(notes, cut(&on_time, None).0);
    }
    // What is exactly on the grid stays there, whatever else is played.
    let graced = song(every_beat(&[1.0, 1.5]).chain(every_beat(&[0.97]).step_by(16)));
    assert_eq!(performance(&graced).fit().delay(), 0.0);
}

proptest! {
    #[test]
    fn swing_by_any_hand_is_found_and_straightened(
        ratio in 1.45..2.5f64,
        hand in prop::collection::vec(-0.025..0.025f64, 64),
    ) {
        let place = ratio / (1.0 + ratio);
        let places = [0.0, place];
        let played = every_beat(&places).zip(&hand).map(|(at, late)| (at + late).max(0.0));
        let swung = song(played);
        let feel = performance(&swung).fit().feel();
        let Feel::Swung(Swung::Eighths, found) = feel else { panic!("{feel:?} at {ratio}") };
        prop_assert!((f64::from(found) - ratio).abs() < 0.12 * ratio, "{found} at {ratio}");
        let onsets = |notes: Vec<Vec<PlacedNote>>| -> Vec<_> {
            notes.into_iter().flatten().map(|note| note.onset).collect()
        };
        let (straightened, _) = cut(&swung, feel.straightening());
        prop_assert_eq!(onsets(straightened), onsets(cut(&song(every_beat(&[0.0, 0.5])), None).0));
    }

    #[test]
    fn straightening_by_any_number_keeps_every_note_and_the_beats(
        ratio in prop::num::f32::ANY,
        places in prop::collection::vec(0.0..16.0f64, 1..60),
        is_eighths in any::<bool>(),
    ) {
        let swung = if is_eighths { Swung::Eighths } else { Swung::Sixteenths };
        let on_beats = [0.0, 4.0, 15.0];
        let song = song(places.into_iter().chain(on_beats));
        let (notes, losses) = cut(&song, Some(Straightening { swung, ratio }));
        prop_assert_eq!(losses.kept + losses.lost(), losses.notes);
        for beat in on_beats {
            prop_assert!(notes[0].iter().any(|note| f64::from(note.onset) == beat * 4.0));
        }
    }
}
