//! Clients of a server that dies: the library's own, on real sockets, each with a thread. They live on while servers come and
//! go.

use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;

use chinwag::client_core::{Client, Command, Config, Notice, Saved, Start};
use chinwag::drive::{self, Clock, Commands, Inline, Options};
use chinwag::net;
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::rng::Rng;

use crate::server::Site;

/// Someone who is connected, and stays so.
pub(crate) struct Person {
    commands: Commands<Command>,
    pump: Option<JoinHandle<()>>,
}

/// What someone was told, and who.
pub(crate) type Heard = (usize, Notice);

impl Person {
    /// Connects to a server that runs. What this one is told goes to `heard`, as `who`.
    pub(crate) fn new(site: &Site, name: &str, who: usize, rng: &mut Rng, heard: &Sender<Heard>) -> Self {
        let clock = Clock::start();
        let client = Client::new(Config::new(name), KeyPair::from_secret(rng.bytes()), rng.bytes());
        let socket = net::bind(([127, 0, 0, 1], 0).into()).expect("a socket");
        let nothing_kept = Box::new(Inline(|_| Saved::Kept));
        let handle = drive::spawn(client, socket, nothing_kept, Options::new(clock)).expect("a thread");
        let commands = handle.commands();
        let heard = heard.clone();
        let pump = std::thread::spawn(move || {
            while let Ok(notice) = handle.recv() {
                if heard.send((who, notice)).is_err() {
                    return;
                }
            }
        });
        let addrs = vec![site.addr.expect("it has been started")];
        let person = Self { commands, pump: Some(pump) };
        let (pin, join_key) = (Some(site.key), site.join_key);
        person.command(Command::Connect(Target { addrs, pin, join_key, enrolled: false }));
        person
    }

    pub(crate) fn command(&self, command: Command) {
        self.commands.send(command).expect("the client runs");
    }

    /// Follows a room from its first entry on.
    pub(crate) fn join(&self, room: &str) {
        self.command(Command::join(room.to_owned(), Start::All));
    }

    pub(crate) fn say(&self, tag: u64, room: &str, text: String) {
        self.command(Command::say(tag, room.to_owned(), text));
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Quit);
        if let Some(pump) = self.pump.take() {
            let _ = pump.join();
        }
    }
}

/// What is told next, within the longest that anything here may take.
pub(crate) fn next(heard: &Receiver<Heard>) -> Heard {
    heard.recv_timeout(std::time::Duration::from_secs(60)).expect("something happens within a minute")
}
