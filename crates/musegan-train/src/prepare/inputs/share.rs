//! Which files one of many machines prepares.
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// One of `of` equal shares, `1..=of`, by a hash of names: the same on every machine, and as even
/// as chance makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    number: u32,
    of: u32,
}

impl Share {
    /// Everything.
    pub const WHOLE: Self = Self { number: 1, of: 1 };
    const MOST: u32 = 1_000_000;

    /// Its number, from 1, and how many there are.
    #[must_use]
    pub fn numbers(self) -> (u32, u32) {
        (self.number, self.of)
    }

    /// Whether this share is everything.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// Whether the file of this corpus belongs to the share.
    #[must_use]
    pub fn takes(self, corpus: &str, file: &str) -> bool {
        if self.is_whole() {
            return true;
        }
        let mut hash = Sha256::new();
        hash.update((corpus.len() as u64).to_le_bytes());
        hash.update(corpus);
        hash.update(file);
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        u64::from_le_bytes(first) % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, of)| {
            Some(Self { number: number.parse().ok()?, of: of.parse().ok()? })
        });
        parts
            .filter(|share| (1..=share.of).contains(&share.number) && share.of <= Self::MOST)
            .ok_or_else(|| "expected a share such as 1/4, 2/4, 3/4 or 4/4".to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_file_belongs_to_exactly_one_share() {
        let shares: Vec<Share> = (1..=4).map(|n| format!("{n}/4").parse().unwrap()).collect();
        let mut sizes = [0; 4];
        for number in 0..1000 {
            let file = format!("song {number}.mid");
            let takers = (0..4).filter(|&share| shares[share].takes("corpus", &file));
            let takers: Vec<_> = takers.collect();
            assert_eq!(takers.len(), 1, "{file}: {takers:?}");
            sizes[takers[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (200..300).contains(size)), "{sizes:?}");
    }

    #[test]
    fn shares_that_there_are_not_are_refused() {
        for text in ["0/4", "5/4", "1", "1/0", "a/b", "1/4294967297", "-1/4"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
