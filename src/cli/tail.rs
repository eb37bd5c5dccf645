//! `chinwag tail`: a room to stdout, in order, each message the moment nothing before it is missing.

use std::io::{self, Write as _};
use std::time::Duration;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Entry, Position, Refusal, Standing, name};

use crate::client_core::{Ask, Command, Denial, Entering, Notice, Reply, Start, Timeline, words};
use crate::config::Home;
use crate::desk::Messages;
use crate::drive::Clock;
use crate::render::{counted, render_text};
use crate::words::Told;

use super::args;
use super::entry;
use super::event::Event;
use super::failure::{Exit, Failure};
use super::local_time::{calendar, clock_time};
use super::nearest::no_such_room;
use super::output::tell;
use super::room_name::{LOBBY, check_room};
use super::session::{Kind, Session, Wants, Word};

/// Messages shown where this device never was.
const RECENT: u64 = 200;
/// What is asked: whether a token may read,
const MAY_READ: u64 = 1;
/// and what the room is.
const LOOK: u64 = 2;
/// How often it is looked whether there is a lobby by now.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Messages remembered, so that what is about them can be told.
const REMEMBERED: usize = 500;

pub(super) fn run(home: &Home, args: &args::Tail) -> Result<(), Failure> {
    check_room(&args.room)?;
    let mut session = Session::open(home, &args.client, Wants::new(Kind::Tail))?;
    let start = match (args.all, args.recent) {
        (true, _) => Start::All,
        (false, Some(recent)) => Start::Recent(recent),
        (false, None) => Start::Resume { recent: RECENT, behind_max: None },
    };
    // Whoever only reads is told what is changed by it, and makes nothing by a slip of the pen.
    session.link.command(match args.room.starts_with('@') {
        true => Command::join(args.room.clone(), start),
        false => look(&args.room),
    });
    let enters = args.join;
    let (timeline, messages) = (Timeline::new(), Messages::new(REMEMBERED));
    let room = args.room.clone();
    let (json, left) = (args.json, args.count);
    let (told_empty, is_new, waits) = (false, false, false);
    let mut tail = Tail { room, start, enters, json, left, timeline, messages, told_empty, is_new, waits };
    let clock = Clock::start();
    let mut look_at = None;
    let ended = loop {
        if std::mem::take(&mut tail.waits) {
            look_at = Some(clock.mono() + LOOK_AGAIN);
        }
        let event = match look_at {
            Some(at) => session.next_within(at.since(clock.mono())),
            None => Some(session.next()),
        };
        let Some(event) = event else {
            look_at = None;
            session.link.command(look(&args.room));
            continue;
        };
        match event {
            Event::Notice(notice) => match tail.notice(&mut session, notice) {
                Ok(Ended::No) => {}
                Ok(Ended::Yes) => break Ok(()),
                Err(failure) => break Err(failure),
            },
            Event::Interrupt => break Err(Failure::interrupted("")),
            Event::LoopEnded(why) => return Err(Failure::loop_ended(why)),
            Event::Line(_)
            | Event::InputEnded(_)
            | Event::Terminal(_)
            | Event::Roaming(_)
            | Event::Log(_)
            | Event::Discarded
            | Event::Continued => {}
        }
    };
    session.close();
    ended
}

/// Asks what a room is.
fn look(room: &str) -> Command {
    Command::Ask { tag: LOOK, ask: Ask::Look { room: room.to_owned() } }
}

/// What is shown and what waits.
struct Tail {
    room: String,
    start: Start,
    /// Be a member.
    enters: bool,
    json: bool,
    left: Option<u64>,
    timeline: Timeline<(Entry, bool)>,
    messages: Messages,
    /// The user knows that the room is empty, as a room is that was made by a slip of the pen.
    told_empty: bool,
    /// The account was no member when it came.
    is_new: bool,
    /// There is no lobby yet: it is to be looked for again in a moment.
    waits: bool,
}

/// Whether there is more to do.
enum Ended {
    No,
    Yes,
}

