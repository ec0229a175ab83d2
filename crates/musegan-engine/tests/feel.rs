//! Swing and unevenness: how far from the grid notes are struck, and how hard.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::Controls;
use stage::oracle::Stream;
use stage::plain::{Plain, all, ons};
use stage::song::{Songbook, ladder};

const STEP: i64 = 6000;
/// A quarter of a step.
const LATEST: i64 = 1500;

#[test]
fn swing_at_two_thirds_is_triplet_feel() {
    let host = Plain::of(Songbook::of(ladder), Controls { swing: 2.0 / 3.0, ..all() });
    let take = host.take(0.0, 4.0, &[500]);
    // An eighth is 12,000 samples; its second sixteenth comes at two thirds of it.
    let eighths = (0..8).flat_map(|eighth| [eighth * 12_000, eighth * 12_000 + 8000]);
    assert!(ons(&take).iter().map(|on| on.0).eq(eighths));
    // Notes a step long end as the next one begins.
    let offs = take.iter().filter(|event| event.1 == 0).map(|off| off.0);
    let next = (0..8).flat_map(|eighth| [eighth * 12_000 + 8000, (eighth + 1) * 12_000]);
    assert!(offs.eq(next));
}

#[test]
fn swing_at_one_is_three_quarters_of_the_eighth_and_at_none_the_middle() {
    for (swing, second) in [(0.0, 6000), (0.5, 7500), (1.0, 9000), (f32::NAN, 6000), (7.0, 9000)] {
        let host = Plain::of(Songbook::of(ladder), Controls { swing, ..all() });
        assert_eq!(ons(&host.take(0.0, 0.5, &[500]))[1].0, second, "swing {swing}");
    }
}

fn uneven(from: f64, blocks: &[u32]) -> Stream {
    Plain::new(Controls { humanise: 1.0, ..all() }).take(from, 16.0, blocks)
}

#[test]
fn an_uneven_note_is_late_by_a_quarter_of_a_step_at_most_and_never_early() {
    // At one tempo a key is struck once in a step, so that both takes have the same notes.
    let key = |event: &(i64, u8, u8, u8)| (event.0 / STEP, event.2, event.3);
    let (mut even, mut uneven) =
        (ons(&Plain::new(all()).take(0.0, 16.0, &[480])), ons(&uneven(0.0, &[480])));
    even.sort_by_key(key);
    uneven.sort_by_key(key);
    assert!(even.iter().map(key).eq(uneven.iter().map(key)));
    let late: Vec<i64> = even.iter().zip(&uneven).map(|(even, uneven)| uneven.0 - even.0).collect();
    assert!(late.iter().all(|late| (0..=LATEST).contains(late)));
    assert!(late.iter().any(|late| *late > LATEST / 2) && late.iter().any(|late| *late < 50));
    for (even, uneven) in even.iter().zip(&uneven) {
        let off = (f32::from(uneven.1) - f32::from(even.1)).abs();
        assert!(off <= 0.15 * f32::from(even.1) + 0.5, "{even:?} {uneven:?}");
    }
    assert!(even.iter().zip(&uneven).any(|(even, uneven)| uneven.1 > even.1));
}

#[test]
fn every_take_is_uneven_in_the_same_way() {
    let take = uneven(0.0, &[480]);
    assert_eq!(uneven(0.0, &[64]), take);
    // The second bar alone.
    let bar = |stream: &Stream, first: i64| -> Stream {
        let notes = ons(stream).into_iter().filter(|on| (first..first + 96_000).contains(&on.0));
        notes.map(|on| (on.0 - first, on.1, on.2, on.3)).collect()
    };
    assert_eq!(bar(&uneven(4.0, &[480]), 0), bar(&take, 96_000));
}

#[test]
fn two_songs_are_not_uneven_in_the_same_way() {
    let of_seed = |seed: u64| {
        let mut controls = Controls { humanise: 1.0, ..all() };
        controls.composition.seed = seed;
        ons(&Plain::of(Songbook::of(ladder), controls).take(0.0, 4.0, &[480]))
    };
    assert_ne!(of_seed(1), of_seed(2));
}
