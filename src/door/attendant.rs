//! The thread beside a client's loop: it minds the session, puts messages into their rooms' order, and hands events to whoever wants
//! them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread;

use chinwag_client_core::{Command, Connection, Notice, Timeline};
use chinwag_proto::wire::id::RoomSeq;

use super::client::{Client, Remembered};
use super::error::ConnectError;
use super::event::{Event, Message, Tag};
use super::events::Events;
use super::ledger::Ledger;
use super::queue::Queue;
use super::session::{Change, Notices, Session};

/// Puts a session that has begun on a thread of its own.
pub(super) fn begin(session: Session, notices: Notices) -> io::Result<(Client, Events)> {
    let commands = notices.commands();
    let ledger = Arc::new(Ledger::new(session.device.keeps(), session.kept.outbox));
    let queue = Queue::default();
    let events = Events::new(queue.clone(), commands.clone());
    let remembered = Remembered { commands, kept: session.kept.clone(), was_let_in: session.was_let_in };
    let (its_ledger, its_queue) = (Arc::clone(&ledger), queue.clone());
    let running =
        Running { session, ledger: its_ledger, queue: its_queue, timelines: BTreeMap::new(), has_ended: false };
    let thread = thread::Builder::new().name("client".to_owned()).spawn(move || running.run(notices))?;
    Ok((Client::new(remembered, ledger, queue, thread), events))
}

/// What runs on the thread.
struct Running {
    session: Session,
    ledger: Arc<Ledger>,
    queue: Queue,
    /// What waits for something earlier, by room.
    timelines: BTreeMap<String, Timeline<Message>>,
    /// The program knows that it is over.
    has_ended: bool,
}

impl Running {
    fn run(mut self, handle: Notices) {
        while let Ok(notice) = handle.recv() {
            match self.notice(notice) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => self.give_up(error),
            }
        }
        let stopped = handle.stop().err();
        self.ledger.stopped();
        self.tell(Event::Ended(ConnectError::Stopped(stopped)));
        self.queue.end();
    }

    /// It is no use to go on: says so, and goodbye.
    fn give_up(&mut self, error: ConnectError) {
        self.tell(Event::Ended(error));
        self.has_ended = true;
        if self.session.passes {
            // Nobody will ever send it under that name.
            self.session.command(Command::Withdraw);
        }
        self.session.command(Command::Quit);
    }

    fn tell(&self, event: Event) {
        if !self.has_ended {
            self.queue.push(event);
        }
    }

    /// Whether it goes on; or why it can't.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is only told is told by `Event::of`")]
    fn notice(&mut self, notice: Notice) -> Result<bool, ConnectError> {
        match notice {
            Notice::Connection(_) if self.has_ended => {}
            Notice::Connection(connection) => self.connection(&connection)?,
            Notice::Entry { name: room, number, contiguous_upto, own: is_own, is_ignored, entry, room: _ } => {
                // Whoever passes is not there to read.
                if !self.session.passes {
                    let message = Message { room: room.clone(), number, entry, is_own, is_ignored };
                    let timeline = self.timelines.entry(room).or_default();
                    let in_order: Vec<_> = timeline.push(number, contiguous_upto, message).collect();
                    self.messages(in_order);
                }
            }
            Notice::Answered { tag, result } => {
                // Nobody waits for it: it is an event.
                let unasked = self.ledger.answered(tag, result);
                unasked.into_iter().for_each(|result| self.tell(Event::Answered { tag: Tag(tag), result }));
            }
            Notice::Stopped => return Ok(false),
            notice => {
                self.note(&notice);
                Event::of(notice).into_iter().for_each(|event| self.tell(event));
            }
        }
        Ok(true)
    }

    /// What the thread itself does about what it tells.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most is only told")]
    fn note(&mut self, notice: &Notice) {
        match notice {
            Notice::HistoryReset { name, .. } => {
                let left: Vec<_> = self.timelines.entry(name.clone()).or_default().flush().collect();
                self.messages(left);
            }
            Notice::Out { name } => drop(self.timelines.remove(name)),
            Notice::Queued { tag, .. } => self.ledger.kept(*tag, true),
            Notice::NotKept { tag } => self.ledger.kept(*tag, false),
            Notice::Stored { tag, number, .. } => self.ledger.posted(*tag, Ok(*number)),
            Notice::Refused { tag, reason } => self.ledger.posted(*tag, Err(*reason)),
            Notice::Kept { .. } => self.ledger.earlier_answered(),
            _ => {}
        }
    }

    fn messages(&self, in_order: Vec<(RoomSeq, Message)>) {
        in_order.into_iter().for_each(|(_, message)| self.tell(Event::Message(message)));
    }

    fn connection(&mut self, connection: &Connection) -> Result<(), ConnectError> {
        match self.session.take(connection)? {
            Some(Change::Refused(reason)) => return Err(ConnectError::Login(reason)),
            Some(change) => {
                if let Change::Connected { adopted, .. } = &change {
                    self.ledger.adopted(*adopted);
                }
                self.tell(Event::Connection(change));
            }
            None => {}
        }
        Ok(())
    }
}
