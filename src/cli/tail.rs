//! `chinwag tail`: a room to stdout, in order, each message the moment nothing before it is missing.

use std::io::{self, Write as _};
use std::time::Duration;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Entry, Position, Refusal, Standing, name};

use crate::client::{Ask, Change, Client, Denial, Entering, Event, Message, Reply, Start, Tag};
use crate::config::Home;
use crate::desk::Messages;
use crate::drive::Clock;
use crate::render::{counted, render_text};
use crate::words;
use crate::words::Told;

use super::args;
use super::entry;
use super::failure::{Exit, Failure};
use super::local_time::{calendar, clock_time};
use super::nearest::{no_such_room, only_invited};
use super::output::tell;
use super::room_name::{LOBBY, check_room};
use super::session::{Kind, Talk};

/// Messages shown where this device never was.
const RECENT: u64 = 200;
/// How often it is looked whether there is a lobby by now.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Messages remembered, so that what is about them can be told.
const REMEMBERED: usize = 500;

pub(super) fn run(home: &Home, args: &args::Tail) -> Result<(), Failure> {
    check_room(&args.room)?;
    let (mut talk, mut events) = Talk::open(home, &args.client, Kind::Tail)?;
    let start = match (args.all, args.recent) {
        (true, _) => Start::All,
        (false, Some(recent)) => Start::Recent(recent),
        (false, None) => Start::Resume { recent: RECENT, behind_max: None },
    };
    let mut tail = Tail {
        room: args.room.clone(),
        start,
        enters: args.join,
        json: args.json,
        left: args.count,
        messages: Messages::new(REMEMBERED),
        look: None,
        is_by_token: talk.is_by_token(),
        may_read: None,
        told_empty: false,
        is_new: false,
        waits: false,
    };
    // Whoever only reads is told what is changed by it, and makes nothing by a slip of the pen.
    match args.room.starts_with('@') {
        true => talk.client.join_from(&args.room, start),
        false => tail.look(&talk.client),
    }
    let clock = Clock::start();
    let mut look_at = None;
    let ended = loop {
        if std::mem::take(&mut tail.waits) {
            look_at = Some(clock.mono() + LOOK_AGAIN);
        }
        let event = match look_at {
            Some(at) => talk.next_within(&mut events, at.since(clock.mono())),
            None => talk.next(&mut events).map(Some),
        };
        let event = match event {
            Ok(Some(event)) => tail.event(&talk.client, event),
            Ok(None) => {
                look_at = None;
                tail.look(&talk.client);
                continue;
            }
            Err(failure) => Err(failure),
        };
        match event {
            Ok(Ended::No) => {}
            Ok(Ended::Enough) => {
                events.dealt_with();
                break Ok(());
            }
            Ok(Ended::Unread) => break Ok(()),
            Err(failure) if failure.exit == Exit::Interrupted => break Err(Failure::interrupted("")),
            Err(failure) => break Err(failure),
        }
    };
    events.leave_unread();
    talk.close(|time| events.next_within(time));
    ended
}

/// What is shown and what waits.
struct Tail {
    room: String,
    start: Start,
    /// Be a member.
    enters: bool,
    json: bool,
    left: Option<u64>,
    messages: Messages,
    /// What the room is was asked under this.
    look: Option<Tag>,
    /// A token that only writes is let in, and shown nothing: whoever would wait for ever is told.
    is_by_token: bool,
    /// Whether it may read was asked under this.
    may_read: Option<Tag>,
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
    /// What was asked for is shown.
    Enough,
    /// Whoever read it has read enough.
    Unread,
}

