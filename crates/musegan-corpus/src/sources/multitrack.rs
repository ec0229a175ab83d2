//! `.mid` files of whole bands, which need no arranger: what they are, whose they are, and under
//! which licence.
//!
//! A set is known by the name of its folder, wherever that lies. The author of each song is read
//! from the set's own credits; where they do not name it, the set's authors are named. What must
//! stay true: no file is listed under a licence that its set does not give it.
use std::path::{Path, PathBuf};

use super::{SourceInfo, Unreadable, files};
use crate::manifest::{MANIFEST_FILE, Manifest};

mod credits;

use credits::{Credit, Credits};

/// A file to be prepared as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The song's name: the file's without its extension.
    pub song: String,
    /// Its title, where the credits tell; else its name.
    pub title: String,
    /// The set it belongs to.
    pub source: &'static SourceInfo,
    /// Its licence as an SPDX expression.
    pub licence: String,
    /// Who wrote it; empty where the credits do not tell.
    pub author: String,
    /// Whom to name: who wrote it, and whose set it is.
    pub attribution: String,
}

/// A set, how its files are told from others', and where its credits are.
struct Set {
    info: SourceInfo,
    /// A part of the name of a folder above its files.
    folder: &'static str,
    /// The file with the credits.
    credits: &'static str,
    read: fn(&str) -> Credits,
}

const CC_BY: &str = "CC-BY-4.0";
const CC_BY_URL: &str = "https://creativecommons.org/licenses/by/4.0/";

static SETS: [Set; 4] = [
    Set {
        info: SourceInfo {
            name: "Simutrans",
            licence: "Artistic-1.0",
            attribution: "(c) 1997-2004 Hj. Malthaner, since 2005 the Simutrans Team",
            url: "https://github.com/simutrans/simutrans",
        },
        folder: "simutrans",
        credits: "music.tab",
        read: credits::of_simutrans,
    },
    Set {
        info: SourceInfo {
            name: "Freedoom",
            licence: "BSD-3-Clause",
            attribution: "copyright (c) 2001-2024 contributors to the Freedoom project",
            url: "https://freedoom.github.io",
        },
        folder: "freedoom",
        credits: "CREDITS-MUSIC",
        read: credits::of_freedoom,
    },
    Set {
        info: SourceInfo {
            name: "Blasphemer",
            licence: "BSD-3-Clause",
            attribution: "copyright (c) 2024 contributors to the Blasphemer project; music by Jute \
                          Gyte and ax34",
            url: "https://github.com/Catoptromancy/blasphemer",
        },
        folder: "blasphemer",
        credits: "CREDITS.md",
        read: |_| Credits::default(),
    },
    Set {
        info: SourceInfo {
            name: "EasyRPG RTP",
            licence: CC_BY,
            attribution: "contributors to the EasyRPG RTP",
            url: "https://github.com/EasyRPG/RTP",
        },
        folder: "easyrpg",
        credits: "AUTHORS.md",
        read: credits::of_easyrpg,
    },
];

/// What is known of every set.
pub(super) fn infos() -> impl Iterator<Item = &'static SourceInfo> {
    SETS.iter().map(|set| &set.info)
}

/// The files of all sets below a folder, set by set, sorted by path. A corpus that was built there
/// is left out: it holds copies, without their credits.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<BandFile>, Unreadable> {
    let mut all = files::below(folder)?;
    let manifests = all.iter().filter(|path| path.ends_with(MANIFEST_FILE));
    let folders = manifests.filter_map(|manifest| manifest.parent());
    let corpora: Vec<_> = folders
        .filter(|f| matches!(Manifest::read(f), Ok(Some(_))))
        .map(Path::to_path_buf)
        .collect();
    all.retain(|path| !corpora.iter().any(|corpus| path.starts_with(corpus)));
    Ok(SETS.iter().flat_map(|set| set.files(folder, &all)).collect())
}

impl Set {
    fn files(&'static self, folder: &Path, all: &[PathBuf]) -> Vec<BandFile> {
        let below: Vec<_> = all.iter().filter(|path| self.holds(folder, path)).collect();
        let named = |path: &&&PathBuf| path.file_name().is_some_and(|name| name == self.credits);
        let text = below.iter().find(named).and_then(|path| files::text(path).ok());
        let credits = text.map(|text| (self.read)(&text)).unwrap_or_default();
        let songs = below.into_iter().filter(|path| path.extension().is_some_and(|e| e == "mid"));
        songs.filter_map(|path| self.file(path, &credits)).collect()
    }

    fn holds(&self, folder: &Path, path: &Path) -> bool {
        // What lies above the folder that was given says nothing about the files in it, except
        // where the folder is the set itself.
        let inside = path.strip_prefix(folder).ok().and_then(Path::parent);
        let names = folder.file_name().into_iter().chain(inside.into_iter().flatten());
        names.filter_map(|name| name.to_str()).any(|name| name.to_lowercase().contains(self.folder))
    }

    fn file(&'static self, path: &Path, credits: &Credits) -> Option<BandFile> {
        let song = path.file_stem()?.to_str()?.to_owned();
        let credit = credits.get(&song.to_lowercase());
        let Credit { title, author, licence } = credit.cloned().unwrap_or_default();
        let licence = if licence.is_empty() { self.info.licence.to_owned() } else { licence };
        let by = if author.is_empty() { String::new() } else { format!("{author}; ") };
        // What this licence asks for besides the names.
        let terms =
            if licence == CC_BY { format!(", licence: {CC_BY_URL}") } else { String::new() };
        Some(BandFile {
            path: path.to_path_buf(),
            title: if title.is_empty() { song.clone() } else { title },
            song,
            source: &self.info,
            attribution: format!("{by}{}{terms}", self.info.credit()),
            licence,
            author,
        })
    }
}
