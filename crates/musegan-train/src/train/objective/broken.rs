//! Finding out what is not a number any more. What must stay true: nothing is moved by such numbers,
//! and the tensor that is named is the first of what went into them.
use super::{Layout, Pass};

/// A loss or a gradient is not finite; the state is as it was before the network's step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFinite {
    /// Which one and because of which tensor, in words.
    pub what: String,
}

/// What goes into a loss.
pub(super) struct Culprit<'a> {
    /// Names, layouts and weights of both networks.
    pub(super) networks: [(&'static str, &'a Layout, &'a [f32]); 2],
    pub(super) real: Option<&'a [f32]>,
    pub(super) generated: &'a Pass,
}

impl Culprit<'_> {
    /// Checks a network's loss and the gradient of its weights.
    pub(super) fn check(
        &self,
        network: &str,
        loss: f64,
        layout: &Layout,
        gradient: &[f32],
    ) -> Result<(), NotFinite> {
        let broken = tensor(layout, gradient);
        let symptom = match (loss.is_finite(), broken) {
            (true, None) => return Ok(()),
            (true, Some(name)) => format!("the {network}'s gradient of `{name}`"),
            (false, _) => format!("the {network}'s loss"),
        };
        let gradient = broken.map(|name| format!("the gradient of `{name}`"));
        let what = match self.cause().or(gradient.filter(|_| !loss.is_finite())) {
            Some(cause) => format!("{cause}, and so {symptom},"),
            None => symptom,
        };
        Err(NotFinite { what })
    }

    /// The first tensor that is not finite of those from which everything is computed.
    fn cause(&self) -> Option<String> {
        let weights = self.networks.iter().find_map(|(network, layout, weights)| {
            Some(format!("the {network}'s tensor `{}`", tensor(layout, weights)?))
        });
        let real = || {
            let real = self.real.filter(|cells| !is_finite(cells));
            real.map(|_| "the batch of real phrases".to_owned())
        };
        let generated = || {
            let tracks = &self.generated.tracks;
            let broken = tracks.iter().any(|track| !is_finite(track.cells()));
            broken.then(|| "the batch of generated phrases".to_owned())
        };
        weights.or_else(real).or_else(generated)
    }
}

/// The first tensor of a vector that has a number that is not finite.
fn tensor<'l>(layout: &'l Layout, numbers: &[f32]) -> Option<&'l str> {
    let mut parameters = layout.parameters().iter();
    parameters.find(|p| !is_finite(&numbers[p.range.clone()])).map(|p| p.name.as_str())
}

fn is_finite(numbers: &[f32]) -> bool {
    // A sum is finite where all its terms are, but for overflow, which is no number to learn from.
    numbers.iter().sum::<f32>().is_finite()
}
