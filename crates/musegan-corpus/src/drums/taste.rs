//! Which recorded styles serve which style of the band, and how near a tempo must be.
use crate::plan::Style;

/// How well a drummer's word for a style, "rock/indie", serves a style of the band; 0 not at all.
pub(super) fn of_style(style: Style, recorded: &str) -> f64 {
    let (family, kind) = recorded.split_once('/').unwrap_or((recorded, ""));
    match style {
        Style::Pop => match (family, kind) {
            ("pop", _) => 4.0,
            ("rock", "" | "indie" | "folk" | "groove8") => 1.5,
            ("soul", _) => 1.0,
            ("dance", _) => 0.5,
            ("funk", "" | "groove1" | "groove5") => 0.3,
            _ => 0.0,
        },
        Style::Ballad => match (family, kind) {
            ("pop", "soft") => 4.0,
            ("rock", "folk") => 3.0,
            ("rock", "" | "groove8" | "halftime") => 1.5,
            ("pop" | "soul", _) => 1.0,
            _ => 0.0,
        },
        Style::Rock => match (family, kind) {
            ("rock", "indie") => 3.0,
            ("rock", "" | "groove8" | "folk" | "shuffle" | "rockabilly") => 2.0,
            ("pop" | "punk", _) => 0.4,
            _ => 0.0,
        },
        Style::HardRock => match (family, kind) {
            ("punk", _) => 3.0,
            ("rock", "" | "indie" | "prog" | "halftime") => 1.5,
            _ => 0.0,
        },
        Style::Funk => match (family, kind) {
            ("funk", _) => 3.0,
            ("neworleans", "funk") | ("jazz", "funk" | "fusion") => 1.0,
            ("afrobeat" | "hiphop", _) => 0.5,
            _ => 0.0,
        },
        Style::Soul => match (family, kind) {
            ("soul", _) => 4.0,
            ("gospel", _) => 2.0,
            ("funk", "") | ("pop" | "blues", _) => 0.6,
            ("rock", "" | "shuffle") => 0.2,
            _ => 0.0,
        },
        Style::Country => match (family, kind) {
            ("country", _) => 8.0,
            ("rock", "folk" | "rockabilly" | "shuffle") => 2.0,
            ("rock", "") | ("pop", _) => 0.4,
            _ => 0.0,
        },
        Style::Reggae => match (family, kind) {
            ("reggae", _) => 6.0,
            ("latin", "brazilian-sambareggae" | "reggaeton") => 0.5,
            ("hiphop", _) => 0.2,
            _ => 0.0,
        },
        Style::Latin => match (family, kind) {
            ("latin", "brazilian-bossa" | "chacarera") => 0.0,
            ("latin" | "afrocuban" | "highlife", _) => 2.0,
            ("afrobeat", _) => 0.4,
            _ => 0.0,
        },
        Style::BossaNova => match (family, kind) {
            ("latin", "brazilian-bossa") => 8.0,
            ("latin", "brazilian" | "brazilian-samba" | "samba") => 1.0,
            ("jazz", "") => 0.3,
            _ => 0.0,
        },
        Style::Swing => match (family, kind) {
            ("jazz", "swing" | "mediumfast" | "fast") => 4.0,
            ("jazz", "") => 2.0,
            ("neworleans" | "blues", _) | ("rock", "shuffle") => 0.5,
            _ => 0.0,
        },
        Style::Blues => match (family, kind) {
            (_, "shuffle" | "purdieshuffle") => 4.0,
            ("blues", _) => 4.0,
            ("rock" | "soul", _) => 0.6,
            ("jazz", "swing" | "") => 0.4,
            _ => 0.0,
        },
        Style::Dance => match (family, kind) {
            ("dance", "disco") => 6.0,
            ("dance", _) => 2.0,
            ("pop", _) | ("rock", "" | "indie") => 0.4,
            _ => 0.0,
        },
        Style::HipHop => match (family, kind) {
            ("hiphop", _) => 4.0,
            ("funk", _) => 0.5,
            _ => 0.0,
        },
    }
}

/// How well what was played at `recorded` beats per minute goes at `wanted`: at its own tempo best,
/// hardly at two thirds or one and a half times of it.
pub(super) fn of_tempo(wanted: f64, recorded: f64) -> f64 {
    let octaves = (wanted / recorded).log2();
    (-(octaves / 0.22).powi(2)).exp()
}

/// How much more likely a groove is that goes in eighths than one that goes in sixteenths: what is
/// sung over is plain, while funk, hip hop and latin music live of what lies between, and swing of
/// eighths that are not even.
pub(super) const fn of_eighths(style: Style) -> f64 {
    match style {
        Style::Funk | Style::HipHop | Style::Latin | Style::Swing => 1.0,
        Style::Soul | Style::BossaNova | Style::Dance | Style::Blues => 4.0,
        _ => 12.0,
    }
}

/// Whether the snare answers on the second and fourth beat.
pub(super) const fn has_backbeat(style: Style) -> bool {
    !matches!(style, Style::Reggae | Style::Latin | Style::BossaNova | Style::Swing)
}
