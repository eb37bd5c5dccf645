//! Posts (client to server) and entries (server to client) of a room.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::refusal::Refusal;
use super::room::{Access, Role};
use super::visible;
use crate::limits::{EMOJI_MAX_LEN, TEXT_MAX_LEN, TOPIC_MAX_LEN};
use crate::time::WallTime;
use crate::wire::id::{AccountId, ClientMsgId, RoomSeq};

/// A message on its way to a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Makes a repeat harmless.
    pub id: ClientMsgId,
    /// What it says.
    pub body: Body,
}

/// An entry of a room's log. Its number is the message's number on the room's channel. It is complete by itself: the
/// author's name is the one at the time, so that it can be shown, stored and searched without any other table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the server took it.
    pub at: WallTime,
    /// Who wrote it.
    pub author: AccountId,
    /// The author's name then.
    pub name: String,
    /// What it says.
    pub body: Body,
}

/// What a message says, or does to its room. Everything durable in a room is one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Text, at most [`crate::limits::TEXT_MAX_LEN`] octets.
    Text(String),
    /// Text that answers an earlier entry.
    Reply {
        /// The entry that is answered.
        to: RoomSeq,
        /// The answer.
        text: String,
    },
    /// Another text for an earlier entry of the same author.
    Edit {
        /// The entry.
        of: RoomSeq,
        /// What it says from now on.
        text: String,
    },
    /// Takes an earlier entry back: its body, and those of its edits, are removed from the log. Its author may do it, and
    /// whoever moderates the room.
    Delete {
        /// The entry.
        of: RoomSeq,
    },
    /// A reaction to an earlier entry.
    React {
        /// The entry.
        of: RoomSeq,
        /// One emoji or a short word, at most [`crate::limits::EMOJI_MAX_LEN`] octets.
        emoji: String,
        /// Set, or taken back.
        is_set: bool,
    },
    /// The room's topic from now on, at most [`crate::limits::TOPIC_MAX_LEN`] octets; empty: none.
    Topic(String),
    /// Something is done to a member, or to the room. Only moderators and owners may.
    Act(Act),
}

impl Body {
    /// The text that a person reads in it and may search for.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Reply { text, .. } | Self::Edit { text, .. } => Some(text),
            Self::Delete { .. } | Self::React { .. } | Self::Topic(_) | Self::Act(_) => None,
        }
    }

    /// Whether it has a text that shows nothing: such a one is no message.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text().is_some_and(visible::is_blank)
    }

    /// Whether a body is one at all, whoever posts it where: its lengths, and what others would see of it.
    ///
    /// # Errors
    /// How a server refuses it.
    pub fn check(&self) -> Result<(), Refusal> {
        let long = |text: &str, max: usize| if text.len() > max { Err(Refusal::TooLarge) } else { Ok(()) };
        let line = |text: &str| visible::check_line(text).map_err(|_| Refusal::TextUnfit);
        match self {
            Self::Text(text) | Self::Reply { text, .. } | Self::Edit { text, .. } => {
                if visible::is_blank(text) {
                    Err(Refusal::TextUnfit)
                } else {
                    long(text, TEXT_MAX_LEN)
                }
            }
            Self::React { emoji, .. } if emoji.is_empty() || emoji.contains(char::is_whitespace) => {
                Err(Refusal::TextUnfit)
            }
            Self::React { emoji, .. } => long(emoji, EMOJI_MAX_LEN).and_then(|()| line(emoji)),
            Self::Topic(topic) => long(topic, TOPIC_MAX_LEN).and_then(|()| line(topic)),
            // The password does not travel in the log.
            Self::Act(Act::Open(_)) => Err(Refusal::NotAllowed),
            Self::Act(Act::Set(fact)) => fact.check(),
            Self::Delete { .. } | Self::Act(_) => Ok(()),
        }
    }

    /// The earlier entry that it is about.
    #[must_use]
    pub const fn about(&self) -> Option<RoomSeq> {
        match self {
            Self::Reply { to, .. } => Some(*to),
            Self::Edit { of, .. } | Self::Delete { of } | Self::React { of, .. } => Some(*of),
            Self::Act(act) => act.about(),
            Self::Text(_) | Self::Topic(_) => None,
        }
    }
}

