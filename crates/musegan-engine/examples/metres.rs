//! Draws which sixteenth of the network's own bar every sixteenth of a bar plays, in several
//! metres: `cargo run -p musegan-engine --example metres > docs/metres.svg`.
use musegan_engine::Bar;
use musegan_score::Meter;

const METERS: [(i32, i32); 7] = [(4, 4), (3, 4), (2, 4), (7, 8), (5, 4), (12, 8), (15, 16)];

/// Sizes in the picture's units.
const CELL: i64 = 30;
const ROW: i64 = 46;
const LEFT: i64 = 86;
const TOP: i64 = 54;

fn main() {
    let width = LEFT + 24 * CELL + 20;
    let height = TOP + METERS.len() as i64 * ROW + 10;
    println!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="Ubuntu, Helvetica, Arial, sans-serif">"#
    );
    println!(r##"<rect width="{width}" height="{height}" fill="#ffffff"/>"##);
    let legend = [
        ("#c7d9f2", "in the network's order"),
        ("#f6c48d", "the end of its bar once more"),
        ("#eeeeee", "left out"),
    ];
    let mut x = LEFT;
    for (colour, text) in legend {
        println!(r##"<rect x="{x}" y="16" width="16" height="16" rx="3" fill="{colour}"/>"##);
        println!(r##"<text x="{}" y="29" font-size="14" fill="#333">{text}</text>"##, x + 23);
        x += 60 + 8 * text.len() as i64;
    }
    for (row, (numerator, denominator)) in METERS.into_iter().enumerate() {
        let Some(meter) = Meter::new(numerator, denominator) else { continue };
        draw(meter, TOP + row as i64 * ROW);
    }
    println!("</svg>");
}

/// One bar: its steps, and behind it what it leaves out.
fn draw(meter: Meter, y: i64) {
    println!(
        r##"<text x="{}" y="{}" font-size="19" font-weight="bold" text-anchor="end" fill="#222">{meter}</text>"##,
        LEFT - 14,
        y + 21
    );
    let bar = Bar::holding(0.0, None, meter);
    for step in 0..bar.steps().max(16) {
        let source = if step < bar.steps() { bar.source_step(step) } else { step };
        let (colour, ink) = match step {
            _ if step >= bar.steps() => ("#eeeeee", "#aaa"),
            _ if step >= 16 => ("#f6c48d", "#222"),
            _ => ("#c7d9f2", "#222"),
        };
        let x = LEFT + step * CELL;
        println!(
            r##"<rect x="{x}" y="{y}" width="{}" height="30" rx="3" fill="{colour}"/>"##,
            CELL - 2
        );
        println!(
            r##"<text x="{}" y="{}" font-size="13" text-anchor="middle" fill="{ink}">{}</text>"##,
            x + CELL / 2 - 1,
            y + 20,
            source + 1
        );
    }
    let end = LEFT + bar.steps() * CELL - 1;
    println!(
        r##"<line x1="{end}" y1="{}" x2="{end}" y2="{}" stroke="#222" stroke-width="2"/>"##,
        y - 4,
        y + 34
    );
}
