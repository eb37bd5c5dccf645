//! One connection to a server, as client commands have it: a client of the library for those that do one thing ([`Talk`]); for a
//! conversation the library's session, its words, and all that happens in one queue ([`Session`]).

mod identity;
mod link;
mod patience;
mod prepare;
mod reasons;
mod talk;
mod wants;
mod whom;
mod wording;

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crossterm::event::Event as Typed;

use crate::client::Notices;
use crate::client_core::{Command, Notice};
use crate::config::Home;

use super::args;
use super::event::Event;
use super::failure::{Exit, Failure};
use super::signals::{Watch, watch_signals};

use link::Link;
pub(super) use link::Opened;
pub(super) use prepare::ask_key;
pub(super) use reasons::{changed_key, where_is};
pub(super) use talk::Talk;
use wants::GOODBYE;
pub(super) use wants::{Kind, TIMEOUT, Wants};
pub(super) use whom::settled;
pub(super) use wording::Word;

/// How long whoever reads the keys may take until it has discarded some: longer than it ever does.
const DISCARDED_WITHIN: Duration = Duration::from_secs(2);
/// Events that wait for a slow screen; then whoever brings more waits, too.
const EVENTS_MAX: usize = 1_024;

/// A client that is connected, or trying, and the queue of all that happens to its command.
pub(super) struct Session {
    pub(super) link: Link,
    events: Receiver<Event>,
    sender: SyncSender<Event>,
    /// Events that are taken before those of the queue.
    waiting: VecDeque<Event>,
    _signals: Watch,
}

impl Session {
    /// Finds out whom to call, under which name, and that it is the right one; then begins to connect.
    pub(super) fn open(home: &Home, args: &args::Client, wants: Wants<'_>) -> Result<Self, Failure> {
        let Opened { link, notices } = Opened::open(home, args, wants)?;
        let (sender, events) = sync_channel(EVENTS_MAX);
        forward(notices, sender.clone())?;
        let interrupts = sender.clone();
        let signals = watch_signals(move || interrupts.send(Event::Interrupt).is_ok())
            .map_err(|error| Failure::new(Exit::General, format!("can't watch for signals: {error}")))?;
        Ok(Self { link, events, sender, waiting: VecDeque::new(), _signals: signals })
    }

    /// Where others put their events.
    pub(super) fn sender(&self) -> SyncSender<Event> {
        self.sender.clone()
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Event {
        self.waiting.pop_front().unwrap_or_else(|| self.events.recv().unwrap_or(Event::LoopEnded(None)))
    }

    /// The next event, if there is one within that time.
    pub(super) fn next_within(&mut self, time: Duration) -> Option<Event> {
        if let Some(event) = self.waiting.pop_front() {
            return Some(event);
        }
        match self.events.recv_timeout(time) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::LoopEnded(None)),
        }
    }

    /// Lines that were read and wait to be taken are nothing any more: how many.
    pub(super) fn discard_lines(&mut self) -> usize {
        let waiting = self.waiting.drain(..).chain(self.events.try_iter().take(EVENTS_MAX));
        let (lines, kept): (VecDeque<_>, _) = waiting.partition(|event| matches!(event, Event::Line(_)));
        self.waiting = kept;
        lines.len()
    }

    /// Keys and pastes up to [`Event::Discarded`], which is to come, are nothing any more: how many.
    pub(super) fn discard_keys(&mut self) -> usize {
        let (mut kept, mut discarded) = (VecDeque::new(), 0);
        while let Some(event) = self.next_within(DISCARDED_WITHIN).filter(|event| !matches!(event, Event::Discarded)) {
            let is_end = matches!(event, Event::Interrupt | Event::LoopEnded(_));
            if matches!(event, Event::Terminal(Typed::Key(_) | Typed::Paste(_))) {
                discarded += 1;
            } else {
                kept.push_back(event);
            }
            if is_end {
                break;
            }
        }
        self.waiting = kept;
        discarded
    }

    /// Says goodbye, and goes on as another session that was let in and has brought that: its events come where those of this
    /// one came, and nothing that was typed meanwhile is lost.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is for whoever goes on")]
    pub(super) fn go_on_as(&mut self, next: Opened, came: Vec<Notice>) -> Result<(), Failure> {
        self.link.command(Command::Quit);
        let mut typed = std::mem::take(&mut self.waiting);
        while let Ok(event) = self.events.recv_timeout(GOODBYE) {
            match event {
                Event::LoopEnded(_) => break,
                Event::Notice(_) => {}
                other => typed.push_back(other),
            }
        }
        self.waiting = came.into_iter().map(Event::Notice).chain(typed).collect();
        let Opened { mut link, notices } = next;
        if self.link.tries_again() {
            link.may_try_again();
        }
        self.link = link;
        forward(notices, self.sender.clone())
    }

    /// Says goodbye. What is still shown on the way is lost to nobody: the record follows what was shown. What earlier programs
    /// had said gets a moment to be answered; otherwise a later program sends it again.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whoever goes listens to nothing else")]
    pub(super) fn close(mut self) {
        while self.link.was_up() && self.link.kept() > 0 {
            match self.next_within(GOODBYE) {
                Some(Event::Notice(Notice::Kept { room, body, answer })) => {
                    self.link.kept_answered(&room, &body, answer).tell_trouble();
                }
                Some(Event::LoopEnded(_) | Event::Interrupt) | None => break,
                Some(_) => {}
            }
        }
        self.link.command(Command::Quit);
        while let Ok(event) = self.events.recv_timeout(GOODBYE) {
            match event {
                Event::Notice(Notice::Kept { room, body, answer }) => {
                    self.link.kept_answered(&room, &body, answer).tell_trouble();
                }
                Event::Notice(Notice::Stopped) | Event::LoopEnded(_) | Event::Interrupt => return,
                _ => {}
            }
        }
    }
}

/// Passes notices on from now on, until there are no more.
fn forward(notices: Notices, events: SyncSender<Event>) -> Result<(), Failure> {
    let forward = move || {
        while let Ok(notice) = notices.recv() {
            if events.send(Event::Notice(notice)).is_err() {
                break;
            }
        }
        let why = notices.stop().err().map(|error| error.to_string());
        let _ = events.send(Event::LoopEnded(why));
    };
    thread::Builder::new().name("events".to_owned()).spawn(forward).map_err(Failure::system)?;
    Ok(())
}
