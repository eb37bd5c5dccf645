//! A session beside another one, and how a command goes on in it: everything comes by the same queue as before.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::client_core::{Command, Connection, Notice};

use super::super::event::Event;
use super::super::failure::{Exit, Failure};
use super::{GOODBYE, Running, Session, TIMEOUT, Word};

impl Session {
    /// Waits until the server has let it in. What came meanwhile, that included, is to be taken by whoever goes on with it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is for whoever goes on with it")]
    pub(in super::super) fn until_let_in(&mut self) -> Result<Vec<Event>, Failure> {
        let mut came = Vec::new();
        loop {
            let Some(event) = self.next_within(TIMEOUT) else {
                return Err(Failure::new(Exit::Connect, format!("no answer from {}", self.server)));
            };
            match event {
                Event::Notice(Notice::Connection(Connection::LoggedIn { .. })) => {
                    came.push(event);
                    return Ok(came);
                }
                Event::Notice(Notice::Connection(connection)) => {
                    if let Some(Word::Trouble(said)) = self.connection(&connection)? {
                        return Err(Failure::new(Exit::Connect, said));
                    }
                }
                Event::LoopEnded(why) => return Err(Failure::loop_ended(why)),
                other => came.push(other),
            }
        }
    }

    /// Says goodbye, and goes on as another session that was let in and has brought that: its events come where those of this
    /// one came, and nothing that was typed meanwhile is lost.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is for whoever goes on")]
    pub(in super::super) fn go_on_as(&mut self, next: Self, came: Vec<Event>) -> Result<(), Failure> {
        self.command(Command::Quit);
        let mut typed = std::mem::take(&mut self.waiting);
        while let Ok(event) = self.running.events.recv_timeout(GOODBYE) {
            match event {
                Event::LoopEnded(_) => break,
                Event::Notice(_) => {}
                other => typed.push_back(other),
            }
        }
        let waiting = came.into_iter().chain(typed).collect();
        let placeholder = sync_channel(1).1;
        let queue = std::mem::replace(&mut self.running.events, placeholder);
        let (sender, may_try_again) = (self.running.sender.clone(), self.may_try_again);
        *self = Self { waiting, may_try_again, ..next };
        self.running.flow_into(queue, sender)
    }
}

impl Running {
    /// All that happens comes from that queue from now on, into which others put their events, too.
    fn flow_into(&mut self, queue: Receiver<Event>, sender: SyncSender<Event>) -> Result<(), Failure> {
        let events = std::mem::replace(&mut self.events, queue);
        self.sender = sender.clone();
        let flow = move || {
            for event in events {
                if sender.send(event).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("events".to_owned()).spawn(flow).map_err(Failure::system)?;
        Ok(())
    }
}
