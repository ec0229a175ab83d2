//! What is said on the command line, read: ranges, names, tracks with what they get.
use crate::params::LAST_TAKE;
use musegan_score::{Meter, Progression, Track};

/// A chord chart.
pub(super) fn chart(text: &str) -> Result<Progression, String> {
    text.parse().map_err(|error: musegan_score::progression::NoProgression| error.to_string())
}

/// A track with the seed that it is locked at.
pub(super) fn locked(text: &str) -> Result<(Track, u64), String> {
    let (track, seed) = of_track(text, "bass=7")?;
    let seed = seed.parse().map_err(|_| format!("expected a seed after {}=", track.name()))?;
    Ok((track, seed))
}

/// A track with the number of its take.
pub(super) fn take(text: &str) -> Result<(Track, u16), String> {
    let (track, number) = of_track(text, "piano=2")?;
    let number = number.parse().ok().filter(|number| *number <= LAST_TAKE as u16);
    let number = number.ok_or_else(|| format!("expected a take from 0 to {LAST_TAKE}"))?;
    Ok((track, number))
}

fn of_track<'a>(text: &'a str, example: &str) -> Result<(Track, &'a str), String> {
    let parts = text.split_once('=');
    let found = parts.and_then(|(name, value)| {
        let track = Track::ALL.into_iter().find(|track| track.name().eq_ignore_ascii_case(name))?;
        Some((track, value))
    });
    found.ok_or_else(|| {
        let names = Track::ALL.map(|track| track.name().to_lowercase()).join(", ");
        format!("expected a track ({names}) with a number, such as {example}")
    })
}

/// A note's name as semitones above C.
pub(super) fn tonic(text: &str) -> Result<u8, String> {
    let mut letters = text.chars();
    let note = match letters.next().map(|letter| letter.to_ascii_uppercase()) {
        Some('C') => Some(0),
        Some('D') => Some(2),
        Some('E') => Some(4),
        Some('F') => Some(5),
        Some('G') => Some(7),
        Some('A') => Some(9),
        Some('B') => Some(11),
        _ => None,
    };
    let sharp = match letters.as_str() {
        "" => Some(0),
        "#" | "♯" => Some(1),
        "b" | "♭" => Some(11),
        _ => None,
    };
    let key = note.zip(sharp).map(|(note, sharp)| (note + sharp) % 12);
    key.ok_or_else(|| "expected a note such as C, F# or Bb".into())
}

pub(super) fn meter(text: &str) -> Result<Meter, String> {
    let numbers = text.split_once('/');
    let numbers = numbers.and_then(|(n, d)| n.trim().parse().ok().zip(d.trim().parse().ok()));
    let meter = numbers.and_then(|(numerator, denominator)| Meter::new(numerator, denominator));
    meter.ok_or_else(|| "expected a time signature such as 4/4, 7/8 or 5/4".into())
}

pub(super) fn bpm(text: &str) -> Result<f64, String> {
    in_range(text, 20.0, 999.0)
}

pub(super) fn unit(text: &str) -> Result<f32, String> {
    in_range(text, 0.0, 1.0).map(|value| value as f32)
}

pub(super) fn temperature(text: &str) -> Result<f32, String> {
    in_range(text, 0.0, 2.0).map(|value| value as f32)
}

pub(super) fn semitones(text: &str) -> Result<i8, String> {
    let whole = text.parse().ok().filter(|semitones: &i8| (-11..=11).contains(semitones));
    whole.ok_or_else(|| "expected a whole number from -11 to 11".into())
}

fn in_range(text: &str, least: f64, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("expected a number from {least} to {most}")),
    }
}
