//! `chinwag send`: messages from arguments or lines. Each is kept on this device first; it ends when all are where they should
//! be, or when that takes too long.

mod sending;

use std::time::Duration;

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::message::{Body, Refusal, name};

use crate::client_core::{Command, Entering, Notice, Start, words};
use crate::config::Home;
use crate::drive::Clock;

use super::args::{self, Wait};
use super::event::{Event, read_stdin};
use super::failure::{Exit, Failure};
use super::nearest::no_such_room;
use super::output::tell;
use super::room_name::{LOBBY, check_room};
use super::session::{Kind, Session, TIMEOUT, Wants, Word};

use sending::Sending;

/// Lines of stdin that may be in memory only; more are not read yet.
const AHEAD_MAX: usize = 512;
/// How long `--wait none` gives the server.
const GRACE: Duration = Duration::from_secs(1);

pub(super) fn run(home: &Home, args: &args::Send) -> Result<(), Failure> {
    if let Some(long) = args.text.iter().find(|text| text.len() > TEXT_MAX_LEN) {
        let sentence = format!("{}; nothing was sent", sending::too_long(long.len()));
        return Err(Failure::new(Exit::NotDelivered, sentence));
    }
    if args.text.iter().any(|text| Body::Text(text.clone()).is_blank()) {
        let sentence = "an empty message, or one that shows nothing, can't be sent; nothing was sent".to_owned();
        return Err(Failure::new(Exit::NotDelivered, sentence));
    }
    check_room(&args.room)?;
    let mut session = Session::open(home, &args.client, Wants::new(Kind::Send)).map_err(|failure| {
        Failure::new(failure.exit, format!("{failure}\nchinwag: nothing was sent, and nothing is kept"))
    })?;
    let creates = args.create || name::fold(args.room.trim_start_matches('#')) == LOBBY;
    if !args.room.starts_with('@') {
        let (room, start) = (args.room.clone(), Start::Recent(0));
        let entering = if creates { Entering::Open } else { Entering::Existing };
        session.link.command(Command::Join { room, entering, start });
    }
    let mut sending = Sending::new(&args.room, args.wait, creates || args.room.starts_with('@'));
    for text in &args.text {
        sending.say(&session, text);
    }
    let permits = args.stdin.then(|| read_stdin(session.sender(), AHEAD_MAX));
    sending.reads(permits);
    let patience = match args.wait {
        Wait::None => GRACE,
        Wait::Stored | Wait::Delivered => args.client.timeout.unwrap_or(TIMEOUT),
    };
    let ended = follow(&mut session, &mut sending, patience);
    finish(session, &sending, ended)
}

/// Waits until all is settled, or nothing has happened for too long. Says whether all is.
fn follow(session: &mut Session, sending: &mut Sending, patience: Duration) -> Result<bool, Failure> {
    let clock = Clock::start();
    let mut progress = clock.mono();
    let mut told = false;
    loop {
        if sending.is_settled() {
            return Ok(true);
        }
        let event = if sending.may_give_up() {
            let left = patience.saturating_sub(clock.mono() - progress);
            match session.next_within(left) {
                Some(event) => event,
                None => return Ok(false),
            }
        } else {
            progress = clock.mono();
            session.next()
        };
        match event {
            Event::Notice(Notice::Connection(connection)) => match session.link.connection(&connection) {
                Ok(word) => word.into_iter().for_each(Word::tell_trouble),
                // What there is to read is read all the same, and kept: whoever writes it must not fail for want of a reader.
                Err(failure) if session.link.is_looking() && sending.is_taking() => {
                    if !std::mem::replace(&mut told, true) {
                        tell(&format!("{failure}\nchinwag: what comes is kept on this device meanwhile"));
                    }
                }
                Err(failure) => return Err(failure),
            },
            Event::Notice(Notice::Kept { room, body, answer }) => {
                session.link.kept_answered(&room, &body, answer).tell_trouble();
            }
            Event::Notice(Notice::Denied { reason: Refusal::NoSuchRoom, .. }) if !sending.creates => {
                let sentence = no_such_room(session, &sending.room, "--create makes it, open to everyone.");
                return Err(Failure::new(Exit::NotDelivered, sentence));
            }
            Event::Notice(Notice::Denied { request, reason }) => return Err(Failure::refused(request, reason)),
            Event::Notice(Notice::HistoryReset { name, back_to }) => {
                progress = clock.mono();
                tell(&words::gone(&name, back_to));
            }
            Event::Notice(Notice::Stopped) => return Err(Failure::new(Exit::General, "the client has stopped")),
            Event::Notice(notice) => {
                if sending.notice(session, notice) {
                    progress = clock.mono();
                }
            }
            Event::Line(line) => sending.line(session, line),
            Event::InputEnded(error) => sending.input_ended(error),
            Event::Interrupt => return Err(Failure::interrupted("interrupted")),
            Event::LoopEnded(why) => return Err(Failure::loop_ended(why)),
            Event::Terminal(_) | Event::Roaming(_) | Event::Log(_) | Event::Discarded | Event::Continued => {}
        }
    }
}

/// Says goodbye, and what became of the messages.
fn finish(session: Session, sending: &Sending, ended: Result<bool, Failure>) -> Result<(), Failure> {
    if let Err(failure) = &ended
        && matches!(failure.exit, Exit::Authentication | Exit::ServerIdentity | Exit::Denied | Exit::NotDelivered)
    {
        // Nobody will ever send them under that name: they are not kept for that.
        session.link.command(Command::Withdraw);
    }
    let silent = if session.link.was_up() { "" } else { "no answer; " };
    let queued = format!("{silent}{}", sending.queued(session.link.server.as_str()));
    session.close();
    match ended {
        // Nobody answers, but nothing is lost; whoever waits for nothing has what it wanted.
        Err(failure) if failure.exit == Exit::Connect && sending.wait == Wait::None && sending.is_done_and_kept() => {
            tell(&format!("{failure}\nchinwag: {queued}"));
            Ok(())
        }
        Err(failure) if failure.exit == Exit::Connect && sending.is_done_and_kept() => {
            Err(Failure::new(Exit::Queued, format!("{failure}\nchinwag: {queued}")))
        }
        // The server must be heard before more is read than a client may hold.
        Err(failure) if failure.exit == Exit::Connect && sending.all_is_kept() => Err(Failure::new(
            Exit::Connect,
            format!("{failure}\nchinwag: {queued}; what came after these was not read, and is not kept"),
        )),
        Err(failure) => Err(sending.report(failure)),
        Ok(_) if sending.failed > 0 => {
            let sentence = format!("{} of {} messages were not delivered", sending.failed, sending.taken);
            Err(Failure::new(Exit::NotDelivered, sentence))
        }
        Ok(true) => Ok(()),
        Ok(false) if sending.wait == Wait::None && sending.all_is_kept() => {
            tell(&queued);
            Ok(())
        }
        Ok(false) if sending.all_is_kept() => Err(Failure::new(Exit::Queued, queued)),
        Ok(false) => {
            Err(sending.report(Failure::new(Exit::General, "no answer in time, and this device has no room for it")))
        }
    }
}
