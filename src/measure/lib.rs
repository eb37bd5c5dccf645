//! A measurement: a session with a server without an account, by which the way there is measured. PURE.
//!
//! It shakes hands as any client does, and logs in as nobody: nothing is left behind at the server. Then it sends pings at a
//! steady pace, and a few requests that fill a datagram and that every server refuses, so that an answer means that datagrams
//! of full length get through. Where they do not, the link finds out how long those are that do.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::endpoint::{self, Endpoint, KeyPair, SessionId, Target};
use chinwag_proto::limits::{FRAGMENT_MAX_LEN, PING_INTERVAL_MS};
use chinwag_proto::link::{self, Lookup, Role};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now, WallTime};
use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{InstanceId, PublicKey, RequestId, RoomId};
use chinwag_proto::wire::message::{self, Answer, Down, Request, Up, Wire as _};

use chinwag_node::{Input, Machine, Node, Output};

/// Pings of a measurement,
const PINGS: u32 = 100;
/// and the time between two of them.
const PING_EVERY: Duration = Duration::from_millis(20);
/// Requests that fill a datagram.
const FULL: u32 = 5;
/// How long the last ones may take.
const LINGER: Duration = Duration::from_millis(1_500);
/// How long goodbyes are sent.
const STOP_LINGER: Duration = Duration::from_millis(200);

/// What is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Find out who is there; with a pin, measure the way there.
    Try(Target),
    /// Say goodbye, and end.
    Stop,
}

/// What it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// No answer yet.
    Unanswered {
        /// Attempts so far.
        attempts: u32,
        /// Time since the first.
        elapsed: Duration,
    },
    /// A server has this key, which it has not proved. It can be tried again with a pin.
    Key {
        /// Where.
        addr: SocketAddr,
        /// The server's key.
        key: PublicKey,
    },
    /// Only servers with other keys answer.
    WrongKey {
        /// One of those.
        seen: PublicKey,
    },
    /// The server speaks only other versions.
    WrongVersion {
        /// The versions that the server speaks.
        theirs: VersionRange,
    },
    /// The server asks new devices for a join key.
    JoinKeyRefused,
    /// The server has proved its key; the measurement begins.
    Up {
        /// Where it is.
        addr: SocketAddr,
    },
    /// The session ended before all was measured.
    Ended,
    /// The measurement.
    Measured(Box<Measured>),
    /// The server has ended.
    Stopped,
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Counters and estimates of this end's link.
    pub link: link::Stats,
    /// Requests that filled a datagram.
    pub full_sent: u32,
    /// Full datagrams that were answered.
    pub full_answered: u32,
    /// What the server says of the same link.
    pub there: OtherEnd,
}

/// What came of the question how the other end sees the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherEnd {
    /// The server says this.
    Told(There),
    /// The server is older: it has answered that it does not know the question.
    Unknown,
    /// No answer came in time.
    #[default]
    Unanswered,
}

/// The other end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct There {
    /// What the server says.
    pub measured: message::Measured,
    /// How far its clock is ahead of this one, in ms, as exactly as half a round trip.
    pub ahead_ms: i64,
    /// Datagrams that this end had sent when it asked, the question included; those that were too long for the path left out.
    pub sent_until_asked: u64,
}

/// The machine.
pub struct Measurement {
    endpoint: Endpoint,
    session: Option<SessionId>,
    pings_left: u32,
    full_answered: u32,
    /// What the server answered when it was asked about the link, and when: the end of the measurement.
    there: Option<(Said, WallTime)>,
    asked_there: bool,
    /// Datagrams that had gone there when it was asked, this question included.
    sent_until_asked: u64,
    next_at: Option<Instant>,
    notices: VecDeque<Notice>,
    stop_at: Option<Instant>,
}

