//! The full screen: joins the terminal interface to a session.

use super::super::failure::Failure;
use super::conversation::Conversation;

pub(super) fn run(conversation: Conversation) -> Result<(), Failure> {
    super::lines::at_a_terminal(conversation)
}
