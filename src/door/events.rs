//! What a program holds of a connection, to know what happens: [`Events`].

use std::collections::VecDeque;
use std::time::Duration;

use chinwag_client_core::Command;
use chinwag_drive::Commands;
use chinwag_proto::wire::id::RoomSeq;

use super::error::ConnectError;
use super::event::{Event, Message};
use super::queue::Queue;
use super::session::Change;

/// What happens, in order: an iterator that waits for the next event, and ends after [`Event::Ended`].
///
/// Asking for the next event says that the one before is dealt with: a message that a program was given and did not get to the
/// end of, because it crashed, is given again to the next one. Whoever wants no events drops this; a program that keeps it and
/// never asks holds up its client after some thousands of them.
///
/// ```no_run
/// # fn follow(mut events: chinwag_client::Events) {
/// use std::time::Duration;
///
/// use chinwag_client::Event;
///
/// // Until nothing has happened for a minute.
/// while let Some(event) = events.next_within(Duration::from_secs(60)) {
///     if let Event::Message(said) = event {
///         println!("{}: {}", said.from(), said.text().unwrap_or_default());
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Events {
    queue: Queue,
    /// Taken out already, by who waited for something, in order.
    early: VecDeque<Event>,
    client: Commands<Command>,
    /// The message that was given last.
    given: Option<(String, RoomSeq)>,
    /// What is given from now on is not dealt with.
    leaves_unread: bool,
}

impl Events {
    pub(super) const fn new(queue: Queue, client: Commands<Command>) -> Self {
        Self { queue, early: VecDeque::new(), client, given: None, leaves_unread: false }
    }

    /// What was given last is dealt with. Asking for the next event says so, too; this is for whoever wants no more.
    pub fn dealt_with(&mut self) {
        if let Some((room, upto)) = self.given.take() {
            // A client that has ended keeps no record any more.
            let _ = self.client.send(Command::Shown { room, upto });
        }
    }

    /// Neither what was given last, unless [`Self::dealt_with`] has said so, nor anything that is given from now on counts as dealt
    /// with: for whoever has enough, and only waits for the end. A later program gets it again.
    pub fn leave_unread(&mut self) {
        self.given = None;
        self.leaves_unread = true;
    }

    /// The next event, if there is one within that time.
    pub fn next_within(&mut self, time: Duration) -> Option<Event> {
        self.dealt_with();
        let next = self.early.pop_front().or_else(|| self.queue.pop_within(time));
        self.give(next)
    }

    /// Waits for the login, or for the end. What happens before it is given with the login, unless that has overtaken it.
    pub(super) fn wait_for_login(&mut self) -> Result<(), ConnectError> {
        loop {
            match self.queue.pop() {
                Some(Event::Ended(error)) => return Err(error),
                Some(event @ Event::Connection(Change::Connected { .. })) => {
                    self.early.push_back(event);
                    return Ok(());
                }
                Some(Event::Connection(change)) if is_overtaken(&change) => {}
                Some(event) => self.early.push_back(event),
                None => return Err(ConnectError::Stopped(None)),
            }
        }
    }

    fn give(&mut self, next: Option<Event>) -> Option<Event> {
        if let Some(Event::Message(Message { room, number, .. })) = &next
            && !self.leaves_unread
        {
            self.given = Some((room.clone(), *number));
        }
        next
    }
}

/// Whether a change of the connection is of no interest any more once this device is logged in.
const fn is_overtaken(change: &Change) -> bool {
    match change {
        Change::Unanswered(_)
        | Change::Silent
        | Change::Heard
        | Change::Lost { .. }
        | Change::Moved
        | Change::Refused(_) => true,
        Change::NotPinned(_) | Change::Connected { .. } => false,
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.queue.unwanted();
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.dealt_with();
        let next = self.early.pop_front().or_else(|| self.queue.pop());
        self.give(next)
    }
}
