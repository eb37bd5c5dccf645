//! The command as a user meets it: real processes on loopback, their output and exit codes (README, "Exit codes").

mod accounts;
mod alone;
mod history;
mod identity;
mod outbox;
mod process;
mod rooms;
#[cfg(target_os = "linux")]
mod terminal;