/// What is done to a member or a room. Accounts are given by name; in an entry the name is spelled as the account spells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// An account's role. Only owners give or take the owner's role.
    Role {
        /// Who.
        who: String,
        /// The role from now on.
        role: Role,
    },
    /// An account is no member any more; it may come back.
    Kick {
        /// Who.
        who: String,
    },
    /// An account, with every device that it has, is kept out.
    Ban {
        /// Who.
        who: String,
        /// Until then; `None`: until it is lifted.
        until: Option<WallTime>,
    },
    /// A ban is lifted.
    Unban {
        /// Who.
        who: String,
    },
    /// An account may read but not write.
    Mute {
        /// Who.
        who: String,
        /// Until then; `None`: until it is lifted.
        until: Option<WallTime>,
    },
    /// A muted account may write again.
    Unmute {
        /// Who.
        who: String,
    },
    /// An account may enter, and is told so.
    Invite {
        /// Who.
        who: String,
    },
    /// Who may enter from now on. It is asked for by [`super::Request::Open`], which carries the password, and never by a
    /// post.
    Open(Access),
    /// A fact of the room is so from now on. What is pinned is set entry by entry, by [`Act::Pin`], and never by this.
    Set(Fact),
    /// A text is pinned, so that everyone finds it, or is so no more. Of a text that is gone, the pin is gone, too.
    Pin {
        /// The entry.
        of: RoomSeq,
        /// Pinned, or not any more.
        is_set: bool,
    },
}

impl Act {
    /// Whom it is done to.
    #[must_use]
    pub fn who(&self) -> Option<&str> {
        match self {
            Self::Role { who, .. }
            | Self::Kick { who }
            | Self::Ban { who, .. }
            | Self::Unban { who }
            | Self::Mute { who, .. }
            | Self::Unmute { who }
            | Self::Invite { who } => Some(who),
            Self::Open(_) | Self::Set(_) | Self::Pin { .. } => None,
        }
    }

    /// Whom an act is about, to be spelled as the account spells it.
    pub const fn who_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Role { who, .. }
            | Self::Kick { who }
            | Self::Ban { who, .. }
            | Self::Unban { who }
            | Self::Mute { who, .. }
            | Self::Unmute { who }
            | Self::Invite { who } => Some(who),
            Self::Open(_) | Self::Set(_) | Self::Pin { .. } => None,
        }
    }

    /// The earlier entry that it is about.
    #[must_use]
    pub const fn about(&self) -> Option<RoomSeq> {
        match self {
            Self::Pin { of, .. } => Some(*of),
            Self::Role { .. }
            | Self::Kick { .. }
            | Self::Ban { .. }
            | Self::Unban { .. }
            | Self::Mute { .. }
            | Self::Unmute { .. }
            | Self::Invite { .. }
            | Self::Open(_)
            | Self::Set(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_shows_nothing_is_blank() {
        let is_blank = |text: &str| Body::Text(text.into()).is_blank();
        assert!(is_blank("") && is_blank("  \t\n\u{3000}") && is_blank("\u{200b}\u{feff}\u{3164}\u{e0041}"));
        assert!(is_blank("\u{301}") && is_blank(" \u{301}\n\u{20dd}") && !is_blank("e\u{301}"));
        assert!(!is_blank(".") && !is_blank("\u{200b}a") && !is_blank("\u{2764}\u{fe0f}") && !is_blank("\u{e9}"));
        assert!(!Body::Delete { of: RoomSeq(1) }.is_blank());
    }

    #[test]
    fn what_others_would_not_see_or_would_be_harmed_by_is_no_body() {
        let react = |emoji: &str| Body::React { of: RoomSeq(1), emoji: emoji.into(), is_set: true }.check();
        for emoji in ["👍", "+1", "❤\u{fe0f}", "ok", "👩\u{200d}🚀"] {
            assert_eq!(react(emoji), Ok(()), "{emoji}");
        }
        for emoji in ["", "\u{200b}", "\u{202e}", "a b", "a\u{202e}b", "\x1b", "\u{fe0f}", "\u{3164}"] {
            assert_eq!(react(emoji), Err(Refusal::TextUnfit), "{emoji:?}");
        }
        let topic = |topic: &str| Body::Topic(topic.into()).check();
        assert_eq!((topic(""), topic("plans, and\u{3000}snacks")), (Ok(()), Ok(())));
        for wrong in ["one\ntwo", "\x1b[31mred", "a\u{202e}b", "\u{200b}", " ", "a\u{2028}b", "tab\tbed"] {
            assert_eq!(topic(wrong), Err(Refusal::TextUnfit), "{wrong:?}");
        }
        assert_eq!(topic(&"x".repeat(TOPIC_MAX_LEN + 1)), Err(Refusal::TooLarge));
        let text = |text: &str| Body::Text(text.into()).check();
        assert_eq!((text("one\n\ttwo \x1b"), text("\u{200b}\n")), (Ok(()), Err(Refusal::TextUnfit)));
    }
}
