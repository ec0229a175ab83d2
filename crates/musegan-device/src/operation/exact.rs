//! Numbers as text in a program's JSON: what a reader of JSON makes of a number may be off by a bit,
//! and the same program must mean the same on both sides.
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use std::borrow::Cow;
use std::fmt::LowerExp;
use std::str::FromStr;

/// Writes a number so that reading it gives it back.
pub(super) fn serialize<T: LowerExp, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{value:e}"))
}

/// Reads it. One that is not finite is refused: no formula has a use for it.
pub(super) fn deserialize<'de, T: FromStr + Copy + Into<f64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let value = text.parse::<T>().ok().filter(|&value| value.into().is_finite());
    value.ok_or_else(|| D::Error::custom(format_args!("{text:?} is no finite number")))
}

/// Two of them.
pub(super) mod pair {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::Serialize;

    #[derive(Serialize, Deserialize)]
    struct Exact(#[serde(with = "super")] f64);

    pub(in super::super) fn serialize<S: Serializer>(
        values: &[f64; 2],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        values.map(Exact).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[f64; 2], D::Error> {
        Ok(<[Exact; 2]>::deserialize(deserializer)?.map(|Exact(value)| value))
    }
}
