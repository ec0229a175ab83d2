//! What instances of the plugin cost a host in real time, their other threads included.
//!
//! The host processes blocks when they are due and sleeps in between. What it pays is the time
//! inside the plugin's process calls and all processor time that other threads than its own take.
use std::path::Path;
use std::time::{Duration, Instant};

use cpu_time::{ProcessTime, ThreadTime};
use musegan_host::{Emitted, Host, load};

use super::{SAMPLE_RATE, beats_per_sample, block, report};

const FRAMES: u32 = 512;
const SETTLING: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(10);

/// One instance while the song stands.
pub(super) fn resting(plugin: &Path) -> anyhow::Result<()> {
    let mut host = load(plugin)?;
    host.activate(SAMPLE_RATE, FRAMES, false)?;
    let mut hosts = [host];
    spend(&mut hosts, false, SETTLING)?;
    let share = spend(&mut hosts, false, MEASURED)?;
    report("one instance, stopped", &percent(share), "below 0.1 % of a core");
    Ok(())
}

/// So many instances while the song rolls.
pub(super) fn rolling(plugin: &Path, instances: usize) -> anyhow::Result<()> {
    let mut hosts = Vec::new();
    for _ in 0..instances {
        let mut host = load(plugin)?;
        host.activate(SAMPLE_RATE, FRAMES, false)?;
        hosts.push(host);
    }
    spend(&mut hosts, true, SETTLING)?;
    let share = spend(&mut hosts, true, MEASURED)?;
    let name = format!("{instances} instances at 120 BPM");
    report(&name, &percent(share), "below 10 % of a core");
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.3} % of a core", share * 100.0)
}

/// Runs in real time and says which share of a core the plugins took.
fn spend(hosts: &mut [Box<dyn Host>], playing: bool, time: Duration) -> anyhow::Result<f64> {
    let mut emitted = Emitted::default();
    let mut inside = Duration::ZERO;
    let (started, process, thread) = (Instant::now(), ProcessTime::now(), ThreadTime::now());
    let seconds = f64::from(FRAMES) / SAMPLE_RATE;
    for index in 0..(time.as_secs_f64() / seconds) as u32 {
        let due = started + Duration::from_secs_f64(f64::from(index) * seconds);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let beats = f64::from(index * FRAMES) * beats_per_sample();
        for host in &mut *hosts {
            let called = Instant::now();
            host.process(&block(playing, beats, FRAMES), &mut emitted)?;
            inside += called.elapsed();
        }
    }
    let others = process.elapsed().saturating_sub(thread.elapsed());
    Ok((inside + others).as_secs_f64() / started.elapsed().as_secs_f64())
}