impl Tail {
    fn joined(&mut self, session: &Session, name: &str, head: RoomSeq, skipped: u64) {
        // A token that only writes is let in, and shown nothing: whoever would wait for ever is told.
        if session.link.is_by_token() {
            let ask = Ask::History { room: name.to_owned(), position: Position::Before(RoomSeq(1)), count: 1 };
            session.link.command(Command::Ask { tag: MAY_READ, ask });
        }
        if std::mem::take(&mut self.is_new) {
            let room = render_text(name);
            tell(&format!("you are a member of {room} from now on, since --join says so"));
        }
        if head.0 == 0 && !std::mem::replace(&mut self.told_empty, true) {
            tell(&format!("{} is empty: nothing was ever said there", render_text(name)));
        }
        if skipped > 0 {
            let are = if skipped == 1 { "is" } else { "are" };
            let messages = counted(skipped, "message");
            tell(&format!("{messages} of {} {are} skipped", render_text(name)));
        }
    }

    fn notice(&mut self, session: &mut Session, notice: Notice) -> Result<Ended, Failure> {
        match notice {
            Notice::Connection(connection) => {
                session.link.connection(&connection)?.into_iter().for_each(Word::tell_trouble);
                Ok(Ended::No)
            }
            Notice::Entry { name, number, contiguous_upto, entry, is_ignored, .. } => {
                let entries: Vec<_> = self.timeline.push(number, contiguous_upto, (entry, is_ignored)).collect();
                self.show(session, &name, &entries)
            }
            Notice::Joined { name, head, skipped, .. } => {
                self.joined(session, &name, head, skipped);
                Ok(Ended::No)
            }
            Notice::Unreadable { name, first, last } => {
                tell(&words::unreadable(&name, first, last));
                self.tell_programs(|| entry::unreadable(&name, first, last))?;
                Ok(Ended::No)
            }
            Notice::QuotaNear { whose, used, of } => {
                tell(&words::quota_near(&whose, used, of));
                Ok(Ended::No)
            }
            Notice::HistoryReset { name, back_to } => {
                let entries: Vec<_> = self.timeline.flush().collect();
                let shown = self.show(session, &name, &entries);
                self.messages.clear();
                tell(&words::reset(&name, back_to));
                self.tell_programs(|| entry::reset(&name, back_to))?;
                shown
            }
            Notice::Answered { tag: LOOK, result } => self.enter(session, result),
            Notice::Answered { tag: MAY_READ, result: Err(Denial::Refused(reason @ Refusal::OutOfScope)) } => {
                Err(Failure::refused("tail", reason))
            }
            Notice::Denied { request, reason } => Err(Failure::refused(request, reason)),
            Notice::FollowEnded { name, reason } => {
                self.tell_programs(|| entry::ended(&name, reason))?;
                Err(Failure::new(Exit::Denied, words::follow_ended(&name, reason)))
            }
            Notice::Out { name } => {
                Err(Failure::new(Exit::Denied, format!("you are not in {} any more", render_text(&name))))
            }
            Notice::Kept { room, body, answer } => {
                session.link.kept_answered(&room, &body, answer).tell_trouble();
                Ok(Ended::No)
            }
            Notice::Stopped => Ok(Ended::Yes),
            Notice::Presence { .. }
            | Notice::Roster { .. }
            | Notice::Present { .. }
            | Notice::Typing { .. }
            | Notice::Queued { .. }
            | Notice::NotKept { .. }
            | Notice::Stored { .. }
            | Notice::Refused { .. }
            | Notice::TakenBack { .. }
            | Notice::OverBudget { .. }
            | Notice::Delivered { .. }
            | Notice::Read { .. }
            | Notice::Facts { .. }
            | Notice::Link(_)
            | Notice::Room { .. }
            | Notice::Invited { .. }
            | Notice::Answered { .. } => Ok(Ended::No),
        }
    }

