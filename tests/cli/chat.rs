//! Somebody's chat at a terminal.

use std::process::Command;

use crate::process::{Scratch, Server};
use crate::pty::Terminal;

impl Scratch {
    /// Somebody's chat on a server, at a terminal of so many columns and rows.
    pub(crate) fn chat(&self, server: &Server, whose: &str, size: (u16, u16), args: &[&str]) -> Terminal {
        self.chat_on("xterm-256color", server, whose, size, args)
    }

    /// The same, at a terminal of that kind.
    pub(crate) fn chat_on(
        &self,
        term: &str,
        server: &Server,
        whose: &str,
        size: (u16, u16),
        args: &[&str],
    ) -> Terminal {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(["chat", "--server", &server.addr, "--name", whose]).args(args);
        command.env("CHINWAG_HOME", self.home(whose)).env("TERM", term).env_remove("RUST_LOG");
        Terminal::start(command, size)
    }
}