impl Measurement {
    /// A measurement with this device's identity, or with any.
    #[must_use]
    pub fn new(identity: KeyPair, seed: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(seed);
        let instance = InstanceId(rng.fork("instance").u64());
        let config = endpoint::Config {
            role: Role::Client,
            instance,
            join_key: None,
            ping_interval: Duration::from_millis(PING_INTERVAL_MS),
            ack_delay: Duration::ZERO,
            // What is measured is the way, not what copies make of it.
            speculative: false,
            messages_per_s: None,
            sessions_max: 1,
        };
        Self {
            endpoint: Endpoint::new(config, identity, rng.fork("endpoint")),
            session: None,
            pings_left: 0,
            full_answered: 0,
            there: None,
            asked_there: false,
            sent_until_asked: 0,
            next_at: None,
            notices: VecDeque::new(),
            stop_at: None,
        }
    }

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Try(target) => self.endpoint.connect(now, target),
            Command::Stop => {
                self.stop_at = Some(now + STOP_LINGER);
                self.next_at = None;
                self.endpoint.disconnect(now, "");
            }
        }
    }

    /// The next ping, the end of the measurement, or the end.
    fn tick(&mut self, now: Instant) {
        if self.stop_at.is_some_and(|at| at <= now) {
            self.stop_at = None;
            self.notices.push_back(Notice::Stopped);
        }
        if self.next_at.is_none_or(|at| at > now) {
            return;
        }
        self.next_at = None;
        let Some(session) = self.session else { return };
        if self.pings_left == 0 && self.asked_there {
            let link = self.endpoint.session(session).map(|info| info.link).unwrap_or_default();
            let there = self.other_end(&link);
            let measured = Measured { link, full_sent: FULL, full_answered: self.full_answered, there };
            self.notices.push_back(Notice::Measured(Box::new(measured)));
            return;
        }
        if self.pings_left == 0 {
            // When everything else is said: it counts what got there.
            self.asked_there = true;
            // What goes out later, like the acknowledgement of the answer, is not in what the other end says.
            let link = self.endpoint.session(session).map(|info| info.link).unwrap_or_default();
            self.sent_until_asked = link.datagrams_sent.saturating_sub(link.too_long) + 1;
            if let Some(link) = self.endpoint.link(session) {
                let _ = link.control(Up::Request(RequestId(u64::from(FULL) + 1), Request::Measure).encode());
            }
            self.next_at = Some(now + LINGER);
            return;
        }
        self.pings_left -= 1;
        let Some(link) = self.endpoint.link(session) else { return };
        // Those that fill a datagram come first: if the way does not carry them, the pings after them show what it does.
        if self.pings_left >= PINGS - FULL {
            // A name of that length is refused by itself, by whatever server.
            let name = "x".repeat(FRAGMENT_MAX_LEN - 16);
            let request = Up::Request(RequestId(u64::from(PINGS - self.pings_left)), Request::Login { name });
            let _ = link.control(request.encode());
        } else {
            link.ping();
        }
        self.next_at = Some(now + if self.pings_left == 0 { LINGER } else { PING_EVERY });
    }
}

impl Node for Measurement {
    type Command = Command;
    type Notice = Notice;
    type Job = Infallible;
    type Done = Infallible;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Infallible>) {
        let mut ear = Ear::default();
        match input {
            Input::Datagram { from, local, bytes } => {
                // The endpoint counts what it drops, by reason.
                let _counted = self.endpoint.datagram(now.mono, from, local, bytes, &mut ear);
            }
            Input::Timeout => {
                self.endpoint.timeout(now.mono, &mut ear);
                self.tick(now.mono);
            }
            Input::Done(never) => match never {},
            Input::Command(command) => self.command(now.mono, command),
        }
        self.heard(ear, now);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Notice, Infallible> {
        if let Some(notice) = self.notices.pop_front() {
            return Output::Notice(notice);
        }
        let mut ear = Ear::default();
        let transmit = self.endpoint.poll(now.mono, &mut Nothing, buf, &mut ear);
        self.heard(ear, now);
        if let Some(transmit) = transmit {
            return Output::Transmit(transmit);
        }
        match self.notices.pop_front() {
            Some(notice) => Output::Notice(notice),
            None => Output::Wait([self.endpoint.deadline(), self.next_at, self.stop_at].into_iter().flatten().min()),
        }
    }
}

impl Measurement {
    /// What came of the question.
    fn other_end(&self, link: &link::Stats) -> OtherEnd {
        match self.there {
            Some((Said::Measured(measured), heard)) => {
                let here = heard.as_unix_millis().saturating_sub(link.srtt_us / 2_000);
                let ahead_ms = measured.at.as_unix_millis().wrapping_sub(here).cast_signed();
                OtherEnd::Told(There { measured, ahead_ms, sent_until_asked: self.sent_until_asked })
            }
            Some((Said::NotUnderstood, _)) => OtherEnd::Unknown,
            None => OtherEnd::Unanswered,
        }
    }

