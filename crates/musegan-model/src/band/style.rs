//! How a phrase is to be played, as the networks are told; and what lies between two ways.
//!
//! What must stay true: a track that plays in no bar has measures of 0, as it had in training, and no
//! bar repeats one that is not played.
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;

use super::blocks::TOKENS;
use super::sheet::{FARTHEST, MEASURES, Repeats, Sheet, SheetScale, without_absent};

/// Which bars each track plays, which of them come again, and a sheet's measures,
/// [standardised](super::sheet::SheetScale::standardised).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Style {
    /// Whether a track plays in a bar.
    pub present: [[bool; BARS_PER_PHRASE]; Track::COUNT],
    /// In standard deviations from the mean.
    pub measures: [[f32; MEASURES]; Track::COUNT],
    /// Which bars come again.
    pub repeats: Repeats,
}

impl Style {
    /// The style of a phrase's sheet.
    #[must_use]
    pub fn of(sheet: &Sheet, scale: &SheetScale) -> Self {
        let measures = scale.standardised(sheet);
        Self { present: sheet.present, measures, repeats: sheet.repeats }
    }

    /// Whether a track plays in any bar.
    #[must_use]
    pub fn sounds(&self, track: Track) -> bool {
        self.present[track.index()].contains(&true)
    }

    /// How different two styles are: the sum of squares of what differs, a bar of rest counting
    /// as one deviation of each of its track's measures.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
        let measures = self.measures.as_flattened().iter().zip(other.measures.as_flattened());
        let present = self.present.as_flattened().iter().zip(other.present.as_flattened());
        let rests = present.filter(|(one, other)| one != other).count();
        measures.map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
            + (rests * MEASURES) as f32 / BARS_PER_PHRASE as f32
    }

    /// So many times as far from a centre. Of a share below 1, tracks do as the centre does in
    /// turn: each has the share from which on it goes its own way.
    #[must_use]
    pub fn tempered(&self, centre: &Self, share: f32, own_from: &[f32; Track::COUNT]) -> Self {
        let mut style = *self;
        for track in Track::ALL {
            let t = track.index();
            if share <= own_from[t] {
                style.present[t] = centre.present[t];
                style.repeats[t] = centre.repeats[t];
            }
            let own = if self.sounds(track) { self.measures[t] } else { centre.measures[t] };
            for (measure, (own, centre)) in
                style.measures[t].iter_mut().zip(own.into_iter().zip(centre.measures[t]))
            {
                *measure = (centre + (own - centre) * share).clamp(-FARTHEST, FARTHEST);
            }
        }
        style.hushed()
    }

    /// On the way to another style, `share` from 0 to 1: measures change steadily, and a bar that
    /// only one of them plays begins or ends to be played at a place of its own on the way.
    #[must_use]
    pub fn towards(&self, other: &Self, share: f32) -> Self {
        let mut style = *self;
        for track in Track::ALL {
            let t = track.index();
            for bar in 0..BARS_PER_PHRASE {
                // Seven and twenty have no common divisor: neighbours change far apart.
                let place = (t * BARS_PER_PHRASE + bar) * 7 % TOKENS;
                if share > (place as f32 + 0.5) / TOKENS as f32 {
                    style.present[t][bar] = other.present[t][bar];
                    style.repeats[t][bar] = other.repeats[t][bar];
                }
            }
            style.measures[t] = match (self.sounds(track), other.sounds(track)) {
                (true, false) => self.measures[t],
                (false, _) => other.measures[t],
                (true, true) => std::array::from_fn(|m| {
                    let (from, to) = (self.measures[t][m], other.measures[t][m]);
                    from + (to - from) * share
                }),
            };
        }
        style.hushed()
    }

    /// The same, but one track as in another style.
    #[must_use]
    pub fn with_track(mut self, track: Track, other: &Self) -> Self {
        let t = track.index();
        self.present[t] = other.present[t];
        self.measures[t] = other.measures[t];
        self.repeats[t] = other.repeats[t];
        self
    }

    fn hushed(mut self) -> Self {
        for (present, measures) in self.present.iter().zip(&mut self.measures) {
            if !present.contains(&true) {
                *measures = [0.0; MEASURES];
            }
        }
        for (repeats, present) in self.repeats.iter_mut().zip(&self.present) {
            *repeats = without_absent(*repeats, present);
        }
        self
    }
}
