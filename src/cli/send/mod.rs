//! `chinwag send`: messages from arguments or lines. Each is kept on this device first; it ends when all are where they should
//! be, or when that takes too long.

mod sending;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::message::{Body, Refusal, name};

use crate::client::{Change, ConnectError, Entering, Event, Events, Start};
use crate::config::Home;
use crate::drive::Clock;
use crate::words;

use super::args::{self, Wait};
use super::event::{Input, read_stdin};
use super::failure::{Exit, Failure};
use super::nearest::no_such_room;
use super::output::tell;
use super::room_name::{LOBBY, check_room};
use super::session::{Kind, TIMEOUT, Talk};

use sending::Sending;

/// Lines of stdin that may be in memory only; more are not read yet.
const AHEAD_MAX: usize = 512;
/// Events that wait to be taken; then whoever brings more waits, too.
const EVENTS_MAX: usize = 1_024;
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
    let (talk, events) = Talk::open(home, &args.client, Kind::Send).map_err(|failure| {
        Failure::new(failure.exit, format!("{failure}\nchinwag: nothing was sent, and nothing is kept"))
    })?;
    let creates = args.create || name::fold(args.room.trim_start_matches('#')) == LOBBY;
    if !args.room.starts_with('@') {
        let entering = if creates { Entering::Open } else { Entering::Existing };
        talk.client.enter(&args.room, entering, Start::Recent(0));
    }
    let mut sending = Sending::new(&args.room, args.wait, creates || args.room.starts_with('@'));
    for text in &args.text {
        sending.say(&talk.client, text);
    }
    let (sender, happened) = sync_channel(EVENTS_MAX);
    forward(events, sender.clone())?;
    sending.reads(args.stdin.then(|| read_stdin(sender, AHEAD_MAX)));
    let first_answer = args.client.timeout.unwrap_or(TIMEOUT);
    let patience = if args.wait == Wait::None { GRACE } else { first_answer };
    let mut follower = Follower { talk, happened, patience, first_answer, told: false };
    let ended = follower.follow(&mut sending);
    finish(follower, &sending, ended)
}

/// What happens to this command.
enum Happened {
    Told(Event),
    Read(Input),
}

impl From<Input> for Happened {
    fn from(input: Input) -> Self {
        Self::Read(input)
    }
}

/// Puts events where lines come, too.
fn forward(events: Events, happened: SyncSender<Happened>) -> Result<(), Failure> {
    let forward = move || {
        for event in events {
            if happened.send(Happened::Told(event)).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("events".to_owned()).spawn(forward).map_err(Failure::system)?;
    Ok(())
}

/// Follows what becomes of the messages.
struct Follower {
    talk: Talk,
    happened: Receiver<Happened>,
    /// How long nothing may happen to them,
    patience: Duration,
    /// and how long nobody may answer at first.
    first_answer: Duration,
    /// The user knows that nobody answers.
    told: bool,
}

impl Follower {
    /// Waits until all is settled, or nothing has happened for too long. Says whether all is.
    fn follow(&mut self, sending: &mut Sending) -> Result<bool, Failure> {
        let clock = Clock::start();
        let mut progress = clock.mono();
        loop {
            if sending.is_settled() {
                return Ok(true);
            }
            let happened = if sending.may_give_up() {
                match self.happened.recv_timeout(self.patience.saturating_sub(clock.mono() - progress)) {
                    Err(RecvTimeoutError::Timeout) => return Ok(false),
                    happened => happened.ok(),
                }
            } else {
                progress = clock.mono();
                self.happened.recv().ok()
            };
            match happened.unwrap_or(Happened::Told(Event::Ended(ConnectError::Stopped(None)))) {
                Happened::Told(event) => {
                    if self.event(sending, event)? {
                        progress = clock.mono();
                    }
                }
                Happened::Read(Input::Line(line)) => sending.line(&self.talk.client, line),
                Happened::Read(Input::Ended(error)) => sending.input_ended(error),
            }
        }
    }

    /// Takes an event. Gives whether a message has got further.
    fn event(&mut self, sending: &mut Sending, event: Event) -> Result<bool, Failure> {
        if let Event::Connection(Change::Unanswered(silence)) = &event
            && !self.talk.was_up()
            && silence.elapsed >= self.first_answer
        {
            let failure = self.talk.no_answer(silence);
            // What there is to read is read all the same, and kept: whoever writes it must not fail for want of a reader.
            if !sending.is_taking() {
                return Err(failure);
            }
            if !std::mem::replace(&mut self.told, true) {
                tell(&format!("{failure}\nchinwag: what comes is kept on this device meanwhile"));
            }
            return Ok(false);
        }
        let event = self.talk.take(event)?;
        let client = &self.talk.client;
        if let Event::Denied { request, reason } = event {
            if reason == Refusal::NoSuchRoom && !sending.creates {
                let sentence = no_such_room(client, &sending.room, "--create makes it, open to everyone.");
                return Err(Failure::new(Exit::NotDelivered, sentence));
            }
            return Err(Failure::refused(request, reason));
        }
        if let Event::Reset { room, back_to } = event {
            tell(&words::gone(&room, back_to));
            return Ok(true);
        }
        Ok(sending.event(client, event))
    }

    fn close(self) {
        let next = |time| {
            loop {
                match self.happened.recv_timeout(time) {
                    Ok(Happened::Told(event)) => return Some(event),
                    Ok(Happened::Read(_)) => {}
                    Err(_) => return None,
                }
            }
        };
        self.talk.close(next);
    }
}

/// Says goodbye, and what became of the messages.
fn finish(follower: Follower, sending: &Sending, ended: Result<bool, Failure>) -> Result<(), Failure> {
    let talk = &follower.talk;
    if let Err(failure) = &ended
        && matches!(failure.exit, Exit::Authentication | Exit::ServerIdentity | Exit::Denied | Exit::NotDelivered)
    {
        // Nobody will ever send them under that name: they are not kept for that.
        talk.client.withdraw();
    }
    let silent = if talk.was_up() { "" } else { "no answer; " };
    let queued = format!("{silent}{}", sending.queued(talk.server().as_str()));
    follower.close();
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
