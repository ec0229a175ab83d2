//! Chord symbols of MusicXML as chords.
use musegan_score::Chord;
use musegan_score::chord::{Quality, pitch_class};
use roxmltree::Node;

use super::score::{child, number, text};

/// The chord of a `harmony` element: `Some(None)` where it says that there is none, nothing where
/// it cannot be understood.
pub(super) fn chord(harmony: Node) -> Option<Option<Chord>> {
    let kind = text(harmony, "kind").unwrap_or_default();
    if kind == "none" {
        return Some(None);
    }
    let root = pitch(child(harmony, "root")?, "root-step", "root-alter")?;
    let quality = altered(quality(kind)?, harmony);
    let named = child(harmony, "bass").and_then(|bass| pitch(bass, "bass-step", "bass-alter"));
    let inverted = || {
        let inversion = number::<usize>(harmony, "inversion")?;
        quality.semitones().get(inversion).map(|above| root + above)
    };
    Some(Some(Chord::new(root, quality, named.or_else(inverted).unwrap_or(root))))
}

fn pitch(node: Node, step: &str, alter: &str) -> Option<u8> {
    let natural = pitch_class(text(node, step)?)?;
    let alter = number::<f64>(node, alter).unwrap_or(0.0).round().clamp(-2.0, 2.0) as i8;
    Some((natural as i8 + alter).rem_euclid(12) as u8)
}

fn quality(kind: &str) -> Option<Quality> {
    Some(match kind {
        "major" | "pedal" => Quality::Major,
        "minor" => Quality::Minor,
        "augmented" | "augmented-seventh" | "augmented-ninth" => Quality::Augmented,
        "diminished" => Quality::Diminished,
        "dominant" | "dominant-ninth" | "dominant-11th" | "dominant-13th" => Quality::Dominant7,
        "major-seventh" | "major-ninth" | "major-11th" | "major-13th" => Quality::Major7,
        "minor-seventh" | "minor-ninth" | "minor-11th" | "minor-13th" => Quality::Minor7,
        "diminished-seventh" => Quality::Diminished7,
        "half-diminished" => Quality::HalfDiminished7,
        "major-minor" | "minor-major" => Quality::MinorMajor7,
        "major-sixth" | "maj69" => Quality::Major6,
        "minor-sixth" => Quality::Minor6,
        "suspended-second" => Quality::Suspended2,
        "suspended-fourth" => Quality::Suspended4,
        "power" => Quality::Power,
        _ => return None,
    })
}

/// A seventh added to a triad, a fifth altered: what makes another chord of those known here.
fn altered(mut quality: Quality, harmony: Node) -> Quality {
    for degree in harmony.children().filter(|node| node.has_tag_name("degree")) {
        let value = number::<u8>(degree, "degree-value").unwrap_or(0);
        let alter = number::<f64>(degree, "degree-alter").unwrap_or(0.0);
        quality = match (quality, value, alter) {
            (Quality::Minor7, 5, -1.0) => Quality::HalfDiminished7,
            (Quality::Minor, 5, -1.0) => Quality::Diminished,
            (Quality::Major | Quality::Dominant7, 5, 1.0) => Quality::Augmented,
            (Quality::Major, 7, _) => Quality::Dominant7,
            (Quality::Minor, 7, _) => Quality::Minor7,
            (Quality::Suspended4, 7, _) => Quality::Suspended7,
            (Quality::Dominant7, 4 | 11, 0.0) => Quality::Suspended7,
            _ => quality,
        };
    }
    quality
}
