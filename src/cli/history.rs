//! `chinwag history`, `search` and `rooms`: what the server has, in pages, to stdout.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use chinwag_proto::limits::{MESSAGE_NUMBER_END, PAGE_MAX, SEARCH_MAX_LEN};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::name;
use chinwag_proto::wire::message::{Entry, Listed, Position, Refusal, SearchMark};
use serde_json::json;

use crate::client::{Ask, Denial, Event, Events, Found, Reply};
use crate::config::Home;
use crate::drive::Clock;
use crate::render::render_text;
use crate::words;
use crate::words::{access_name, hit, listed, plain};

use super::args;
use super::entry::{self, json_line};
use super::failure::{Exit, Failure};
use super::local_time::calendar;
use super::nearest::{no_such_room, only_invited};
use super::output::tell;
use super::room_name::check_room;
use super::session::{Kind, Talk};

/// Entries shown where nobody said how many.
const COUNT: u64 = 50;

pub(super) fn history(home: &Home, args: &args::History) -> Result<(), Failure> {
    let room = args.room.room();
    check_room(room)?;
    let mut asking = Asking::open(home, &args.client)?;
    let since = args.since.map(|span| {
        let now = Clock::start().now().wall.as_unix_millis();
        let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        WallTime::from_unix_millis(now.saturating_sub(ms))
    });
    let read = match since {
        Some(since) => asking.since(room, since).map(|all| last_of(all, args.count)),
        None => asking.last(room, args.count.unwrap_or(COUNT)),
    };
    let ignored = asking.talk.client.kept().ignored.clone();
    let mut read = asking.end(read)?;
    read.retain(|(_, entry)| !ignored.contains(&name::fold(&entry.name)));
    let room = shown_name(room);
    print(&if args.json {
        read.iter().map(|(number, entry)| entry::json(&room, *number, entry)).collect()
    } else {
        plain(read, calendar)
    })
}

/// The last so many of what was read.
fn last_of<T>(mut all: Vec<T>, count: Option<u64>) -> Vec<T> {
    let count = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    all.split_off(all.len().saturating_sub(count))
}

pub(super) fn search(home: &Home, args: &args::Search) -> Result<(), Failure> {
    if let Some(room) = &args.room {
        check_room(room)?;
    }
    let mut asking = Asking::open(home, &args.client)?;
    let found = asking.search(args.room.as_deref(), &args.words.join(" "), args.count);
    let ignored = asking.talk.client.kept().ignored.clone();
    let mut found = asking.end(found)?;
    found.retain(|found| !ignored.contains(&name::fold(&found.entry.name)));
    if found.is_empty() {
        tell("nothing found");
    }
    let line = |found: &Found| match args.json {
        true => entry::json(&found.room, found.number, &found.entry),
        false => hit(found, calendar),
    };
    print(&found.iter().map(line).collect::<Vec<_>>())
}

pub(super) fn rooms(home: &Home, args: &args::Rooms) -> Result<(), Failure> {
    let mut asking = Asking::open(home, &args.client)?;
    let rooms = asking.rooms();
    let invited = std::mem::take(&mut asking.invited);
    let rooms = asking.end(rooms)?;
    let is_invited = |room: &Listed| invited.contains(&name::fold(&format!("#{}", room.name)));
    let line = |room: &Listed| match args.json {
        true => json_line(&json!({
            "room": format!("#{}", room.name),
            "access": access_name(room.access),
            "topic": room.topic,
            "members": room.members,
            "last": room.head.0,
            "member": room.is_member,
            "invited": is_invited(room),
        })),
        false => listed(room, is_invited(room)),
    };
    print(&rooms.iter().map(line).collect::<Vec<_>>())
}

fn shown_name(room: &str) -> String {
    if room.starts_with(['#', '@']) { room.to_owned() } else { format!("#{room}") }
}

