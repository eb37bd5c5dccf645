//! Names of rooms that are typed on the command line.

use chinwag_proto::wire::message::name::{self, NameError};

use crate::render::render_text;

use super::failure::Failure;

pub(super) use crate::desk::LOBBY;

/// Checks the name of a room (with or without `#`), or of a person after `@`, before anything is asked of a server.
pub(super) fn check_room(room: &str) -> Result<(), Failure> {
    is_room(room).map_err(|error| Failure::usage(format!("{error} (--room \"{}\")", render_text(room))))
}

/// Whether a room can be called so.
pub(super) fn is_room(room: &str) -> Result<(), NameError> {
    name::check(room.strip_prefix(['#', '@']).unwrap_or(room))
}
