//! Servers on the subnet, as commands look for them.

pub(super) mod find;
mod listing;

pub(super) use crate::client::Look;
pub(super) use listing::{Trust, columns, line, rows};
