//! What the chat wants done to links. The endpoint is being fed while events are handled, so it is done afterwards.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::{Down, Wire as _};

use super::pending::Asked;

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Queue a control message.
    Tell(SessionId, Vec<u8>),
    /// Send a room's log from the entry after this one, and its presence from the beginning.
    Follow(SessionId, RoomId, RoomSeq),
    /// Send a room's log from the entry after this one, and nothing else of it.
    Read(SessionId, RoomId, RoomSeq),
    /// Send nothing more of a room.
    Unfollow(SessionId, RoomId),
    /// A room's log has grown, or an older part of it is at hand: all who follow it.
    Advance(RoomId),
    /// A session is sent more of a room's log, for which it waited.
    GoOn(SessionId, RoomId),
    /// A room's presence has changed: all who follow it.
    Presence(RoomId),
    /// Queue a bulk message that answers a request.
    Bulk(Asked, Vec<u8>),
    /// Pass a typing notice on to all who follow a room, but to its sender.
    Typing(RoomId, SessionId, Vec<u8>),
    /// Answer how the link of whoever asked looks from here.
    Measure(Asked),
    /// Queue the answer to a post.
    Answer(SessionId, Vec<u8>),
    /// End a session.
    Close(SessionId, CloseCode, String),
}

impl Effect {
    pub(super) fn tell(session: SessionId, down: &Down) -> Self {
        Self::Tell(session, down.encode())
    }
}
