//! What found sections are, from where they stand, how often they come and how high they sing.
use super::BarSketch;
use crate::chart::{Chart, ChartSection, SectionRole, TICKS_PER_BAR, VoiceRole};

/// A bridge has no more bars.
const LONGEST_BRIDGE: usize = 16;

/// What decides about a group of sections that are repetitions of each other.
struct Group {
    /// Times it comes with a tune.
    times: usize,
    /// Bars of all its sections.
    bars: usize,
    /// Mean pitch of its tune.
    height: f64,
    /// Onsets of all voices per bar.
    busy: f64,
    /// Its first section.
    first: usize,
}

/// Gives every section its role.
pub(super) fn assign(sections: &mut [ChartSection], chart: &Chart, sketches: &[BarSketch]) {
    let sung: Vec<bool> = sections.iter().map(|s| is_sung(s, sketches)).collect();
    let has_tune = sung.contains(&true);
    let groups = groups(sections, &sung, chart, sketches, has_tune);
    let verse = (0..groups.len()).filter(|&g| groups[g].times > 0).min_by_key(|&g| groups[g].first);
    let chorus = chorus(&groups, verse);
    let count = sections.len();
    let mut bridge_bars = 0;
    for index in 0..count {
        let group = sections[index].group;
        sections[index].role = if index == 0 && sections[index].bars < 4 {
            SectionRole::Intro
        } else if has_tune && !sung[index] {
            let before = sung[..index].contains(&true);
            let after = sung[index..].contains(&true);
            match (before, after) {
                (false, _) => SectionRole::Intro,
                (true, false) => SectionRole::Outro,
                _ if sections[index].bars >= 8 => SectionRole::Solo,
                _ => SectionRole::Interlude,
            }
        } else if Some(group) == chorus {
            SectionRole::Chorus
        } else if Some(group) == verse {
            SectionRole::Verse
        } else if leads_to(sections, group, chorus) {
            SectionRole::PreChorus
        } else if groups[group].times == 1 && index * 2 >= count {
            let is_high =
                chorus.is_some_and(|chorus| groups[group].height >= groups[chorus].height);
            bridge_bars += sections[index].bars;
            match bridge_bars {
                ..=LONGEST_BRIDGE => SectionRole::Bridge,
                // What is sung once more, otherwise than before, after the bridge.
                _ if is_high => SectionRole::Chorus,
                _ if index + 1 == count => SectionRole::Outro,
                _ => SectionRole::Verse,
            }
        } else {
            SectionRole::Verse
        };
    }
}

fn is_sung(section: &ChartSection, sketches: &[BarSketch]) -> bool {
    let bars = &sketches[section.first_bar..section.first_bar + section.bars];
    bars.iter().filter(|bar| !bar.tune.is_empty()).count() * 3 >= bars.len()
}

fn groups(
    sections: &[ChartSection],
    sung: &[bool],
    chart: &Chart,
    sketches: &[BarSketch],
    has_tune: bool,
) -> Vec<Group> {
    let tune = chart.voice(VoiceRole::Melody);
    let count = sections.iter().map(|section| section.group + 1).max().unwrap_or(0);
    let one = |group| {
        let of_group = || sections.iter().zip(sung).filter(move |(s, _)| s.group == group);
        let mut pitches = Vec::new();
        let (mut bars, mut onsets) = (0, 0);
        for (section, _) in of_group() {
            let span = section.first_bar..section.first_bar + section.bars;
            bars += section.bars;
            onsets += sketches[span.clone()].iter().map(|sketch| sketch.onsets).sum::<usize>();
            let ticks = span.start as u64 * TICKS_PER_BAR..span.end as u64 * TICKS_PER_BAR;
            let notes = tune.iter().filter(|note| ticks.contains(&note.onset));
            pitches.extend(notes.map(|note| f64::from(note.pitch.number())));
        }
        Group {
            times: of_group().filter(|(_, sung)| **sung || !has_tune).count(),
            bars,
            height: pitches.iter().sum::<f64>() / pitches.len().max(1) as f64,
            busy: onsets as f64 / bars.max(1) as f64,
            first: sections.iter().position(|s| s.group == group).unwrap_or(0),
        }
    };
    (0..count).map(one).collect()
}

/// The group that comes again, sings high and is busy; not the one that the song begins with.
fn chorus(groups: &[Group], verse: Option<usize>) -> Option<usize> {
    let others = (0..groups.len()).filter(|&g| Some(g) != verse && groups[g].times >= 2);
    let worth = |g: usize| {
        let group = &groups[g];
        group.height / 3.0 + group.busy / 8.0 + (group.bars.min(32)) as f64 / 8.0
    };
    others.max_by(|&a, &b| worth(a).total_cmp(&worth(b)).then(b.cmp(&a)))
}

/// Whether a group comes at least twice and mostly goes into the chorus.
fn leads_to(sections: &[ChartSection], group: usize, chorus: Option<usize>) -> bool {
    let Some(chorus) = chorus else { return false };
    let times = sections.iter().filter(|s| s.group == group).count();
    let leads = sections.windows(2).filter(|p| p[0].group == group && p[1].group == chorus).count();
    times >= 2 && leads * 3 >= times * 2
}
