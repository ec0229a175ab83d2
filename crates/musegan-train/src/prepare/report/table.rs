//! What came in and what was dropped, as text.
use std::collections::BTreeMap;
use std::fmt::Write;

use super::Report;
use super::picture::counted;
use crate::dataset::{Corpus, Index, Tally};
use crate::prepare::rules::KEPT_NEVERTHELESS;

/// Corpora that are listed one by one; the rest is summed up.
const MOST_CORPORA: usize = 40;

/// The table of corpora, then each rule with what it dropped and an example, then what was left
/// aside.
#[must_use]
pub fn text(index: &Index, report: &Report) -> String {
    let mut text = corpora(&index.corpora);
    let _ = writeln!(
        text,
        "held out: {} of {} phrases",
        counted(index.held_out_phrases as u64),
        counted(index.phrases as u64)
    );
    let (kept, dropped): (Vec<_>, Vec<_>) = rules(&index.corpora).into_iter().partition(is_kept);
    section(&mut text, "left behind", &dropped);
    section(&mut text, "changed or damaged, and kept", &kept);
    let skipped = report.skipped.iter().map(|(kind, found)| Line {
        what: kind,
        count: found.count,
        example: found.example.clone(),
    });
    section(&mut text, "files of other kinds", &skipped.collect::<Vec<_>>());
    text
}

/// Something that was counted.
struct Line<'a> {
    what: &'a str,
    count: u64,
    example: String,
}

const DAMAGED: &str = "damaged files, read as far as possible";

fn is_kept(line: &Line<'_>) -> bool {
    line.what == DAMAGED || KEPT_NEVERTHELESS.contains(&line.what)
}

/// What each rule counted in all corpora, with the first example.
fn rules(corpora: &[Corpus]) -> Vec<Line<'_>> {
    let mut lines: BTreeMap<&str, Line<'_>> = BTreeMap::new();
    for corpus in corpora {
        let named =
            [("files that could not be read", &corpus.unreadable), (DAMAGED, &corpus.damaged)];
        let dropped = corpus.dropped.iter().map(|(rule, tally)| (rule.as_str(), tally));
        for (what, Tally { count, example }) in named.into_iter().chain(dropped) {
            let example = || format!("{}/{example}", corpus.name);
            if *count > 0 {
                let line = lines.entry(what);
                let line = line.or_insert_with(|| Line { what, count: 0, example: example() });
                line.count += count;
            }
        }
    }
    lines.into_values().collect()
}

fn corpora(corpora: &[Corpus]) -> String {
    let mut text = String::new();
    let mut line = |name: &str, cells: [String; 4]| {
        let [files, songs, bars, phrases] = cells;
        let name: String = name.chars().take(34).collect();
        let _ = writeln!(text, "{name:34} {files:>10} {songs:>10} {bars:>12} {phrases:>11}");
    };
    line("corpus", ["files", "songs", "bars", "phrases"].map(ToString::to_string));
    let counts = |c: &Corpus| [c.files, c.songs, c.bars, c.phrases];
    let mut total = [0; 4];
    let mut rest = [0; 4];
    for (number, corpus) in corpora.iter().enumerate() {
        total.iter_mut().zip(counts(corpus)).for_each(|(sum, count)| *sum += count);
        if number < MOST_CORPORA {
            line(&corpus.name, counts(corpus).map(counted));
        } else {
            rest.iter_mut().zip(counts(corpus)).for_each(|(sum, count)| *sum += count);
        }
    }
    if let Some(more) = corpora.len().checked_sub(MOST_CORPORA).filter(|&more| more > 0) {
        line(&format!("{more} more"), rest.map(counted));
    }
    line("all", total.map(counted));
    text
}

fn section(text: &mut String, heading: &str, lines: &[Line<'_>]) {
    if !lines.is_empty() {
        let _ = writeln!(text, "{heading}:");
    }
    for Line { what, count, example } in lines {
        let _ = writeln!(text, "  {:>12} {what}, such as {example}", counted(*count));
    }
}
