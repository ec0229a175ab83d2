//! Compressed MusicXML: a zip archive with a container that names the score.
use std::borrow::Cow;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::sources::files::MAX_BYTES;

/// The score's text.
pub(super) fn score(bytes: &[u8]) -> Result<String, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("no compressed MusicXML: {error}"))?;
    let container = unpacked(&mut archive, "META-INF/container.xml").ok();
    // Some containers are no XML, where a title has a quotation mark; the score is the only other
    // file there.
    let name = container.as_deref().and_then(root_file).or_else(|| only_score(&archive));
    unpacked(&mut archive, &name.ok_or("no score inside")?)
}

fn only_score(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<String> {
    let names = archive.file_names().filter_map(Result::ok);
    names
        .filter(|name| name.ends_with(".xml") && !name.starts_with("META-INF"))
        .min()
        .map(Cow::into_owned)
}

fn root_file(container: &str) -> Option<String> {
    let document = roxmltree::Document::parse(container).ok()?;
    let root = document.descendants().find(|node| node.has_tag_name("rootfile"))?;
    root.attribute("full-path").map(str::to_owned)
}

fn unpacked(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, String> {
    let file = archive.by_name(name).map_err(|error| format!("{name}: {error}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{name}: larger than {} MiB, which no score is", MAX_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|error| format!("{name}: not UTF-8: {error}"))
}
