//! One file to what it gives: the pure function that everything else here carries work to and
//! results from.
//!
//! What must stay true: the result depends on the content, the name and the settings alone.
use musegan_score::beats::Beats;
use musegan_score::layout::Parts;
use musegan_score::quantise::{Cut, Cuts, Performance};
use musegan_score::{Song, arrange};

use super::articulation;
use super::inputs::{Name, Work};
use super::labels::Labeller;
use super::measure;
use super::prepared::{Contents, LabelledPhrase, Prepared, Unreadable};
use super::read::{self, Heard};
use super::report::{OFF_GRID, TEMPO};
use super::rules::{self, FeelVerdict};
use super::settings::{OutOfRange, Settings};

/// Descriptions of who plays what that are kept of a file.
const MOST_ASSIGNMENTS: usize = 64;

/// What a piece of work gives.
pub(super) fn examine(work: Work, settings: &Settings) -> Prepared {
    let Work { name, content } = work;
    let outcome = match read::songs(content) {
        Err(reason) => Err(Unreadable { reason }),
        Ok(songs) => {
            let mut contents = Contents::default();
            for heard in songs {
                take(heard, settings, &mut contents);
            }
            Ok(contents)
        }
    };
    let Name { corpus, file, song, origin, weight } = name;
    Prepared { corpus, song, file, origin, weight, outcome }
}

/// Adds a song to what was found.
fn take(heard: Heard, settings: &Settings, contents: &mut Contents) {
    let Heard { mut song, beats: beat_file, chords, given, has_velocities, cells_only } = heard;
    let layout = settings.layout.layout();
    contents.damage = song.damage.first().map(ToString::to_string);
    contents.cells_only = cells_only || settings.layout.binary;
    if song.note_count() == 0 {
        contents.count(rules::SILENT, 1);
        return;
    }
    contents.count(rules::STUCK, settings.rules.release(&mut song));
    contents.count(rules::RIM_OF_HI_HAT, rules::hi_hats(&mut song));
    if settings.out_of_range == OutOfRange::Fold {
        rules::fold(&mut song, layout);
    }
    let beats = match &beat_file {
        Some(file) => Beats::of_file(&song, file),
        None => Beats::of_metres(&song),
    };
    let first_bar = contents.bars;
    contents.bars += measure::bars(&song, beat_file.as_ref());
    contents.measures.extend(measure::tempo(&song, beat_file.as_ref()).map(|bpm| (TEMPO, bpm)));
    let assignment = assignment(&song, given, layout.parts, contents);
    let performance = Performance::new(&song, &beats, &assignment, layout);
    let fit = performance.fit();
    contents.measures.push((OFF_GRID, 100.0 * fit.off_grid_on_time));
    let verdict = settings.rules.of_feel(&fit, layout);
    let performance = performance.earlier_by(fit.delay());
    let cuts = performance.cuts(settings.stride.into(), verdict.straightening());
    let losses = cuts.losses();
    contents.count_losses(&losses);
    let room =
        (settings.rules.max_phrases_per_file as usize).saturating_sub(contents.phrases.len());
    let cuts = within_limit(cuts, room, contents);
    if cuts.is_empty() && room > 0 {
        contents.count(rules::without_phrase(&losses, beats.bars() != Some(0)), 1);
    }
    if let FeelVerdict::Drop(rule) = verdict {
        contents.count(rule, cuts.len() as u64);
        return;
    }
    let labeller = Labeller::of(&song, &beats, chords.as_deref(), &cuts, settings);
    for cut in cuts {
        if let Some(rule) = settings.rules.broken_by(&cut.notes, layout) {
            contents.count(rule, 1);
            continue;
        }
        contents.count(rules::STRAIGHTENED, verdict.straightening().is_some().into());
        let (key, chords, section) = labeller.of_phrase(cut.bar);
        let mut notes = cut.notes;
        if !cells_only {
            articulation::strike_drums(&mut notes, layout);
            if settings.layout.binary {
                articulation::part_repetitions(&mut notes);
            }
        }
        if !has_velocities || settings.layout.binary {
            notes.iter_mut().for_each(|note| note.velocity = 0);
        }
        let bar = u32::try_from(first_bar.saturating_add(cut.bar)).unwrap_or(u32::MAX);
        contents.phrases.push(LabelledPhrase { bar, notes, key, chords, section });
    }
}

/// The examples of a song, as far as the file has room for them.
fn within_limit(cuts: Cuts, room: usize, contents: &mut Contents) -> Vec<Cut> {
    let mut cuts = cuts.fuse();
    let kept = cuts.by_ref().take(room).collect();
    contents.count(rules::BEYOND_MOST, cuts.next().is_some().into());
    kept
}

/// The layout's part for each of the song's, as the source has it or as it is guessed.
fn assignment(
    song: &Song,
    given: Option<Parts>,
    parts: Parts,
    contents: &mut Contents,
) -> Vec<Option<u8>> {
    if given == Some(parts) {
        return (0..song.parts.len()).map(|part| u8::try_from(part).ok()).collect();
    }
    let assignments = arrange::assign(song, parts);
    if contents.assignments.is_empty() {
        contents.assignments = arrange::describe(song, parts, &assignments);
        contents.assignments.truncate(MOST_ASSIGNMENTS);
    }
    assignments.iter().map(|assignment| assignment.part).collect()
}
