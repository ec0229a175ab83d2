//! A comparison for programs: everything that the text says, in full.

use musegan_score::Track;
use serde_json::{Map, Value, json};

use super::Comparison;
use super::memory::{Memory, Nearness};
use super::published::{self, Definition};
use super::table::{Row, rounded};
use crate::dataset::OnsetSource;

/// Everything that was counted; what is not defined is null.
#[must_use]
pub fn of(comparison: &Comparison) -> Value {
    let table = &comparison.table;
    json!({
        "phrases": table.phrases[0],
        "real_phrases": table.phrases[1],
        "notes_are": match comparison.onsets {
            OnsetSource::Notes => "onsets",
            OnsetSource::Runs => "runs of cells",
        },
        "mean_abs_z": table.mean_abs_z(),
        "telling_apart_auc": comparison.telling_apart,
        "memory": comparison.memory.as_ref().map(memory),
        "likeness_between_phrases": table.likeness[0],
        "real_likeness_between_phrases": table.likeness[1],
        "measures": table.rows.iter().map(measure).collect::<Vec<_>>(),
        "musegan": comparison.published.iter().map(published).collect::<Vec<_>>(),
        "muspy": comparison.muspy.iter().map(|row| json!({
            "metric": row.name,
            "value": row.values[0],
            "real": row.values[1],
        })).collect::<Vec<_>>(),
    })
}

/// The few numbers that a model card leads with.
#[must_use]
pub fn summary(comparison: &Comparison) -> Map<String, Value> {
    let mut summary = comparison.table.summary();
    let memory = comparison.memory.as_ref();
    for (name, value) in [
        ("telling_apart_auc", comparison.telling_apart),
        ("nearest_training_phrase", memory.and_then(|memory| memory.subject.mean())),
        ("real_nearest_training_phrase", memory.and_then(|memory| memory.real.mean())),
    ] {
        summary.insert(name.to_owned(), rounded(value));
    }
    summary
}

fn measure(row: &Row) -> Value {
    json!({
        "measure": row.name,
        "track": row.track.map(Track::name),
        "value": row.subject,
        "real": row.real,
        "real_spread": row.spread,
        "z": row.z(),
    })
}

fn memory(memory: &Memory) -> Value {
    let nearness = |set: &Nearness| {
        json!({
            "mean": set.mean(),
            "five_percent_above": set.tail(),
            "copies": set.copies(),
        })
    };
    json!({
        "training_phrases": memory.training,
        "transpositions": 12,
        "nearest": nearness(&memory.subject),
        "nearest_of_real": nearness(&memory.real),
        "share_beyond_real_five_percent": memory.beyond_tail(),
        "nearer_than_real": memory.is_nearer(),
    })
}

fn published(row: &published::Row) -> Value {
    let by = Definition::ALL.iter().zip(row.values).map(|(definition, [value, real])| {
        (definition.name().to_owned(), json!({ "value": value, "real": real }))
    });
    json!({
        "metric": row.name,
        "track": row.track.name(),
        "other": row.other.map(Track::name),
        "by": by.collect::<Map<_, _>>(),
    })
}
