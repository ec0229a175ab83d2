//! Bars follow the host's bar line. What a bar of another length plays is told from what the band
//! plays in 4/4, whose bars are the network's own.
use musegan_host::{Announce, Deck, Format, Recording};

use crate::hosted::{FORMATS, Onset, assert_same, deck, finish, onsets, played, step};

/// The onsets of a bar: (step in the bar, channel, key, velocity).
fn bar(recording: &Recording, from: f64, steps: i64) -> Vec<Onset> {
    let onsets = onsets(recording, from, from + steps as f64 / 4.0).into_iter();
    onsets.map(|onset| (onset.0 - (from * 4.0) as i64, onset.1, onset.2, onset.3)).collect()
}

/// What a bar of so many steps plays of a bar in 4/4.
fn fitted(common: &[Onset], steps: i64) -> Vec<Onset> {
    let source = |step: i64| if step < 16 { step } else { (step - steps).rem_euclid(16) };
    let at = |step: i64| {
        let onsets = common.iter().filter(move |onset| onset.0 == source(step));
        onsets.map(move |onset| (step, onset.1, onset.2, onset.3))
    };
    (0..steps).flat_map(at).collect()
}

fn in_common_time() -> Recording {
    played(deck(Format::Clap), 64.0)
}

fn written(format: Format, meters: &[(f64, u16, u16)], announce: Announce) -> Deck {
    let mut deck = deck(format);
    deck.announce(announce);
    for &(beats, numerator, denominator) in meters {
        deck.write_meter(beats, numerator, denominator);
    }
    deck
}

#[test]
fn a_bar_of_any_metre_plays_the_networks_bar_cut_or_its_end_again() {
    let common = in_common_time();
    for format in FORMATS {
        for (numerator, denominator) in [(7, 8), (3, 4), (5, 4), (12, 8), (1, 4), (15, 16), (2, 2)]
        {
            let steps = i64::from(16 * numerator / denominator);
            let beats = steps as f64 / 4.0;
            let song = written(format, &[(0.0, numerator, denominator)], Announce::Split);
            let song = played(song, 6.0 * beats);
            for index in 0..6 {
                let expected = fitted(&bar(&common, f64::from(index) * 4.0, 16), steps);
                let heard = bar(&song, f64::from(index) * beats, steps);
                let label = format!("{format:?}: bar {index} of {numerator}/{denominator}");
                assert_same(&heard, &expected, &label);
            }
        }
    }
}

#[test]
fn a_song_that_changes_its_metre_plays_the_bars_that_the_new_metre_counts() {
    let common = in_common_time();
    // Four bars of 4/4 are 16 beats, which is bar 5 if all had been 7/8; two of those end at 23,
    // which is bar 8 in 3/4.
    let meters = [(16.0, 7, 8), (23.0, 3, 4)];
    for (format, announce) in [
        (Format::Clap, Announce::Split),
        (Format::Clap, Announce::Event),
        (Format::Vst3, Announce::Split),
    ] {
        let song = played(written(format, &meters, announce), 35.0);
        let bars = [(12.0, 3, 16), (16.0, 5, 14), (19.5, 6, 14), (23.0, 8, 12), (26.0, 9, 12)];
        for (from, index, steps) in bars {
            let expected = fitted(&bar(&common, f64::from(index) * 4.0, 16), steps);
            let label = format!("{format:?} {announce:?}: the bar at beat {from}");
            assert_same(&bar(&song, from, steps), &expected, &label);
        }
        assert!(song.notes.iter().all(|note| note.start_beats >= 16.0 || note.end_beats <= 16.0));
    }
}

#[test]
fn seeking_into_a_song_of_many_metres_gives_what_playing_there_gives() {
    let meters = [(8.0, 7, 8), (15.0, 5, 4), (25.0, 4, 4), (33.0, 6, 8)];
    for format in FORMATS {
        let through = played(written(format, &meters, Announce::Split), 45.0);
        for from in [15.0, 20.0, 25.0, 29.0, 36.0] {
            let mut sought = written(format, &meters, Announce::Split);
            sought.seek(from);
            sought.play_to(45.0).unwrap();
            sought.stop().unwrap();
            let sought = finish(sought);
            let label = format!("{format:?} from beat {from}");
            assert_same(&onsets(&sought, from, 45.0), &onsets(&through, from, 45.0), &label);
        }
    }
}

#[test]
fn a_host_that_tells_a_new_metre_a_block_late_is_followed_from_then_on() {
    let meters = [(16.1, 7, 8)];
    for format in FORMATS {
        let told = played(written(format, &meters, Announce::Split), 30.0);
        let late = played(written(format, &meters, Announce::NextBlock), 30.0);
        assert_same(
            &onsets(&late, 16.25, 30.0),
            &onsets(&told, 16.25, 30.0),
            &format!("{format:?}"),
        );
        assert!(!onsets(&late, 16.25, 30.0).is_empty());
        assert!(
            late.events.iter().all(|event| (event.at_beats * 4.0 - step(event) as f64).abs() < 0.5)
        );
    }
}

#[test]
fn a_host_that_names_no_bar_line_has_bars_counted_from_the_songs_start() {
    let common = in_common_time();
    for format in FORMATS {
        let mut deck = written(format, &[(0.0, 3, 4)], Announce::Split);
        deck.retell(|told| Some(musegan_host::Transport { bar_start_beats: None, ..told }));
        let song = played(deck, 12.0);
        for index in 0..4 {
            let expected = fitted(&bar(&common, f64::from(index) * 4.0, 16), 12);
            let heard = bar(&song, f64::from(index) * 3.0, 12);
            assert_same(&heard, &expected, &format!("{format:?}: bar {index}"));
        }
    }
}
