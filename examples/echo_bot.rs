//! A bot that says again what others say: the library's client in forty lines.
//!
//! `cargo run --example echo_bot -- 192.168.1.7:24469 lobby` joins a server; without arguments it hosts one, speaks to
//! itself once, and ends.
#![expect(clippy::print_stdout, clippy::wildcard_enum_match_arm, reason = "a small program")]

mod support;

use std::error::Error;

use chinwag::client::{Client, Command, Notice};
use chinwag::drive::Handle;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    match args.next() {
        Some(server) => echo(&support::join(server.parse()?, "echo", &args.next().unwrap_or("lobby".into()))?, None),
        None => {
            let server = support::host()?;
            let ann = support::join(server.local_addr(), "ann", "lobby")?;
            let bot = support::join(server.local_addr(), "echo", "lobby")?;
            ann.send(Command::Say { tag: 1, room: "lobby".into(), text: "is anybody there?".into() })?;
            echo(&bot, Some(1))
        }
    }
}

/// Says again what others say, for ever or so often.
fn echo(bot: &Handle<Client>, times: Option<u64>) -> Result<(), Box<dyn Error>> {
    let mut said = 0;
    loop {
        match bot.recv()? {
            Notice::Entry { own: false, name, entry, .. } => {
                let text = entry.body.text().unwrap_or_default();
                println!("{} said: {text}", entry.name);
                said += 1;
                bot.send(Command::Say { tag: said, room: name, text: format!("{}: {text}", entry.name) })?;
            }
            // Only now is it safe to go: the server has it.
            Notice::Stored { tag, number, .. } => {
                println!("echoed as number {number}");
                if Some(tag) == times {
                    return Ok(());
                }
            }
            _ => {}
        }
    }
}
