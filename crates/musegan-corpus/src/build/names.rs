//! Names of files that every file system takes.
//!
//! What must stay true: no two songs get one name, also where capitals make no difference, and a
//! song's name depends on the songs before it alone.
use std::collections::BTreeSet;

/// Longer names are cut; file systems take 255 bytes, of which a number and an extension come yet.
const MAX_BYTES: usize = 120;

/// The names given so far.
#[derive(Default)]
pub(super) struct Names {
    given: BTreeSet<String>,
}

impl Names {
    /// The path of a song's file below the corpus, without number and extension.
    pub fn give(&mut self, source: &str, song: &str) -> String {
        let name = format!("{}/{}", plain(source), plain(song));
        let numbered = (2..).map(|number: u32| format!("{name}_{number}"));
        let mut free = std::iter::once(name.clone()).chain(numbered);
        let name = free.find(|name| !self.given.contains(name)).unwrap_or(name);
        self.given.insert(name.clone());
        name
    }
}

/// Letters, figures and a few signs in ASCII, for all else `_`; no file is hidden.
fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let plain = |(at, c): (usize, char)| if is_plain(c) && (at, c) != (0, '.') { c } else { '_' };
    let plain: String = name.chars().take(MAX_BYTES).enumerate().map(plain).collect();
    plain.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_songs_never_share_a_file() {
        let mut names = Names::default();
        let mut give = |song| names.give("Open EWLD", song);
        assert_eq!(give("Rêve.mxl"), "open_ewld/r_ve.mxl");
        assert_eq!(give("rève.mxl"), "open_ewld/r_ve.mxl_2");
        assert_eq!(give("R_VE.mxl_2"), "open_ewld/r_ve.mxl_2_2");
        assert_eq!(give("R?VE.mxl"), "open_ewld/r_ve.mxl_3");
        assert_eq!(names.give("Other", "Rêve.mxl"), "other/r_ve.mxl");
    }

    #[test]
    fn no_name_is_hidden_leads_elsewhere_or_is_too_long() {
        let mut names = Names::default();
        assert_eq!(names.give("a", "../etc"), "a/_._etc");
        assert_eq!(names.give("a", ".profile"), "a/_profile");
        let long = [names.give("a", &"é".repeat(300)), names.give("a", &"è".repeat(300))];
        assert!(long.iter().all(|name| name.len() < 200));
        assert_ne!(long[0], long[1]);
    }
}
