//! Accompaniment: whether the other tracks fit a given one, by their tonal distances.

use musegan_model::band::Player;
use musegan_model::sampling::sounding;
use musegan_score::{Phrase, Track};
use rayon::prelude::*;

use super::real::{Real, RealPhrase};
use super::{Goal, Row, song};
use crate::evaluate::sounding::{Sounding, mean};
use crate::evaluate::{Measure, measures};

/// Gives the band each track of real phrases in turn.
pub(super) fn measure(player: &Player, real: &Real<'_>) -> Vec<Row> {
    Track::ALL.into_iter().map(|track| of_track(player, real, track)).collect()
}

fn of_track(player: &Player, real: &Real<'_>, given: Track) -> Row {
    let plays = |real: &RealPhrase| !real.phrase.track(given).is_empty();
    let real: Vec<_> = real.phrases(plays).into_iter().map(|real| real.phrase).collect();
    let tracks = Track::ALL.map(|track| track == given);
    let accompany = |player: &mut Player, (seed, phrase): (u64, &Phrase)| {
        let place = (&song(seed), 0);
        player
            .accompany(phrase, tracks, None, place)
            .map_or_else(|_| Phrase::default(), |p| sounding(&p))
    };
    let numbered: Vec<_> = (0..).zip(&real).collect();
    let played: Vec<_> = numbered.into_par_iter().map_init(|| player.clone(), accompany).collect();
    let distances = of_pairs_with(given);
    let of = |phrases: &[Phrase]| {
        let all = phrases.iter().flat_map(|phrase| {
            let sounding = Sounding::of(phrase);
            distances
                .iter()
                .filter_map(move |measure| measure.of(phrase, &sounding))
                .collect::<Vec<_>>()
        });
        mean(all)
    };
    let what = match given.is_drums() {
        true => "drums given: tonal distance of the others".into(),
        false => format!("{} given: tonal distance to it", given.name().to_lowercase()),
    };
    Row::new("accompany", what, of(&played)).beside(of(&real)).asked(Goal::NearShare(0.05))
}

/// The distances of the pairs that a track is one of; drums have none, and leave all.
fn of_pairs_with(track: Track) -> Vec<Measure> {
    let name = track.name().to_lowercase();
    let pair = |measure: &Measure| measure.name.strip_prefix("tonal distance ");
    let has = |measure: &Measure| {
        pair(measure).is_some_and(|pair| track.is_drums() || pair.split('-').any(|one| one == name))
    };
    measures().into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_has_three_others_to_be_near_to() {
        for track in Track::ALL {
            assert_eq!(of_pairs_with(track).len(), if track.is_drums() { 6 } else { 3 });
        }
    }
}
