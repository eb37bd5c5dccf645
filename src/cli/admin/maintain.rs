//! Backups, checks and exports: what is done with the store as a whole.

use std::path::Path;

use chinwag_proto::rng::Rng;

use crate::admin::{Reply, Request};
use crate::config::Home;
use crate::store::sqlite::{Durability, Sqlite};

use super::{Exit, Failure};

/// The store of a server that does not run.
pub(super) fn open(home: &Home, rng: &mut Rng) -> Result<Sqlite, Failure> {
    Sqlite::open(&home.server_data(), Durability::Fsync, rng.bytes())
        .map_err(|error| Failure::new(Exit::Configuration, error.to_string()))
}

/// Does for a running server what needs its store and not its loop.
pub(in crate::cli) fn aside(_directory: &Path, _request: &Request) -> Reply {
    Reply::Failed("not understood".to_owned())
}
pub(super) fn backup(_: &Home, _: &Path) -> Result<(), Failure> {
    Ok(())
}
pub(super) fn verify(_: &Home, _: Option<&Path>) -> Result<(), Failure> {
    Ok(())
}
pub(super) fn export(_: &Home, _: Option<&Path>) -> Result<(), Failure> {
    Ok(())
}
