//! The command as a user meets it: real processes on loopback, their output and exit codes (README, "Exit codes").

mod accounts;
mod alone;
#[cfg(target_os = "linux")]
mod full;
mod history;
mod identity;
mod mistakes;
mod outbox;
mod process;
#[cfg(target_os = "linux")]
mod pty;
mod rooms;
mod story;
#[cfg(target_os = "linux")]
mod terminal;