impl Tail {
    fn joined(&mut self, client: &Client, name: &str, head: RoomSeq, skipped: u64) {
        if self.is_by_token {
            let ask = Ask::History { room: name.to_owned(), position: Position::Before(RoomSeq(1)), count: 1 };
            self.may_read = Some(client.ask_for(ask));
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

    #[expect(clippy::wildcard_enum_match_arm, reason = "whoever reads a room listens to nothing else")]
    fn event(&mut self, client: &Client, event: Event) -> Result<Ended, Failure> {
        match event {
            Event::Message(message) => return self.show(message),
            Event::Joined { room, head, skipped } => self.joined(client, &room, head, skipped),
            Event::Connection(Change::Connected { made_anew: true, name, .. }) => {
                self.tell_programs(|| entry::made_anew(&name))?;
            }
            Event::Unreadable(unreadable) => {
                tell(&words::unreadable(&unreadable));
                self.tell_programs(|| entry::unreadable(&unreadable.room, unreadable.first, unreadable.last))?;
            }
            Event::Reset { room, back_to } => {
                self.messages.clear();
                tell(&words::reset(&room, back_to));
                self.tell_programs(|| entry::reset(&room, back_to))?;
            }
            Event::Answered { tag, result } if self.look == Some(tag) => self.enter(client, result)?,
            Event::Answered { tag, result: Err(Denial::Refused(reason @ Refusal::OutOfScope)) }
                if self.may_read == Some(tag) =>
            {
                return Err(Failure::refused("tail", reason));
            }
            Event::Denied { request, reason } => return Err(Failure::refused(request, reason)),
            Event::FollowEnded { room, reason } => {
                self.tell_programs(|| entry::ended(&room, reason))?;
                return Err(Failure::new(Exit::Denied, words::follow_ended(&room, reason)));
            }
            Event::Out { room } => {
                return Err(Failure::new(Exit::Denied, format!("you are not in {} any more", render_text(&room))));
            }
            _ => {}
        }
        Ok(Ended::No)
    }

    /// Asks what the room is.
    fn look(&mut self, client: &Client) {
        self.look = Some(client.ask_for(Ask::Look { room: self.room.clone() }));
    }

    /// The room was looked at.
    fn enter(&mut self, client: &Client, looked: Result<Reply, Denial>) -> Result<(), Failure> {
        let room = self.room.as_str();
        let is_lobby = name::fold(room.trim_start_matches('#')) == LOBBY;
        let entering = match looked {
            Err(Denial::Refused(Refusal::NoSuchRoom)) if is_lobby && self.enters => {
                self.is_new = true;
                Entering::Open
            }
            // Whoever comes to talk makes it, and a reader makes nothing.
            Err(Denial::Refused(Refusal::NoSuchRoom)) if is_lobby => {
                if !std::mem::replace(&mut self.told_empty, true) {
                    tell("there is no #lobby yet, since nobody came to talk: waiting for it");
                }
                self.waits = true;
                return Ok(());
            }
            Err(Denial::LinkLost) => {
                self.look(client);
                return Ok(());
            }
            Err(Denial::Refused(Refusal::NoSuchRoom)) => {
                let make = "`chinwag send --create` makes it, open to everyone.";
                return Err(Failure::new(Exit::Denied, no_such_room(client, room, make)));
            }
            Ok(Reply::Room(info)) => match (info.standing, info.access) {
                (Standing::In(_), _) => Entering::Existing,
                (Standing::Invited | Standing::Out, _) if self.enters => {
                    self.is_new = true;
                    Entering::Existing
                }
                (Standing::Invited | Standing::Out, Access::Public) => Entering::Outside,
                (Standing::Invited, Access::Password | Access::Invite | Access::Private) => {
                    return Err(Failure::new(Exit::Denied, only_invited(room)));
                }
                (Standing::Out, Access::Password) => return Err(Failure::refused("tail", Refusal::RoomPasswordNeeded)),
                (Standing::Out, Access::Invite) => return Err(Failure::refused("tail", Refusal::NotInvited)),
                (Standing::Out, Access::Private) => return Err(Failure::refused("tail", Refusal::NoSuchRoom)),
            },
            // Why it can't be entered is said when it is tried.
            Ok(_) | Err(Denial::Refused(_)) => Entering::Existing,
        };
        client.enter(room, entering, self.start);
        Ok(())
    }

    /// Shows a message. What is asked for next says that it was: a crash in between repeats it.
    fn show(&mut self, message: Message) -> Result<Ended, Failure> {
        if self.left == Some(0) {
            return Ok(Ended::Unread);
        }
        match self.print(message) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Ended::Unread),
            Err(error) => return Err(Failure::stdout(error)),
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        Ok(if self.left == Some(0) { Ended::Enough } else { Ended::No })
    }

    /// Tells programs what is no entry, among the entries, where it has its place.
    fn tell_programs(&self, line: impl FnOnce() -> String) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match writeln!(out, "{}", line()).and_then(|()| out.flush()) {
            // The next entry ends it.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::stdout(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn print(&mut self, Message { room, number, entry, is_ignored, .. }: Message) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if !is_ignored {
            let line = if self.json { entry::json(&room, number, &entry) } else { plain(&entry, &self.messages) };
            writeln!(out, "{line}")?;
        }
        self.messages.put(number, entry);
        out.flush()
    }
}

/// An entry as a line for people: `09:12 ann: hello`; further lines are indented.
fn plain(entry: &Entry, earlier: &Messages) -> String {
    let at = clock_time(entry.at);
    match words::tell(entry, earlier.about(&entry.body), calendar) {
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
