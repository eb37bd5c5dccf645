//! What the user can do to a row, as far as the desk knows: a face offers nothing that can't work.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Role, Standing};

use super::desk::Desk;
use super::fold::{Line, What};
use super::state::ConnectionState;

/// Something that is done to a message of the room in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// To answer it.
    Reply,
    /// To say it otherwise.
    Edit,
    /// To remove it.
    Delete,
    /// To pin it, or to end that.
    Pin,
    /// To react to it by an emoji.
    React,
}

impl Desk {
    /// Whether the user can do that to an entry of the room in view. The server says so in the end.
    #[must_use]
    pub fn can(&self, doing: Doing, number: RoomSeq) -> bool {
        let Some(line) = self.in_view().and_then(|room| room.messages.line(number)) else { return false };
        let is_text = matches!(line.what, What::Text(..));
        match doing {
            Doing::Reply | Doing::React => line.what != What::Deleted,
            Doing::Edit => is_text && self.is_own(line),
            Doing::Delete => is_text && (self.is_own(line) || self.is_moderator()),
            Doing::Pin => (is_text || line.is_pinned) && self.is_moderator(),
        }
    }

    /// Whether the user wrote it.
    #[must_use]
    pub fn is_own(&self, line: &Line) -> bool {
        Some(line.author) == self.account || line.name == self.name
    }

    /// Whether something on its way can be changed: it is a message, and is not to be deleted.
    #[must_use]
    pub fn can_reword(&self, tag: u64) -> bool {
        self.sending.pending.get(&tag).is_some_and(|pending| pending.deed.is_message()) && !self.is_being_deleted(tag)
    }

    /// Whether something on its way can be taken back. A message can, since it is deleted when it has come; what is done to
    /// another one only while it was surely not sent.
    #[must_use]
    pub fn can_take_back(&self, tag: u64) -> bool {
        let Some(pending) = self.sending.pending.get(&tag) else { return false };
        let is_unsent =
            self.standing.connection != ConnectionState::Up && !pending.is_earlier && pending.number.is_none();
        (pending.deed.is_message() || is_unsent) && !self.is_being_deleted(tag)
    }

    /// Whether the user is a moderator, or more, in the room in view.
    fn is_moderator(&self) -> bool {
        let standing = self.infos.get(&self.room).map(|info| info.standing);
        matches!(standing, Some(Standing::In(role)) if role >= Role::Moderator)
    }
}
