//! The command as a user meets it: real processes on loopback, their output and exit codes (README, "Exit codes").

mod alone;
mod identity;
mod process;
mod rooms;
#[cfg(target_os = "linux")]
mod terminal;
