//! Which phrases of a way a morph in steps plays, so that each step changes about as much.
//!
//! What must stay true: the ends stay; and no other choice has a largest step that changes less.
use musegan_score::grid::{BEATS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::{Note, Phrase, Track};

/// The share of all changes above which neighbours on the way are too far apart.
const PARTS: usize = 16;
/// Phrases on a way that is so fine that nothing is put between them.
const MANY: usize = 1024;
/// How many times as far as the mean step a step goes at most.
const FARTHEST: usize = 8;

/// So many steps from the first of some phrases to the last, by way of some of the others and,
/// where neighbours differ much, of what is one until a beat and the other from there.
pub(in super::super) fn evenly(way: Vec<Phrase>, steps: usize) -> Vec<Phrase> {
    let way = beat_by_beat(way);
    let Some(last) = way.len().checked_sub(1) else { return way };
    let steps = steps.max(1);
    let apart = Apart::of(&way, FARTHEST * (last / steps + 1));
    let most = apart.least_largest(steps);
    let mut costs = vec![u64::MAX; way.len()];
    costs[0] = 0;
    let mut from = Vec::with_capacity(steps);
    for _ in 0..steps {
        // Of the ways whose steps change no more, the most even one.
        let cheapest = |j: usize| {
            let near = apart.before(j).filter(|&(i, far)| far <= most && costs[i] < u64::MAX);
            let costs = near.map(|(i, far)| (costs[i] + u64::from(far).pow(2), i));
            costs.min().unwrap_or((u64::MAX, 0))
        };
        let (next, chosen): (Vec<_>, Vec<_>) = (0..way.len()).map(cheapest).unzip();
        costs = next;
        from.push(chosen);
    }
    let mut places = vec![last];
    for chosen in from.iter().rev() {
        places.push(chosen[places[places.len() - 1]]);
    }
    places.iter().rev().map(|&place| way[place].clone()).collect()
}

/// How many notes differ between phrases of a way and some of those before.
struct Apart(Vec<Vec<u32>>);

impl Apart {
    fn of(way: &[Phrase], most: usize) -> Self {
        let cells: Vec<_> = way.iter().map(cells).collect();
        let before = |j: usize| {
            let places = j.saturating_sub(most)..=j;
            places.map(|i| differing(&cells[i], &cells[j])).collect()
        };
        Self((0..way.len()).map(before).collect())
    }

    /// The places from which a step may lead to one, and how many notes that changes.
    fn before(&self, j: usize) -> impl Iterator<Item = (usize, u32)> + use<'_> {
        let first = j + 1 - self.0[j].len();
        self.0[j].iter().enumerate().map(move |(i, &far)| (first + i, far))
    }

    /// What the largest of so many steps changes at least.
    fn least_largest(&self, steps: usize) -> u32 {
        let mut largest = vec![u32::MAX; self.0.len()];
        largest[0] = 0;
        for _ in 0..steps {
            let next = |j: usize| self.before(j).map(|(i, far)| largest[i].max(far)).min();
            largest = (0..largest.len()).map(|j| next(j).unwrap_or(u32::MAX)).collect();
        }
        largest.last().copied().unwrap_or_default()
    }
}

/// A way on which phrases that differ much from those before are reached beat by beat, from the
/// last to the first, as chords change.
fn beat_by_beat(way: Vec<Phrase>) -> Vec<Phrase> {
    let cells: Vec<_> = way.iter().map(cells).collect();
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return way };
    if way.len() > MANY {
        return way;
    }
    let most = (differing(first, last) as usize / PARTS).max(1);
    let mut finer = Vec::with_capacity(way.len());
    for (at, phrase) in way.iter().enumerate() {
        if at > 0 && differing(&cells[at - 1], &cells[at]) as usize > most {
            let beats = (1..BEATS_PER_PHRASE).rev();
            finer.extend(beats.map(|beat| spliced(&way[at - 1], phrase, beat)));
        }
        finer.push(phrase.clone());
    }
    finer
}

