//! What an operator asks of a server.

use super::operator::{Operation, OperatorTag};

/// What an operator asks of a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say goodbye to everyone and stop; [`super::Notice::Stopped`] follows when that is done.
    Stop {
        /// For people.
        reason: String,
    },
    /// Give [`super::Notice::Status`].
    Status,
    /// Give [`super::Notice::Peers`].
    Peers(OperatorTag),
    /// Give [`super::Notice::Showcase`].
    Showcase,
    /// Do this; [`super::Notice::Answered`], or what was asked for, follows.
    Operate(OperatorTag, Operation),
}
