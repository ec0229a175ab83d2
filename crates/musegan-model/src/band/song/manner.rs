//! In which style and over which chords a phrase is played.
//!
//! A temperature below 1 looks at more chords and takes the plainest; one above 1 looks at more
//! styles and chords, and takes what is furthest from the middle. What must stay true: at a
//! temperature of 1 nothing is looked at but what the song draws.
use musegan_score::{Key as MusicalKey, Track};

use super::super::bank;
use super::super::frame::Harmony;
use super::super::style::Style;
use super::{Place, Songs, temperature};
use crate::sampling::random::{Key, Purpose};

/// Styles that a phrase chooses from.
const STYLES: usize = 8;
/// Chords that a section chooses from.
const SECTION_HARMONIES: usize = 5;
/// Chords that are looked at besides the song's own at a temperature of 0.
const PLAIN_HARMONIES: f32 = 15.0;
/// Chords, and styles, that are looked at besides the song's own for each whole temperature above
/// 1.
const BOLD: f32 = 2.0;

/// What a place draws numbers for besides its style and its chords.
pub(super) const FOR_GIVEN: u16 = 1;
const FOR_TEMPERATURE: u16 = 2;
const FOR_SECTION: u16 = 3;

impl Songs<'_> {
    /// Style and harmony of a phrase in a song of this style and harmony.
    pub(super) fn manner(&self, place: Place<'_>, own: &Style, song: &Harmony) -> (Style, Harmony) {
        let key = bank::key(song);
        let mut numbers = place.manner().whole();
        let style_number = self.nearest(own, &mut numbers);
        let mut draw =
            || self.bank.number_in_mode(key.is_minor, numbers.next().unwrap_or_default());
        let mut harmony_number = draw();
        if harmony_number == style_number {
            harmony_number = draw();
        }
        let mut harmony = in_key(&self.bank.entry(harmony_number).harmony, key);
        if place.composition.section(place.index).is_some() {
            // Of the chords that a section may have, those that are most like the song's.
            let more = place.manner().take(FOR_SECTION).whole().take(SECTION_HARMONIES - 1);
            let more = more.map(|number| self.bank.number_in_mode(key.is_minor, number));
            for number in more.filter(|number| *number != style_number) {
                let other = in_key(&self.bank.entry(number).harmony, key);
                if shared_roots(&other, song) > shared_roots(&harmony, song) {
                    harmony = other;
                }
            }
        }
        (self.bank.entry(style_number).style, harmony)
    }

    /// The one of some drawn styles that is nearest to this one.
    fn nearest(&self, own: &Style, numbers: &mut impl Iterator<Item = u64>) -> u64 {
        let entries = self.bank.len().max(1) as u64;
        let drawn = numbers.take(STYLES).map(|number| number % entries);
        let distance = |&number: &u64| self.bank.entry(number).style.distance(own);
        drawn.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or_default()
    }

    /// A style with something new in it when its section comes again: some tracks play in another
    /// one that is near to the song's.
    pub(super) fn varied(&self, style: Style, own: &Style, place: Place<'_>) -> Style {
        let variation = place.variation();
        if variation == 0.0 {
            return style;
        }
        let key = Key::new(place.seed, place.index, Purpose::VariedManner);
        let other = self.nearest(own, &mut key.whole());
        let other = self.bank.entry(other).style;
        // At the default, two tracks of five.
        let new = variation * (3.0 - variation) / 2.0;
        let changes = Track::ALL.into_iter().zip(key.track(Track::Drums).shares());
        changes
            .filter(|(_, share)| *share < new)
            .fold(style, |style, (track, _)| style.with_track(track, &other))
    }

    /// A manner as plain or as bold as the temperature says.
    pub(super) fn as_bold(
        &self,
        place: Place<'_>,
        (mut style, mut harmony): (Style, Harmony),
        key: MusicalKey,
    ) -> (Style, Harmony) {
        let temperature = temperature(place.composition);
        let is_plain = temperature < 1.0;
        let (harmonies, styles) = match is_plain {
            true => ((1.0 - temperature) * PLAIN_HARMONIES, 0.0),
            false => ((temperature - 1.0) * BOLD, (temperature - 1.0) * BOLD),
        };
        let mut numbers = place.manner().take(FOR_TEMPERATURE).whole();
        for number in numbers.by_ref().take(harmonies as usize) {
            let entry = self.bank.entry(self.bank.number_in_mode(key.is_minor, number));
            let other = in_key(&entry.harmony, key);
            let [one, two] = [&other, &harmony].map(|h| self.bank.plainness(h, key));
            let is_better = if is_plain { one > two } else { one < two };
            if is_better && entry.style != style {
                harmony = other;
            }
        }
        for number in numbers.take(styles as usize) {
            let entry = self.bank.entry(number);
            let [one, two] = [&entry.style, &style].map(|s| s.distance(self.bank.centre()));
            if one > two && in_key(&entry.harmony, key) != harmony {
                style = entry.style;
            }
        }
        (style, harmony)
    }
}

/// A harmony moved to a key by the shorter way.
fn in_key(harmony: &Harmony, key: MusicalKey) -> Harmony {
    let away = (key.tonic() + 12 - bank::key(harmony).tonic()) % 12;
    harmony.transposed((away as i8 + 6) % 12 - 6)
}

/// Beats on which two harmonies stand on one root.
fn shared_roots(one: &Harmony, other: &Harmony) -> usize {
    let pairs = one.chords.iter().zip(&other.chords);
    pairs.filter(|(a, b)| a.zip(**b).is_some_and(|(a, b)| a.root() == b.root())).count()
}