    /// The room was looked at.
    fn enter(&mut self, session: &mut Session, looked: Result<Reply, Denial>) -> Result<Ended, Failure> {
        let (room, start) = (self.room.clone(), self.start);
        let is_lobby = name::fold(room.trim_start_matches('#')) == LOBBY;
        session.link.command(match looked {
            Err(Denial::Refused(Refusal::NoSuchRoom)) if is_lobby && self.enters => {
                self.is_new = true;
                Command::join(room, start)
            }
            // Whoever comes to talk makes it, and a reader makes nothing.
            Err(Denial::Refused(Refusal::NoSuchRoom)) if is_lobby => {
                if !std::mem::replace(&mut self.told_empty, true) {
                    tell("there is no #lobby yet, since nobody came to talk: waiting for it");
                }
                self.waits = true;
                return Ok(Ended::No);
            }
            Err(Denial::LinkLost) => look(&room),
            Err(Denial::Refused(Refusal::NoSuchRoom)) => {
                let make = "`chinwag send --create` makes it, open to everyone.";
                let sentence = no_such_room(session, &room, make);
                return Err(Failure::new(Exit::Denied, sentence));
            }
            Ok(Reply::Room(info)) => match (info.standing, info.access) {
                (Standing::In(_), _) => Command::Join { room, entering: Entering::Existing, start },
                (Standing::Invited | Standing::Out, _) if self.enters => {
                    self.is_new = true;
                    Command::Join { room, entering: Entering::Existing, start }
                }
                (Standing::Invited | Standing::Out, Access::Public) => {
                    Command::Join { room, entering: Entering::Outside, start }
                }
                (Standing::Invited, Access::Password | Access::Invite | Access::Private) => {
                    let shown = render_text(&room);
                    let sentence = format!("you are invited to {shown}, and not in it yet; --join enters it");
                    return Err(Failure::new(Exit::Denied, sentence));
                }
                (Standing::Out, Access::Password) => return Err(Failure::refused("tail", Refusal::RoomPasswordNeeded)),
                (Standing::Out, Access::Invite) => return Err(Failure::refused("tail", Refusal::NotInvited)),
                (Standing::Out, Access::Private) => return Err(Failure::refused("tail", Refusal::NoSuchRoom)),
            },
            // Why it can't be entered is said when it is tried.
            Ok(_) | Err(Denial::Refused(_)) => Command::Join { room, entering: Entering::Existing, start },
        });
        Ok(Ended::No)
    }

    /// Shows entries, then tells the client so: a crash in between repeats them.
    fn show(&mut self, session: &Session, room: &str, entries: &[(RoomSeq, (Entry, bool))]) -> Result<Ended, Failure> {
        let enough =
            self.left.map_or(entries.len(), |left| entries.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        let Some((upto, _)) = entries[..enough].last() else { return Ok(Ended::No) };
        match self.print(room, &entries[..enough]) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Ended::Yes),
            Err(error) => return Err(Failure::new(Exit::General, format!("can't write to stdout: {error}"))),
        }
        session.link.command(Command::Shown { room: room.to_owned(), upto: *upto });
        if let Some(left) = &mut self.left {
            *left -= enough as u64;
        }
        Ok(if self.left == Some(0) { Ended::Yes } else { Ended::No })
    }

    /// Tells programs what is no entry, among the entries, where it has its place.
    fn tell_programs(&self, line: impl FnOnce() -> String) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match writeln!(out, "{}", line()).and_then(|()| out.flush()) {
            // The next entry ends it.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new(Exit::General, format!("can't write to stdout: {error}")))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn print(&mut self, room: &str, entries: &[(RoomSeq, (Entry, bool))]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for (number, (entry, is_ignored)) in entries {
            if !is_ignored {
                let line = if self.json { entry::json(room, *number, entry) } else { plain(entry, &self.messages) };
                writeln!(out, "{line}")?;
            }
            self.messages.put(*number, entry.clone());
        }
        out.flush()
    }
}

/// An entry as a line for people: `09:12 ann: hello`; further lines are indented.
fn plain(entry: &Entry, earlier: &Messages) -> String {
    let at = clock_time(entry.at);
    match crate::words::tell(entry, earlier.about(&entry.body), calendar) {
        Told::Said(text) => format!("{at} {}: {text}", render_text(&entry.name)),
        Told::Done(text) => format!("{at} -- {text}"),
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::time::WallTime;
    use chinwag_proto::wire::id::AccountId;
    use chinwag_proto::wire::message::Body;

    use super::*;

    #[test]
    fn a_message_of_two_lines_can_not_pass_for_two() {
        let body = Body::Text("one\n09:00 bob: two".into());
        let entry = Entry { at: WallTime::from_unix_millis(0), author: AccountId(1), name: "ann".into(), body };
        let line = plain(&entry, &Messages::new(1));
        assert_eq!(&line[5..], " ann: one\n      09:00 bob: two");
    }
}
