//! How fast MIDI files become songs and songs phrases, beside other libraries.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::{TURNS, bench, peers};
use crate::stage::{Stages, output_of, succeed};
use crate::workspace::{Workspace, cargo};

/// So many files, evenly spaced, for peers that would take hours over all.
const SAMPLE: &str = "60";
/// Ours, as the bench calls them.
const READ: &str = "musegan read";
const QUANTISE: &str = "musegan read and quantise";

/// Measures and prints one table for each set of peers.
///
/// # Errors
/// If a folder is missing, or building, measuring or installing the peers fails.
pub fn run(workspace: &Workspace, folders: &[PathBuf], with_peers: bool) -> anyhow::Result<()> {
    let stages = Stages::start();
    // Benches run in the folder of their package.
    let absolute = |folder: &PathBuf| {
        folder.canonicalize().with_context(|| format!("cannot read {}", folder.display()))
    };
    let folders = &folders.iter().map(absolute).collect::<anyhow::Result<Vec<_>>>()?;
    let python = match with_peers {
        true => Some(peers::install(workspace, &stages, &peers::READERS)?),
        false => None,
    };
    stages.headline("Building the bench");
    succeed(cargo().args(["bench", "--bench", "midi", "--no-run"]))?;
    stages.headline("Measuring");
    let (mut whole, mut sample) = (Turns::default(), Turns::default());
    for turn in 1..=TURNS {
        eprintln!("  turn {turn} of {TURNS}");
        whole.begin();
        whole.take(&output_of(bench("midi").args(folders))?)?;
        let Some(python) = &python else { continue };
        let peer = |name: &str| {
            let mut command: Command = python.script("read.py");
            command.arg(name).args(folders);
            command
        };
        whole.take(&output_of(&mut peer("symusic"))?)?;
        sample.begin();
        sample.take(&output_of(bench("midi").args(["--sample", SAMPLE]).args(folders))?)?;
        for name in ["pypianoroll", "muspy"] {
            sample.take(&output_of(peer(name).args(["--sample", SAMPLE]))?)?;
        }
    }
    stages.headline("Results");
    let shown = |folder: &PathBuf| workspace.shown(Path::new(folder)).display().to_string();
    let folders = folders.iter().map(shown).collect::<Vec<_>>().join(", ");
    println!("  files per second, one thread, the median of {TURNS} turns: {folders}");
    whole.print(&[READ, QUANTISE]);
    if with_peers {
        println!("\n  {SAMPLE} of the files, evenly spaced");
        sample.print(&[QUANTISE]);
    }
    Ok(())
}

/// What the programs printed, turn by turn.
#[derive(Default)]
struct Turns(Vec<Vec<(String, f64)>>);

impl Turns {
    fn begin(&mut self) {
        self.0.push(Vec::new());
    }

    /// Takes every rate in a program's output for the turn that has begun.
    fn take(&mut self, output: &str) -> anyhow::Result<()> {
        let rates: Vec<_> = output.lines().filter_map(rate).collect();
        anyhow::ensure!(!rates.is_empty(), "no measurement in what the bench printed:\n{output}");
        self.0.last_mut().into_iter().for_each(|turn| turn.extend(rates.clone()));
        Ok(())
    }

    /// The median over the turns.
    fn median(&self, of: impl Fn(&[(String, f64)]) -> Option<f64>) -> Option<f64> {
        let mut values: Vec<_> = self.0.iter().filter_map(|turn| of(turn)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// How many times faster ours is: the median of the turns' own ratios.
    fn ratio(&self, ours: &str, theirs: &str) -> Option<f64> {
        self.median(|turn| Some(find(turn, ours)? / find(turn, theirs)?))
    }

    /// Prints a line for each, and below those of others how many times faster these of ours are.
    fn print(&self, ours: &[&str]) {
        for (name, _) in self.0.first().into_iter().flatten() {
            let median = self.median(|turn| find(turn, name)).unwrap_or_default();
            println!("    {name:<34} {median:>10.1} files/s");
            if !name.starts_with("musegan") {
                for ours in ours {
                    if let Some(ratio) = self.ratio(ours, name) {
                        println!("      {ours:<32} {ratio:>10.2} ×");
                    }
                }
            }
        }
    }
}

fn find(turn: &[(String, f64)], name: &str) -> Option<f64> {
    turn.iter().find(|(other, _)| other == name).map(|(_, rate)| *rate)
}

/// `NAME: N files/s, M MB/s`
fn rate(line: &str) -> Option<(String, f64)> {
    let (name, rest) = line.split_once(": ")?;
    let (rate, _) = rest.split_once(" files/s")?;
    Some((name.to_owned(), rate.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_turns_ratios() {
        let mut turns = Turns::default();
        for (ours, theirs) in [(200.0, 100.0), (300.0, 100.0), (50.0, 5.0)] {
            turns.begin();
            let output = format!("musegan read: {ours} files/s, 1 MB/s\nnoise\n");
            assert!(turns.take(&output).is_ok());
            assert!(turns.take(&format!("symusic read: {theirs} files/s, 1 MB/s")).is_ok());
        }
        assert_eq!(turns.ratio("musegan read", "symusic read"), Some(3.0));
        assert_eq!(turns.ratio("musegan read", "muspy read"), None);
        assert!(turns.take("no file").is_err());
    }
}
