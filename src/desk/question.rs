//! A question whose answer is not shown while it is typed.

use chinwag_proto::wire::message::Secret;

/// What a password is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// To register under this name.
    Register(String),
    /// To log in under this name.
    Login(String),
    /// To set another one: the present one, then the new one.
    Old,
    New(Option<Secret>),
    /// To delete the account.
    Unregister,
    /// To enter a room.
    Unlock(String),
    /// To make a room.
    Create(String),
    /// To change who may enter a room.
    Open(String),
}

/// A question that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub(super) what: For,
    /// What was typed the first time, of what is typed twice.
    pub(super) first: Option<Secret>,
}

impl Question {
    /// What stands before what is typed.
    #[must_use]
    pub const fn prompt(&self) -> &'static str {
        match (&self.what, &self.first) {
            (_, Some(_)) => "the same again: ",
            (For::Register(_), None) => "a password for your other devices (Enter: none): ",
            (For::Login(_), None) => "password: ",
            (For::Unregister, None) => "your password, to delete the account (Enter: there is none): ",
            (For::Old, None) => "the present password (Enter: there is none): ",
            (For::New(_), None) => "the new password: ",
            (For::Unlock(_) | For::Create(_) | For::Open(_), None) => "the room's password: ",
        }
    }

    /// Whether it is typed twice, because nobody sees a slip.
    pub(super) const fn is_twice(&self) -> bool {
        matches!(self.what, For::Register(_) | For::New(_) | For::Create(_) | For::Open(_))
    }
}
