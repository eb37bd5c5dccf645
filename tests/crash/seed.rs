//! Seeds: drawn for each run, printed, and set by whoever wants a run again.

use chinwag::drive::entropy;
use chinwag_proto::rng::Rng;

/// The generator of a test, whose seed is printed.
#[expect(clippy::print_stdout, reason = "a run that failed is run again by it")]
pub(crate) fn rng(test: &str) -> Rng {
    let given = std::env::var("CHINWAG_SEED").ok().map(|seed| seed.parse().expect("CHINWAG_SEED is a number"));
    let seed = given.unwrap_or_else(|| u64::from(entropy::rng().expect("entropy").u64() as u32));
    println!("{test}: CHINWAG_SEED={seed}");
    Rng::from_number(seed)
}

/// Whether there is time for all of it.
pub(crate) fn is_long() -> bool {
    std::env::var_os("CHINWAG_LONG").is_some()
}
