//! The chinwag protocol, sans I/O.
//!
//! This crate turns bytes into events and events into bytes. It owns the wire format ([`wire`]), the secure session
//! ([`secure`], [`session`]), the reliability layer ([`link`]), the table of sessions ([`endpoint`]) and the fault
//! injector ([`weather`]). It never opens a socket, reads a clock, starts a thread, logs, or makes entropy of its own:
//! time and seeds are arguments, so the same input always gives the same output. `PROTOCOL.md` beside this crate is the
//! specification that it implements.
#![no_std]

extern crate alloc;

pub mod dump;
pub mod endpoint;
pub mod error;
pub mod limits;
pub mod link;
pub mod rng;
pub mod secure;
pub mod session;
pub mod time;
pub mod weather;
pub mod wire;
