//! What the full screen says in words of its own.

pub(super) mod hint;
