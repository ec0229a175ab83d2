//! The keys of the kit: what the recorded Roland TD-11 sends, as General MIDI names it.

/// Bass drum.
pub const KICK: u8 = 36;
/// Snare drum, struck on the head or as a rim shot.
pub const SNARE: u8 = 38;
/// Snare drum, the stick laid across.
pub const SIDE_STICK: u8 = 37;
/// Hi-hat closed.
pub const CLOSED_HAT: u8 = 42;
/// Hi-hat open.
pub const OPEN_HAT: u8 = 46;
/// Hi-hat closed by the foot.
pub const PEDAL_HAT: u8 = 44;
/// Ride cymbal.
pub const RIDE: u8 = 51;
/// The first crash cymbal.
pub const CRASH: u8 = 49;
/// The second crash cymbal.
pub const OTHER_CRASH: u8 = 57;

/// The General MIDI percussion key of a key of the TD-11. Edges and rims of a drum are the drum;
/// the TD-11's numbers for them mean other instruments elsewhere (a vibraslap, an electric snare).
#[must_use]
pub const fn general_midi(key: u8) -> u8 {
    match key {
        22 => CLOSED_HAT,
        26 => OPEN_HAT,
        40 => SNARE,
        // Rims of the three toms.
        50 => 48,
        47 => 45,
        58 => 43,
        // Edges of the two crash cymbals; the second's edge would be a Chinese cymbal.
        55 => CRASH,
        52 => OTHER_CRASH,
        // The ride's edge.
        59 => RIDE,
        other => other,
    }
}

/// Whether it is a tom.
#[must_use]
pub const fn is_tom(key: u8) -> bool {
    matches!(key, 41 | 43 | 45 | 47 | 48 | 50)
}

/// Whether it is a crash cymbal.
#[must_use]
pub const fn is_crash(key: u8) -> bool {
    matches!(key, 49 | 52 | 55 | 57)
}

/// Whether it is the snare drum, however it is struck.
#[must_use]
pub const fn is_snare(key: u8) -> bool {
    matches!(key, 37 | 38 | 40)
}

/// Whether it is the bass drum.
#[must_use]
pub const fn is_kick(key: u8) -> bool {
    matches!(key, 35 | 36)
}

/// Whether it keeps the time: hi-hat, ride.
#[must_use]
pub const fn keeps_time(key: u8) -> bool {
    matches!(key, 42 | 44 | 46 | 51 | 53 | 59)
}
