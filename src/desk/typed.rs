//! What a person types: each command becomes what it asks of the client.

use chinwag_proto::limits::{MESSAGE_NUMBER_END, TEXT_MAX_LEN};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act, Away, Body, Position, name};

use super::asked::Asked;
use super::desk::Desk;
use super::question::For;
use super::remark::{AboutMessage, Done, Ignoring, Setting, Typed};
use super::row::{NoRow, Row};
use super::state::Entered;
use crate::compose::emoji;
use crate::parse::{Line, Past, Restraint, Which, parse};
use chinwag_client_core::limits::IGNORED_MAX;
use chinwag_client_core::{Ask, Command, Entering, Start};

/// Messages of `/history` where nobody said how many.
const HISTORY: u16 = 20;
/// Most messages that `/history` shows of a time, and hits of `/search`.
const PAGE: u16 = 100;

impl Desk {
    /// Takes a line that was typed or read.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is no message")]
    pub fn entered(&mut self, line: &str) -> Entered {
        let wish = match parse(line) {
            Ok(wish) => wish,
            Err(why) => {
                self.remark(Typed::NotUnderstood(why));
                self.sending.failed += 1;
                self.done();
                return Entered::BACK;
            }
        };
        let room = self.room().to_owned();
        match wish {
            Line::Say(text) => return self.post(room, Body::Text(text)),
            Line::Msg { to, text } => return self.message(&to, text),
            Line::Reply(to, text) => {
                return self.about(self.any_row(to), |to| Body::Reply { to, text });
            }
            Line::Edit(of, text) => return self.about(self.own_row(of), |of| Body::Edit { of, text }),
            Line::Delete(of) => return self.about(self.own_row(of), |of| Body::Delete { of }),
            Line::React { of, emoji, is_set } => {
                return self.about(self.any_row(of), |of| Body::React { of, emoji, is_set });
            }
            Line::Pin { of, is_set } => {
                let row = match of {
                    Some(of) => self.any_row(of),
                    None if is_set => self.any_row(Which::Last),
                    None => self.last_pin(),
                };
                return self.about(row, |of| Body::Act(Act::Pin { of, is_set }));
            }
            Line::Topic(Some(topic)) => return self.post(room, Body::Topic(topic)),
            Line::Act(act) => return self.post(room, Body::Act(act)),
            Line::Restrain { who, how, lasts } => {
                let until = lasts.map(|span| {
                    let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
                    WallTime::from_unix_millis(self.now.wall.as_unix_millis().saturating_add(ms))
                });
                let act = match how {
                    Restraint::Ban => Act::Ban { who, until },
                    Restraint::Mute => Act::Mute { who, until },
                };
                return self.post(room, Body::Act(act));
            }
            Line::Quit => return Entered { taken: true, next: self.quit() },
            Line::Blank => self.blank(line),
            other => self.ask_or_tell(other),
        }
        self.done();
        Entered::TAKEN
    }

    /// Whoever presses Enter in an empty line knows that nothing was said, and a file may have any number of lines that are blank; what
    /// shows nothing and is not white space is told of, a file's once.
    fn blank(&mut self, line: &str) {
        let Some(only) = line.chars().find(|c| !c.is_whitespace()) else { return };
        if !std::mem::replace(&mut self.sending.told_of_unseen, true) || self.manner.is_attended {
            self.remark(Typed::Unseen(only));
        }
    }

