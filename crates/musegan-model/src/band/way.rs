//! The band on the way from one song's noise to another's.
use musegan_score::{Composition, Phrase, Track};

use super::morphing;
use super::playing::Player;
use super::song::{Plan, Use, parts};
use crate::sampling::Way;

impl Player {
    /// As [`Band::between`](crate::Band::between). On the whole way style and chords
    /// change as in a morph, and noise on the way that is asked for.
    pub(crate) fn between(
        &mut self,
        (from, to): (&Composition, &Composition),
        index: i64,
        (way, share): (Way, f32),
        track: Option<Track>,
    ) -> Phrase {
        let songs = self.songs();
        let (from, to) =
            (songs.plan(from, index, Use::Phrase, 0), songs.plan(to, index, Use::Phrase, 0));
        let moved = on_the_way(&from, &to, (way, share));
        let plan = match track {
            Some(track) => songs.with_track(from, track, &moved),
            None => moved,
        };
        self.played(&plan, None)
    }
}

fn on_the_way(from: &Plan, to: &Plan, (way, share): (Way, f32)) -> Plan {
    // At the ends exactly what is there.
    if share <= 0.0 || share >= 1.0 {
        return if share <= 0.0 { from.clone() } else { to.clone() };
    }
    let mut plan = morphing::between(from, to, share);
    let (mut from, mut to) = (from.noise.clone(), to.noise.clone());
    let ends = parts(&mut from).into_iter().zip(parts(&mut to));
    for (numbers, (from, to)) in parts(&mut plan.noise).into_iter().zip(ends) {
        *numbers = way.between(from, to, share);
    }
    plan
}
