//! Instances share nothing: five with one seed, each sending one track, are one band.
use musegan_host::{Deck, Event, Format};

use crate::hosted::{FORMATS, assert_same, deck, finish, id, played, value};

/// Everything that could make instances differ.
fn set_up(deck: &mut Deck) {
    let settings = [
        ("seed", value::seed(11)),
        ("form", value::form(2)),
        ("section", 0.0),
        ("variation", 0.4),
        ("fill", 0.5),
        ("morph", 0.3),
        ("morph_to", value::seed(5)),
        ("swing", 0.6),
        ("humanise", 1.0),
        ("key", value::key(4)),
        ("density", 0.6),
    ];
    for (name, to) in settings {
        deck.host().set_parameter(id(name), to).unwrap();
    }
}

fn stream<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<(u64, u8, u8, bool, u8)> {
    let events = events.into_iter();
    let mut stream: Vec<_> =
        events.map(|e| (e.at_sample, e.channel, e.key, e.velocity > 0, e.velocity)).collect();
    stream.sort_unstable();
    stream
}

#[test]
fn five_instances_that_send_one_track_each_are_one_that_sends_five_event_for_event() {
    for format in FORMATS {
        let mut whole = deck(format);
        set_up(&mut whole);
        let whole = played(whole, 64.0);
        // Side by side, in turns, as tracks of one project; one of them in the other format.
        let mut tracks: Vec<Deck> = (0..5u8)
            .map(|track| {
                let mut deck = deck(if track == 2 { Format::Vst3 } else { format });
                set_up(&mut deck);
                deck.host().set_parameter(id("output"), value::output(track + 1)).unwrap();
                deck
            })
            .collect();
        for _ in 0..64 {
            tracks.iter_mut().for_each(|track| track.play_beats(1.0).unwrap());
        }
        tracks.iter_mut().for_each(|track| track.stop().unwrap());
        let tracks: Vec<_> = tracks.into_iter().map(finish).collect();
        let together = stream(tracks.iter().flat_map(|track| &track.events));
        assert!(together.len() > 500);
        assert_same(&together, &stream(&whole.events), &format!("{format:?}"));
    }
}
