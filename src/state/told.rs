//! The player's status in atomic words: the audio thread writes them after each block, the worker
//! and the editor read them whenever they like.
//!
//! A reader may see words of two neighbouring blocks, which only shows a picture a block too
//! early, or none for one frame.
use super::packed;
use musegan_engine::{PhraseKey, Status};
use musegan_score::{Composition, Form, Meter};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const FORMS: [Form; 5] = [Form::Endless, Form::A, Form::Aaba, Form::Abac, Form::VerseChorus];

/// Words besides those of chords and takes.
const PLAIN: usize = 17;

#[derive(Debug, Default)]
pub(super) struct Told {
    plain: [AtomicU64; PLAIN],
    progression: [AtomicU64; packed::PROGRESSION],
    takes: [AtomicU64; packed::TAKES],
}

impl Told {
    pub fn write(&self, status: &Status) {
        let composition = &status.key.composition;
        let Composition { seed, temperature, morph_seed, morph, form, .. } = *composition;
        let Composition { section_bars, variation, fill_every_bars, .. } = *composition;
        let form = FORMS.iter().position(|other| *other == form).unwrap_or_default();
        let words: [u64; PLAIN] = [
            u64::from(status.playing),
            status.pos_beats.to_bits(),
            status.bar_index as u64,
            u64::from(status.meter.numerator()),
            u64::from(status.meter.denominator()),
            u64::from(status.step.to_bits()),
            status.rested_steps,
            status.waits_in_vain,
            status.key.index as u64,
            u64::from(status.key.model),
            seed,
            u64::from(temperature.to_bits()),
            morph_seed,
            u64::from(morph.to_bits()),
            form as u64,
            u64::from(section_bars) << 16 | u64::from(fill_every_bars),
            u64::from(variation.to_bits()),
        ];
        store(&self.plain, words);
        store(&self.progression, packed::progression(&composition.progression));
        store(&self.takes, packed::takes(&composition.takes));
    }

    pub fn read(&self) -> Status {
        let word = |index: usize| self.plain[index].load(Relaxed);
        let float = |index: usize| f32::from_bits(word(index) as u32);
        let composition = Composition {
            seed: word(10),
            temperature: float(11),
            morph_seed: word(12),
            morph: float(13),
            form: FORMS[(word(14) as usize).min(FORMS.len() - 1)],
            section_bars: (word(15) >> 16) as u16,
            fill_every_bars: word(15) as u16,
            variation: float(16),
            progression: packed::to_progression(&load(&self.progression)),
            takes: packed::to_takes(&load(&self.takes)),
        };
        Status {
            playing: word(0) != 0,
            pos_beats: f64::from_bits(word(1)),
            bar_index: word(2) as i64,
            meter: Meter::new(word(3) as i32, word(4) as i32).unwrap_or_default(),
            step: float(5),
            rested_steps: word(6),
            waits_in_vain: word(7),
            key: PhraseKey { index: word(8) as i64, model: word(9) as u32, composition },
        }
    }
}

fn store<const N: usize>(told: &[AtomicU64; N], words: [u64; N]) {
    for (told, word) in told.iter().zip(words) {
        told.store(word, Relaxed);
    }
}

fn load<const N: usize>(told: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|word| told[word].load(Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use musegan_score::{Take, Takes, Track};

    #[test]
    fn what_is_told_is_read() {
        let composition = Composition {
            seed: 7,
            temperature: 0.5,
            morph_seed: 9,
            morph: 0.25,
            form: Form::Abac,
            section_bars: 16,
            variation: 0.75,
            fill_every_bars: 4,
            progression: "Dm7 G7/B | C".parse().unwrap_or_default(),
            takes: Takes::default().with(Track::Bass, Take { number: 3, locked: Some(12) }),
        };
        let status = Status {
            playing: true,
            pos_beats: -3.5,
            bar_index: -1,
            meter: Meter::new(7, 8).unwrap_or_default(),
            key: PhraseKey { index: -2, model: 3, composition },
            step: 12.5,
            rested_steps: 5,
            waits_in_vain: 6,
        };
        let told = Told::default();
        told.write(&status);
        assert_eq!(told.read(), status);
    }
}
