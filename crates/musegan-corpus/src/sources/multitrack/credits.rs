//! The credits files of the sets: who wrote which song.
use std::collections::BTreeMap;

/// By the song's name in lower case.
pub(super) type Credits = BTreeMap<String, Credit>;

/// What a set says of a song; empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Credit {
    pub title: String,
    pub author: String,
    pub licence: String,
}

/// `music.tab`: four lines to a song, path, title, composer and arrangers, `-` for none. A song
/// that is switched off has a `#` before each line.
pub(super) fn of_simutrans(text: &str) -> Credits {
    let lines: Vec<_> = text.lines().map(|line| line.trim_start_matches('#').trim()).collect();
    let song = |lines: &[&str]| {
        let &[path, title, composer, arrangers] = lines else { return None };
        let file = path.strip_prefix("music/")?.strip_suffix(".mid")?;
        let author = match arrangers {
            "-" | "" => composer.to_owned(),
            arrangers => format!("{composer}, arranged by {arrangers}"),
        };
        let credit = Credit { title: title.to_owned(), author, licence: String::new() };
        Some((file.to_lowercase(), credit))
    };
    lines.windows(4).filter_map(song).collect()
}

/// `CREDITS-MUSIC`: `E1M1: "Title" by Author` in phases, whose titles and intermissions have files
/// of their own. What follows "Previously Featured" is no longer there.
pub(super) fn of_freedoom(text: &str) -> Credits {
    let mut credits = Credits::new();
    let mut phase = "";
    for line in text.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix("--") {
            if heading.starts_with("Previously") {
                break;
            }
            phase = heading.trim_end_matches('-');
            continue;
        }
        let Some((place, song)) = line.split_once(": ") else { continue };
        let Some((title, author)) = title_and_author(song) else { continue };
        let credit = Credit { title, author, licence: String::new() };
        for file in freedoom_files(phase, place) {
            credits.insert(file, credit.clone());
        }
    }
    credits
}

/// `"Title" by Author, remix of "Other" by Somebody`, or `file.mid by Author`: the first title, all
/// the authors.
fn title_and_author(song: &str) -> Option<(String, String)> {
    let quoted = song.strip_prefix('"').and_then(|song| song.split_once("\" by "));
    let (title, author) = quoted.or_else(|| song.split_once(" by "))?;
    Some((title.to_owned(), author.to_owned()))
}

/// The files of a place in the game.
fn freedoom_files(phase: &str, place: &str) -> Vec<String> {
    let files: &[&str] = match (phase, place) {
        ("Phase 1", "Title") => &["d_intro", "d_introa"],
        ("Phase 1", "Intermission") => &["d_inter"],
        ("Phase 1", "Victory") => &["d_victor"],
        ("Phase 1", "Bunny") => &["d_bunny"],
        ("Phase 2", "Title") => &["d_dm2ttl"],
        ("Phase 2", "Intermission") => &["d_dm2int"],
        ("Phase 2", "Story") => &["d_read_m"],
        ("FreeDM", "Title") => &["d_fdmttl"],
        ("FreeDM", "Intermission") => &["d_fdmint"],
        ("FreeDM", "Story") => &["d_fdmrdm"],
        _ => return vec![format!("d_{}", place.to_lowercase())],
    };
    files.iter().map(|&file| file.to_owned()).collect()
}

/// `AUTHORS.md`: a table, "├⠀ `Battle 1.mid` | 2010 | Author [CC-BY] | address".
pub(super) fn of_easyrpg(text: &str) -> Credits {
    let song = |line: &str| {
        let mut cells = line.split('|').map(str::trim);
        let file = cells.next()?.split('`').nth(1)?.strip_suffix(".mid")?.to_lowercase();
        let (author, licence) = cells.nth(1)?.split_once('[')?;
        let licence = match licence.split(']').next()?.to_lowercase().as_str() {
            "cc0" => "CC0-1.0",
            _ => "CC-BY-4.0",
        };
        let author = author.trim().to_owned();
        Some((file, Credit { title: String::new(), author, licence: licence.to_owned() }))
    };
    text.lines().filter_map(song).collect()
}
