//! A client that can be given a thread.

use chinwag_node::Machine;
use chinwag_proto::link::Role;

use super::{Client, Command, Notice};

impl Machine for Client {
    const ROLE: Role = Role::Client;

    fn stop() -> Command {
        Command::Quit
    }

    fn is_last(notice: &Notice) -> bool {
        matches!(notice, Notice::Stopped)
    }
}
