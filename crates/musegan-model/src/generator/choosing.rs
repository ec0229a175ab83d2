//! How a generator comes to a device: the one that was asked for, or with `auto` the faster of the
//! CPU and the first other, measured once per model and machine.
//!
//! What must stay true: nothing here fails, and a device is listened to before it plays: whose first
//! phrase is not the CPU's does not.
use musegan_score::roll::CELLS;

use super::gpu::OnGpu;
use super::tensors::OnTensors;
use super::{Generator, Network, Soloist};
use crate::architecture::LATENT;
use crate::device::{
    Choice, Device, Devices, Key, Playing, Reason, Rival, Timer, Verdict, Verdicts, Work,
    median_ms, wall_clock,
};
use crate::sampling::latent;

/// How far a device's cells may be from the CPU's; where the largest is above 1, this share of it,
/// because sums of large numbers that nearly cancel are rounded as large ones.
const TOLERANCE: f32 = 1e-4;

/// Opens the rival.
pub(super) type Open<'a> = &'a mut dyn FnMut(&mut Generator) -> Result<Soloist, String>;

/// How `auto` judges.
pub(super) struct Terms<'a> {
    pub verdicts: Verdicts<'a>,
    /// Whether it measures even if it knows.
    pub anew: bool,
    pub work: Work,
    pub timer: Timer<'a>,
}

impl Generator {
    /// Has the device play that was asked for, or says why it cannot. With `auto` it measures who
    /// is faster at this work, which takes up to a second, unless that is known. Never fails:
    /// at worst the CPU plays.
    pub fn choose(&mut self, devices: &Devices, work: Work) -> &Playing {
        self.soloist = None;
        match devices.choice {
            Choice::Auto => {
                let verdicts = Verdicts::open(devices.cache.as_deref());
                let rival = devices.rival().map_err(|reason| reason.to_string());
                let mut open = |generator: &mut Self| {
                    let device = devices.open().map_err(|reason| reason.to_string())?;
                    let soloist = generator.soloist(device)?;
                    soloist.ok_or_else(|| "there is nothing but the CPU".to_owned())
                };
                let timer = &mut wall_clock;
                let terms = Terms { verdicts, anew: devices.anew, work, timer };
                self.audition(rival, &mut open, terms);
            }
            _ => match devices.open() {
                Ok(device) => self.engage(device),
                Err(reason) => self.refuse(reason),
            },
        }
        &self.playing
    }

    /// Has this device play, if it can.
    pub(super) fn engage(&mut self, device: Device) {
        match self.soloist(device) {
            Ok(soloist) => {
                let device =
                    soloist.as_ref().map_or_else(|| Device::Cpu.name(), |s| s.name.clone());
                self.playing = Playing { device, reason: Reason::Chosen };
                self.soloist = soloist;
            }
            Err(reason) => self.refuse(reason),
        }
    }

    fn refuse(&mut self, reason: impl ToString) {
        self.soloist = None;
        self.playing = Playing::cpu(Reason::Refused(reason.to_string()));
    }

    /// The network on this device, or `None` for the CPU.
    fn soloist(&mut self, device: Device) -> Result<Option<Soloist>, String> {
        let name = device.name();
        let layers = self.cpu.layers();
        let network: Result<Box<dyn Network>, String> = match device {
            Device::Cpu => return Ok(None),
            Device::Gpu(gpu) => match OnGpu::new(layers, gpu) {
                Ok(network) => Ok(Box::new(network)),
                Err(error) => Err(error.to_string()),
            },
            Device::Tensors(device) => match OnTensors::new(layers, device) {
                Ok(network) => Ok(Box::new(network)),
                Err(error) => Err(error.to_string()),
            },
        };
        let heard = network.and_then(|network| self.listen(network));
        let network = heard.map_err(|error| format!("{name} cannot play: {error}"))?;
        Ok(Some(Soloist { network, name, phrases: 0 }))
    }

    /// Has a device play a phrase, and compares it.
    pub(super) fn listen(
        &mut self,
        mut network: Box<dyn Network>,
    ) -> Result<Box<dyn Network>, String> {
        let latent = latent(0, 0, 1.0);
        let (mut ours, mut theirs) = (vec![0.0; CELLS], vec![f32::NAN; CELLS]);
        self.cpu.roll(&latent, &mut ours);
        network.rolls(&latent, &mut theirs)?;
        let largest = ours.iter().copied().filter(|cell| cell.is_finite()).fold(1.0, f32::max);
        // Written so that what is no number counts as wrong, unless the CPU has none either.
        let is_right =
            |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * largest || !a.is_finite();
        let pairs = || ours.iter().zip(&theirs);
        if pairs().all(is_right) {
            return Ok(network);
        }
        let wrong = pairs().filter(|&pair| !is_right(pair)).count();
        Err(format!("it computes wrongly: {wrong} of {CELLS} activations are not the CPU's"))
    }

    /// Has the faster of the CPU and its rival play.
    pub(super) fn audition(
        &mut self,
        rival: Result<Rival, String>,
        open: Open<'_>,
        terms: Terms<'_>,
    ) {
        let Terms { mut verdicts, anew, work, timer } = terms;
        let judged = rival.and_then(|rival| {
            let key = Key::new(&self.weights_sha256, &rival, work);
            let known = if anew { None } else { verdicts.find(&key) };
            if let Some(verdict) = known {
                let soloist = if verdict.is_for_cpu() { None } else { Some(open(self)?) };
                return Ok((soloist, verdict));
            }
            let mut soloist = open(self)?;
            let verdict = self.compete(&mut soloist, work, timer)?;
            verdicts.keep(key, &verdict);
            Ok(((!verdict.is_for_cpu()).then_some(soloist), verdict))
        });
        (self.soloist, self.playing) = match judged {
            Ok((Some(soloist), verdict)) => {
                let device = soloist.name.clone();
                (Some(soloist), Playing { device, reason: Reason::Faster(verdict) })
            }
            Ok((None, verdict)) => (None, Playing::cpu(Reason::Faster(verdict))),
            Err(reason) => (None, Playing::cpu(Reason::Alone(reason))),
        };
    }

    /// Measures the CPU and another device at the same work.
    fn compete(
        &mut self,
        soloist: &mut Soloist,
        work: Work,
        timer: Timer<'_>,
    ) -> Result<Verdict, String> {
        let batch = work.batch.clamp(1, super::BATCH);
        let latents: Vec<f32> = (0..batch as i64).flat_map(|n| latent(0, n, 1.0)).collect();
        let mut cells = vec![0.0; batch * CELLS];
        let cpu = median_ms(timer, &mut || {
            let rolls = latents.as_chunks::<LATENT>().0.iter().zip(cells.chunks_mut(CELLS));
            rolls.for_each(|(latent, cells)| self.cpu.roll(latent, cells));
            Ok(())
        })?;
        let device = median_ms(timer, &mut || soloist.network.rolls(&latents, &mut cells))
            .map_err(|error| format!("{} cannot play: {error}", soloist.name))?;
        let threads = work.cpu_threads.max(1);
        Ok(Verdict {
            device: soloist.name.clone(),
            work,
            cpu_ms: cpu / (batch * threads) as f64,
            device_ms: device / batch as f64,
        })
    }
}
