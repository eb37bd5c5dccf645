//! What an operator asks of a server.

/// What an operator asks of a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say goodbye to everyone and stop; [`Notice::Stopped`] follows when that is done.
    Stop {
        /// For people.
        reason: String,
    },
    /// Give [`Notice::Status`].
    Status,
}
