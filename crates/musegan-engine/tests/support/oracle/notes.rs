//! The notes of a laid-out stretch: what begins each and what ends it first.
use super::super::song::Songbook;
use super::Stream;
use super::feel::{self, Fit};
use super::layout::{Begun, Layout};
use super::stretch::Moment;
use musegan_score::{Note, Phrase, Track};
use std::collections::HashMap;

/// A note that is struck.
struct Struck {
    track: Track,
    note: Note,
    /// In `bars`.
    bar: usize,
    /// In the order of steps.
    step: usize,
    moment: Moment,
    /// What brought it to its place, and that: channel and key.
    fit: Fit,
    place: (u8, u8),
    velocity: u8,
    /// `None` if it sounds to the end of the stretch.
    end: Option<Moment>,
}

/// Adds the events of a stretch.
pub fn lay(layout: &Layout, songs: &mut Songbook, stream: &mut Stream) {
    let mut struck = Vec::new();
    let mut fits = Vec::new();
    for begun in &layout.steps {
        let bar = &layout.bars[layout.bar_of(begun)];
        let step = layout.in_phrase(begun);
        fits.push(Fit::of(&bar.chord, songs.phrase(&bar.key), step, begun.controls));
    }
    for (index, begun) in layout.steps.iter().enumerate() {
        let phrase = songs.phrase(&layout.bars[layout.bar_of(begun)].key);
        lay_step(layout, index, begun, phrase, &fits, &mut struck);
    }
    struck.sort_by_key(|one| (one.moment, one.track.index(), one.note.pitch));

    let mut last_at: HashMap<(u8, u8), usize> = HashMap::new();
    let mut sounding = Vec::<Struck>::new();
    for one in struck {
        if let Some(&earlier) = last_at.get(&one.place) {
            let earlier = &mut sounding[earlier];
            if earlier.end.is_none_or(|end| end > one.moment) {
                if earlier.step == one.step || earlier.moment.clock == one.moment.clock {
                    continue;
                }
                earlier.end = Some(one.moment);
            }
        }
        last_at.insert(one.place, sounding.len());
        sounding.push(one);
    }
    for one in sounding {
        let (channel, key) = one.place;
        stream.push((one.moment.clock, one.velocity, channel, key));
        let end = one.end.map_or(layout.stretch.end_clock(), |end| end.clock);
        stream.push((end, 0, channel, key));
    }
}

fn lay_step(
    layout: &Layout,
    index: usize,
    begun: &Begun,
    phrase: &Phrase,
    fits: &[Fit],
    struck: &mut Vec<Struck>,
) {
    let stretch = layout.stretch;
    let bar = &layout.bars[layout.bar_of(begun)];
    let (source, in_phrase) = (layout.source(begun), layout.in_phrase(begun));
    let first_of_step = begun.bar as i64 * stretch.bar_ticks() + begun.step * 240;
    for track in Track::ALL {
        for note in phrase.starting_at(track, in_phrase) {
            let (lateness, hardness) = feel::unevenness(
                bar.key.composition.seed,
                bar.index,
                begun.step,
                track,
                note.pitch,
            );
            let late = swing(begun) + feel::humanise_ticks(begun.controls, lateness);
            let tick = first_of_step + late.min(begun.ticks - 1);
            // What begins before the stretch is joined is not joined.
            let joined = tick >= begun.moment.tick;
            let Some(moment) = stretch.moment(begun.moment.piece, tick).filter(|_| joined) else {
                continue;
            };
            let controls = layout.controls(moment.piece);
            let fit = fits[index].clone();
            let place = feel::place(controls, &fit, track, note.pitch);
            let Some(place) = place.filter(|_| note.strength() > 1.0 - controls.density) else {
                continue;
            };
            let velocity = feel::velocity(controls, begun.controls.humanise, track, note, hardness);
            let end = natural_end(layout, begun, source, note, moment);
            let mut one = Struck {
                track,
                note: *note,
                bar: layout.bar_of(begun),
                step: index,
                moment,
                fit,
                place,
                velocity,
                end,
            };
            one.end_where_changed(layout, fits);
            struck.push(one);
        }
    }
}

/// Ticks by which what belongs to a step comes late.
fn swing(begun: &Begun) -> i64 {
    let swing = if begun.step % 2 == 1 { feel::swing_ticks(begun.controls) } else { 0 };
    swing.min(begun.ticks - 1)
}

/// Where the phrase ends a note.
fn natural_end(
    layout: &Layout,
    begun: &Begun,
    source: i64,
    note: &Note,
    from: Moment,
) -> Option<Moment> {
    let bar = begun.bar as i64;
    let (length, beyond) = (note.length() as i64, source + note.length() as i64 - 16);
    let last = if beyond <= 0 {
        layout.step(bar, begun.step + length)
    } else {
        // So many bars of sixteen source steps further on.
        layout.step(bar + 1 + (beyond - 1) / 16, (beyond - 1) % 16 + 1)
    };
    let last = last?;
    after(layout, last.moment.tick + swing(last), from)
}

/// The moment of a tick, or of the first one after it that is not at the very sample `from`: a
/// note lasts a sample at least.
fn after(layout: &Layout, tick: i64, from: Moment) -> Option<Moment> {
    let moments = (tick..).map(|tick| layout.stretch.moment(from.piece, tick));
    moments.into_iter().find(|moment| moment.is_none_or(|m| m.clock > from.clock)).flatten()
}

impl Struck {
    /// Ends it early where new controls, at the start of a block, or a new chord, at a bar line,
    /// would have it sound elsewhere or not at all.
    fn end_where_changed(&mut self, layout: &Layout, fits: &[Fit]) {
        let mut bar = self.bar;
        for (piece, start) in layout.stretch.pieces.iter().enumerate().skip(self.moment.piece) {
            if self.end.is_some_and(|end| end.piece < piece) {
                return;
            }
            if piece > self.moment.piece && !self.stays(layout, piece, &self.fit) {
                return self.end_at(Some(Moment { piece, tick: i64::MIN, clock: start.clock }));
            }
            while let Some(next) = layout.bars.get(bar + 1).filter(|b| b.moment.piece == piece) {
                let before = feel::engine_chord(&layout.bars[bar].chord);
                bar += 1;
                if before == feel::engine_chord(&next.chord) {
                    continue;
                }
                let first = layout.steps.iter().position(|begun| layout.bar_of(begun) == bar);
                if !self.sounds_over(layout, piece, &next.chord, &fits[first.unwrap()]) {
                    self.end_at(after(layout, next.moment.tick, self.moment));
                }
            }
        }
    }

    /// Whether it sounds on over a new chord, by the fit of the bar that begins there; takes that
    /// one if it sounds the same by it.
    fn sounds_over(&mut self, layout: &Layout, piece: usize, chord: &[u8], fit: &Fit) -> bool {
        let belongs = self.track == Track::Drums || feel::has_class(chord, self.place.1);
        let is_same = self.stays(layout, piece, fit);
        if is_same && (*fit != Fit::AsIs || belongs) {
            self.fit = fit.clone();
            return true;
        }
        *fit == Fit::AsIs && belongs
    }

    fn stays(&self, layout: &Layout, piece: usize, fit: &Fit) -> bool {
        let controls = layout.controls(piece);
        feel::place(controls, fit, self.track, self.note.pitch) == Some(self.place)
    }

    fn end_at(&mut self, moment: Option<Moment>) {
        self.end = match (self.end, moment) {
            (Some(end), Some(moment)) => Some(end.min(moment)),
            (end, moment) => end.or(moment),
        };
    }
}
