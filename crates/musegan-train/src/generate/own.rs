//! Music that somebody brings: `.mid` files that are accompanied, varied, or morphed into each
//! other.
//!
//! What must stay true: a file is read as `prepare` reads one, and what of it is not used is said.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use musegan_model::band::Player;
use musegan_model::band::given::{Encoded, harmonies};
use musegan_model::sampling::sounding;
use musegan_score::quantise::Stride;
use musegan_score::{Composition, Phrase, Track, midi};

use super::{MAX_SAMPLES, expect_room_for_chords};

/// Samples that are made of a phrase when nobody says.
const VARIATIONS: usize = 4;

/// What is done with somebody's music.
#[derive(Clone, Debug)]
pub enum Own {
    /// The given tracks of a file are accompanied, phrase by phrase.
    Accompany {
        /// The file.
        file: PathBuf,
        /// Which tracks are there.
        given: [bool; Track::COUNT],
    },
    /// The first phrase of a file is varied, in each sample anew.
    Vary {
        /// The file.
        file: PathBuf,
        /// How much, `0.0..=1.0`.
        amount: f32,
    },
    /// The first phrase of a file becomes that of another.
    Morph {
        /// The file that it begins with.
        from: PathBuf,
        /// The file that it ends with.
        to: PathBuf,
        /// Steps from one to the other; the samples are one more.
        steps: usize,
    },
}

impl Own {
    /// The files that it is read from.
    pub(super) fn files(&self) -> Vec<&Path> {
        match self {
            Self::Accompany { file, .. } | Self::Vary { file, .. } => vec![file],
            Self::Morph { from, to, .. } => vec![from, to],
        }
    }
}

/// What became of it.
pub(super) struct Made {
    pub phrases: Vec<Phrase>,
    pub remarks: Vec<String>,
}

/// Makes up to `count` samples.
///
/// # Errors
/// If a file cannot be read, holds nothing to go by, or less than is asked for.
pub(super) fn make(
    own: &Own,
    player: &mut Player,
    composition: &Composition,
    count: Option<usize>,
) -> Result<Made> {
    match own {
        Own::Accompany { file, given } => accompany(file, *given, player, composition, count),
        Own::Vary { file, amount } => {
            let (first, remarks) = first(file, player)?;
            let numbers = 0..count.unwrap_or(VARIATIONS) as u64;
            let seeds = numbers.map(|number| composition.seed.wrapping_add(number));
            let vary = |seed| sounding(&player.vary(&first, *amount, seed));
            Ok(Made { phrases: seeds.map(vary).collect(), remarks })
        }
        Own::Morph { from, to, steps } => {
            ensure!(
                count.is_none_or(|count| count == steps + 1),
                "{steps} steps are {} samples; leave out -n",
                steps + 1
            );
            let (from, mut remarks) = first(from, player)?;
            let (to, more) = first(to, player)?;
            remarks.extend(more);
            let way = player.morph_evenly(&from, &to, *steps);
            Ok(Made { phrases: way.iter().map(sounding).collect(), remarks })
        }
    }
}

fn accompany(
    file: &Path,
    given: [bool; Track::COUNT],
    player: &mut Player,
    composition: &Composition,
    count: Option<usize>,
) -> Result<Made> {
    let all = phrases(file)?;
    let count = count.unwrap_or(all.len().min(MAX_SAMPLES));
    let shown = file.display();
    ensure!(count <= all.len(), "{shown} has {} phrases, {count} were asked for", all.len());
    expect_room_for_chords(composition, count)?;
    let is_given = |track: &Track| given[track.index()];
    for track in Track::ALL.iter().filter(|track| is_given(track)) {
        let plays = |track: &&Track| all.iter().any(|phrase| !phrase.track(**track).is_empty());
        let there: Vec<_> = Track::ALL.iter().filter(plays).map(|t| t.name()).collect();
        let name = track.name();
        ensure!(plays(&track), "{shown} has nothing for {name}; it has {}", there.join(", "));
    }
    let alone = all.iter().map(|phrase| {
        let notes = phrase.notes().filter(|(track, _)| is_given(track));
        Phrase::new(notes.map(|(track, note)| (track, *note)))
    });
    let alone: Vec<_> = alone.collect();
    let mut remarks = Vec::new();
    let mut made = Vec::with_capacity(count);
    let harmonies = player.harmonies_to(&alone);
    for (number, (phrase, harmony)) in alone.iter().zip(harmonies).take(count).enumerate() {
        let place = (composition, number as i64);
        let played = match phrase.is_empty() {
            // Where the given tracks rest the others play on, and these go on resting.
            true => {
                remarks.push(format!("in phrase {number} of {shown} all given tracks rest"));
                let phrase = player.phrase(composition, number as i64);
                let others = phrase.notes().filter(|(track, _)| !is_given(track));
                Phrase::new(others.map(|(track, note)| (track, *note)))
            }
            false => player.accompany(phrase, given, Some(harmony), place)?,
        };
        made.push(sounding(&played));
    }
    Ok(Made { phrases: made, remarks })
}

/// The first phrase of a file, and a remark where it has more.
fn first(file: &Path, player: &mut Player) -> Result<(Encoded, Vec<String>)> {
    let phrases = phrases(file)?;
    let shown = file.display();
    let remark =
        || format!("{shown} has {} phrases of four bars; the first is used", phrases.len());
    let remarks = (phrases.len() > 1).then(remark).into_iter().collect();
    let harmony = harmonies(&phrases).first().copied();
    let encoded = player.encode(&phrases[0], harmony).with_context(|| shown.to_string())?;
    Ok((encoded, remarks))
}

/// The phrases of a file; at least one.
fn phrases(file: &Path) -> Result<Vec<Phrase>> {
    let song = midi::read_file(file)?;
    let phrases: Vec<_> = song.phrases(Stride::Phrase).map(|cut| cut.phrase).collect();
    ensure!(
        !phrases.is_empty(),
        "{} holds no four bars of 4/4 with a note for one of the five tracks; `musegan-train inspect` \
         says what it holds",
        file.display()
    );
    Ok(phrases)
}
