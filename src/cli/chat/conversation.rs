//! A desk and its session: what the client tells goes to the desk, what the desk wants goes to the client, and what only the
//! session knows is said.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::wire::message::{Body, Refusal};

use crate::client_core::{Command, Connection, Notice};
use crate::desk::remark::{AboutMessage, Why};
use crate::desk::{Change, Desk, Next, Remark};
use crate::drive::Clock;
use crate::roaming;
use crate::words;

use super::super::args;
use super::super::event::Event;
use super::super::failure::{Exit, Failure};
use super::super::local_time::calendar;
use super::super::output::tell;
use super::super::roaming::{Arrival, News, Roamer};
use super::super::session::{Session, Word, Wording};
use super::face::Face;
use super::keys::Keys;
use super::sentences;

/// Attempts without an answer after which others are looked for.
const LOST_AFTER: u32 = 3;

/// Until it is known whether something is kept on this device: a disk writes it.
const KEPT_WITHIN: Duration = Duration::from_secs(2);

/// A conversation at a face of some kind.
pub(super) struct Conversation {
    pub(super) session: Session,
    pub(super) desk: Desk,
    face: Face,
    look: args::Look,
    room: String,
    roamer: Option<Roamer>,
    has_moved: bool,
    /// The last question for a password that was shown, by its place among all of this desk.
    asked_for: u64,
    /// Where the server is.
    addr: Option<SocketAddr>,
    clock: Clock,
}

impl Conversation {
    /// Enters the room and begins. With a roamer, it can go on at another server.
    pub(super) fn begin(session: Session, face: Face, args: &args::Chat, roamer: Option<Roamer>) -> Self {
        let (room, look) = (args.room.as_str(), args.look.clone());
        let clock = Clock::start();
        let mut desk = seat(&session, face, room, &look, &clock);
        if args.create {
            desk.make_first();
        }
        let room = room.to_owned();
        let mut begun =
            Self { session, desk, face, look, room, roamer, has_moved: false, asked_for: 0, addr: None, clock };
        begun.send();
        begun
    }

    /// Whether others are at the server of this process.
    pub(super) fn serves_others(&self) -> bool {
        self.roamer.as_ref().is_some_and(Roamer::serves_others)
    }

    /// Whether it goes on at another server since the last time: what was shown is there no more.
    pub(super) fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// Something happens now.
    pub(super) fn tick(&mut self) {
        self.desk.at(self.clock.now());
    }

    /// Gives the client what the desk wants of it.
    pub(super) fn send(&mut self) {
        for command in self.desk.take_commands() {
            if let Command::Identify { name, .. } = &command {
                self.session.library.wording.name.clone_from(name);
            }
            self.session.library.command(command);
        }
        if let Some(typed) = self.desk.take_server() {
            self.server(&typed);
        }
        if let Some(roamer) = &mut self.roamer {
            roamer.settle(self.desk.all_is_answered());
        }
    }

    /// What the user wants of servers: to read of them, or to go to one.
    fn server(&mut self, typed: &str) {
        if typed.is_empty() {
            let session = &self.session;
            // What the server calls itself comes with the login.
            let (called, known_as) = (self.desk.server(), &session.library.wording.server);
            let said = sentences::this_is(called, known_as, self.addr, session.library.key());
            self.desk.event(said);
        }
        match &self.roamer {
            Some(roamer) if typed.is_empty() => roamer.command(roaming::Command::List),
            Some(roamer) => roamer.command(roaming::Command::Go(typed.to_owned())),
            None if typed.is_empty() => {}
            None => self.desk.trouble(sentences::how_to_go(typed)),
        }
    }

