//! Genres and styles of the works, from the database beside the scores.
//!
//! They were counted over releases with the work's title, so some are wrong: a tag is a hint.
use std::collections::BTreeMap;
use std::path::Path;

use super::sqlite::{Database, Row};
use crate::sources::{SongFile, files};

/// What the database says of each score, by the score's file name; empty where there is no
/// database.
pub(in crate::sources) struct Genres {
    tags: BTreeMap<String, Vec<String>>,
}

const DATABASE: &str = "OpenEWLD.db";
/// The database lies so many folders above the scores at most.
const FOLDERS_ABOVE: usize = 6;

impl Genres {
    pub(in crate::sources) fn near(songs: &[SongFile]) -> Self {
        let above = songs.first().into_iter().flat_map(|song| song.path.ancestors().skip(1));
        let found =
            above.take(FOLDERS_ABOVE).find_map(|folder| files::bytes(&folder.join(DATABASE)).ok());
        let tags = found.as_deref().and_then(Database::of).map(|database| tags(&database));
        Self { tags: tags.unwrap_or_default() }
    }

    pub(in crate::sources) fn of(&self, song: &SongFile) -> Vec<String> {
        self.tags.get(&song.name).cloned().unwrap_or_default()
    }
}

fn tags(database: &Database) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    for (number, row) in database.rows("works") {
        let path = row.get(5).and_then(|value| value.text());
        let name = path.and_then(|path| Path::new(path).file_name()?.to_str());
        names.extend(name.map(|name| (number, name.to_owned())));
    }
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in ["work_genres", "work_style"].iter().flat_map(|table| database.rows(table)) {
        let Some((name, tag)) = tag(&row, &names) else { continue };
        tags.entry(name).or_default().push(tag);
    }
    for tags in tags.values_mut() {
        tags.sort_unstable();
        tags.dedup();
    }
    tags
}

fn tag((_, row): &Row, names: &BTreeMap<i64, String>) -> Option<(String, String)> {
    let name = names.get(&row.first()?.integer()?)?;
    Some((name.clone(), row.get(1)?.text()?.to_lowercase()))
}
