//! Three drummers' worth of bars, written as rows of a drum machine.
use musegan_corpus::drummers::{DrumBar, Drummers, Kind, Performance, Strike};

/// A swung second eighth comes so many ticks late.
pub const LATE: i32 = 80;
/// Tom that only fills strike.
pub const TOM: u8 = 45;

/// A bar of rows of sixteen places, each of them one key's.
pub fn bar(rows: &[(u8, &str)], velocity: u8, late: i32) -> DrumBar {
    let mut strikes = Vec::new();
    for (key, row) in rows {
        for (step, _) in row.char_indices().filter(|(_, place)| *place == 'x') {
            let swung = if step % 4 == 2 { late } else { 0 };
            strikes.push(Strike { tick: step as i32 * 120 + swung, key: *key, velocity });
        }
    }
    strikes.sort_by_key(|strike| (strike.tick, strike.key));
    DrumBar { strikes }
}

/// A groove whose kick is the performance's own; the snare tells its bars apart.
pub fn groove(name: &str, style: &str, kick: &str, velocity: u8, late: i32) -> Performance {
    let hat = "x.x.x.x.x.x.x.x.";
    let snares = ["....x.......x...", "....x.....x.x...", "....x.......x.x.", "....x.x.....x..."];
    let bars = (0..16)
        .map(|at| bar(&[(36, kick), (38, snares[at % 4]), (42, hat)], velocity, late))
        .collect();
    Performance::new(name, style, 104.0, Kind::Beat, bars)
}

fn fill(name: &str, style: &str, late: i32) -> Performance {
    let bar = bar(&[(TOM, "x.x.x.x.x.x.x.x.")], 100, late);
    Performance::new(name, style, 104.0, Kind::Fill, vec![bar])
}

pub const SOFT_KICK: &str = "x...............";
pub const LOUD_KICK: &str = "x.x...x.x...x.x.";

/// One drummer who plays rock softly and loudly, and one who swings.
pub fn library() -> Drummers {
    Drummers::new(vec![
        groove("one/soft.mid", "rock", SOFT_KICK, 50, 0),
        groove("one/loud.mid", "rock", LOUD_KICK, 110, 0),
        fill("one/fill.mid", "rock", 0),
        groove("two/swing.mid", "jazz/swing", SOFT_KICK, 70, LATE),
        groove("two/shuffle.mid", "rock", LOUD_KICK, 120, LATE),
        fill("two/fill.mid", "jazz/swing", LATE),
    ])
}
