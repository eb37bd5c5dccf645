//! A client's loop, run for a command: for a session, or only to ask a server for its key.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use chinwag_proto::endpoint::Target;
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::id::PublicKey;

use crate::client_core::{self as client, Command, Connection, Notice, words};
use crate::config::Home;
use crate::drive::Commands;
use crate::keep::Database;
use crate::net::Refusals;

use super::super::event::Event;
use super::super::failure::{Exit, Failure};
use super::super::output::tell;
use super::super::start;
use super::patience::{Patience, Silence};
use super::{EVENTS_MAX, GOODBYE};
use crate::client::Search;

/// A client's loop on its own thread, and the queue of all that happens.
pub(super) struct Running {
    pub(super) commands: Commands<Command>,
    pub(super) events: Receiver<Event>,
    pub(super) sender: SyncSender<Event>,
    /// What the system refuses to send.
    pub(super) refusals: Refusals,
}

impl Running {
    /// Starts a client.
    pub(super) fn start(
        home: &Home,
        config: client::Config,
        keep: Option<Database>,
        weather: Option<&Spec>,
    ) -> Result<Self, Failure> {
        let (sender, events) = sync_channel(EVENTS_MAX);
        let (commands, refusals) = start::client(home, config, keep, weather, sender.clone())?;
        Ok(Self { commands, events, sender, refusals })
    }

    pub(super) fn command(&self, command: Command) {
        // A loop that has ended says so in the queue of events.
        let _ = self.commands.send(command);
    }

    /// Nobody has answered for so many attempts: the server may be elsewhere.
    pub(super) fn search(&self, search: &Search<Failure>, attempts: u32) {
        let commands = self.commands.clone();
        let reach = move |addrs| {
            // A loop that has ended needs no address.
            let _ = commands.send(Command::Reach(addrs));
        };
        search.trying(attempts, reach);
    }

    pub(super) fn close(self) {
        self.command(Command::Quit);
        while let Ok(event) = self.events.recv_timeout(GOODBYE) {
            if matches!(event, Event::Notice(Notice::Stopped) | Event::LoopEnded(_) | Event::Interrupt) {
                return;
            }
        }
    }
}

/// Asks a server that nobody pinned yet for its key. It proves to have it when a session begins.
pub(in super::super) fn key_of(
    home: &Home,
    addrs: &[SocketAddr],
    weather: Option<&Spec>,
    mut patience: Patience,
) -> Result<PublicKey, Failure> {
    let running = Running::start(home, client::Config::new(""), None, weather)?;
    let target = Target { addrs: addrs.to_vec(), pin: None, join_key: None, enrolled: false };
    running.command(Command::Connect(target));
    let key = loop {
        match running.events.recv() {
            Ok(Event::Notice(Notice::Connection(Connection::Unpinned { key, .. }))) => break Ok(key),
            Ok(Event::Notice(Notice::Connection(Connection::WrongVersion { theirs }))) => {
                let sentence = words::wrong_version(VersionRange::OURS, theirs);
                break Err(Failure::new(Exit::Connect, sentence));
            }
            Ok(Event::Notice(Notice::Connection(Connection::Trying { attempts, elapsed }))) => {
                let refused = running.refusals.all();
                let silence = Silence { attempts, elapsed, was_up: false, addrs, failure: None, refused: &refused };
                match patience.trying(&silence) {
                    Ok(said) => said.into_iter().for_each(|said| tell(&said)),
                    Err(failure) => break Err(failure),
                }
            }
            Ok(Event::LoopEnded(why)) => break Err(Failure::loop_ended(why)),
            Ok(_) => {}
            Err(_) => break Err(Failure::loop_ended(None)),
        }
    };
    running.close();
    key
}