    /// Goes on at another server, in the session that there is with it. What nobody asked for waits until nothing is on its way
    /// here.
    fn go(&mut self, arrival: Box<Arrival>) {
        self.send();
        let Some(roamer) = &mut self.roamer else { return };
        if arrival.is_by_itself && !self.desk.all_is_answered() {
            return roamer.not_yet(arrival);
        }
        let Arrival { opened, came, key, is_by_itself } = *arrival;
        let unsaid = self.desk.unsaid();
        let typed = self.desk.take_typed();
        self.desk.keep_drafts();
        self.desk.take_commands().into_iter().for_each(|command| self.session.library.command(command));
        let (called, print) = (opened.library.wording.server.clone(), key.fingerprint());
        let answers = match self.session.go_on_as(opened, came) {
            Ok(answers) => answers,
            Err(failure) => return self.desk.trouble(failure.to_string()),
        };
        roamer.taken_over();
        let (words, refused) = self.last_answers(answers);
        let session = &self.session;
        self.desk = seat(session, self.face, &self.room, &self.look, &self.clock);
        typed.into_iter().for_each(|typed| self.desk.put_typed(typed));
        (self.has_moved, self.asked_for, self.addr) = (true, 0, None);
        self.desk.news(sentences::gone_to(&called, &print, is_by_itself));
        if let Some(unsaid) = unsaid {
            self.desk.trouble(words::unsaid(unsaid));
        }
        words.into_iter().for_each(|word| self.say(word));
        for (room, body, reason) in refused {
            self.desk.refused_from_before(room, body, reason);
        }
        for command in self.desk.take_commands() {
            self.session.library.command(command);
        }
    }

