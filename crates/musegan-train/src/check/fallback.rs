//! Whether the CPU goes on when a card does not answer in mid-song, shown on the card itself: it is
//! opened with little patience, plays, is given work that takes far longer, and is asked for the
//! next phrase.
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;
use musegan_device::operation::Matrix;
use musegan_device::{Buffer, Operation, Prepared, Program};
use musegan_model::device::{Devices, Gpu, Reason};
use musegan_model::{Band, Device, Weights};
use musegan_score::Composition;
use serde::Serialize;

/// How long the card may take to answer here.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long the work takes that keeps it from answering, about.
const BUSY: Duration = Duration::from_secs(1);
/// Phrases before it is kept busy, and after.
const BEFORE: i64 = 3;
const AFTER: i64 = 3;
/// Rows and columns of the matrices that keep it busy.
const SIZE: usize = 256;
/// Most products of a program.
const PRODUCTS: f64 = 256.0;

/// What was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Fallback {
    /// What the band said after the card should have failed.
    pub said: String,
    /// Whether the card did fail, so that something was shown.
    pub failed: bool,
    /// Whether the phrases from then on were the CPU's, note for note.
    pub cpu_goes_on: bool,
    /// Milliseconds that the phrase took in which it failed.
    pub phrase_ms: f64,
    /// What the band said when the card was asked for again.
    pub again: String,
}

impl Fallback {
    /// Whether the card failed and the CPU did not do its part.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.failed && !self.cpu_goes_on
    }
}

/// Has a card fail in mid-song. `patient` is the same card, opened with time.
pub(super) fn measure(weights: &Weights, patient: &Gpu, devices: &Devices) -> Result<Fallback> {
    let products = BUSY.as_secs_f64() / Burden::new(patient, 1)?.seconds(patient)?;
    let of_program = products.clamp(1.0, PRODUCTS);
    let times = (products / of_program).ceil().clamp(1.0, 1e4) as u32;
    let gpu = Devices { patience: PATIENCE, ..devices.clone() }.gpu()?;
    let burden = Burden::new(&gpu, of_program as usize)?;
    let song = Composition::default();
    let mut cpu = Band::new(weights, Device::Cpu);
    let mut band = Band::new(weights, Device::Gpu(gpu.clone()));
    (0..BEFORE).for_each(|index| drop(band.phrase(&song, index)));
    let played = !band.playing().is_cpu();
    if played {
        gpu.run(&burden.prepared, times)?;
    }
    let start = Instant::now();
    let mut cpu_goes_on = true;
    let mut phrase_ms = 0.0;
    for index in BEFORE..BEFORE + AFTER {
        let phrase = band.phrase(&song, index);
        if index == BEFORE {
            phrase_ms = start.elapsed().as_secs_f64() * 1e3;
        }
        cpu_goes_on &= !band.playing().is_cpu() || phrase == cpu.phrase(&song, index);
    }
    let failed = matches!(band.playing().reason, Reason::Failed { .. });
    let said = band.playing().to_string();
    drop(burden);
    let again = band.choose(devices).to_string();
    let failed = failed && played;
    Ok(Fallback { said, failed, cpu_goes_on: failed && cpu_goes_on, phrase_ms, again })
}

/// Work that keeps a card busy.
struct Burden {
    prepared: Prepared,
    _buffer: Buffer,
}

impl Burden {
    fn new(gpu: &Gpu, products: usize) -> Result<Self> {
        let buffer = gpu.buffer(2 * SIZE * SIZE)?;
        let mut program = Program::default();
        for _ in 0..products {
            let input = Matrix::dense(buffer.slice(), SIZE, SIZE);
            let out = Matrix::dense(buffer.slice().at(SIZE * SIZE), SIZE, SIZE);
            let (left, right) = (input, input);
            program.push(Operation::Multiply { left, right, out, groups: 1, add: false });
        }
        Ok(Self { prepared: gpu.prepare(&program)?, _buffer: buffer })
    }

    /// How long one run takes.
    fn seconds(&self, gpu: &Gpu) -> Result<f64> {
        let run = || -> Result<f64> {
            let start = Instant::now();
            gpu.run(&self.prepared, 1)?;
            gpu.wait()?;
            Ok(start.elapsed().as_secs_f64().max(1e-6))
        };
        Ok(run()?.min(run()?))
    }
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { said, failed, cpu_goes_on, phrase_ms, again } = self;
        if !failed {
            return write!(f, "not shown: the card answered in time all the same ({said})");
        }
        let phrases = if *cpu_goes_on { "are the CPU's" } else { "are not the CPU's" };
        write!(
            f,
            "kept busy in mid-song, it was given up within {phrase_ms:.0} ms; that phrase and \
             those after it {phrases}; it says \"{said}\", and opened again \"{again}\""
        )
    }
}