    /// What is no message.
    #[expect(clippy::wildcard_enum_match_arm, reason = "messages were taken before")]
    fn ask_or_tell(&mut self, wish: Line) {
        let room = self.room().to_owned();
        match wish {
            Line::Join(room, None) => self.enter_room(&room),
            Line::Join(room, Some(password)) => self.unlock(&room, password),
            Line::Leave(which) => self.leave(which.unwrap_or(room)),
            Line::Who(which) => {
                let room = which.unwrap_or(room);
                self.questions.who.insert(room.clone());
                self.command(Command::Who { room });
            }
            Line::Quiet { room, is_muted } => self.quiet(&room, is_muted),
            Line::Notify(about) => self.notify(about),
            Line::Arrivals(wanted) => self.arrivals(wanted),
            Line::Theme(_) => self.remark(Setting::NoColours),
            Line::Nick(name) => self.nick(name),
            Line::Create(new, access) => self.create(new, access),
            Line::Open(Access::Password) => self.ask_for(For::Open(room)),
            Line::Open(access) => {
                let done = Asked::Done(Done::Opened);
                self.ask(Ask::Open { room, access, password: None }, done);
            }
            Line::Topic(_) => self.tell_topic(room),
            Line::Facts => self.tell_facts(room),
            Line::Pins => self.ask_pins(room, Vec::new(), None),
            Line::History(past) => self.history(room, past),
            Line::Search(words) => self.search(words),
            Line::Status => self.status(),
            Line::Rooms => self.ask(Ask::Rooms { after: String::new() }, Asked::Rooms),
            Line::Members(which) => {
                let room = which.unwrap_or(room);
                self.ask(Ask::Members { room, after: String::new() }, Asked::Members);
            }
            Line::Away(status) => {
                self.remark(Setting::Away);
                self.presence = Away::Away(status.clone());
                self.command(Command::Away(Away::Away(status)));
            }
            Line::Back => {
                self.remark(Setting::Back);
                self.presence = Away::Here;
                self.command(Command::Away(Away::Here));
            }
            Line::Ignore(None) => {
                let names = self.ignored.iter().cloned().collect();
                self.remark(Setting::Ignoring(Ignoring::These(names)));
            }
            Line::Ignore(Some(name)) => self.ignore(name, true),
            Line::Unignore(name) => self.ignore(name, false),
            Line::Register(name) => self.become_someone(name, For::Register),
            Line::Login(name) => self.become_someone(name, For::Login),
            Line::Password => self.ask_for(For::Old),
            // The name is typed so that nobody does it by a slip.
            Line::Unregister(typed) if name::fold(&typed) == name::fold(&self.name) => self.ask_for(For::Unregister),
            Line::Unregister(_) => {
                self.remark(Setting::OnlyOwnAccount(self.name.clone()));
                self.not_done();
            }
            Line::Server(which) => self.questions.server = Some(which.unwrap_or_default()),
            Line::Devices => self.ask(Ask::Devices, Asked::Devices),
            Line::Revoke(prefix) => self.ask(Ask::Devices, Asked::Revoke(prefix)),
            Line::Help(which) => self.remark(Setting::Help(which)),
            _ => {}
        }
    }

    /// Says something to one person. A screen goes where it was said: whoever sees nothing of it takes the room in view for that
    /// conversation, and says the next private word to everybody there.
    fn message(&mut self, to: &str, text: String) -> Entered {
        let room = format!("@{to}");
        let room = if self.shows_rooms() { self.goes_to(&room) } else { room };
        self.post(room, Body::Text(text))
    }

    /// Says or does something in a room.
    fn post(&mut self, room: String, body: Body) -> Entered {
        self.post_about(room, body, None)
    }

    fn post_about(&mut self, room: String, body: Body, row: Option<Row>) -> Entered {
        let text = body.text().map(str::to_owned);
        let unfit = match text.as_ref().map(String::len).filter(|len| *len > TEXT_MAX_LEN) {
            Some(len) => Some(Typed::TooLong(len)),
            None => self.is_shut_out(&room).then(|| Typed::NoRoomChosen { room: room.clone(), text }),
        };
        if let Some(why) = unfit {
            if matches!(body, Body::Text(_) | Body::Reply { .. }) {
                self.last_is_refused(&room);
            }
            self.remark(why);
            self.not_done();
            self.done();
            return Entered::BACK;
        }
        self.mark_spoken();
        let react = if let Body::React { emoji, .. } = &body { Some(emoji.as_str()) } else { None };
        for emoji in emoji::of(body.text().or(react).unwrap_or_default()) {
            self.count_used(emoji);
        }
        let tag = self.pends(&room, &body, row);
        self.command(Command::Post { tag, room, about: row.and_then(Row::tag), body });
        Entered::TAKEN
    }

