//! Form: how alike two phrases of one section are, two of different sections, and neighbouring
//! bars.
//!
//! Of real songs, two phrases belong to one section where their chords are equal on at least 14 of
//! the 16 beats, and to different ones otherwise.

use musegan_model::band::Player;
use musegan_score::{Composition, Form, Phrase, Track};

use super::real::{Real, RealPhrase};
use super::{Goal, Row, played, song};
use crate::evaluate::sounding::{Sounding, jaccard, mean};

/// Songs of either kind.
const SONGS: usize = 300;
/// Beats with equal chords that make two phrases one section.
const SAME_BEATS: usize = 14;
/// How far from real music's a likeness may be.
const NEAR: f64 = 0.05;

/// Plays songs of the form AABA, and looks at real ones.
pub(super) fn measure(player: &Player, real: &Real<'_>) -> Vec<Row> {
    let songs = real.songs(SONGS);
    let pairs = |same: bool| mean(songs.iter().filter_map(|song| of_song(song, same)));
    let composition = |seed| Composition { form: Form::Aaba, section_bars: 4, ..song(seed) };
    let of_form = |index: i64| {
        let places: Vec<_> = (0..SONGS as u64).map(|seed| (composition(seed), index)).collect();
        played(player, &places)
    };
    let [first, second, other] = [0, 1, 2].map(of_form);
    let compare = |ones: &[Phrase], others: &[Phrase]| {
        mean(ones.iter().zip(others).filter_map(|(one, other)| likeness(one, other)))
    };
    let name = "form";
    let bars = |phrases: &mut dyn Iterator<Item = &Phrase>| mean(phrases.filter_map(of_bars));
    let real_bars = bars(&mut songs.iter().flatten().map(|real| &real.phrase));
    vec![
        Row::new(name, "likeness of phrases of one section", compare(&first, &second))
            .beside(pairs(true))
            .asked(Goal::Near(NEAR)),
        Row::new(name, "likeness of phrases of different sections", compare(&first, &other))
            .beside(pairs(false))
            .asked(Goal::Near(NEAR)),
        Row::new(name, "likeness of neighbouring bars", bars(&mut first.iter().chain(&other)))
            .beside(real_bars)
            .asked(Goal::Near(NEAR)),
    ]
}

/// The mean likeness of the pairs of phrases in a real song that belong to one section, or that do
/// not.
fn of_song(song: &[RealPhrase], same: bool) -> Option<f64> {
    let pairs = (0..song.len()).flat_map(|i| (i + 1..song.len()).map(move |j| (i, j)));
    let wanted = pairs.map(|(i, j)| (&song[i], &song[j])).filter(|(one, other)| {
        // Phrases that share bars are no repetition.
        let apart = one.bar.abs_diff(other.bar) >= 4;
        apart && same_section(one, other) == Some(same)
    });
    mean(wanted.filter_map(|(one, other)| likeness(&one.phrase, &other.phrase)))
}

/// Whether two phrases belong to one section; `None` where too few chords are known to tell.
fn same_section(one: &RealPhrase, other: &RealPhrase) -> Option<bool> {
    let pairs = one.harmony.chords.iter().zip(&other.harmony.chords);
    let known = pairs.filter_map(|(one, other)| Some(((*one)?, (*other)?)));
    let (count, equal) = known.fold((0, 0), |(count, equal), (one, other)| {
        (count + 1, equal + usize::from(one == other))
    });
    (count >= SAME_BEATS).then_some(equal >= SAME_BEATS)
}

/// Jaccard index of the cells of two phrases.
fn likeness(one: &Phrase, other: &Phrase) -> Option<f64> {
    let cells = |phrase: &Phrase| {
        let sounding = Sounding::of(phrase);
        Track::ALL.into_iter().flat_map(|t| sounding.track(t).to_vec()).collect::<Vec<_>>()
    };
    jaccard(&cells(one), &cells(other))
}

/// The mean likeness of neighbouring bars, over the tracks that play in either.
fn of_bars(phrase: &Phrase) -> Option<f64> {
    let sounding = Sounding::of(phrase);
    let of_track = |track: Track| {
        let bars = sounding.bars(track).zip(sounding.bars(track).skip(1));
        bars.filter_map(|(one, other)| jaccard(one, other)).collect::<Vec<_>>()
    };
    mean(Track::ALL.into_iter().flat_map(of_track))
}
