//! What was acknowledged is never lost, and nobody sees what later vanishes: shown on the real binary and on the real store,
//! by killing them, by taking their power away, and by letting their disk fail. Every seed is printed; `CHINWAG_SEED` sets
//! it, and `CHINWAG_LONG=1` makes all of it longer.
#![cfg(target_os = "linux")]

mod canary;
mod clock;
mod disk;
mod fails;
mod kill;
mod ledger;
mod people;
mod power;
mod seed;
mod server;
mod shim;
mod small;
mod store;
mod verdict;
mod work;
#[path = "../support/writes.rs"]
mod writes;
