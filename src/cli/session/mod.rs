//! One connection to a server, as client commands have it: a client of the library for those that do one thing ([`Talk`]); for a
//! conversation the library's session, its words, and all that happens in one queue ([`Session`]).

mod identity;
mod library;
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
use super::signals::{SignalWatch, watch_signals};

use library::LibrarySession;
pub(super) use library::Opened;
pub(super) use prepare::ask_key;
pub(super) use reasons::{changed_key, where_is};
pub(super) use talk::Talk;
use wants::GOODBYE;
pub(super) use wants::{Kind, TIMEOUT, Wants};
pub(super) use whom::settled;
pub(super) use wording::{Word, Wording};

/// How long whoever reads the keys may take until it has discarded some: longer than it ever does.
const DISCARDED_WITHIN: Duration = Duration::from_secs(2);
/// Events that wait for a slow screen; then whoever brings more waits, too.
const EVENTS_MAX: usize = 1_024;

/// A client that is connected, or trying, and the queue of all that happens to its command.
pub(super) struct Session {
    pub(super) library: LibrarySession,
    events: Receiver<Event>,
    sender: SyncSender<Event>,
    /// Events that are taken before those of the queue.
    waiting: VecDeque<Event>,
    _signals: SignalWatch,
}

impl Session {
    /// Finds out whom to call, under which name, and that it is the right one; then begins to connect.
    pub(super) fn open(home: &Home, args: &args::Client, wants: Wants<'_>) -> Result<Self, Failure> {
        let Opened { library, notices } = Opened::open(home, args, wants)?;
        let (sender, events) = sync_channel(EVENTS_MAX);
        forward(notices, sender.clone())?;
        let interrupts = sender.clone();
        let signals = watch_signals(move || interrupts.send(Event::Interrupt).is_ok())
            .map_err(|error| Failure::new(Exit::General, format!("can't watch for signals: {error}")))?;
        Ok(Self { library, events, sender, waiting: VecDeque::new(), _signals: signals })
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
    /// one came, and nothing that was typed meanwhile is lost. What this one was still told of messages, for whoever wrote them.
    pub(super) fn go_on_as(&mut self, next: Opened, came: Vec<Notice>) -> Result<Vec<Notice>, Failure> {
        self.library.command(Command::Quit);
        let events = std::iter::from_fn(|| self.events.recv_timeout(GOODBYE).ok());
        let Last { answers, typed } = Last::of(std::mem::take(&mut self.waiting).into_iter().chain(events));
        self.waiting = came.into_iter().map(Event::Notice).chain(typed).collect();
        let Opened { mut library, notices } = next;
        if self.library.tries_again() {
            library.let_try_again();
        }
        self.library = library;
        forward(notices, self.sender.clone())?;
        Ok(answers)
    }

    /// Says goodbye. What is still shown on the way is lost to nobody: the record follows what was shown. What earlier programs
    /// had said gets a moment to be answered; otherwise a later program sends it again.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whoever goes listens to nothing else")]
    pub(super) fn close(mut self) {
        while self.library.was_up() && self.library.kept() > 0 {
            match self.next_within(GOODBYE) {
                Some(Event::Notice(notice)) => {
                    self.library.take(&notice).into_iter().for_each(Word::tell_trouble);
                }
                Some(Event::LoopEnded(_) | Event::Interrupt) | None => break,
                Some(_) => {}
            }
        }
        self.library.command(Command::Quit);
        while let Ok(event) = self.events.recv_timeout(GOODBYE) {
            match event {
                Event::Notice(Notice::Stopped) | Event::LoopEnded(_) | Event::Interrupt => return,
                Event::Notice(notice) => {
                    self.library.take(&notice).into_iter().for_each(Word::tell_trouble);
                }
                _ => {}
            }
        }
    }
}

/// What is left of a session that ends while its user goes on in another one.
#[derive(Debug, Default)]
struct Last {
    /// What became of messages. What was refused is kept nowhere any more, so somebody has to be told.
    answers: Vec<Notice>,
    /// What does not come of that session.
    typed: VecDeque<Event>,
}

impl Last {
    /// Takes all until its loop has ended.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is for whoever goes on, or means nothing there")]
    fn of(events: impl IntoIterator<Item = Event>) -> Self {
        let mut last = Self::default();
        for event in events {
            match event {
                Event::LoopEnded(_) => break,
                Event::Notice(answer @ (Notice::Kept { .. } | Notice::Refused { .. })) => last.answers.push(answer),
                Event::Notice(_) => {}
                other => last.typed.push_back(other),
            }
        }
        last
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

#[cfg(test)]
mod tests {
    use chinwag_proto::wire::message::{Body, Refusal};

    use super::super::event::Line;
    use super::*;

    #[test]
    fn what_an_ending_session_is_told_of_messages_and_what_is_typed_meanwhile_is_not_lost() {
        let kept = || Notice::Kept {
            room: "#plans".into(),
            body: Body::Text("at noon".into()),
            answer: Err(Refusal::NotMember),
        };
        let refused = || Notice::Refused { tag: 7, reason: Refusal::Muted };
        let line = || Event::Line(Line::Text("hello".into()));
        let events = [
            Event::Notice(kept()),
            line(),
            Event::Notice(Notice::Stopped),
            Event::Notice(refused()),
            Event::LoopEnded(None),
            Event::Notice(kept()),
        ];
        let Last { answers, typed } = Last::of(events);
        assert_eq!(answers, [kept(), refused()], "and nothing that comes after its end");
        assert!(matches!(typed.iter().collect::<Vec<_>>()[..], [Event::Line(Line::Text(text))] if text == "hello"));
    }
}
