//! Writes what is said in a room as JSON, one object a line, in room order.
//!
//! `cargo run --example log_json -- 192.168.1.7:24469 lobby >> lobby.jsonl`; without arguments it hosts a server, says three
//! things there, logs them, and ends.

mod support;

use std::error::Error;
use std::io::Write as _;

use chinwag::client::{Client, Command, Notice, Timeline};
use chinwag::drive::Handle;
use chinwag::proto::wire::message::Entry;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    match args.next() {
        Some(server) => log(&support::join(server.parse()?, "logger", &args.next().unwrap_or("lobby".into()))?, None),
        None => {
            let server = support::host()?;
            let logger = support::join(server.local_addr(), "logger", "lobby")?;
            let ann = support::join(server.local_addr(), "ann", "lobby")?;
            for (tag, text) in (1..).zip(["one", "two \"quoted\"", "three"]) {
                ann.send(Command::Say { tag, room: "lobby".into(), text: text.into() })?;
            }
            log(&logger, Some(3))
        }
    }
}

/// Logs for ever, or so many messages.
fn log(logger: &Handle<Client>, count: Option<usize>) -> Result<(), Box<dyn Error>> {
    // Messages are handed up at once, whatever is missing before them; a log wants them in order.
    let mut timeline = Timeline::new();
    let mut logged = 0;
    loop {
        if let Notice::Entry { number, contiguous_upto, entry, .. } = logger.recv()? {
            for (number, entry) in timeline.push(number, contiguous_upto, entry) {
                write(number.0, &entry)?;
                logged += 1;
            }
            if Some(logged) == count {
                return Ok(());
            }
        }
    }
}

fn write(number: u64, entry: &Entry) -> std::io::Result<()> {
    let text = entry.body.text().unwrap_or_default();
    let line = serde_json::json!({
        "number": number,
        "time_ms": entry.at.as_unix_millis(),
        "sender": entry.name,
        "text": text,
    });
    writeln!(std::io::stdout(), "{line}")
}
