//! A desk and its session: what the client tells goes to the desk, what the desk wants goes to the client, and what only the
//! session knows is said.

use std::time::Duration;

use crate::client::desk::{Face, Next};
use crate::client::{Desk, Notice};
use crate::drive::Clock;

use super::super::calendar;
use super::super::event::Event;
use super::super::failure::Failure;
use super::super::session::{Session, Word, loop_ended};

/// A conversation at a face of some kind.
pub(super) struct Conversation {
    pub(super) session: Session,
    pub(super) desk: Desk,
    clock: Clock,
}

impl Conversation {
    /// Enters a room and begins.
    pub(super) fn begin(session: Session, face: Face, room: &str) -> Self {
        let clock = Clock::start();
        let desk = Desk::new(face, &session.name, session.ignored(), room, calendar, clock.now());
        let mut begun = Self { session, desk, clock };
        begun.send();
        begun
    }

    /// Something happens now.
    pub(super) fn tick(&mut self) {
        self.desk.at(self.clock.now());
    }

    /// Gives the client what the desk wants of it.
    pub(super) fn send(&mut self) {
        for command in self.desk.take_commands() {
            self.session.command(command);
        }
    }

    /// The next event, or `None` if there was none within that time, or the user seems to be gone.
    pub(super) fn next(&mut self, within: Option<Duration>) -> Option<Event> {
        let event = match within.into_iter().chain(self.desk.idle_in()).min() {
            Some(time) => self.session.next_within(time),
            None => Some(self.session.next()),
        };
        self.tick();
        if event.is_none() && self.desk.idle_in().is_some_and(|left| left.is_zero()) {
            self.desk.idle();
        }
        event
    }

    /// What no key and no line of input brings. A line of the log is given to `log`.
    pub(super) fn other(&mut self, event: Event, log: impl FnOnce(String)) -> Result<Next, Failure> {
        match event {
            Event::Notice(notice) => self.notice(notice),
            Event::Leave => Ok(self.desk.quit()),
            Event::Interrupt => Err(self.interrupted()),
            Event::LoopEnded(why) => Err(loop_ended(why)),
            Event::Log(line) => {
                log(line);
                Ok(Next::GoOn)
            }
            Event::Line(_) | Event::InputEnded(_) | Event::Terminal(_) => Ok(Next::GoOn),
        }
    }

    /// The user stops it at once.
    pub(super) fn interrupted(&self) -> Failure {
        Failure::interrupted(self.desk.unsaid())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes to the desk as it is")]
    fn notice(&mut self, notice: Notice) -> Result<Next, Failure> {
        match notice {
            Notice::Connection(connection) => {
                let word = self.session.connection(&connection)?;
                self.desk.connection(&connection);
                word.into_iter().for_each(|word| self.say(word));
            }
            Notice::Kept { room, body, answer } => {
                let word = self.session.kept_answered(&room, &body, answer);
                self.say(word);
            }
            notice => return Ok(self.desk.notice(notice)),
        }
        Ok(Next::GoOn)
    }

    fn say(&mut self, word: Word) {
        match word {
            Word::News(said) => self.desk.news(said),
            Word::Trouble(said) => self.desk.trouble(said),
        }
    }
}
