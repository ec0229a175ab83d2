//! From a place in a composition to what the networks make a phrase of: style, harmony and noise.
//!
//! A song has a style and a key of its own, which its seed draws from the bank. Each section, and
//! in the endless form each phrase, draws eight styles and takes the one that is nearest to the
//! song's, and chords of the song's mode, which are moved to its key. The first phrase has the
//! song's own, so that the first phrases of many songs are spread as the bank is. Sections take, of
//! some chords, those most like the song's, and have something of the noise that it begins with.
//! When a section comes again its chords are the same, and so is what its phrases and tracks have
//! as a whole; by the variation some tracks play in another style, and bars differ. How much that
//! is by default was set by how alike real songs' sections are
//! (`musegan-train evaluate --controls`).
//!
//! What must stay true: any place is computed in one step from its index, and style and harmony
//! never come from one phrase. The mapping never changes: songs are stored as seeds.
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::{Chord, Composition, Key as MusicalKey, Track};

use super::bank::{self, Bank};
use super::chart::Chart;
use super::frame::Harmony;
use super::generator::Noise;
use super::style::Style;
use super::{Dimensions, morphing};
use crate::sampling::random::{Key, Purpose, place, share};

mod manner;

use manner::FOR_GIVEN;

/// Styles that are chosen from where given tracks have to be met.
const MANY_STYLES: usize = 32;

/// What a section has of noise of its own, and of the song's beginning.
const SECTION_WEIGHTS: [f32; 2] = [0.6, 0.4];
/// The highest temperature; a higher one counts as this.
const HOTTEST: f32 = 2.0;

/// What a phrase is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// How each track plays.
    pub style: Style,
    /// The chords.
    pub chart: Chart,
    /// What nothing else decides.
    pub noise: Noise,
}

/// What numbers of noise are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A phrase.
    Phrase,
    /// The strokes of a fill.
    Fill,
}

/// Where plans come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Songs<'a> {
    pub bank: &'a Bank,
    pub dimensions: &'a Dimensions,
}

/// One phrase of one song.
#[derive(Clone, Copy)]
struct Place<'a> {
    composition: &'a Composition,
    seed: u64,
    index: i64,
    used: Use,
    take: u16,
}

impl Songs<'_> {
    /// What a phrase of the composition is made of, all of its tracks' noise being that of this
    /// take.
    pub fn plan(&self, composition: &Composition, index: i64, used: Use, take: u16) -> Plan {
        let Composition { seed, morph_seed, .. } = *composition;
        let of = |seed| self.of_song(Place { composition, seed, index, used, take });
        let mut plan = match share(composition.morph) {
            0.0 => of(seed),
            _ if morph_seed == seed => of(seed),
            // At the end exactly what is there.
            1.0 => of(morph_seed),
            morph => morphing::between(&of(seed), &of(morph_seed), morph),
        };
        if let Some(chords) = composition.progression.of_phrase(index) {
            let all = composition.progression.chords().iter().flatten().copied();
            plan.chart = Chart::of(Harmony { chords, key: key_of(all) });
        }
        plan
    }

    /// The same, with a style of the bank in which some tracks play much as in another style.
    pub fn plan_to(
        &self,
        composition: &Composition,
        index: i64,
        (wanted, tracks): (&Style, [bool; Track::COUNT]),
    ) -> Plan {
        let mut plan = self.plan(composition, index, Use::Phrase, 0);
        let place =
            Place { composition, seed: composition.seed, index, used: Use::Phrase, take: 0 };
        let compared = |style: &Style| {
            let given = Track::ALL.into_iter().filter(|track| tracks[track.index()]);
            given.fold(Style::default(), |all, track| all.with_track(track, style))
        };
        let wanted = compared(wanted);
        let drawn = place.manner().take(FOR_GIVEN).whole().take(MANY_STYLES);
        let styles = drawn.map(|number| self.bank.entry(number).style);
        let distance = |style: &Style| compared(style).distance(&wanted);
        let nearest = styles.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        if let Some(nearest) = nearest {
            plan.style = self.tempered(nearest, place);
        }
        plan
    }

    /// A plan with one track's noise from another.
    pub fn with_track(&self, mut plan: Plan, track: Track, from: &Plan) -> Plan {
        let d = self.dimensions;
        let t = track.index();
        let copy = |from: &[f32], to: &mut [f32], count: usize| {
            let own = t * count..(t + 1) * count;
            to[own.clone()].copy_from_slice(&from[own]);
        };
        copy(&from.noise.tracks, &mut plan.noise.tracks, d.track_noise);
        copy(&from.noise.cells, &mut plan.noise.cells, d.cell_noise * BARS_PER_PHRASE);
        plan
    }

    /// One song's plan, at the composition's temperature: as far from the middle as that says.
    fn of_song(&self, place: Place<'_>) -> Plan {
        let mut song = Key::new(place.seed, 0, Purpose::Song).whole();
        let mut draw = || song.next().unwrap_or_default();
        let (style, harmony) = (draw(), draw());
        let entries = self.bank.len().max(2) as u64;
        let style_number = style % entries;
        let harmony_number = (style_number + 1 + harmony % (entries - 1)) % entries;
        let own = self.bank.entry(style_number).style;
        let own_harmony = self.bank.entry(harmony_number).harmony;
        let (style, harmony) = match place.is_first() {
            true => (own, own_harmony),
            false => self.manner(place, &own, &own_harmony),
        };
        let (style, harmony) = self.as_bold(place, (style, harmony), bank::key(&own_harmony));
        let style = self.tempered(self.varied(style, &own, place), place);
        let mut noise = self.noise(place);
        let temperature = temperature(place.composition);
        if temperature != 1.0 {
            parts(&mut noise).into_iter().flatten().for_each(|number| *number *= temperature);
        }
        Plan { style, chart: Chart::of(harmony), noise }
    }

    /// The noise of a phrase of one song, with something new in it when its section comes again:
    /// in each bar and each track's bars, but in nothing that the phrase has as a whole.
    fn noise(&self, place: Place<'_>) -> Noise {
        let mut noise = self.drawn(place.key());
        if place.composition.section(place.index).is_some() && !place.is_first() {
            // A song's sections have something of its beginning.
            let first = self.drawn(place.key_of(0));
            mix(&mut noise.phrase, &first.phrase, SECTION_WEIGHTS);
            mix(&mut noise.tracks, &first.tracks, SECTION_WEIGHTS);
        }
        let variation = place.variation();
        if variation > 0.0 {
            let purpose = match place.used {
                Use::Phrase => Purpose::Variation,
                Use::Fill => Purpose::FillVariation,
            };
            let key = Key::new(place.seed, place.index, purpose).take(place.take);
            let new = self.drawn(key);
            let weights = [1.0 - variation, 1.5 * variation];
            mix(&mut noise.bars, &new.bars, weights);
            mix(&mut noise.cells, &new.cells, weights);
        }
        noise
    }

    /// Noise under a key, each track's and each bar's from a stream of its own.
    pub fn drawn(&self, key: Key) -> Noise {
        let d = self.dimensions;
        let take = |key: Key, count: usize| key.normal().take(count);
        let bars = 0..BARS_PER_PHRASE;
        let of_cells = |track: Track| {
            bars.clone().flat_map(move |bar| take(key.track(track).bar(bar), d.cell_noise))
        };
        Noise {
            phrase: take(key, d.phrase_noise).collect(),
            bars: bars.clone().flat_map(|bar| take(key.bar(bar), d.bar_noise)).collect(),
            tracks: Track::ALL.iter().flat_map(|t| take(key.track(*t), d.track_noise)).collect(),
            cells: Track::ALL.into_iter().flat_map(of_cells).collect(),
        }
    }

    /// A style at the composition's temperature. When a section comes again the same tracks are
    /// ordinary: what is new then is a matter of the variation alone.
    fn tempered(&self, style: Style, place: Place<'_>) -> Style {
        let temperature = temperature(place.composition);
        if temperature == 1.0 {
            return style;
        }
        let mut shares = Key::new(place.seed, place.number(), Purpose::Temperature).shares();
        let own_from = std::array::from_fn(|_| shares.next().unwrap_or_default());
        style.tempered(self.bank.centre(), temperature, &own_from)
    }
}

