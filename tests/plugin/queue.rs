//! Hosts whose queue takes few events. Ons may be lost, offs only wait: every note that the host
//! was told of ends, and no key is struck while it sounds.
use crate::hosted::{FORMATS, deck, finish, id, played};

#[test]
fn however_few_events_the_host_takes_every_note_it_took_is_ended() {
    for format in FORMATS {
        for limit in [1, 2, 3, 5] {
            let mut deck = deck(format);
            deck.host().set_parameter(id("density"), 1.0).unwrap();
            deck.queue_limit(Some(limit));
            deck.play_beats(16.0).unwrap();
            // As many standing blocks as the offs that are owed need.
            for _ in 0..400 {
                deck.stop().unwrap();
            }
            assert_eq!(deck.ledger().sounding(), 0, "{format:?} with room for {limit}");
            let recording = finish(deck);
            assert!(recording.ons() > 0, "{format:?} with room for {limit}");
        }
    }
}

#[test]
fn a_queue_that_has_room_again_gets_the_music_as_ever() {
    for format in FORMATS {
        let whole = played(deck(format), 16.0);
        let mut deck = deck(format);
        deck.queue_limit(Some(0));
        deck.play_beats(8.0).unwrap();
        deck.queue_limit(None);
        deck.play_beats(8.0).unwrap();
        deck.stop().unwrap();
        let recording = finish(deck);
        let (heard, all) = (
            crate::hosted::onsets(&recording, 8.0, 16.0),
            crate::hosted::onsets(&whole, 8.0, 16.0),
        );
        crate::hosted::assert_same(&heard, &all, &format!("{format:?}"));
        assert_eq!(crate::hosted::onsets(&recording, 0.0, 8.0), []);
    }
}
