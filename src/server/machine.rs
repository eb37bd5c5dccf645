//! A server that can be given a thread.

use chinwag_node::Machine;
use chinwag_proto::link::Role;

use super::{Command, Notice, Server};

impl Machine for Server {
    const ROLE: Role = Role::Server;

    fn stop() -> Command {
        Command::Stop { reason: "the server stops".to_owned() }
    }

    fn is_last(notice: &Notice) -> bool {
        matches!(notice, Notice::Stopped | Notice::StoreFailed(_))
    }
}