    /// Says or does something about an earlier message of the room.
    fn about(&mut self, row: Result<Row, NoRow>, body: impl FnOnce(RoomSeq) -> Body) -> Entered {
        match row {
            Ok(row) => self.post_about(self.room().to_owned(), body(row.number()), Some(row)),
            Err(none) => {
                self.remark(Typed::NoRow(none));
                self.not_done();
                self.done();
                Entered::BACK
            }
        }
    }

    fn unlock(&mut self, room: &str, password: String) {
        self.will_enter(room);
        let room = self.goes_to(room);
        self.command(Command::Join { room, entering: Entering::Locked(password.into()), start: Start::CHAT });
    }

    fn create(&mut self, room: String, access: Access) {
        if access == Access::Password {
            // Nothing is entered before the password is there, and nothing waits for that.
            return self.ask_for(For::Create(room));
        }
        self.will_enter(&room);
        let room = self.goes_to(&room);
        let entering = Entering::Made { access, password: None };
        self.command(Command::Join { room, entering, start: Start::All });
    }

    fn history(&mut self, room: String, past: Past) {
        let mut room = room;
        let (position, count) = match past {
            Past::More => match self.questions.next_page.history.take() {
                Some((shown, position)) => {
                    room = shown;
                    (position, PAGE)
                }
                None => return self.remark(Typed::NoMoreHistory),
            },
            Past::Count(count) => (Position::Before(RoomSeq(MESSAGE_NUMBER_END)), count.unwrap_or(HISTORY)),
            Past::Since(span) => {
                let now = self.now.wall.as_unix_millis();
                let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
                (Position::Since(WallTime::from_unix_millis(now.saturating_sub(ms))), PAGE)
            }
        };
        self.ask(Ask::History { room, position, count }, Asked::History(position));
    }

    /// Looks for words, or for more of what was found last.
    pub fn search(&mut self, words: String) {
        let (words, after) = match self.questions.next_page.search.take() {
            Some((last, mark)) if words.is_empty() => (last, Some(mark)),
            None if words.is_empty() => return self.remark(Typed::NoWords),
            _ => (words, None),
        };
        let ask = Ask::Search { room: None, words: words.clone(), after, count: PAGE };
        self.ask(ask, Asked::Search(words));
    }

    fn status(&mut self) {
        match self.own_row(Which::Last) {
            Ok(Row::Number(number)) => {
                let room = self.room().to_owned();
                self.ask(Ask::Delivery { room, number }, Asked::Delivery(number));
            }
            Ok(Row::Tag(_)) => self.remark(AboutMessage::OnItsWay),
            Err(NoRow::Refused | NoRow::LastRefused) => self.remark(AboutMessage::NotDelivered),
            Err(NoRow::Absent) => self.remark(AboutMessage::NothingSaid),
        }
        if let Some(unsaid) = self.unsaid() {
            self.remark(Setting::Unsaid(unsaid));
        }
    }

    fn become_someone(&mut self, name: Option<String>, how: impl FnOnce(String) -> For) {
        if self.standing.is_known {
            self.remark(Setting::IsSomeone(self.name.clone()));
            // Whoever types a password now, as this command has it, says it to nobody.
            return self.ask_for(For::Old);
        }
        let name = name.unwrap_or_else(|| self.name.clone());
        self.ask_for(how(name));
    }

    fn ignore(&mut self, name: String, is_ignored: bool) {
        let folded = name::fold(&name);
        if is_ignored && self.ignored.len() >= IGNORED_MAX && !self.ignored.contains(&folded) {
            self.remark(Setting::Ignoring(Ignoring::Full(IGNORED_MAX)));
            return self.not_done();
        }
        if is_ignored {
            self.ignored.insert(folded);
            self.remark(Setting::Ignoring(Ignoring::FromNowOn(name.clone())));
        } else if self.ignored.remove(&folded) {
            self.remark(Setting::Ignoring(Ignoring::NoMore(name.clone())));
        } else {
            self.remark(Setting::Ignoring(Ignoring::Not(name.clone())));
        }
        self.command(Command::Ignore { name, is_ignored });
    }
}
