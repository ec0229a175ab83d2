//! Compressed MusicXML: a zip archive with a container that names the score.
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::sources::files::MAX_BYTES;

/// The score's text.
pub(super) fn score(bytes: &[u8]) -> Result<String, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("no compressed MusicXML: {error}"))?;
    let name = match unpacked(&mut archive, "META-INF/container.xml") {
        Ok(container) => root_file(&container)?,
        Err(_) => {
            let names = archive.file_names().filter_map(Result::ok);
            let mut names: Vec<_> = names.map(std::borrow::Cow::into_owned).collect();
            names.sort_unstable();
            names.into_iter().find(|name| name.ends_with(".xml")).ok_or("no score inside")?
        }
    };
    unpacked(&mut archive, &name)
}

fn root_file(container: &str) -> Result<String, String> {
    let document = roxmltree::Document::parse(container)
        .map_err(|error| format!("META-INF/container.xml: {error}"))?;
    let root = document.descendants().find(|node| node.has_tag_name("rootfile"));
    let path = root.and_then(|node| node.attribute("full-path"));
    path.map(str::to_owned).ok_or_else(|| "META-INF/container.xml names no score".to_owned())
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