impl Place<'_> {
    /// The place in its form, or the index in the endless one.
    fn number(self) -> i64 {
        self.composition.section(self.index).map_or(self.index, place)
    }

    /// Whether it is where every song begins.
    fn is_first(self) -> bool {
        self.number() == 0
    }

    /// How much is new here: nothing where a section comes for the first time.
    fn variation(self) -> f32 {
        let section = self.composition.section(self.index);
        let comes_again = section.is_some_and(|section| section.repetition != 0);
        if comes_again { share(self.composition.variation) } else { 0.0 }
    }

    fn key(self) -> Key {
        self.key_of(self.number())
    }

    /// The key of a place in its form, or of an index in the endless one.
    fn key_of(self, place: i64) -> Key {
        let section = self.composition.section(self.index);
        let purpose = match (self.used, section.is_some()) {
            (Use::Phrase, false) => Purpose::Phrase,
            (Use::Phrase, true) => Purpose::Section,
            (Use::Fill, false) => Purpose::Fill,
            (Use::Fill, true) => Purpose::SectionFill,
        };
        Key::new(self.seed, place, purpose).take(self.take)
    }

    fn manner(self) -> Key {
        match self.composition.section(self.index) {
            None => Key::new(self.seed, self.index, Purpose::Manner),
            Some(section) => Key::new(self.seed, place(section), Purpose::SectionManner),
        }
    }
}

/// The four kinds of noise.
pub(super) fn parts(noise: &mut Noise) -> [&mut Vec<f32>; 4] {
    [&mut noise.phrase, &mut noise.bars, &mut noise.tracks, &mut noise.cells]
}

/// A weighted sum of independent numbers that is distributed as they are. A weight of 0 leaves the
/// others as they are.
pub(super) fn mix(numbers: &mut [f32], other: &[f32], [own, others]: [f32; 2]) {
    let deviation = (own * own + others * others).sqrt();
    for (number, other) in numbers.iter_mut().zip(other) {
        *number = (own * *number + others * other) / deviation;
    }
}

fn temperature(composition: &Composition) -> f32 {
    let temperature = composition.temperature;
    if temperature.is_finite() { temperature.clamp(0.0, HOTTEST) } else { 1.0 }
}

/// The key of given chords; none where there are none.
fn key_of(chords: impl Iterator<Item = Chord> + Clone) -> Option<MusicalKey> {
    chords.clone().next()?;
    Some(bank::key_of(chords))
}