fn print(lines: &[String]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush()) {
        // Whoever read it has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::stdout(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A client that asks one thing after the other.
struct Asking {
    talk: Talk,
    events: Events,
    /// Rooms (folded names as shown) that the account has an invitation to.
    invited: BTreeSet<String>,
}

impl Asking {
    fn open(home: &Home, client: &args::Client) -> Result<Self, Failure> {
        let (talk, events) = Talk::open(home, client, Kind::Ask)?;
        Ok(Self { talk, events, invited: BTreeSet::new() })
    }

    /// The last entries of a room.
    fn last(&mut self, room: &str, count: u64) -> Result<Vec<(RoomSeq, Entry)>, Failure> {
        let mut all = Vec::new();
        let mut before = RoomSeq(MESSAGE_NUMBER_END);
        loop {
            let (mut entries, is_more) = self.page(room, Position::Before(before), count - all.len() as u64)?;
            let first = entries.first().map(|(number, _)| *number);
            entries.append(&mut all);
            all = entries;
            match first {
                Some(first) if is_more && (all.len() as u64) < count => before = first,
                _ => return Ok(all),
            }
        }
    }

    /// The entries of a room from a moment on.
    fn since(&mut self, room: &str, since: WallTime) -> Result<Vec<(RoomSeq, Entry)>, Failure> {
        let mut all = Vec::new();
        let mut position = Position::Since(since);
        loop {
            let (mut entries, is_more) = self.page(room, position, u64::MAX)?;
            let last = entries.last().map(|(number, _)| *number);
            all.append(&mut entries);
            match last {
                Some(last) if is_more => position = Position::After(last),
                _ => return Ok(all),
            }
        }
    }

    fn page(&mut self, room: &str, position: Position, count: u64) -> Result<(Vec<(RoomSeq, Entry)>, bool), Failure> {
        let request = format!("history {room}");
        let count = u16::try_from(count).unwrap_or(PAGE_MAX).min(PAGE_MAX);
        match self.ask(Ask::History { room: room.to_owned(), position, count })? {
            Ok(Reply::History { entries, is_more, .. }) => Ok((entries, is_more)),
            Ok(_) => Err(Failure::refused(&request, Refusal::NotUnderstood)),
            Err(denial) => Err(self.denied(&request, Some(room), denial)),
        }
    }

    /// Why something that is asked of a room, or of all rooms, is not to be had.
    fn denied(&self, request: &str, room: Option<&str>, denial: Denial) -> Failure {
        match (denial, room) {
            // Of what two people say to each other, others hear no more than this.
            (Denial::Refused(Refusal::NotMember), Some(room)) if room.starts_with('@') => {
                Failure::refused(request, Refusal::NoSuchRoom)
            }
            (Denial::Refused(Refusal::NotMember | Refusal::NotInvited), Some(room))
                if self.invited.contains(&name::fold(&format!("#{}", room.trim_start_matches('#')))) =>
            {
                Failure::new(Exit::Denied, only_invited(room))
            }
            (Denial::Refused(Refusal::NoSuchRoom), Some(room)) if !room.starts_with('@') => {
                let sentence = no_such_room(&self.talk.client, room, "`chinwag rooms` lists them.");
                Failure::new(Exit::Denied, sentence)
            }
            (Denial::Refused(Refusal::TooLarge), _) => {
                let what = words::too_long("what is searched for", SEARCH_MAX_LEN);
                Failure::new(Exit::NotDelivered, format!("{}: {what}", render_text(request)))
            }
            (denial, _) => Failure::denied(request, denial),
        }
    }

    fn search(&mut self, room: Option<&str>, words: &str, count: u64) -> Result<Vec<Found>, Failure> {
        let mut all: Vec<Found> = Vec::new();
        let mut after: Option<SearchMark> = None;
        loop {
            let left = u16::try_from(count - all.len() as u64).unwrap_or(PAGE_MAX).min(PAGE_MAX);
            let (of, words) = (room.map(str::to_owned), words.to_owned());
            match self.ask(Ask::Search { room: of, words, after, count: left })? {
                Ok(Reply::Found { mut hits, next }) => {
                    let is_progress = !hits.is_empty();
                    all.append(&mut hits);
                    after = next.filter(|_| is_progress && (all.len() as u64) < count);
                }
                Ok(_) => return Err(Failure::refused("search", Refusal::NotUnderstood)),
                Err(denial) => return Err(self.denied("search", room, denial)),
            }
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    fn rooms(&mut self) -> Result<Vec<Listed>, Failure> {
        let mut all: Vec<Listed> = Vec::new();
        loop {
            let after = all.last().map_or_else(String::new, |room| room.name.clone());
            match self.ask(Ask::Rooms { after })? {
                Ok(Reply::Rooms { mut rooms, is_more }) => {
                    let is_more = is_more && !rooms.is_empty();
                    all.append(&mut rooms);
                    if !is_more {
                        return Ok(all);
                    }
                }
                Ok(_) => return Err(Failure::refused("rooms", Refusal::NotUnderstood)),
                Err(denial) => return Err(Failure::denied("rooms", denial)),
            }
        }
    }

    /// Asks, and waits for the answer.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whoever asks listens to little else")]
    fn ask(&mut self, ask: Ask) -> Result<Result<Reply, Denial>, Failure> {
        let asked = self.talk.client.ask_for(ask);
        loop {
            match self.talk.next(&mut self.events)? {
                Event::Answered { tag, result } if tag == asked => return Ok(result),
                Event::Unreadable(unreadable) => tell(&words::unreadable(&unreadable)),
                Event::Invited { room } => drop(self.invited.insert(name::fold(&room))),
                Event::Denied { request, reason } => return Err(Failure::refused(request, reason)),
                _ => {}
            }
        }
    }

    /// Says goodbye, and gives what was read.
    fn end<T>(mut self, read: Result<T, Failure>) -> Result<T, Failure> {
        self.talk.close(|time| self.events.next_within(time));
        read
    }
}
