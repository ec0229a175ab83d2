//! The band at play: phrases of a composition.
//!
//! Locked tracks are played by the songs they are locked to, and the others fit theirs to them. A
//! track's other takes fit the parts that the others play at their own; so one track's take never
//! changes another's part. What must stay true: a phrase is a pure function of weights,
//! composition and index, bit for bit, in whatever order phrases are asked for.
use std::sync::Arc;

use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::{Composition, Note, Phrase, Take, Takes, Track};

use super::blocks::TOKENS;
use super::chart::Chart;
use super::codec::Bars;
use super::generator::{Given, Noise};
use super::networks::Networks;
use super::song::{Plan, Songs, Use};
use super::style::Style;
use super::{Conditions, Sheet, decoding, frame, slashes};
use crate::Weights;
use crate::sampling::fill;
use crate::tape::{Rooms, Tape};

/// The networks of the model `band` with the memory that they play in. A clone shares the networks
/// and has memory of its own.
#[derive(Debug)]
pub struct Player {
    pub(super) networks: Arc<Networks>,
    pub(super) rooms: Rooms,
}

/// Latents of a phrase's tokens in the generator's units, (track, bar, number).
pub(super) type Latents = Vec<f32>;

/// The tracks of a phrase that are there before the others are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct There<'a> {
    pub phrase: &'a Phrase,
    pub tracks: [bool; Track::COUNT],
}

impl Clone for Player {
    fn clone(&self) -> Self {
        Self { networks: Arc::clone(&self.networks), rooms: Rooms::new() }
    }
}

impl Player {
    /// The band that plays these weights; `None` if they are another model's.
    #[must_use]
    pub fn new(weights: &Weights) -> Option<Self> {
        Some(Self { networks: Arc::new(Networks::of(weights)?), rooms: Rooms::new() })
    }

    /// The phrase at this position of the composition, with what a higher density would add to it,
    /// and with its chords.
    pub fn phrase(&mut self, composition: &Composition, index: i64) -> Phrase {
        let (plan, phrase) = self.without_fills(composition, index);
        let drums = composition.takes.of(Track::Drums);
        let first_bar = index.wrapping_mul(BARS_PER_PHRASE as i64);
        let mut bars = (0..BARS_PER_PHRASE)
            .filter(|bar| composition.fills(first_bar.wrapping_add(*bar as i64)))
            .peekable();
        // A locked part has the fills of the song that it comes from.
        if bars.peek().is_none() || is_elsewhere(drums, composition) {
            return phrase;
        }
        let noise = self.songs().plan(composition, index, Use::Fill, drums.number).noise;
        let strokes = self.played(&Plan { noise, ..plan }, None);
        let chords = *phrase.chords();
        bars.fold(phrase, |phrase, bar| fill::played(&phrase, &strokes, bar)).with_chords(chords)
    }

    /// The phrase before fills, and the plan of its own takes.
    fn without_fills(&mut self, composition: &Composition, index: i64) -> (Plan, Phrase) {
        let mut plan = self.songs().plan(composition, index, Use::Phrase, 0);
        let takes = |track: Track| composition.takes.of(track);
        let is_locked = Track::ALL.map(|track| is_elsewhere(takes(track), composition));
        let songs = Track::ALL.into_iter().filter(|track| is_locked[track.index()]);
        let songs: Vec<_> = songs.map(|track| (track, locked_song(composition, track))).collect();
        if let Some((_, song)) = songs.first() {
            plan.chart = self.songs().plan(song, index, Use::Phrase, 0).chart;
        }
        let parts: Vec<_> =
            songs.iter().map(|(track, song)| (*track, self.phrase(song, index))).collect();
        let mut phrase = joined(&Phrase::default(), parts.iter().map(|(t, p)| (*t, p)));
        let there = There { phrase: &phrase, tracks: is_locked };
        phrase = self.played(&plan, is_locked.contains(&true).then_some(there));
        let anew = Track::ALL.into_iter().filter(|t| takes(*t).number > 0 && !is_locked[t.index()]);
        let anew: Vec<_> = anew
            .map(|track| (track, self.anew(composition, index, &plan, (&phrase, track))))
            .collect();
        let phrase = joined(&phrase, anew.iter().map(|(track, phrase)| (*track, phrase)));
        (plan, phrase)
    }

    /// The phrase with one track played anew to the others' own takes.
    fn anew(
        &mut self,
        composition: &Composition,
        index: i64,
        plan: &Plan,
        (own, track): (&Phrase, Track),
    ) -> Phrase {
        let take = composition.takes.of(track).number;
        let songs = self.songs();
        let other = songs.plan(composition, index, Use::Phrase, take);
        let plan = songs.with_track(plan.clone(), track, &other);
        let tracks = Track::ALL.map(|other| other != track);
        self.played(&plan, Some(There { phrase: own, tracks }))
    }

