//! Another take of a track, and a lock: whether the other tracks are left alone, bit for bit.

use musegan_model::band::Player;
use musegan_score::{Composition, Phrase, Take, Track};

use super::{Goal, Row, played, song};

/// Songs that it is tried in.
const SONGS: u64 = 60;

/// Regenerates and locks every track of some songs.
pub(super) fn measure(player: &Player) -> Vec<Row> {
    let cases = || (0..SONGS).flat_map(|seed| Track::ALL.map(|track| (seed, track)));
    let places = |take: fn(u64) -> (u64, Take)| -> Vec<(Composition, i64)> {
        let place = |(seed, track): (u64, Track)| {
            let (of, take) = take(seed);
            let composition = song(of);
            (Composition { takes: composition.takes.with(track, take), ..composition }, index(seed))
        };
        cases().map(place).collect()
    };
    let own = played(player, &places(|seed| (seed, Take::default())));
    let anew = played(player, &places(|seed| (seed, Take { number: 1, locked: None })));
    let locked =
        played(player, &places(|seed| (seed + 1000, Take { number: 0, locked: Some(seed) })));
    let there = played(player, &places(|seed| (seed, Take { number: 0, locked: Some(seed) })));
    let share = |holds: &dyn Fn((usize, Track)) -> bool| {
        let all = cases().map(|(_, track)| track).enumerate();
        let (count, kept) = all.fold((0, 0), |(n, k), case| (n + 1, k + usize::from(holds(case))));
        Some(kept as f64 / f64::from(count))
    };
    let alike = |one: &Phrase, other: &Phrase, track: Track| one.track(track) == other.track(track);
    let others_stay = share(&|(case, track)| {
        let mut others = Track::ALL.into_iter().filter(|other| *other != track);
        others.all(|other| alike(&own[case], &anew[case], other))
    });
    let changes = share(&|(case, track)| {
        own[case].track(track).is_empty() || !alike(&own[case], &anew[case], track)
    });
    let part_stays = share(&|(case, track)| alike(&own[case], &locked[case], track));
    let stays_there = share(&|(case, _)| own[case] == there[case]);
    let name = "regenerate and lock";
    let whole = Goal::AtLeast(1.0);
    vec![
        Row::new(name, "another take: the other tracks stay, bit for bit", others_stay)
            .asked(whole),
        Row::new(name, "another take: the track changes", changes).asked(Goal::AtLeast(0.95)),
        Row::new(name, "lock: the part stays in another song, bit for bit", part_stays)
            .asked(whole),
        Row::new(name, "lock: in its own song nothing changes", stays_there).asked(whole),
    ]
}

/// Which phrase of a song is looked at.
fn index(seed: u64) -> i64 {
    (seed % 4) as i64
}
