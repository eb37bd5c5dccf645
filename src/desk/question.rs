//! A question whose answer is not shown while it is typed.

use chinwag_proto::limits::{PASSWORD_MIN_LEN, SECRET_MAX_LEN};
use chinwag_proto::wire::message::Secret;

/// What a password is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum For {
    /// To register under this name.
    Register(String),
    /// To log in under this name.
    Login(String),
    /// To set another one: the present one.
    Old,
    /// And then the new one, beside the present one.
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
    /// What it is asked for.
    #[must_use]
    pub const fn what(&self) -> &For {
        &self.what
    }

    /// Whether it was answered once, and is to be answered the same way again.
    #[must_use]
    pub const fn is_again(&self) -> bool {
        self.first.is_some()
    }

    /// Whether the server would refuse that as a new password, however often it is typed. That of a room may be short, since people
    /// tell it to each other.
    pub(super) fn is_unfit(&self, typed: &Secret) -> bool {
        let len = typed.reveal().len();
        match self.what {
            _ if self.first.is_some() || len == 0 => false,
            For::Register(_) | For::New(_) => !(PASSWORD_MIN_LEN..=SECRET_MAX_LEN).contains(&len),
            For::Create(_) | For::Open(_) => len > SECRET_MAX_LEN,
            For::Login(_) | For::Old | For::Unregister | For::Unlock(_) => false,
        }
    }

    /// Whether it is about a room's password, and not an account's.
    pub(super) const fn is_of_room(&self) -> bool {
        matches!(self.what, For::Unlock(_) | For::Create(_) | For::Open(_))
    }

    /// Whether it is typed twice, because nobody sees a slip.
    pub(super) const fn is_twice(&self) -> bool {
        matches!(self.what, For::Register(_) | For::New(_) | For::Create(_) | For::Open(_))
    }
}
