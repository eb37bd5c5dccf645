//! Posts (client to server) and entries (server to client) of a room.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::time::WallTime;
use crate::wire::id::{AccountId, ClientMsgId};

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

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Text, at most [`crate::limits::TEXT_MAX_LEN`] octets.
    Text(String),
}
