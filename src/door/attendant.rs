//! The thread beside a client's loop: it minds the session, puts messages into their rooms' order, and hands events to whoever wants
//! them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread;

use chinwag_client_core::{Connection, Notice, Timeline};
use chinwag_proto::wire::id::RoomSeq;

use super::client::{Client, Events, Shared};
use super::error::ConnectError;
use super::event::{Event, Message, Tag};
use super::queue::Queue;
use super::session::{Change, Notices, Session};

/// Puts a session that has begun on a thread of its own.
pub(super) fn begin(session: Session, notices: Notices) -> io::Result<(Client, Events)> {
    let commands = notices.commands();
    let shared = Arc::new(Shared::new());
    let queue = Queue::default();
    let events = Events::new(queue.clone(), commands.clone());
    let running = Running { session, shared: Arc::clone(&shared), queue: queue.clone(), timelines: BTreeMap::new() };
    let thread = thread::Builder::new().name("client".to_owned()).spawn(move || running.run(notices))?;
    Ok((Client::new(commands, shared, queue, thread), events))
}

/// What runs on the thread.
struct Running {
    session: Session,
    shared: Arc<Shared>,
    queue: Queue,
    /// What waits for something earlier, by room.
    timelines: BTreeMap<String, Timeline<Message>>,
}

impl Running {
    fn run(mut self, handle: Notices) {
        let ended = loop {
            let Ok(notice) = handle.recv() else { break None };
            match self.notice(notice) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        let stopped = handle.stop().err().map(|error| error.to_string());
        self.shared.stopped();
        self.tell(Event::Ended(ended.unwrap_or(ConnectError::Stopped(stopped))));
        self.queue.end();
    }

    fn tell(&self, event: Event) {
        self.queue.push(event);
    }

    /// Whether it goes on; or why it can't.
    fn notice(&mut self, notice: Notice) -> Result<bool, ConnectError> {
        match notice {
            Notice::Connection(connection) => self.connection(&connection)?,
            Notice::Entry { name, number, contiguous_upto, own, is_ignored, entry, room: _ } => {
                let message = Message::new(name.clone(), number, entry, own, is_ignored);
                let in_order: Vec<_> =
                    self.timelines.entry(name).or_default().push(number, contiguous_upto, message).collect();
                self.messages(in_order);
            }
            Notice::HistoryReset { name, back_to } => {
                let left: Vec<_> = self.timelines.entry(name.clone()).or_default().flush().collect();
                self.messages(left);
                self.tell(Event::Reset { room: name, back_to });
            }
            Notice::Stored { tag, number, room: _ } => {
                self.shared.posted(tag, Ok(number));
                self.tell(Event::Stored { tag: Tag(tag), number });
            }
            Notice::Refused { tag, reason } => {
                self.shared.posted(tag, Err(reason));
                self.tell(Event::Refused { tag: Tag(tag), reason });
            }
            Notice::Answered { tag, result } => self.shared.answered(tag, result),
            Notice::NotKept { tag } => self.tell(Event::NotKept { tag: Tag(tag) }),
            Notice::Kept { room, body, answer } => self.tell(Event::Kept { room, body, answer }),
            Notice::OverBudget { octets, per_s, wait } => self.tell(Event::OverBudget { octets, per_s, wait }),
            Notice::QuotaNear { whose, used, of } => self.tell(Event::QuotaNear { whose, used, of }),
            Notice::Room { name: room, info } => self.tell(Event::Room { room, info }),
            Notice::Invited { name: room } => self.tell(Event::Invited { room }),
            Notice::Out { name: room } => {
                self.timelines.remove(&room);
                self.tell(Event::Out { room });
            }
            Notice::FollowEnded { name: room, reason } => self.tell(Event::FollowEnded { room, reason }),
            Notice::Joined { name: room, head, skipped, room: _, after: _ } => {
                self.tell(Event::Joined { room, head, skipped });
            }
            Notice::Denied { request, reason } => self.tell(Event::Denied { request, reason }),
            Notice::Unreadable { name: room, first, last } => self.tell(Event::Unreadable { room, first, last }),
            Notice::Presence { room, who, before, now, status } => {
                self.tell(Event::Presence { room, who, before, now, status });
            }
            Notice::Roster { room, who } => self.tell(Event::Roster { room, who }),
            Notice::Typing { room, who, is_typing } => self.tell(Event::Typing { room, who, is_typing }),
            Notice::Delivered { room, number, reach } => self.tell(Event::Delivered { room, number, reach }),
            Notice::Read { room, upto } => self.tell(Event::Read { room, upto }),
            Notice::Facts { room, upto, facts } => self.tell(Event::Facts { room, upto, facts }),
            Notice::Link(quality) => self.tell(Event::Link(quality)),
            // It goes out when it can, as its poster knows, who takes nothing back; rosters are for a whole screen.
            Notice::Queued { .. } | Notice::TakenBack { .. } | Notice::Present { .. } => {}
            Notice::Stopped => return Ok(false),
        }
        Ok(true)
    }

    fn messages(&self, in_order: Vec<(RoomSeq, Message)>) {
        in_order.into_iter().for_each(|(_, message)| self.tell(Event::Message(message)));
    }

    fn connection(&mut self, connection: &Connection) -> Result<(), ConnectError> {
        let Some(change) = self.session.take(connection)? else { return Ok(()) };
        match change {
            Change::Connected { name, server, made_anew, not_kept, is_again: _, adopted: _ } => {
                not_kept.iter().for_each(|error| log::warn!("{error}"));
                self.tell(Event::Connected { name, server, made_anew });
            }
            Change::NotPinned(error) => log::warn!("{error}"),
            Change::Silent => self.tell(Event::Disconnected { why: "the server is silent".to_owned() }),
            Change::Lost { why } | Change::GoingDown { why } => self.tell(Event::Disconnected { why }),
            Change::Refused(reason) => return Err(ConnectError::Login(reason)),
            // Whoever waits knows that there was no answer yet.
            Change::Unanswered(_) | Change::Heard | Change::Moved => {}
        }
        Ok(())
    }
}
