//! What the measuring programs print, read and put side by side.
use anyhow::bail;

/// One line of a measuring program.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Who, and of what: `musegan batch 1`.
    pub name: String,
    /// The median over many repetitions.
    pub median: f64,
    /// The 99th percentile, where the program prints one.
    pub p99: Option<f64>,
}

/// The best reading of each name, in the order they first came.
pub struct Readings {
    best: Vec<Reading>,
    higher_is_better: bool,
}

impl Readings {
    /// For times.
    #[must_use]
    pub fn lower_is_better() -> Self {
        Self { best: Vec::new(), higher_is_better: false }
    }

    /// For rates.
    #[must_use]
    pub fn higher_is_better() -> Self {
        Self { best: Vec::new(), higher_is_better: true }
    }

    /// Takes every reading that `parse` finds in a program's output.
    ///
    /// # Errors
    /// If it finds none.
    pub fn take(
        &mut self,
        output: &str,
        parse: impl Fn(&str) -> Option<Reading>,
    ) -> anyhow::Result<()> {
        let readings: Vec<_> = output.lines().filter_map(parse).collect();
        if readings.is_empty() {
            bail!("no measurement in what the bench printed:\n{output}");
        }
        for reading in readings {
            match self.best.iter_mut().find(|best| best.name == reading.name) {
                Some(best) if (reading.median > best.median) == self.higher_is_better => {
                    *best = reading;
                }
                Some(_) => {}
                None => self.best.push(reading),
            }
        }
        Ok(())
    }

    /// Prints one line each, and for others than musegan how many times better musegan is.
    pub fn print(&self, unit: &str) {
        for reading in &self.best {
            let Reading { name, median, p99 } = reading;
            let p99 = p99.map(|p99| format!(" {p99:>10.4} {unit} p99")).unwrap_or_default();
            let ratio = self.ratio(reading).map(|ratio| format!("   {ratio:>5.2} ×"));
            println!(
                "    {name:<30} {median:>10.4} {unit} median{p99}{}",
                ratio.unwrap_or_default()
            );
        }
    }

    /// How many times better our reading is than this one of somebody else's.
    fn ratio(&self, theirs: &Reading) -> Option<f64> {
        let (who, what) = theirs.name.split_once(' ').unwrap_or((&theirs.name, ""));
        let name = format!("musegan {what}");
        let ours = self.best.iter().find(|reading| reading.name == name.trim_end())?;
        (who != "musegan").then(|| match self.higher_is_better {
            true => ours.median / theirs.median,
            false => theirs.median / ours.median,
        })
    }
}

/// `NAME batch N: X ms per phrase median, Y p99`
#[must_use]
pub fn phrase(line: &str) -> Option<Reading> {
    let (name, rest) = line.split_once(':')?;
    let (median, p99) = rest.split_once(" ms per phrase median, ")?;
    Some(Reading {
        name: name.split_whitespace().collect::<Vec<_>>().join(" "),
        median: median.trim().parse().ok()?,
        p99: p99.trim().strip_suffix(" p99")?.parse().ok(),
    })
}

/// `steps_per_second: N`
pub fn step(name: &str) -> impl Fn(&str) -> Option<Reading> {
    move |line| {
        let median = line.strip_prefix("steps_per_second:")?.trim().parse().ok()?;
        Some(Reading { name: name.into(), median, p99: None })
    }
}

/// A line of `musegan-host bench`, `name<TAB>measured<TAB>aim`, as a row of the table.
///
/// # Errors
/// If it is no such line.
pub fn row(line: &str) -> anyhow::Result<String> {
    let fields: Vec<_> = line.split('\t').collect();
    let [name, measured, aim] = fields[..] else {
        bail!("the host printed no measurement but: {line}");
    };
    Ok(format!("| {name:<31} | {measured:<58} | {aim:<35} |"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_several_turns_counts_and_the_ratio_says_how_much_better_ours_is() {
        let mut phrases = Readings::lower_is_better();
        let theirs = "pytorch-eager batch  1: 1.6000 ms per phrase median, 1.9000 p99";
        for (ours, theirs) in
            [("0.3", theirs), ("0.2", "musegan batch 64: 0.1 ms per phrase, "), ("0.4", theirs)]
        {
            let ours = format!("noise\nmusegan batch  1: {ours} ms per phrase median, 0.5 p99");
            assert!(phrases.take(&ours, phrase).is_ok());
            assert_eq!(phrases.take(theirs, phrase).is_ok(), theirs.starts_with("pytorch"));
        }
        assert_eq!(phrases.best.len(), 2);
        assert_eq!(phrases.best[0].median, 0.2);
        assert_eq!(phrases.ratio(&phrases.best[0]), None);
        assert!(phrases.ratio(&phrases.best[1]).is_some_and(|ratio| (ratio - 8.0).abs() < 1e-9));
    }

    #[test]
    fn rates_are_better_when_higher() {
        let mut steps = Readings::higher_is_better();
        for (name, rate) in [("musegan", "6.00"), ("pytorch", "3.00"), ("musegan", "5.00")] {
            let output = format!("142.3 ms per step, 2 threads\nsteps_per_second: {rate}\n");
            assert!(steps.take(&output, step(name)).is_ok());
        }
        assert_eq!(steps.best[0].median, 6.0);
        assert_eq!(steps.ratio(&steps.best[1]), Some(2.0));
    }

    #[test]
    fn the_hosts_lines_are_rows_and_anything_else_is_an_error() {
        let row = row("process\t1 us\tbelow 2 us").unwrap_or_default();
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        assert_eq!(cells, ["", "process", "1 us", "below 2 us", ""]);
        assert!(super::row("Segmentation fault").is_err());
    }
}
