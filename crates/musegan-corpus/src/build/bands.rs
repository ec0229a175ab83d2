//! The real bands' files, copied as they are.
//!
//! What must stay true: what is copied can be read and has notes, and no file is copied twice,
//! from wherever: the same bytes under two names could be on both sides of the split.
use std::collections::{BTreeMap, BTreeSet};

use musegan_score::{file, midi};
use sha2::{Digest, Sha256};

use super::{BuildError, Names, Options, Place, entry};
use crate::manifest::{SongEntry, SourceEntry};
use crate::sources::multitrack::{self, BandFile};

/// Copies them; the sets' lines of the manifest. The songs go to `songs`.
pub(super) fn copy(
    options: &Options,
    place: &Place,
    names: &mut Names,
    songs: &mut Vec<SongEntry>,
) -> Result<Vec<SourceEntry>, BuildError> {
    let mut sources: BTreeMap<&str, SourceEntry> = BTreeMap::new();
    let mut copied = BTreeSet::new();
    for band in multitrack::files(&options.sources)? {
        let source = sources.entry(band.source.name).or_insert_with(|| entry(band.source, 0));
        let music = music(&band).and_then(|bytes| {
            let is_new = copied.insert(<[u8; 32]>::from(Sha256::digest(&bytes)));
            is_new.then_some(bytes).ok_or("there twice")
        });
        let bytes = match music {
            Ok(bytes) => bytes,
            Err(reason) => {
                *source.refused.entry(reason.into()).or_default() += 1;
                continue;
            }
        };
        let file = format!("{}.mid", names.give(band.source.name, &band.song));
        place.write(&file, &bytes)?;
        source.songs += 1;
        songs.push(SongEntry {
            file,
            song: band.song,
            title: band.title,
            by: band.author,
            source: band.source.name.into(),
            licence: band.licence,
            attribution: band.attribution,
            weight: options.real_weight,
        });
    }
    Ok(sources.into_values().collect())
}

/// The bytes of a file that has notes.
fn music(band: &BandFile) -> Result<Vec<u8>, &'static str> {
    let bytes = file::read(&band.path, midi::MAX_FILE_BYTES).map_err(|_| "cannot be read")?;
    let bytes = bytes.ok_or("larger than a song")?;
    let song = midi::read(&bytes).map_err(|_| "damaged")?;
    let has_notes = song.parts.iter().any(|part| !part.notes.is_empty());
    has_notes.then_some(bytes).ok_or("no notes")
}