    /// What the session before was told of messages until its end: what to say of it, and what was refused.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is no answer of the outbox is the desk's to take")]
    fn last_answers(&mut self, answers: Vec<Notice>) -> (Vec<Word>, Vec<(String, Body, Refusal)>) {
        let (mut words, mut refused) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Notice::Kept { room, body, answer: Err(reason) } => refused.push((room, body, reason)),
                Notice::Kept { room, body, answer } => words.push(Wording::kept_answered(&room, &body, answer)),
                // The desk alone knows what was said under that tag.
                answer => drop(self.desk.notice(answer)),
            }
        }
        for change in self.desk.take_changes() {
            if let Change::Remark(_, Remark::Message(AboutMessage::Refused { what, why, room, .. })) = change
                && let Why::Refused(reason) = why
            {
                refused.push((room, what.body, reason));
            }
        }
        (words, refused)
    }

    /// The next event, or `None` if there was none within that time, or the user seems to be gone.
    pub(super) fn next(&mut self, within: Option<Duration>) -> Option<Event> {
        let due = self.desk.idle_in().into_iter().chain(self.desk.drafts_due_in());
        let event = match within.into_iter().chain(due).min() {
            Some(time) => self.session.next_within(time),
            None => Some(self.session.next()),
        };
        self.tick();
        if event.is_none() && self.desk.idle_in().is_some_and(|left| left.is_zero()) {
            self.desk.idle();
        }
        if self.desk.drafts_due_in().is_some_and(|left| left.is_zero()) {
            self.desk.keep_drafts();
        }
        event
    }

    /// What no key and no line of input brings. A line of the log is given to `log`.
    pub(super) fn other(&mut self, event: Event, log: impl FnOnce(String)) -> Result<Next, Failure> {
        match event {
            Event::Notice(notice) => self.notice(notice),
            Event::Roaming(news) => {
                match news {
                    News::Word(said) => self.desk.news(said),
                    News::Line(said) => self.desk.line(said),
                    News::Trouble(said) => self.desk.trouble(said),
                    News::Arrived(arrival) => self.go(arrival),
                }
                Ok(Next::GoOn)
            }
            Event::Interrupt => Err(self.interrupted()),
            Event::LoopEnded(why) => Err(Failure::loop_ended(why)),
            Event::Log(line) => {
                log(line);
                Ok(Next::GoOn)
            }
            Event::Line(_) | Event::InputEnded(_) | Event::Terminal(_) | Event::Discarded | Event::Continued => {
                Ok(Next::GoOn)
            }
        }
    }

    /// Whether a password is asked for, and that was not asked yet.
    pub(super) fn asks_anew(&self) -> bool {
        self.desk.question().is_some() && self.desk.asked_for() != self.asked_for
    }

    /// Nobody answers what was not asked yet: what was typed before a question for a password is discarded before that is seen.
    pub(super) fn before_question(&mut self, keys: &mut Keys) {
        if !self.asks_anew() {
            return;
        }
        self.asked_for = self.desk.asked_for();
        if keys.discard() && self.session.discard_keys() > 0 {
            self.desk.trouble(sentences::EARLY);
        }
    }

    /// The conversation has ended so: waits until it is known whether what is not stored is kept on this device, and says what becomes of
    /// it. What is lost is a failure, and each text of it is said, since it stands nowhere else.
    pub(super) fn left(&mut self, ended: Result<(), Failure>) -> Result<(), Failure> {
        let since = self.clock.mono();
        while ended.is_ok() && self.desk.is_being_kept() && self.clock.mono().since(since) < KEPT_WITHIN {
            let Some(event) = self.session.next_within(KEPT_WITHIN) else { break };
            // What else happens now is for the next program.
            if let Ok(Next::End) | Err(_) = self.other(event, |_| {}) {
                break;
            }
        }
        for (room, deed) in self.desk.lost() {
            tell(&sentences::lost(room, &words::deed(deed, calendar)));
        }
        ended?;
        match self.desk.unsaid() {
            Some(unsaid) if unsaid.lost > 0 => Err(Failure::new(Exit::General, words::unsaid(unsaid))),
            // Whoever pipes lines is told of these, and not of what waited before.
            Some(unsaid) if self.face != Face::Pipe || self.has_unanswered() => {
                tell(&words::unsaid(unsaid));
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether something that was said here is not stored yet.
    pub(super) fn has_unanswered(&self) -> bool {
        self.desk.unanswered_tags().next().is_some()
    }

    /// The user stops it at once.
    pub(super) fn interrupted(&self) -> Failure {
        Failure::interrupted(self.desk.unsaid().map(words::unsaid).unwrap_or_default())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes to the desk as it is")]
    fn notice(&mut self, notice: Notice) -> Result<Next, Failure> {
        match notice {
            Notice::Connection(connection) => {
                let word = self.session.library.connection(&connection)?;
                self.look_around(&connection);
                self.desk.connection(&connection);
                word.into_iter().for_each(|word| self.say(word));
            }
            Notice::Kept { room, body, answer } => {
                let word = self.session.library.kept_answered(&room, &body, answer);
                match answer {
                    Ok(_) => self.say(word),
                    Err(reason) => self.desk.refused_from_before(room, body, reason),
                }
            }
            notice => {
                // The desk shows it, and says what there is to say.
                self.session.library.take(&notice);
                return Ok(self.desk.notice(notice));
            }
        }
        Ok(Next::GoOn)
    }

    /// While the server is gone, others are looked for.
    fn look_around(&mut self, connection: &Connection) {
        if let Connection::Up { addr, .. } = connection {
            self.addr = Some(*addr);
        }
        let Some(roamer) = &self.roamer else { return };
        match connection {
            Connection::LoggedIn { .. } => roamer.command(roaming::Command::Up),
            Connection::Ended { .. } => roamer.command(roaming::Command::Lost),
            Connection::Trying { attempts: LOST_AFTER.., .. } => roamer.command(roaming::Command::Lost),
            Connection::Trying { .. }
            | Connection::Unpinned { .. }
            | Connection::WrongKey { .. }
            | Connection::WrongVersion { .. }
            | Connection::JoinKeyRefused
            | Connection::Up { .. }
            | Connection::LoginRefused(_)
            | Connection::Suspect
            | Connection::Alive
            | Connection::Lost { .. } => {}
        }
    }

    fn say(&mut self, word: Word) {
        match word {
            Word::News(said) => self.desk.news(said),
            Word::Trouble(said) => self.desk.trouble(said),
        }
    }
}

/// A desk for a session, as the settings have it and this device remembers it.
fn seat(session: &Session, face: Face, room: &str, look: &args::Look, clock: &Clock) -> Desk {
    let mut desk =
        Desk::new(face.manner(), &session.library.wording.name, session.library.ignored(), room, calendar, clock.now());
    desk.take_over(&session.library.earlier());
    desk.mute(session.library.muted());
    desk.ring_by(look.rules());
    desk.say_arrivals(!look.no_arrivals);
    desk.settle(session.library.settings());
    if face != Face::Pipe {
        desk.resume(session.library.drafts());
    }
    desk
}
