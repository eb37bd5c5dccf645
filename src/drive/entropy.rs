//! Entropy, drawn from the operating system here and nowhere else.

use std::io;

use chinwag_proto::rng::Rng;
use rand::TryRng as _;
use rand::rngs::SysRng;

/// 32 bytes that nobody can predict: what a machine is given at its start.
///
/// # Errors
/// The system has no entropy to give.
pub fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).map_err(io::Error::other)?;
    Ok(seed)
}

/// A generator that nobody can predict.
///
/// # Errors
/// The system has no entropy to give.
pub fn rng() -> io::Result<Rng> {
    seed().map(Rng::from_seed)
}