/// What is one phrase until a beat and another from there.
fn spliced(one: &Phrase, other: &Phrase, beat: usize) -> Phrase {
    let seam = beat * STEPS_PER_BEAT;
    let is_before = |note: &Note| note.onset().index() < seam;
    let cut = |(track, note): (Track, &Note)| {
        let length = note.length().min(seam - note.onset().index());
        let cut = Note::new(note.onset(), length, note.pitch, note.velocity);
        (track, cut.with_strength(note.strength()))
    };
    let before = one.notes().filter(|(_, note)| is_before(note)).map(cut);
    let after = other.notes().filter(|(_, note)| !is_before(note));
    let notes = before.chain(after.map(|(track, note)| (track, *note)));
    let chords = |at: usize| if at < beat { one.chords()[at] } else { other.chords()[at] };
    Phrase::new(notes).with_chords(std::array::from_fn(chords))
}

/// The notes of middle density as sorted numbers, which are of track, onset and pitch.
fn cells(phrase: &Phrase) -> Vec<u32> {
    let strong = phrase.notes().filter(|(_, note)| note.strength() > 0.5);
    let cell = |(track, note): (Track, &Note)| {
        let [track, onset] = [track.index(), note.onset().index()].map(|number| number as u32);
        track << 16 | onset << 8 | u32::from(note.pitch.number())
    };
    let mut cells: Vec<u32> = strong.map(cell).collect();
    cells.sort_unstable();
    cells
}

/// How many notes only one of two phrases has.
fn differing(one: &[u32], other: &[u32]) -> u32 {
    let (mut i, mut j, mut both) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        both += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    (one.len() + other.len() - 2 * both) as u32
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use musegan_score::{Pitch, Step, Velocity};

    use super::*;

    /// Notes of half a bar on these beats.
    fn phrase(beats: impl IntoIterator<Item = usize>, pitch: u8) -> Phrase {
        let note = |beat: usize| {
            let step = Step::new(beat * STEPS_PER_BEAT).unwrap();
            Note::new(step, 8, Pitch::new(pitch).unwrap(), Velocity::DEFAULT)
        };
        Phrase::new(beats.into_iter().map(|beat| (Track::Bass, note(beat))))
    }

    #[test]
    fn a_jump_is_gone_beat_by_beat_from_the_end() {
        let (one, other) = (phrase(0..16, 40), phrase(0..16, 52));
        let way = evenly(vec![one.clone(), other.clone()], 4);
        let changed = |phrase: &Phrase| -> Vec<usize> {
            let notes = phrase.track(Track::Bass).iter();
            notes.filter(|n| n.pitch.number() == 52).map(|n| n.onset().index() / 4).collect()
        };
        let changed: Vec<_> = way.iter().map(changed).collect();
        let expected = [16, 12, 8, 4, 0].map(|from| (from..16).collect::<Vec<_>>());
        assert_eq!(changed, expected);
        let seam = way[1].track(Track::Bass)[11];
        assert_eq!((seam.onset().index(), seam.length()), (44, 4), "cut where the other begins");
    }

    #[test]
    fn a_way_keeps_its_ends_and_goes_round_no_corner_that_it_can_cut() {
        let numbers = [0, 4, 1, 2, 3, 4];
        let way: Vec<_> = numbers.map(|count| phrase((0..count).map(|i| i * 2), 40)).into();
        let notes = |way: &[Phrase]| -> Vec<_> { way.iter().map(|p| p.notes().count()).collect() };
        assert_eq!(notes(&evenly(way.clone(), 4)), [0, 1, 2, 3, 4]);
        assert_eq!(notes(&evenly(way[..1].to_vec(), 2)), [0, 0, 0]);
        assert_eq!(notes(&evenly(way.clone(), 1)), [0, 4]);
        assert!(evenly(Vec::new(), 3).is_empty());
    }
}
