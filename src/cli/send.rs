//! `chinwag send`: messages from arguments or lines, done when the server has stored all of them.

use std::collections::BTreeMap;

use chinwag_proto::limits::TEXT_MAX_LEN;

use crate::client::{Command, Notice, Start};
use crate::config::Home;

use super::event::{Event, Line, Permits, read_stdin};
use super::failure::{Exit, Failure};
use super::session::{Kind, Session, Word, loop_ended};
use super::{args, check_room, tell, words};

/// Lines of stdin that may be unstored at a time; more are not read yet.
const AHEAD_MAX: usize = 512;

pub(super) fn run(home: &Home, args: &args::Send) -> Result<(), Failure> {
    if let Some(long) = args.text.iter().find(|text| text.len() > TEXT_MAX_LEN) {
        let sentence = format!("{}; nothing was sent", too_long(long.len()));
        return Err(Failure::new(Exit::NotDelivered, sentence));
    }
    if args.text.iter().any(String::is_empty) {
        let sentence = "an empty message can't be sent; nothing was sent".to_owned();
        return Err(Failure::new(Exit::NotDelivered, sentence));
    }
    check_room(&args.room)?;
    let mut session = Session::open(home, &args.client, Kind::Send)?;
    let to = args.room.strip_prefix('@');
    if to.is_none() {
        session.command(Command::Join { room: args.room.clone(), start: Start::Recent(0) });
    }
    let mut sending = Sending::default();
    for text in &args.text {
        sending.say(&session, &args.room, text);
    }
    let permits = args.stdin.then(|| read_stdin(session.sender(), AHEAD_MAX));
    sending.reading = permits.is_some();
    let ended = loop {
        if !sending.reading && sending.unstored.is_empty() {
            break Ok(());
        }
        match session.next() {
            Event::Notice(notice) => {
                if let Err(failure) = sending.notice(&mut session, notice, permits.as_ref()) {
                    break Err(failure);
                }
            }
            Event::Line(line) => sending.line(&session, &args.room, line, permits.as_ref()),
            Event::InputEnded(error) => sending.input_ended(error),
            Event::Interrupt => break Err(Failure::interrupted("interrupted")),
            Event::LoopEnded(why) => return Err(sending.report(loop_ended(why))),
            Event::Terminal(_) | Event::Log(_) => {}
        }
    };
    session.close();
    match ended {
        Err(failure) => Err(sending.report(failure)),
        Ok(()) if sending.failed > 0 => {
            let sentence = format!("{} of {} messages were not delivered", sending.failed, sending.taken);
            Err(Failure::new(Exit::NotDelivered, sentence))
        }
        Ok(()) => Ok(()),
    }
}

/// What was taken and what became of it.
#[derive(Default)]
struct Sending {
    reading: bool,
    taken: u64,
    stored: u64,
    failed: u64,
    /// The beginning of each message that is on its way, by its tag.
    unstored: BTreeMap<u64, String>,
}

impl Sending {
    fn say(&mut self, session: &Session, room: &str, text: &str) {
        self.taken += 1;
        let tag = self.taken;
        self.unstored.insert(tag, beginning(text));
        let (text, room) = (text.to_owned(), room.to_owned());
        session.command(match room.strip_prefix('@') {
            Some(to) => Command::Tell { tag, to: to.to_owned(), text },
            None => Command::Say { tag, room, text },
        });
    }

    fn line(&mut self, session: &Session, room: &str, line: Line, permits: Option<&Permits>) {
        match line {
            Line::Text(text) if !text.is_empty() => return self.say(session, room, &text),
            Line::Text(_) => {}
            Line::NotText => self.not_taken("not UTF-8"),
            Line::TooLong(len) => self.not_taken(&too_long(len)),
        }
        permits.into_iter().for_each(Permits::give);
    }

    /// A line that can't be a message.
    fn not_taken(&mut self, why: &str) {
        self.taken += 1;
        self.failed += 1;
        tell(&format!("message {} is not sent: {why}", self.taken));
    }

    fn input_ended(&mut self, error: Option<std::io::Error>) {
        self.reading = false;
        if let Some(error) = error {
            self.failed += 1;
            tell(&format!("can't read stdin: {error}"));
        }
    }

    fn notice(&mut self, session: &mut Session, notice: Notice, permits: Option<&Permits>) -> Result<(), Failure> {
        match notice {
            Notice::Connection(connection) => {
                session.connection(&connection)?.into_iter().for_each(Word::tell_trouble);
            }
            Notice::Stored { tag, .. } => {
                if self.unstored.remove(&tag).is_some() {
                    self.stored += 1;
                    permits.into_iter().for_each(Permits::give);
                }
            }
            Notice::Refused { tag, reason } => {
                if let Some(text) = self.unstored.remove(&tag) {
                    self.failed += 1;
                    tell(&format!("not delivered ({}): {text}", words::refusal(reason)));
                    permits.into_iter().for_each(Permits::give);
                }
            }
            Notice::Denied { request, reason } => return Err(Failure::refused(&request, reason)),
            Notice::Stopped => return Err(Failure::new(Exit::General, "the client has stopped")),
            Notice::Joined { .. }
            | Notice::HistoryReset { .. }
            | Notice::Entry { .. }
            | Notice::Presence { .. }
            | Notice::Roster { .. }
            | Notice::Queued { .. } => {}
        }
        Ok(())
    }

    /// A failure, with what became of the messages, so that a script knows what to send again.
    fn report(&self, failure: Failure) -> Failure {
        let Self { stored, taken, .. } = self;
        Failure::new(failure.exit, format!("{failure}; {stored} of {taken} messages are stored"))
    }
}

fn too_long(len: usize) -> String {
    format!("a message of {len} octets is longer than one may be ({TEXT_MAX_LEN}); send it in parts")
}

/// Enough of one's own message to know it again.
fn beginning(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut beginning: String = text.chars().take(SHOWN).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    crate::render::render_text(&beginning).into_owned()
}
