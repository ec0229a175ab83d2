//! Which device plays, and why that one: what the editor and the programs say in a sentence.
use std::fmt;

use super::CPU;

/// Which device plays, and why. Displayed it is one sentence without a full stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Playing {
    /// Its name: `CPU`, or as [`Device::name`](super::Device::name).
    pub device: String,
    /// Why that one.
    pub reason: Reason,
}

/// Why a device plays.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It was asked for.
    Chosen,
    /// It was measured, and the other took longer.
    Faster(Verdict),
    /// Nothing but the CPU can play, and why; nobody asked for anything else.
    Alone(String),
    /// What was asked for cannot be had, and why.
    Refused(String),
    /// A device played and failed.
    Failed {
        /// Which.
        device: String,
        /// Phrases it gave before.
        phrases: u64,
        /// What it said.
        error: String,
    },
}

/// What a device is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Phrases asked for at once.
    pub batch: usize,
    /// Threads that the CPU would do it on.
    pub cpu_threads: usize,
}

impl Work {
    /// One phrase after another, as music is played.
    pub const PHRASE: Self = Self { batch: 1, cpu_threads: 1 };

    /// Many phrases, which the CPU would share out among so many threads.
    #[must_use]
    pub const fn bulk(cpu_threads: usize) -> Self {
        Self { batch: crate::generator::BATCH, cpu_threads }
    }
}

/// How long CPU and another device take for the same work.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The other device's name.
    pub device: String,
    /// What was measured.
    pub work: Work,
    /// Milliseconds a phrase on the CPU, median.
    pub cpu_ms: f64,
    /// Milliseconds a phrase on the other device, reading the result included, median.
    pub device_ms: f64,
}

impl Verdict {
    /// Whether the CPU is the faster. Where both are alike, the CPU is: it takes nothing from
    /// others.
    #[must_use]
    pub fn is_for_cpu(&self) -> bool {
        self.cpu_ms <= self.device_ms
    }
}

impl Playing {
    /// The CPU, for this reason.
    #[must_use]
    pub fn cpu(reason: Reason) -> Self {
        Self { device: CPU.into(), reason }
    }

    /// Whether the CPU plays.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        self.device == CPU
    }
}

impl fmt::Display for Playing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = &self.device;
        match &self.reason {
            Reason::Chosen => write!(f, "{device}, as chosen"),
            Reason::Faster(verdict) => write!(f, "{verdict}"),
            Reason::Alone(why) | Reason::Refused(why) => write!(f, "{device}: {why}"),
            Reason::Failed { device: failed, phrases, error } => {
                let noun = if *phrases == 1 { "phrase" } else { "phrases" };
                write!(f, "{device}: {failed} failed after {phrases} {noun}: {error}")
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, work, cpu_ms, device_ms } = self;
        let (cpu_ms, device_ms) = (milliseconds(*cpu_ms), milliseconds(*device_ms));
        let of = match work.batch {
            1 => String::new(),
            batch => format!(" of {batch}"),
        };
        let threads = match work.cpu_threads {
            1 => String::new(),
            threads => format!(" on {threads} threads"),
        };
        if self.is_for_cpu() {
            write!(f, "{CPU}: {cpu_ms} ms a phrase{of}{threads}; {device} took {device_ms} ms")
        } else {
            write!(f, "{device}: {device_ms} ms a phrase{of}; the CPU took {cpu_ms} ms{threads}")
        }
    }
}

/// As many decimals as tell two devices apart.
fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 0.1 => format!("{ms:.3}"),
        ms if ms < 10.0 => format!("{ms:.2}"),
        ms => format!("{ms:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_a_sentence() {
        let gpu = "NVIDIA H200 (cuda:0)".to_owned();
        let verdict =
            |cpu_ms, device_ms, work| Verdict { device: gpu.clone(), work, cpu_ms, device_ms };
        let slower = verdict(0.051, 0.1134, Work::PHRASE);
        let faster = verdict(0.2, 0.0021, Work::bulk(8));
        let failed =
            Reason::Failed { device: gpu.clone(), phrases: 37, error: "it is gone".into() };
        let sentences = [
            (
                Playing { device: gpu.clone(), reason: Reason::Chosen },
                "NVIDIA H200 (cuda:0), as chosen",
            ),
            (
                Playing::cpu(Reason::Faster(slower)),
                "CPU: 0.051 ms a phrase; NVIDIA H200 (cuda:0) took 0.11 ms",
            ),
            (
                Playing { device: gpu.clone(), reason: Reason::Faster(faster) },
                "NVIDIA H200 (cuda:0): 0.002 ms a phrase of 64; the CPU took 0.20 ms on 8 threads",
            ),
            (Playing::cpu(Reason::Alone("no library".into())), "CPU: no library"),
            (Playing::cpu(failed), "CPU: NVIDIA H200 (cuda:0) failed after 37 phrases: it is gone"),
        ];
        for (playing, sentence) in sentences {
            assert_eq!(playing.to_string(), sentence);
        }
    }
}
