//! From files as the collections have them to charts: small collections, written here.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use musegan_corpus::Chart;
use musegan_corpus::sources::{Collection, Refused};

mod billboard;
mod damage;
mod multitrack;
mod openewld;
mod pop909;

/// Writes a file and the folders it lies in.
fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn charts(collection: Collection, folder: &Path) -> Vec<Result<Chart, Refused>> {
    collection.charts(folder).unwrap().collect()
}

/// The only chart of a folder.
fn chart(collection: Collection, folder: &Path) -> Chart {
    let mut charts = charts(collection, folder);
    assert_eq!(charts.len(), 1);
    charts.remove(0).unwrap()
}

/// The chords of a bar as they are written.
fn chords(chart: &Chart, bar: usize) -> String {
    let name = |chord: Option<_>| {
        chord.map_or("N".to_owned(), |chord: musegan_score::Chord| chord.to_string())
    };
    chart.bars[bar].chords.map(name).join(" ")
}

/// Label, role's name and bars of every section.
fn sections(chart: &Chart) -> Vec<String> {
    let name =
        |s: &musegan_corpus::chart::ChartSection| format!("{} {:?} {}", s.label, s.role, s.bars);
    chart.sections.iter().map(name).collect()
}
