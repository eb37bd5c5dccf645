//! A bot that says again what others say.
//!
//! `cargo run --example echo_bot -- lan:lab lobby` joins a server, as the same device each time (its folder is `echo.home`);
//! without arguments it hosts one in this process, speaks to itself once, and ends.
#![expect(clippy::print_stdout, clippy::wildcard_enum_match_arm, reason = "a small program")]

use std::error::Error;

use chinwag::client::{Client, Device, Event, Events, Trust};
use chinwag::host::Brief;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    match args.next() {
        Some(server) => {
            let to = Device::open("echo.home")?.server(&server)?.name("echo");
            let (bot, events) = to.trust(Trust::New).connect()?;
            echo(&bot, events, &args.next().unwrap_or("lobby".into()), None)
        }
        None => {
            let server = Brief::start()?;
            let to = |name: &str| -> Result<_, Box<dyn Error>> {
                let to = Device::in_memory()?.server(&server.address().to_string())?.name(name);
                Ok(to.trust(Trust::New).connect()?)
            };
            let ((ann, _), (bot, events)) = (to("ann")?, to("echo")?);
            ann.join("lobby");
            let said = ann.say("lobby", "is anybody there?");
            said.wait(std::time::Duration::from_secs(10))?;
            echo(&bot, events, "lobby", Some(1))
        }
    }
}

/// Says again what others say, for ever or so often.
fn echo(bot: &Client, events: Events, room: &str, times: Option<usize>) -> Result<(), Box<dyn Error>> {
    bot.join_from(room, chinwag::client::Start::Resume { recent: 10, behind_max: None });
    let mut echoed = 0;
    for event in events {
        match event {
            Event::Message(message) if !message.is_own => {
                let Some(text) = message.text() else { continue };
                println!("{} said: {text}", message.from());
                drop(bot.say(&message.room, &format!("{}: {text}", message.from())));
            }
            // Only now is it safe to go: the server has it.
            Event::Stored { number, .. } => {
                println!("echoed as number {number}");
                echoed += 1;
                if times == Some(echoed) {
                    break;
                }
            }
            Event::Ended(error) => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
