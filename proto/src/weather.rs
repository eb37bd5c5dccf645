//! The fault injector: one grammar for bad networks (PROTOCOL.md does not know of it; README, "Weather").
//!
//! A [`Spec`] says what goes wrong, a [`Weather`] makes it happen to datagrams that pass through it, in one direction, from
//! one seed: the same seed and the same datagrams at the same times give the same fates.

use core::str::FromStr;

use alloc::vec::Vec;

use thiserror::Error;

use crate::rng::Rng;
use crate::time::Instant;

/// What goes wrong, in each direction. `loss=10%,delay=20ms±5ms,dup=1%,reorder=2%,burst=5%/30ms,corrupt=0.1%,mtu=1200,
/// rate=1000/s,seed=7`; parts after `up:` or `down:` hold for that direction only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spec {
    /// Client to server.
    pub up: Faults,
    /// Server to client.
    pub down: Faults,
    /// The seed, if one was given.
    pub seed: Option<u64>,
}

/// What goes wrong in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Probability that a datagram is lost.
    pub loss: f64,
    /// Share of the time that bursts take, and their mean length in µs; in a burst everything is lost.
    pub burst: Option<(f64, u64)>,
    /// Probability that a datagram comes twice.
    pub dup: f64,
    /// Probability that a datagram is held back so that later ones overtake it.
    pub reorder: f64,
    /// Delay in µs.
    pub delay_us: u64,
    /// The delay varies by up to this many µs either way, uniformly.
    pub jitter_us: u64,
    /// Probability that a bit is flipped.
    pub corrupt: f64,
    /// Larger datagrams are lost.
    pub mtu: Option<usize>,
    /// Datagrams a second that get through; more are queued, up to 100 ms, then lost.
    pub rate_per_s: Option<u32>,
}

/// What is wrong with a specification, and what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// There is no such fault.
    #[error("unknown fault")]
    Unknown,
}

impl FromStr for Spec {
    type Err = SpecError;

    #[expect(clippy::unimplemented, reason = "contract first; being built")]
    fn from_str(_: &str) -> Result<Self, SpecError> {
        unimplemented!()
    }
}

/// One direction of bad weather. `T` goes with each datagram (addresses, say).
#[derive(Debug)]
pub struct Weather<T> {
    _t: Vec<T>,
}

#[expect(clippy::unimplemented, clippy::missing_panics_doc, unused_variables, reason = "contract first; being built")]
impl<T: Clone> Weather<T> {
    /// Weather with these faults.
    #[must_use]
    pub fn new(faults: Faults, rng: Rng) -> Self {
        unimplemented!()
    }

    /// Changes the faults from now on; what is under way keeps its fate.
    pub fn set(&mut self, faults: Faults) {
        unimplemented!()
    }

    /// Sends a datagram into the weather.
    pub fn push(&mut self, now: Instant, meta: T, datagram: &[u8]) {
        unimplemented!()
    }

    /// The next datagram that has come out by now, in order of arrival; written into `out` (cleared first).
    pub fn pop(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<T> {
        unimplemented!()
    }

    /// When the next datagram comes out.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        unimplemented!()
    }
}
