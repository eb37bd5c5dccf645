//! Writes what is said in a room as JSON, one object a line, in room order: each message once, over restarts, too.
//!
//! `cargo run --example log_json -- lan:lab lobby >> lobby.jsonl`; without arguments it hosts a server in this process, says
//! three things there, logs them, and ends.
#![expect(clippy::wildcard_enum_match_arm, reason = "a small program")]

use std::error::Error;
use std::io::Write as _;

use chinwag::client::{Client, Device, Event, Events, Message, Start, Trust};
use chinwag::host::Brief;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    match args.next() {
        Some(server) => {
            let to = Device::open("logger.home")?.server(&server)?.name("logger");
            let (logger, events) = to.trust(Trust::New).connect()?;
            log(&logger, events, &args.next().unwrap_or("lobby".into()), None)
        }
        None => {
            let server = Brief::start()?;
            let to = |name: &str| -> Result<_, Box<dyn Error>> {
                let to = Device::in_memory()?.server(&server.address().to_string())?.name(name);
                Ok(to.trust(Trust::New).connect()?)
            };
            let ((ann, _), (logger, events)) = (to("ann")?, to("logger")?);
            ann.join("lobby");
            for text in ["one", "two \"quoted\"", "three"] {
                drop(ann.say("lobby", text));
            }
            log(&logger, events, "lobby", Some(3))
        }
    }
}

/// Logs for ever, or so many messages.
fn log(logger: &Client, events: Events, room: &str, count: Option<usize>) -> Result<(), Box<dyn Error>> {
    logger.join_from(room, Start::Resume { recent: 10, behind_max: None });
    let mut logged = 0;
    for event in events {
        match event {
            Event::Message(message) => {
                write(&message)?;
                logged += 1;
                if count == Some(logged) {
                    break;
                }
            }
            Event::Ended(error) => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn write(message: &Message) -> std::io::Result<()> {
    let line = serde_json::json!({
        "number": message.number.0,
        "time_ms": message.entry.at.as_unix_millis(),
        "sender": message.from(),
        "text": message.text().unwrap_or_default(),
    });
    writeln!(std::io::stdout(), "{line}")
}