    /// What the networks make of a plan, to the tracks that are there, which stay as they are.
    pub(super) fn played(&mut self, plan: &Plan, there: Option<There<'_>>) -> Phrase {
        let mut style = plan.style;
        let mut given = None;
        if let Some(there) = there {
            let sheet = Sheet::over(there.phrase, plan.chart.harmony());
            let of_phrase = Style::of(&sheet, &self.networks.sheets);
            for track in Track::ALL.into_iter().filter(|track| there.tracks[track.index()]) {
                style = style.with_track(track, &of_phrase);
            }
            given = Some((self.latents_of(there.phrase, &style, &plan.chart), there.tracks));
        }
        let given = given.as_ref().map(|(latents, tracks)| (latents.as_slice(), tracks.as_slice()));
        let latents = self.generated(&plan.noise, &style, &plan.chart, given);
        let played = self.decoded(&latents, &style, &plan.chart);
        let played = slashes::followed(played, plan.chart.harmony());
        match there {
            None => played,
            Some(there) => {
                let kept = Track::ALL.into_iter().filter(|track| there.tracks[track.index()]);
                joined(&played, kept.map(|track| (track, there.phrase)))
            }
        }
    }

    /// The generator's latents.
    pub(super) fn generated(
        &mut self,
        noise: &Noise,
        style: &Style,
        chart: &Chart,
        given: Option<(&[f32], &[bool])>,
    ) -> Latents {
        let Networks { generator, generator_numbers, dimensions, .. } = &*self.networks;
        let conditions = conditions(style, chart);
        let mut tape = Tape::playing(&mut self.rooms);
        let network = tape.network(generator_numbers, false);
        let noise = noise.on(&mut tape, dimensions, 1);
        let given = given.map(|(latents, tracks)| Given {
            latents: tape.constant(TOKENS, dimensions.latent, latents),
            tracks,
        });
        let latents = generator.latents(&mut tape, network, noise, given, &conditions);
        tape.value(latents).to_vec()
    }

    /// What the codec plays of latents.
    pub(super) fn decoded(&mut self, latents: &[f32], style: &Style, chart: &Chart) -> Phrase {
        let Networks { codec, codec_numbers, dimensions, latents: scale, .. } = &*self.networks;
        let mut tape = Tape::playing(&mut self.rooms);
        let network = tape.network(codec_numbers, false);
        let tokens = tape.constant(TOKENS, dimensions.latent, latents);
        let latents = scale.to_codec(&mut tape, tokens);
        let chords = codec.chords(&mut tape, network, chart.beats());
        let phrases = [(style.present, *chart.harmony())];
        let played = decoding::play(codec, &mut tape, network, [latents, chords], &phrases);
        played.into_iter().next().unwrap_or_default()
    }

    /// The latents of a phrase's bars as the codec hears them; 0 where the style has a rest.
    pub(super) fn latents_of(&mut self, phrase: &Phrase, style: &Style, chart: &Chart) -> Latents {
        let Networks { codec, codec_numbers, latents: scale, .. } = &*self.networks;
        let (notes, _) = frame::relative(phrase, chart.harmony());
        let mut bars = Bars::default();
        bars.clear(BARS_PER_PHRASE);
        bars.write_phrase(&notes, 0);
        let mut tape = Tape::playing(&mut self.rooms);
        let network = tape.network(codec_numbers, false);
        let bars = bars.on(&mut tape);
        let chords = codec.chords(&mut tape, network, chart.beats());
        let heard = codec.encode(&mut tape, network, [bars.rhythms, bars.pitches], chords);
        let tokens = scale.to_tokens(&mut tape, heard.mean);
        let presence = conditions(style, chart).presence(&mut tape);
        let tokens = tape.mul(tokens, presence);
        tape.value(tokens).to_vec()
    }

    pub(super) fn songs(&self) -> Songs<'_> {
        Songs { bank: &self.networks.bank, dimensions: &self.networks.dimensions }
    }
}

pub(super) fn conditions(style: &Style, chart: &Chart) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.push(style, chart.harmony());
    conditions.beats.copy_from_slice(chart.beats());
    conditions
}

/// Whether a track plays another song's part. To be locked to the song that plays anyway is not.
fn is_elsewhere(take: Take, composition: &Composition) -> bool {
    let is_morphing = composition.morph > 0.0 && composition.morph_seed != composition.seed;
    take.locked.is_some_and(|seed| seed != composition.seed || is_morphing)
}

/// The song that a locked track's part comes from: that of its seed, where nothing is locked and
/// nothing morphs.
fn locked_song(composition: &Composition, track: Track) -> Composition {
    let take = composition.takes.of(track);
    Composition {
        seed: take.locked.unwrap_or(composition.seed),
        morph: 0.0,
        takes: Takes::default().with(track, Take { locked: None, ..take }),
        // Fills are the drums' alone.
        fill_every_bars: if track.is_drums() { composition.fill_every_bars } else { 0 },
        ..*composition
    }
}

/// A phrase with some tracks from others.
pub(super) fn joined<'a>(
    phrase: &Phrase,
    parts: impl Iterator<Item = (Track, &'a Phrase)>,
) -> Phrase {
    let mut tracks = Track::ALL.map(|track| phrase.track(track));
    for (track, part) in parts {
        tracks[track.index()] = part.track(track);
    }
    let notes = |track: Track| tracks[track.index()].iter().map(move |note: &Note| (track, *note));
    Phrase::new(Track::ALL.into_iter().flat_map(notes)).with_chords(*phrase.chords())
}
