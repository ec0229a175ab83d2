//! Whether weights heed what they are asked for: those of the tutorial know neither chords nor takes.
use musegan_engine::Status;
use musegan_score::{Phrase, Takes};

/// Whether a phrase knows nothing of what it was asked to follow: chords that are written, takes
/// and locks. Of a phrase that was asked for no chord on any beat that cannot be said.
pub(crate) fn is_ignored(status: &Status, phrase: &Phrase) -> bool {
    let composition = &status.key.composition;
    let asked = composition.progression.of_phrase(status.key.index);
    let knows_none = phrase.chords().iter().all(Option::is_none);
    knows_none
        && match asked {
            Some(chords) => chords.iter().any(Option::is_some),
            None => composition.takes != Takes::default(),
        }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::state::Stage;
    use musegan_score::{Progression, Take, Track};

    #[test]
    fn weights_are_said_to_know_no_chords_only_where_they_were_asked_for_some() {
        let mut status = Stage::default().status();
        let deaf = Phrase::default();
        assert!(!is_ignored(&status, &deaf), "nothing was asked");
        status.key.composition.progression = "N.C. | % | % | % | C | % | % | %".parse().unwrap();
        assert!(!is_ignored(&status, &deaf), "no chord is what was asked");
        status.key.index = 1;
        assert!(is_ignored(&status, &deaf));
        let chords = status.key.composition.progression.of_phrase(1).unwrap();
        assert!(!is_ignored(&status, &deaf.with_chords(chords)));
        status.key.composition.progression = Progression::EMPTY;
        let take = Take { number: 1, locked: None };
        status.key.composition.takes = Takes::default().with(Track::Bass, take);
        assert!(is_ignored(&status, &Phrase::default()));
    }
}
