//! The command as a user meets it: real processes on loopback, their output and exit codes (README, "Exit codes").

mod accounts;
mod alone;
#[cfg(target_os = "linux")]
mod auth;
mod backup;
#[cfg(target_os = "linux")]
mod chat;
mod damage;
mod deploy;
mod doctor;
mod facts;
#[cfg(target_os = "linux")]
mod full;
mod history;
mod identity;
mod json;
#[path = "../support/json_page.rs"]
mod json_page;
mod manual;
mod mistakes;
#[cfg(target_os = "linux")]
mod moved;
mod operate;
mod operator;
mod outbox;
#[expect(dead_code, reason = "the two streams are read apart here")]
#[path = "../support/process.rs"]
mod process;
#[cfg(target_os = "linux")]
#[path = "../support/pty.rs"]
mod pty;
#[cfg(target_os = "linux")]
mod put_back;
mod readme;
mod rooms;
mod settings;
mod story;
#[cfg(target_os = "linux")]
mod terminal;
mod visible;
