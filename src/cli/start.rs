//! The weather of a command's own socket.

use chinwag_proto::weather::Spec;

use crate::drive::entropy;

use super::failure::Failure;
use super::output::tell;

/// The weather, its seed drawn and told: one for all clients of a command.
pub(super) fn with_seed(weather: Option<&Spec>) -> Result<Option<Spec>, Failure> {
    let Some(spec) = weather else { return Ok(None) };
    let seed = match spec.seed {
        Some(seed) => seed,
        None => entropy::rng().map_err(Failure::system)?.u64(),
    };
    tell_weather(Some(seed));
    Ok(Some(Spec { seed: Some(seed), ..spec.clone() }))
}

/// Says what makes the weather come again.
pub(super) fn tell_weather(seed: Option<u64>) {
    seed.iter().for_each(|seed| tell(&format!("weather seed {seed}")));
}