    fn heard(&mut self, ear: Ear, now: Now) {
        self.full_answered += ear.answers;
        if self.asked_there
            && self.next_at.is_some()
            && let Some(said) = ear.said
        {
            self.there = Some((said, now.wall));
            self.next_at = Some(now.mono);
        }
        if let Some((session, addr)) = ear.up {
            self.session = Some(session);
            self.pings_left = PINGS;
            (self.there, self.asked_there) = (None, false);
            self.next_at = Some(now.mono);
            self.notices.push_back(Notice::Up { addr });
        }
        if ear.ended && self.session.take().is_some() {
            self.notices.push_back(Notice::Ended);
        }
        self.notices.extend(ear.notices);
    }
}

impl std::fmt::Debug for Measurement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Measurement").field("session", &self.session).finish_non_exhaustive()
    }
}

/// How a server answers when it is asked about the link.
#[derive(Clone, Copy)]
enum Said {
    Measured(message::Measured),
    NotUnderstood,
}

/// What was heard at once.
#[derive(Default)]
struct Ear {
    up: Option<(SessionId, SocketAddr)>,
    ended: bool,
    answers: u32,
    /// The last question was answered with this.
    said: Option<Said>,
    notices: Vec<Notice>,
}

impl Ear {
    /// The server says something.
    fn message(&mut self, body: &[u8]) {
        match Down::decode(body) {
            Ok(Down::Answer(RequestId(id), answer)) if id > u64::from(FULL) => {
                self.said = Some(match answer {
                    Ok(Answer::Measured(there)) => Said::Measured(there),
                    Ok(_) | Err(_) => Said::NotUnderstood,
                });
            }
            Ok(Down::Answer(..)) => self.answers += 1,
            Ok(_) | Err(_) => {}
        }
    }
}

impl endpoint::Sink for Ear {
    fn event(&mut self, event: endpoint::Event<'_>) {
        let notice = match event {
            endpoint::Event::Established { session, addr, .. } => {
                self.up = Some((session, addr));
                return;
            }
            endpoint::Event::Ended { .. } => {
                self.ended = true;
                return;
            }
            endpoint::Event::Link { event: link::Event::Message { channel: Channel::Control, body, .. }, .. } => {
                self.message(body);
                return;
            }
            endpoint::Event::ServerKey { addr, key, .. } => Notice::Key { addr, key },
            endpoint::Event::WrongKey { seen, .. } => Notice::WrongKey { seen },
            endpoint::Event::WrongVersion { theirs } => Notice::WrongVersion { theirs },
            endpoint::Event::JoinKeyRefused => Notice::JoinKeyRefused,
            endpoint::Event::Unanswered { attempts, elapsed } => Notice::Unanswered { attempts, elapsed },
            endpoint::Event::Link { .. } | endpoint::Event::Rekeyed { .. } | endpoint::Event::Moved { .. } => return,
        };
        self.notices.push(notice);
    }
}

/// It is in no room and has nothing to say there.
struct Nothing;

impl link::Source for Nothing {
    fn entry(&mut self, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Absent
    }
}

impl Machine for Measurement {
    const ROLE: Role = Role::Client;

    fn stop() -> Command {
        Command::Stop
    }

    fn is_last(notice: &Notice) -> bool {
        matches!(notice, Notice::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::time::Uptime;

    use super::*;

    /// What a meter makes of what was said when it had asked.
    fn other_end(said: Option<Said>) -> OtherEnd {
        let mut meter = Measurement::new(KeyPair::from_secret([1; 32]), [2; 32]);
        let now = Now { mono: Instant::EPOCH, wall: WallTime::default(), uptime: Uptime::default() };
        (meter.asked_there, meter.next_at) = (true, Some(now.mono + LINGER));
        meter.heard(Ear { said, ..Ear::default() }, now);
        meter.other_end(&link::Stats::default())
    }

    #[test]
    fn a_server_that_does_not_know_the_question_is_told_from_one_that_did_not_answer() {
        let mut ear = Ear::default();
        let refused = Down::Answer(RequestId(u64::from(FULL) + 1), Err(message::Refusal::NotUnderstood)).encode();
        ear.message(&refused);
        assert_eq!(other_end(ear.said), OtherEnd::Unknown);
        assert_eq!(other_end(None), OtherEnd::Unanswered);
    }
}
