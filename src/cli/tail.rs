//! `chinwag tail`: a room to stdout, in order, each message the moment nothing before it is missing.

use std::io::{self, Write as _};

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Body, Entry};

use crate::client::{Command, Notice, Start, Timeline};
use crate::config::Home;
use crate::render::{render_json, render_lines, render_text};

use super::event::Event;
use super::failure::{Exit, Failure};
use super::session::{Kind, Session, Word, loop_ended};
use super::{args, check_room, clock_time, tell};

/// Messages shown where this device never was.
const RECENT: u64 = 200;

pub(super) fn run(home: &Home, args: &args::Tail) -> Result<(), Failure> {
    check_room(&args.room)?;
    let mut session = Session::open(home, &args.client, Kind::Tail)?;
    let start = match (args.all, args.recent) {
        (true, _) => Start::All,
        (false, Some(recent)) => Start::Recent(recent),
        (false, None) => Start::Resume { recent: RECENT, behind_max: None },
    };
    session.command(Command::Join { room: args.room.clone(), start });
    let mut tail = Tail { json: args.json, left: args.count, timeline: Timeline::new(), told_empty: false };
    let ended = loop {
        match session.next() {
            Event::Notice(notice) => match tail.notice(&mut session, notice) {
                Ok(Ended::No) => {}
                Ok(Ended::Yes) => break Ok(()),
                Err(failure) => break Err(failure),
            },
            Event::Interrupt => break Err(Failure::interrupted("")),
            Event::LoopEnded(why) => return Err(loop_ended(why)),
            Event::Line(_) | Event::InputEnded(_) | Event::Terminal(_) | Event::Log(_) => {}
        }
    };
    session.close();
    ended
}

/// What is shown and what waits.
struct Tail {
    json: bool,
    left: Option<u64>,
    timeline: Timeline<Entry>,
    /// The user knows that the room is empty, as a room is that was made by a slip of the pen.
    told_empty: bool,
}

/// Whether there is more to do.
enum Ended {
    No,
    Yes,
}

impl Tail {
    fn notice(&mut self, session: &mut Session, notice: Notice) -> Result<Ended, Failure> {
        match notice {
            Notice::Connection(connection) => {
                session.connection(&connection)?.into_iter().for_each(Word::tell_trouble);
                Ok(Ended::No)
            }
            Notice::Entry { name, number, contiguous_upto, entry, .. } => {
                let entries: Vec<_> = self.timeline.push(number, contiguous_upto, entry).collect();
                self.show(session, &name, &entries)
            }
            Notice::Joined { name, head, skipped, .. } => {
                if head.0 == 0 && !std::mem::replace(&mut self.told_empty, true) {
                    tell(&format!("{} is empty: nothing was ever said there", render_text(&name)));
                }
                if skipped > 0 {
                    tell(&format!("{skipped} messages of {} are skipped", render_text(&name)));
                }
                Ok(Ended::No)
            }
            Notice::HistoryReset { name } => {
                let entries: Vec<_> = self.timeline.flush().collect();
                let shown = self.show(session, &name, &entries);
                tell(&format!("the history of {} was reset on the server", render_text(&name)));
                shown
            }
            Notice::Denied { request, reason } => Err(Failure::refused(&request, reason)),
            Notice::Stopped => Ok(Ended::Yes),
            Notice::Presence { .. }
            | Notice::Roster { .. }
            | Notice::Queued { .. }
            | Notice::Stored { .. }
            | Notice::Refused { .. } => Ok(Ended::No),
        }
    }

    /// Shows entries, then tells the client so: a crash in between repeats them.
    fn show(&mut self, session: &Session, room: &str, entries: &[(RoomSeq, Entry)]) -> Result<Ended, Failure> {
        let enough =
            self.left.map_or(entries.len(), |left| entries.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        let Some((upto, _)) = entries[..enough].last() else { return Ok(Ended::No) };
        match self.print(room, &entries[..enough]) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Ended::Yes),
            Err(error) => return Err(Failure::new(Exit::General, format!("can't write to stdout: {error}"))),
        }
        session.command(Command::Shown { room: room.to_owned(), upto: *upto });
        if let Some(left) = &mut self.left {
            *left -= enough as u64;
        }
        Ok(if self.left == Some(0) { Ended::Yes } else { Ended::No })
    }

    fn print(&self, room: &str, entries: &[(RoomSeq, Entry)]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for (number, entry) in entries {
            let line = if self.json { json(room, *number, entry) } else { plain(entry) };
            writeln!(out, "{line}")?;
        }
        out.flush()
    }
}

/// A message as a line for people: `09:12 ann: hello`; further lines are indented.
fn plain(entry: &Entry) -> String {
    let Body::Text(text) = &entry.body;
    format!("{} {}: {}", clock_time(entry.at), render_text(&entry.name), render_lines(text, "      "))
}

/// A message as a line for programs.
fn json(room: &str, number: RoomSeq, entry: &Entry) -> String {
    let Body::Text(text) = &entry.body;
    let ms = entry.at.as_unix_millis();
    let time = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let line = serde_json::json!({
        "room": room,
        "number": number.0,
        "sender": entry.name,
        "time": time.map(|time| format!("{time:.3}")),
        "time_ms": ms,
        "text": text,
    });
    render_json(&line.to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use chinwag_proto::time::WallTime;
    use chinwag_proto::wire::id::AccountId;

    use super::*;

    fn entry(text: &str) -> Entry {
        let at = WallTime::from_unix_millis(1_795_406_400_007);
        Entry { at, author: AccountId(1), name: "ann".into(), body: Body::Text(text.into()) }
    }

    #[test]
    fn a_line_of_json_carries_everything_and_does_nothing_to_a_terminal() {
        let line = json("#lobby", RoomSeq(7), &entry("a \u{9b}2J\nb"));
        assert!(!line.contains(char::is_control), "{line}");
        let back: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(back["room"], "#lobby");
        assert_eq!(back["number"], 7);
        assert_eq!(back["sender"], "ann");
        assert_eq!(back["time"], "2026-11-23T04:00:00.007Z");
        assert_eq!(back["time_ms"], 1_795_406_400_007_u64);
        assert_eq!(back["text"], "a \u{9b}2J\nb");
    }

    #[test]
    fn a_message_of_two_lines_can_not_pass_for_two() {
        let line = plain(&entry("one\n09:00 bob: two"));
        assert_eq!(&line[5..], " ann: one\n      09:00 bob: two");
    }
}
