//! A conversation between processes, and what must be true of it at its end.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hosts::Subnet;
use crate::process::{Ended, Process, Scratch};

/// What the one says who makes a room.
const FIRST: &str = "the first";

/// Clients that all write to and read all rooms.
pub(crate) struct Talk<'a> {
    pub(crate) server: &'a str,
    pub(crate) weather: Option<&'a str>,
    pub(crate) clients: usize,
    pub(crate) rooms: usize,
    /// In all rooms together.
    pub(crate) messages: usize,
    /// Each writer's time between two messages; `None`: as fast as they are taken.
    pub(crate) pace: Option<Duration>,
}

impl Talk<'_> {
    pub(crate) fn run(&self, scratch: &Scratch, patience: Duration) {
        self.run_on(None, scratch, patience);
    }

    /// Runs all clients on the second host of a subnet, or on this machine.
    pub(crate) fn run_on(&self, subnet: Option<&Subnet>, scratch: &Scratch, patience: Duration) {
        #[expect(clippy::disallowed_methods, reason = "a test that hangs must end")]
        let started = Instant::now();
        let each = self.messages / (self.clients * self.rooms);
        for room in 0..self.rooms {
            // Reading makes no room.
            let first = Process::start(self.command(subnet, scratch, 0, room).args(["send", "--create", FIRST]));
            expect_no_error(first.end());
        }
        let pairs: Vec<_> = (0..self.clients).flat_map(|c| (0..self.rooms).map(move |r| (c, r))).collect();
        let readers: Vec<_> = pairs
            .iter()
            .map(|&(client, room)| {
                let count = (1 + each * self.clients).to_string();
                let args = ["tail", "--json", "--all", "--count", &count];
                (client, room, Process::start(self.command(subnet, scratch, client, room).args(args)))
            })
            .collect();
        let writers: Vec<_> =
            pairs.iter().map(|&(client, room)| self.write(subnet, scratch, client, room, each)).collect();

        let mut rooms: Vec<Vec<Vec<(u64, String, String)>>> = vec![Vec::new(); self.rooms];
        for (_, room, mut reader) in readers {
            let mut read = Vec::new();
            while let Some(line) = reader.next_line() {
                read.push(parse(&line));
                assert!(started.elapsed() < patience, "after {patience:?} {} of the messages are there", read.len());
            }
            expect_no_error(reader.end());
            rooms[room].push(read);
        }
        for writer in writers {
            expect_no_error(writer.end());
        }
        for (room, views) in rooms.iter().enumerate() {
            self.check(room, each, views);
        }
    }

    fn command(&self, subnet: Option<&Subnet>, scratch: &Scratch, client: usize, room: usize) -> CommandWith {
        let mut command = subnet.map_or_else(|| Command::new(env!("CARGO_BIN_EXE_chinwag")), |subnet| subnet.on(2));
        command.env("CHINWAG_HOME", scratch.home(&format!("client{client}")));
        command.env("RUST_LOG", "warn").env_remove("RUST_BACKTRACE");
        let server = self.server.to_owned();
        let mut tail =
            vec!["--server".to_owned(), server, "--name".to_owned(), name(client), "--accept-new".to_owned()];
        tail.extend(["--room".to_owned(), format!("room{room}")]);
        if let Some(weather) = self.weather {
            tail.extend(["--weather".to_owned(), format!("{weather},seed={}", 1 + client * 10 + room)]);
        }
        CommandWith { command, tail }
    }

    fn write(&self, subnet: Option<&Subnet>, scratch: &Scratch, client: usize, room: usize, count: usize) -> Process {
        let mut process =
            Process::start(self.command(subnet, scratch, client, room).args(["send", "--create", "--stdin"]));
        let mut stdin = process.stdin();
        let pace = self.pace;
        thread::spawn(move || {
            let (_never, tick) = channel::<()>();
            for n in 0..count {
                if writeln!(stdin, "{}", text(client, room, n)).is_err() {
                    return;
                }
                if let Some(pace) = pace {
                    let _ = tick.recv_timeout(pace);
                }
            }
        });
        process
    }

    fn check(&self, room: usize, each: usize, views: &[Vec<(u64, String, String)>]) {
        let expected: BTreeSet<_> =
            (0..self.clients).flat_map(|c| (0..each).map(move |n| (name(c), text(c, room, n)))).collect();
        let views: Vec<_> = views.iter().map(|view| view.split_first().expect("the first")).collect();
        assert!(views.iter().all(|(first, _)| **first == (1, name(0), FIRST.to_owned())), "room {room}: the first");
        let views: Vec<_> = views.into_iter().map(|(_, view)| view).collect();
        for view in &views {
            assert!(
                view.iter().map(|(number, _, _)| *number).eq(2..=1 + expected.len() as u64),
                "room {room}: numbers are 2, 3, 4 … without a gap"
            );
            let seen: BTreeSet<_> = view.iter().map(|(_, sender, text)| (sender.clone(), text.clone())).collect();
            assert_eq!(seen.len(), view.len(), "room {room}: nothing twice");
            assert!(seen == expected, "room {room}: what was written, and by whom");
            assert!(view == &views[0], "room {room}: one order for all");
        }
        for client in 0..self.clients {
            let own = views[0].iter().filter(|(_, sender, _)| *sender == name(client)).map(|(_, _, text)| text.clone());
            assert!(own.eq((0..each).map(|n| text(client, room, n))), "room {room}: a writer's own order is kept");
        }
    }
}

/// The options that all client commands share stand after the command's name.
struct CommandWith {
    command: Command,
    tail: Vec<String>,
}

impl CommandWith {
    fn args<const N: usize>(mut self, args: [&str; N]) -> Command {
        self.command.args(args).args(&self.tail);
        self.command
    }
}

fn name(client: usize) -> String {
    ["ann", "bob", "cyd", "dan"][client].to_owned()
}

/// 20 to 400 octets that say where they come from.
fn text(client: usize, room: usize, n: usize) -> String {
    let len = 20 + (n * 7919 + client * 104_729 + room * 1_299_709) % 381;
    let mut text = format!("{} {room} {n:06} ", name(client));
    while text.len() < len {
        text.push(char::from(b'a' + u8::try_from(text.len() % 26).expect("below 26")));
    }
    text
}

fn parse(line: &str) -> (u64, String, String) {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"));
    let text = |key: &str| value[key].as_str().unwrap_or_else(|| panic!("no {key} in {line}")).to_owned();
    (value["number"].as_u64().unwrap_or_else(|| panic!("no number in {line}")), text("sender"), text("text"))
}

fn expect_no_error(ended: Ended) {
    ended.expect(0, &[]);
    assert!(!ended.err.contains("panicked") && !ended.err.contains("ERROR"), "it said:\n{}", ended.err);
}
