//! What the sections of a chord chart are, from their names, or from what their letters mean
//! elsewhere in the song.
use crate::chart::{ChartSection, SectionRole};

/// Until all sections are known.
pub(super) const UNKNOWN: SectionRole = SectionRole::Verse;

/// Gives every section its group and its role; `letters` are the sections' own, by index.
pub(super) fn assign(sections: &mut [ChartSection], letters: &[Option<String>]) {
    let named: Vec<_> = sections.iter().map(|section| of_name(&section.label)).collect();
    let mut groups: Vec<String> = Vec::new();
    let last = sections.len().saturating_sub(1);
    for (index, section) in sections.iter_mut().enumerate() {
        let letter = letters[index].as_deref();
        let elsewhere = || {
            let same =
                (0..named.len()).filter(|&i| letter.is_some() && letters[i] == letters[index]);
            same.filter_map(|i| named[i]).find(|role| !is_edge(*role))
        };
        section.role = named[index].or_else(elsewhere).unwrap_or(match (letter, index) {
            (_, 0) => SectionRole::Intro,
            (_, index) if index == last => SectionRole::Outro,
            (Some("A"), _) | (None, _) => SectionRole::Verse,
            (Some("B"), _) => SectionRole::Chorus,
            _ => SectionRole::Bridge,
        });
        let group = letter.unwrap_or(&section.label);
        section.group = groups.iter().position(|known| known == group).unwrap_or(groups.len());
        if section.group == groups.len() {
            groups.push(group.to_owned());
        }
    }
}

const fn is_edge(role: SectionRole) -> bool {
    matches!(role, SectionRole::Intro | SectionRole::Outro)
}

fn of_name(name: &str) -> Option<SectionRole> {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    Some(if has(&["pre-chorus", "prechorus", "pre chorus"]) {
        SectionRole::PreChorus
    } else if has(&["pre-verse", "trans", "interlude"]) {
        SectionRole::Interlude
    } else if has(&["intro", "fadein", "fade in"]) {
        SectionRole::Intro
    } else if has(&["chorus", "refrain"]) {
        SectionRole::Chorus
    } else if has(&["verse", "strophe", "theme"]) {
        SectionRole::Verse
    } else if has(&["bridge"]) {
        SectionRole::Bridge
    } else if has(&["solo", "instrumental", "break"]) {
        SectionRole::Solo
    } else if has(&["outro", "coda", "ending"]) {
        SectionRole::Outro
    } else {
        return None;
    })
}
