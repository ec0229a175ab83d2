//! Prints what `.mid` files hold: parts with their tracks, damage, and what cutting them into
//! phrases loses.
//!
//! `cargo run -p musegan-score --example inspect -- FILE.mid...`
use std::path::Path;

use musegan_score::quantise::{Losses, Stride};
use musegan_score::{arrange, midi};

fn main() {
    let mut total = Losses::default();
    for path in std::env::args().skip(1) {
        let song = match midi::read_file(Path::new(&path)) {
            Ok(song) => song,
            Err(error) => {
                println!("{error}");
                continue;
            }
        };
        println!("{path}: {} parts, {} notes", song.parts.len(), song.note_count());
        for part in &song.parts {
            println!(
                "  channel {:2}, program {:?}, {:?}: {} notes for {:?}",
                part.channel + 1,
                part.program,
                part.name.as_deref().unwrap_or(""),
                part.notes.len(),
                arrange::track_of(part),
            );
        }
        song.damage.iter().for_each(|damage| println!("  {damage}"));
        let phrases = song.phrases(Stride::Phrase);
        total += phrases.losses();
        println!("  {:?}", phrases.losses());
        println!("  {} phrases", phrases.count());
    }
    println!("all files: {total:?}");
}
