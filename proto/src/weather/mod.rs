//! The fault injector: one grammar for bad networks (PROTOCOL.md does not know of it; README, "Weather").
//!
//! A [`Spec`] says what goes wrong, a [`Weather`] makes it happen to datagrams that pass through it, in one direction, from
//! one seed: the same seed and the same datagrams at the same times give the same fates. Every fault draws from a generator
//! of its own, so that adding one fault to a specification moves no other.

mod bursts;
mod conduit;
mod grammar;
mod spec;

pub use conduit::{Tally, Weather};
pub use spec::{Faults, Outage, Spec, SpecError};
