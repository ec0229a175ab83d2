//! A comparison for people: tables of a hundred columns, and the three sums at the end, where a
//! terminal shows them.

use std::collections::BTreeSet;

use musegan_score::Track;

use super::Comparison;
use super::memory::Memory;
use super::published::Definition;
use super::table::{Row, Table};
use crate::dataset::OnsetSource;
use crate::prepare::report::picture::counted;

/// A measure further away than this, in spreads, is marked.
const FAR: f64 = 0.5;
/// How many of the furthest are named.
const FURTHEST: usize = 5;
const NAME_WIDTH: usize = 30;
const CELL_WIDTH: usize = 14;

/// The whole report. `subject` and `real` say what the two sets are.
#[must_use]
pub fn of(comparison: &Comparison, subject: &str, real: &str) -> String {
    let [count, real_count] = comparison.table.phrases.map(|count| counted(count as u64));
    let notes = match comparison.onsets {
        OnsetSource::Notes => "",
        OnsetSource::Runs => {
            "\nnotes are runs of cells on both sides, because one of them has no onsets"
        }
    };
    format!(
        "{count} {subject} phrases | {real_count} {real} phrases{notes}\n\n{}\n{}\n{}\n{}",
        measures(&comparison.table),
        published(comparison),
        muspy(comparison),
        sums(comparison),
    )
}

/// Every measure of every phrase as comma-separated values, a line for each phrase: 0 for measured
/// ones and 1 for real ones, then the measures in the table's order, empty where not defined.
#[must_use]
pub fn values(comparison: &Comparison) -> String {
    let titles = comparison.table.rows.iter().map(|row| format!(",{}", row.title()));
    let mut text = format!("real{}\n", titles.collect::<String>());
    for (set, rows) in comparison.values.iter().enumerate() {
        for row in rows {
            text += &set.to_string();
            for value in row {
                text.push(',');
                value.iter().for_each(|value| text += &value.to_string());
            }
            text.push('\n');
        }
    }
    text
}

/// Tracks side by side, then what is of all tracks together.
fn measures(table: &Table) -> String {
    let mut text = line("", Track::ALL.map(|track| track.name().to_owned()));
    let mut seen = BTreeSet::new();
    for row in table.rows.iter().filter(|row| row.track.is_some() && seen.insert(row.name)) {
        let cell = |track| {
            let row = table.row(row.name, Some(track));
            row.map_or("-".into(), |row| pair([row.subject, row.real]) + mark(row))
        };
        text += &line(row.name, Track::ALL.map(cell));
    }
    text.push('\n');
    for row in table.rows.iter().filter(|row| row.track.is_none()) {
        text += &line(row.name, [pair([row.subject, row.real]) + mark(row)]);
    }
    text += &line("likeness between phrases", [pair(table.likeness)]);
    text + &format!("  * more than {FAR} of real music's standard deviation away\n")
}

fn mark(row: &Row) -> &'static str {
    if row.z().is_some_and(|z| z > FAR) { "*" } else { " " }
}

/// MuseGAN's metrics, a line for each definition that gives other numbers than the right one.
fn published(comparison: &Comparison) -> String {
    let titles = Track::ALL.map(|track| track.name().to_owned());
    let mut text = line("MuseGAN's metrics", titles);
    let rows = &comparison.published;
    let mut seen = BTreeSet::new();
    for row in rows.iter().filter(|row| row.other.is_none() && seen.insert(row.name)) {
        let of = |track| rows.iter().find(|other| other.name == row.name && other.track == track);
        for (by, definition) in Definition::ALL.iter().enumerate() {
            let values = Track::ALL.map(|track| of(track).map(|row| row.values[by]));
            let right = Track::ALL.map(|track| of(track).map(|row| row.values[0]));
            if by > 0 && same(&values, &right) {
                continue;
            }
            let name = format!("{}, {}", row.name, definition.name());
            text += &line(&name, values.map(|values| values.map_or("-".into(), |v| pair(v) + " ")));
        }
    }
    text += &line("tonal distance", Definition::ALL.map(|by| by.name().to_owned()));
    for row in rows.iter().filter(|row| row.other.is_some()) {
        let other = row.other.map_or("", Track::name);
        let name = format!("  {} and {}", row.track.name(), other).to_lowercase();
        text += &line(&name, row.values.map(|values| pair(values) + " "));
    }
    text
}

/// Whether all numbers are the same; not a number is the same as itself.
fn same(one: &[Option<[Option<f64>; 2]>], other: &[Option<[Option<f64>; 2]>]) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

fn muspy(comparison: &Comparison) -> String {
    let rows = comparison.muspy.iter().map(|row| line(row.name, [pair(row.values) + " "]));
    format!("MusPy's metrics\n{}", rows.collect::<String>())
}

/// The three sums, and what lies furthest away.
fn sums(comparison: &Comparison) -> String {
    let table = &comparison.table;
    let mut rows: Vec<_> = table.rows.iter().filter_map(|row| Some((row.shift()?, row))).collect();
    rows.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let furthest = rows.iter().take(FURTHEST).map(|(z, row)| format!("{} {z:+.2}", row.title()));
    let furthest = furthest.collect::<Vec<_>>().join(", ");
    let apart = comparison.telling_apart.map_or("too few phrases".to_owned(), |area| {
        format!("{area:<8.3} area under the curve; 0.5 is real, 1 is always told")
    });
    let memory = comparison.memory.as_ref().map_or("not compared\n".to_owned(), memory);
    format!(
        "furthest from real, in standard deviations:\n  {}\n\n\
         mean |z|        {:8} over {} measures; 0 is real\n\
         telling apart   {apart}\n\
         memory          {memory}",
        wrapped(&furthest),
        number(table.mean_abs_z(), 3),
        rows.len(),
    )
}

fn memory(memory: &Memory) -> String {
    let Memory { subject, real, training } = memory;
    format!(
        "nearest of {} training phrases in 12 transpositions (Jaccard of cells):\n  \
         mean            {}\n  one in 20 above {}\n  copies (0.9)    {} | {}\n  \
         nearer than real: {}\n",
        counted(*training as u64),
        pair([subject.mean(), real.mean()]),
        pair([subject.tail(), real.tail()]),
        subject.copies(),
        real.copies(),
        if memory.is_nearer() { "yes" } else { "no" },
    )
}

fn line<const N: usize>(name: &str, cells: [String; N]) -> String {
    let cells = cells.iter().map(|cell| format!("{cell:>CELL_WIDTH$}")).collect::<String>();
    format!("{name:NAME_WIDTH$}{cells}").trim_end().to_owned() + "\n"
}

/// At commas, into lines that fit.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for part in text.split_inclusive(", ") {
        if lines.last().is_some_and(|line| line.len() + part.len() > 96) {
            lines.push(String::new());
        }
        lines.last_mut().into_iter().for_each(|line| *line += part);
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n  ")
}

fn pair([subject, real]: [Option<f64>; 2]) -> String {
    format!("{}|{}", number(subject, 2), number(real, 2))
}

/// Three significant digits or so, `-` where there is no number.
fn number(value: Option<f64>, decimals: usize) -> String {
    match value {
        None => "-".into(),
        Some(value) if value.is_nan() => "nan".into(),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) if value.abs() < 1.0 => format!("{value:.0$}", decimals + 1),
        Some(value) => format!("{value:.decimals$}"),
    }
}
