//! Figures on paper and in the song.
#![allow(clippy::unwrap_used)]
#[path = "support/charts.rs"]
mod charts;

use charts::{STYLES, plan, song};
use musegan_corpus::figure::{Stroke, hits, playable, strokes};
use musegan_corpus::guitar::figures::techniques;
use musegan_corpus::melody::rhythm::motions;
use musegan_corpus::piano::figures::{HELD_LEFT, HELD_RIGHT, hands};
use musegan_corpus::plan::Style;
use musegan_corpus::strings::Scene;
use musegan_corpus::strings::figures::beds;

/// All figures of all players.
fn figures() -> Vec<&'static str> {
    let mut all = [HELD_RIGHT, &[HELD_LEFT]].concat();
    for style in STYLES {
        for is_fast in [false, true] {
            for (technique, _) in techniques(style, 0.7, 100.0) {
                all.extend(technique.figures(style, is_fast));
            }
            for (bed, _) in beds(style, 0.7, Scene::default()) {
                all.extend(bed.figures(style, is_fast));
            }
            let hands = hands(style, is_fast);
            all.extend(hands.left.iter().chain(hands.right));
        }
        for (motion, _) in motions(style) {
            let rhythms = motion.rhythms();
            all.extend([rhythms.calls, rhythms.answers, rhythms.endings].concat());
        }
    }
    all
}

#[test]
fn every_figure_fills_its_bars() {
    for figure in figures() {
        let places = figure.chars().filter(|place| *place != '|').count();
        assert!(places == 16 || places == 32, "{figure:?} has {places} places");
        let bars = figure.split('|').all(|bar| bar.len() == 16);
        assert!(bars, "{figure:?} has a bar line inside a bar");
        assert!(!strokes(figure, 0).is_empty() || !strokes(figure, 1).is_empty(), "{figure:?}");
    }
}

#[test]
fn a_stroke_is_held_over_the_bar_line_and_around_the_end() {
    let figure = "D...............|..............U-";
    assert_eq!(strokes(figure, 0), [Stroke { step: 0, steps: 1, kind: 'D' }]);
    assert_eq!(strokes(figure, 3), [Stroke { step: 14, steps: 2, kind: 'U' }]);
    assert_eq!(strokes("--..............|..............D-", 1)[0].steps, 4);
}

#[test]
fn a_held_stroke_anticipates_a_chord_that_is_near_and_is_struck_again_for_one_that_is_far() {
    let chart = song();
    let plan = plan(&chart, Style::Pop);
    // Bar 6 has D minor seventh, and from its third beat G suspended.
    let chords = |figure: &str| -> Vec<(usize, String)> {
        let hits = hits(&chart, &plan, 6, figure);
        hits.iter().map(|hit| (hit.step, hit.chord.to_string())).collect()
    };
    assert_eq!(chords("......x---......"), [(6, "G:sus4(b7)".into())]);
    assert_eq!(chords("x-----------...."), [(0, "D:min7".into()), (8, "G:sus4(b7)".into())]);
    // Over the bar line, into the next bar's C.
    assert_eq!(chords("--............x-"), [(14, "C:maj7".into())]);
}

#[test]
fn nothing_is_held_out_of_a_section_or_struck_without_a_chord() {
    let mut chart = song();
    chart.bars[2].chords = [None; 4];
    let plan = plan(&chart, Style::Pop);
    assert_eq!(hits(&chart, &plan, 2, "x---x---x---x---"), []);
    let last = hits(&chart, &plan, 7, "--............x-");
    assert_eq!((last.len(), last[0].length), (1, 240));
    let first = hits(&chart, &plan, 8, "--............x-");
    assert_eq!((first[0].step, first[0].length), (0, 240), "struck where it would be held");
}

#[test]
fn fast_songs_have_no_runs_of_sixteenths() {
    let chart = song();
    let mut plan = plan(&chart, Style::HardRock);
    let figures = ["pppppppppppppppp", "P-P-P-P-P-P-P-P-"];
    assert_eq!(playable(&figures, &plan), figures);
    plan.bpm = 180.0;
    assert_eq!(playable(&figures, &plan), figures[1..]);
    assert_eq!(playable(&figures[..1], &plan), figures[..1], "rather than nothing");
}
