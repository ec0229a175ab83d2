//! Which device a user asks for, as text: `auto`, `cpu`, `cuda`, `cuda:1`, `metal`.
//!
//! What must stay true: what [`Choice`] prints it reads again.
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The device that a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Choice {
    /// Whichever is fastest with the model at hand.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The CUDA card of this number, from 0.
    Cuda(u32),
    /// The graphics card of a Mac.
    Metal,
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "there is no device {:?}; choose auto, cpu, cuda, cuda:N (card N, counted from 0) or metal",
    shortened(.0)
)]
pub struct UnknownDevice(pub String);

impl FromStr for Choice {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        let unknown = || UnknownDevice(text.into());
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                // `parse` would take a sign, too.
                if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(unknown());
                }
                number.parse().map(Self::Cuda).map_err(|_| unknown())
            }
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.pad("auto"),
            Self::Cpu => formatter.pad("cpu"),
            Self::Cuda(number) => formatter.pad(&format!("cuda:{number}")),
            Self::Metal => formatter.pad("metal"),
        }
    }
}

impl TryFrom<String> for Choice {
    type Error = UnknownDevice;

    fn try_from(text: String) -> Result<Self, UnknownDevice> {
        text.parse()
    }
}

impl From<Choice> for String {
    fn from(choice: Choice) -> Self {
        choice.to_string()
    }
}

/// As much of a text as belongs into a sentence.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_choice_prints_it_reads_again() {
        let choices = [Choice::Auto, Choice::Cpu, Choice::Cuda(0), Choice::Cuda(7), Choice::Metal];
        for choice in choices {
            assert_eq!(choice.to_string().parse(), Ok(choice));
            let json = serde_json::to_string(&choice).unwrap();
            assert_eq!(serde_json::from_str::<Choice>(&json).unwrap(), choice);
        }
        assert_eq!("cuda".parse(), Ok(Choice::Cuda(0)));
    }

    #[test]
    fn a_text_that_names_no_device_is_refused_with_those_there_are() {
        for text in ["", "gpu", "CUDA", "cuda:", "cuda:+1", "cuda:-1", "cuda:4294967296", "cpu "] {
            let refusal = text.parse::<Choice>().unwrap_err().to_string();
            assert!(refusal.contains(&format!("{text:?}")), "{refusal}");
            assert!(refusal.contains("auto, cpu, cuda, cuda:N"), "{refusal}");
        }
        let endless = "é".repeat(1 << 20).parse::<Choice>().unwrap_err().to_string();
        assert!(endless.len() < 300, "{} bytes", endless.len());
    }
}
