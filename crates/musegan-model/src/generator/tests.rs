//! Devices that fail, lie or are slow, in the place of real ones.
#![allow(clippy::unwrap_used)]
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use super::choosing::Terms;
use super::tensors::OnTensors;
use super::*;
use crate::device::{Rival, Verdicts, Work};
use crate::import;
use crate::sampling::latent;

/// Plays as the CPU does, but for what is wrong with it.
#[derive(Debug)]
struct Fake {
    cpu: OnCpu,
    /// Phrases until it fails.
    lasts: usize,
    /// What a cell becomes when it has failed, or an error.
    then: Option<f32>,
}

impl Network for Fake {
    fn rolls(&mut self, latents: &[f32], cells: &mut [f32]) -> Result<(), String> {
        let latents = latents.as_chunks().0;
        for (latent, cells) in latents.iter().zip(cells.chunks_mut(CELLS)) {
            self.cpu.roll(latent, cells);
            if self.lasts == 0 {
                cells[CELLS / 2] = self.then.ok_or_else(|| "it fell off the bus".to_owned())?;
            }
            self.lasts = self.lasts.saturating_sub(1);
        }
        Ok(())
    }
}

fn weights() -> Weights {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture/plain.pth");
    import::generator(Path::new(fixture)).unwrap()
}

fn generator() -> Generator {
    Generator::new(&weights(), Device::Cpu)
}

fn fake(generator: &Generator, lasts: usize, then: Option<f32>) -> Box<Fake> {
    Box::new(Fake { cpu: generator.cpu.clone(), lasts, then })
}

/// One that plays on this device.
fn accompanied(network: Box<dyn Network>) -> Generator {
    let mut generator = generator();
    generator.playing = Playing { device: "card".into(), reason: Reason::Chosen };
    generator.soloist = Some(Soloist { network, name: "card".into(), phrases: 0 });
    generator
}

fn latents(count: i64) -> Vec<f32> {
    (0..count).flat_map(|index| latent(3, index, 1.0)).collect()
}

#[test]
fn candles_tensors_give_what_the_cpu_gives() {
    let mut cpu = generator();
    let mut tensors = OnTensors::new(cpu.cpu.layers(), candle_core::Device::Cpu).unwrap();
    for count in [1, 3] {
        let latents = latents(count);
        let mut cells = vec![0.0; count as usize * CELLS];
        tensors.rolls(&latents, &mut cells).unwrap();
        let rolls = cpu.rolls(&latents).unwrap();
        let ours = rolls.iter().flat_map(|roll| roll.cells());
        let largest = ours.zip(&cells).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest < 1e-5, "{count}: {largest}");
    }
    let chosen = Generator::new(&weights(), Device::Tensors(candle_core::Device::Cpu));
    assert_eq!(chosen.playing().to_string(), "candle's CPU, as chosen");
}

#[test]
fn when_a_device_fails_that_very_phrase_is_the_cpus() {
    let mut cpu = generator();
    let failures = [
        (None, "it fell off the bus"),
        (Some(f32::NAN), "it gave what are no numbers"),
        (Some(f32::INFINITY), "it gave what are no numbers"),
    ];
    for (then, error) in failures {
        let mut band = accompanied(fake(&cpu, 3, then));
        for index in 0..6 {
            let latent = latent(0, index, 1.0);
            assert_eq!(band.roll(&latent), cpu.roll(&latent), "{then:?}");
            assert_eq!(band.playing().is_cpu(), index >= 3, "{then:?}");
        }
        let said = band.playing().to_string();
        assert_eq!(said, format!("CPU: card failed after 3 phrases: {error}"));
    }
}

#[test]
fn a_device_that_fails_among_many_phrases_leaves_none_out() {
    let mut cpu = generator();
    let latents = latents(150);
    let mut band = accompanied(fake(&cpu, 100, None));
    assert!(band.rolls(&latents).unwrap() == cpu.rolls(&latents).unwrap());
    assert_eq!(
        band.playing().to_string(),
        "CPU: card failed after 64 phrases: it fell off the bus"
    );
}

#[test]
fn a_device_that_computes_wrongly_is_not_let_in() {
    let mut cpu = generator();
    let right = fake(&cpu, 1, None);
    assert!(cpu.listen(right).is_ok());
    for wrong in [Some(0.7), Some(f32::NAN)] {
        let wrong = fake(&cpu, 0, wrong);
        let said = cpu.listen(wrong).unwrap_err();
        assert_eq!(said, "it computes wrongly: 1 of 23040 activations are not the CPU's");
    }
}

/// What `auto` makes of a CPU and a card that take so many microseconds for a round, and how often
/// it opened the card.
fn audition(
    known: &Mutex<Vec<crate::device::Kept>>,
    micros: [u64; 2],
    lasts: usize,
    work: Work,
) -> (Generator, usize) {
    let (mut generator, mut opened) = (generator(), 0);
    let (mut rounds, per_device) = (0, 46);
    let mut timer = |round: &mut dyn FnMut()| {
        round();
        rounds += 1;
        Duration::from_micros(micros[usize::from(rounds > per_device)])
    };
    let mut open = |generator: &mut Generator| {
        opened += 1;
        let network = fake(generator, lasts, None);
        Ok(Soloist { network, name: "card".into(), phrases: 0 })
    };
    let verdicts = Verdicts::on(known, None);
    let terms = Terms { verdicts, anew: false, work, timer: &mut timer };
    let rival = Rival { name: "card".into(), driver: "1".into() };
    generator.audition(Ok(rival), &mut open, terms);
    (generator, opened)
}

#[test]
fn auto_chooses_the_faster_and_says_both_numbers() {
    let (slower, faster) = (Mutex::default(), Mutex::default());
    let (generator, opened) = audition(&slower, [50, 110], 1000, Work::PHRASE);
    assert_eq!(opened, 1);
    assert_eq!(generator.playing().to_string(), "CPU: 0.050 ms a phrase; card took 0.11 ms");
    let (mut generator, _) =
        audition(&faster, [640, 320], 10_000, Work { batch: 2, cpu_threads: 1 });
    let said = "card: 0.16 ms a phrase of 2; the CPU took 0.32 ms";
    assert_eq!(generator.playing().to_string(), said);
    let latent = latent(0, 0, 1.0);
    assert_eq!(generator.roll(&latent), self::generator().roll(&latent));
    assert_eq!(generator.playing().to_string(), said);
}

#[test]
fn a_card_that_is_known_to_be_slower_is_not_even_opened() {
    let known = Mutex::default();
    let (first, _) = audition(&known, [50, 110], 1000, Work::PHRASE);
    // Measured again, the card would win.
    let (second, opened) = audition(&known, [110, 50], 1000, Work::PHRASE);
    assert_eq!((opened, second.playing()), (0, first.playing()));
    let (other_work, opened) =
        audition(&known, [640, 64], 10_000, Work { batch: 4, cpu_threads: 1 });
    assert_eq!((opened, other_work.playing().is_cpu()), (1, false));
    let (again, opened) = audition(&known, [1, 1], 0, Work { batch: 4, cpu_threads: 1 });
    assert_eq!((opened, again.playing()), (1, other_work.playing()));
}

#[test]
fn a_card_that_fails_while_it_is_measured_leaves_the_cpu_and_no_verdict() {
    let known = Mutex::default();
    let (generator, _) = audition(&known, [50, 110], 7, Work::PHRASE);
    let said = "CPU: card cannot play: it fell off the bus";
    assert_eq!(generator.playing().to_string(), said);
    let (_, opened) = audition(&known, [50, 110], 1000, Work::PHRASE);
    assert_eq!(opened, 1);
}
