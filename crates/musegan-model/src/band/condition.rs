//! What generator, encoder and critic are told of a phrase before they begin: its chords, its
//! sheet, which bars each track plays, and which of them come again.
use std::ops::Range;

use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_PHRASE};

use super::blocks::{
    Linear, TOKENS, TrackLinear, for_each_bar, for_each_token, for_each_track, to_phrase_order,
    tokens,
};
use super::chords::{Beat, Chords};
use super::sheet::{MEASURES, Sources, sources};
use super::style::Style;
use super::{Dimensions, chords, frame::Harmony};
use crate::layout::{Initial, Layout};
use crate::tape::{Network, Node, Tape};

/// Numbers that say of one track how it plays: its measures and the presence of its bars.
const OF_TRACK: usize = MEASURES + BARS_PER_PHRASE;
/// Numbers that say of a token which bar before it has its rhythm, and which all its notes.
const REPEATS: usize = 2 * (BARS_PER_PHRASE - 1);

/// The conditions of some phrases, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// 1 where the track plays in the bar and 0 where not, (phrase, track, bar).
    pub presence: Vec<f32>,
    /// Standardised measures, (phrase, track, measure).
    pub measures: Vec<f32>,
    /// Chords, (phrase, beat).
    pub beats: Vec<Beat>,
    /// The bar that each bar's rhythm comes from, and the one that its pitches come from, which is
    /// itself where they are new; (phrase, track, bar).
    pub sources: Vec<Sources>,
}

impl Conditions {
    /// Adds a phrase that is played so, over these chords.
    pub fn push(&mut self, style: &Style, harmony: &Harmony) {
        let present = style.present.as_flattened().iter();
        self.presence.extend(present.map(|&on| f32::from(u8::from(on))));
        self.measures.extend(style.measures.as_flattened());
        self.beats.extend(chords::beats(harmony));
        self.sources.extend(style.repeats.iter().flat_map(sources));
    }

    /// How many phrases.
    #[must_use]
    pub const fn phrases(&self) -> usize {
        self.beats.len() / BEATS_PER_PHRASE
    }

    /// The presence of each token, `(phrases * 20, 1)`.
    #[must_use]
    pub fn presence(&self, tape: &mut Tape) -> Node {
        tape.constant(self.presence.len(), 1, &self.presence)
    }

    /// Tokens `(phrases * 20, latent)` in phrase order with the numbers of the bars that come
    /// again in place of those that repeat them.
    pub fn repeated(&self, tape: &mut Tape, tokens: Node, dimensions: &Dimensions) -> Node {
        let codes = [dimensions.rhythm_code(), dimensions.pitch_code()];
        let codes = codes.into_iter().enumerate().map(|(code, columns)| {
            let bars = (0u32..).zip(&self.sources);
            let from: Vec<u32> = bars
                .map(|(token, sources)| {
                    token - token % BARS_PER_PHRASE as u32 + u32::from(sources[code])
                })
                .collect();
            let numbers = tape.columns_of(tokens, columns);
            tape.gather(numbers, &from)
        });
        let codes: Vec<Node> = codes.collect();
        tape.beside(&codes)
    }

    /// What each token repeats, [`REPEATS`] numbers each, in track order.
    fn repeats(&self) -> Vec<f32> {
        let phrases = self.phrases();
        let mut repeats = vec![0.0; phrases * TOKENS * REPEATS];
        for ((phrase, track, bar), sources) in tokens(phrases).zip(&self.sources) {
            let row = (track * phrases + phrase) * BARS_PER_PHRASE + bar;
            for (code, &source) in sources.iter().enumerate() {
                if usize::from(source) < bar {
                    let number = code * (BARS_PER_PHRASE - 1) + usize::from(source);
                    repeats[row * REPEATS + number] = 1.0;
                }
            }
        }
        repeats
    }

    /// Each track's numbers, (track, phrase).
    fn of_tracks(&self) -> Vec<f32> {
        let phrases = self.phrases();
        let rows = (0..Track::COUNT).flat_map(|t| (0..phrases).map(move |p| p * Track::COUNT + t));
        rows.flat_map(|row| {
            let measures = &self.measures[row * MEASURES..][..MEASURES];
            let presence = &self.presence[row * BARS_PER_PHRASE..][..BARS_PER_PHRASE];
            measures.iter().chain(presence).copied()
        })
        .collect()
    }

    /// All numbers of each phrase: the measures, then the presence.
    fn of_phrases(&self) -> Vec<f32> {
        let measures = self.measures.chunks_exact(Track::COUNT * MEASURES);
        let presence = self.presence.chunks_exact(TOKENS);
        measures.zip(presence).flat_map(|(m, p)| m.iter().chain(p).copied()).collect()
    }
}

/// The layers that make a token of each bar of each track out of the conditions.
#[derive(Clone, Debug)]
pub(super) struct Told {
    chords: Chords,
    bar: Linear,
    own: TrackLinear,
    repeats: TrackLinear,
    all: Linear,
    sounding: Range<usize>,
    place: Range<usize>,
    width: usize,
}

impl Told {
    pub fn new(layout: &mut Layout, dimensions: &Dimensions) -> Self {
        let width = dimensions.width;
        let chords = Chords::new(layout, "condition.chords", dimensions.chord);
        let bar = Linear::new(layout, "condition.bar", chords.columns(), width);
        let own = TrackLinear::new(layout, "condition.own", OF_TRACK, width);
        let repeats = TrackLinear::new(layout, "condition.repeats", REPEATS, width);
        let all = Linear::new(layout, "condition.all", Track::COUNT * OF_TRACK, width);
        let normal = Initial::Normal(0.3);
        let sounding = layout.push_vector("condition.sounding".into(), width, normal);
        let shape = [Track::COUNT, BARS_PER_PHRASE, width];
        let place = layout.push("condition.place".into(), &shape, &[0, 1, 2], normal);
        Self { chords, bar, own, repeats, all, sounding, place, width }
    }

    /// The tokens, `(phrases * 20, width)` in phrase order.
    pub fn tokens(&self, tape: &mut Tape, network: Network, conditions: &Conditions) -> Node {
        let phrases = conditions.phrases();
        let bars = self.chords.bars(tape, network, &conditions.beats);
        let bars = self.bar.of(tape, network, bars);
        let bars = for_each_track(tape, bars);

        let own = tape.constant(phrases * Track::COUNT, OF_TRACK, &conditions.of_tracks());
        let own = self.own.of(tape, network, own);
        let own = to_phrase_order(tape, own, 1);
        let own = for_each_bar(tape, own);

        let repeats = tape.constant(phrases * TOKENS, REPEATS, &conditions.repeats());
        let repeats = self.repeats.of(tape, network, repeats);
        let repeats = to_phrase_order(tape, repeats, BARS_PER_PHRASE);

        let all = tape.constant(phrases, Track::COUNT * OF_TRACK, &conditions.of_phrases());
        let all = self.all.of(tape, network, all);
        let all = for_each_token(tape, all);

        let presence = conditions.presence(tape);
        let sounding = tape.parameter(network, self.sounding.clone(), 1, self.width);
        let sounding = tape.matmul(presence, sounding);

        let place = tape.parameter(network, self.place.clone(), TOKENS, self.width);
        let places: Vec<u32> = (0..TOKENS as u32).collect::<Vec<_>>().repeat(phrases);
        let place = tape.gather(place, &places);
        [own, repeats, all, sounding, place].into_iter().fold(bars, |sum, part| tape.add(sum, part))
    }
}
