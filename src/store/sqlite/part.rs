//! A part of a room's history as it is read, also where pages are damaged.

use crate::Located;

/// What was found, and whether there is more.
pub(super) type Part = (Vec<Located>, bool);

/// Which way from an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Those before it, the last first.
    Older,
    /// It, and those after it.
    Newer,
}
