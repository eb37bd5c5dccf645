//! The client: outbox, timelines, roster, and what a user interface needs of them. PURE: no socket, clock, thread, file or
//! entropy of its own.
//!
//! [`Client`] joins the endpoint, which knows datagrams and the link, and the state, which knows rooms and touches no link.
//! What is wanted outlives links: on every new one the client logs in, enters its rooms from its cursors, and sends what is
//! in the outboxes again. The reasons are in docs/design.md, sections 1 and 2.

mod arrivals;
mod ask;
mod asks;
mod attempt;
mod command;
mod commands;
mod config;
mod early;
mod entering;
mod keeper;
pub mod limits;
mod looking;
mod looks;
mod machine;
mod marks;
mod news;
mod notice;
mod outbox;
mod pace;
mod place;
mod posts;
mod present;
mod reading;
mod requests;
mod room;
mod rooms;
mod roster;
mod save;
mod seen;
mod state;
pub mod timeline;
mod typing;
pub mod words;

pub use ask::{Ask, Denial, Found, Reply};
pub use attempt::Attempt;
pub use command::{Command, Start};
pub use config::{Config, Login, Reads};
pub use entering::Entering;
pub use marks::Marks;
pub use news::{Delivered, Lost, OverBudget, PresenceChange, QuotaNear, TypingChange, Unreadable, Whose};
pub use notice::{Connection, Notice, Quality};
pub use present::Present;
pub use save::{Draft, Reference, Save, Saved, SavedCursor, SavedPost, SavedSent};
pub use timeline::Timeline;

use std::time::Duration;

use chinwag_proto::endpoint::{self, Ended, Endings, Endpoint, KeyPair, Target};
use chinwag_proto::limits::PING_INTERVAL_MS;
use chinwag_proto::link::{self, Liveness, Role};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::InstanceId;
use chinwag_proto::wire::message::name;

use self::limits::STOP_LINGER;
use self::state::{Effect, State};
use chinwag_node::{Input, Node, Output};

/// A client, from key press to datagram.
pub struct Client {
    endpoint: Endpoint,
    state: State,
    /// Sessions that ended while a datagram was written.
    endings: Endings,
    target: Option<Target>,
    stop: Stop,
    /// What was told of the link last.
    quality: Quality,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    /// Goodbyes are being sent, and the last cursors recorded, until then.
    Until(Instant),
    Told,
}

impl Client {
    /// A client with this device's identity.
    #[must_use]
    pub fn new(config: Config, identity: KeyPair, seed: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(seed);
        let instance = InstanceId(rng.fork("instance").u64());
        let endpoint = Endpoint::new(
            endpoint::Config {
                role: Role::Client,
                instance,
                join_key: None,
                ping_interval: Duration::from_millis(PING_INTERVAL_MS),
                ack_delay: Duration::ZERO,
                speculative: config.speculative,
                messages_per_s: None,
                sessions_max: 1,
            },
            identity,
            rng.fork("endpoint"),
        );
        let state = State::new(config, rng.fork("state"));
        Self { endpoint, state, endings: Endings::default(), target: None, stop: Stop::No, quality: Quality::default() }
    }

    /// Counters and estimates of the link that stands.
    #[must_use]
    pub fn link_stats(&self) -> Option<link::Stats> {
        self.endpoint.session(self.state.session?).map(|info| info.link)
    }

    fn command(&mut self, now: Now, command: Command) {
        let state = &mut self.state;
        match command {
            Command::Connect(target) => {
                self.target = Some(target.clone());
                self.endpoint.connect(now.mono, target);
            }
            Command::Reach(addrs) => {
                if let Some(target) = &mut self.target {
                    target.addrs.clone_from(&addrs);
                }
                self.endpoint.reach(now.mono, addrs);
            }
            Command::Identify { name, login } => state.identify(name, login),
            Command::Join { room, entering, start } => state.join(&room, entering, start),
            Command::Leave { room } => state.leave(&room),
            Command::Post { tag, room, about, body } => state.post(tag, &room, about, body),
            Command::Ask { tag, ask } => state.ask_for(tag, ask),
            Command::Typing { room } => state.typing(&room),
            Command::Away(away) => state.set_away(away),
            Command::Who { room } => state.who(&room),
            Command::Withdraw => state.withdraw(),
            Command::Adopt(posts) => state.adopt(posts, None),
            Command::Ignore { name, is_ignored } => state.ignore(&name, is_ignored),
            Command::Mute { room, is_muted } => state.keeper.muted(name::fold(&room), is_muted),
            Command::Setting { name, value } => state.keeper.setting(name, value),
            Command::Draft { room, draft } => state.draft(&room, draft),
            Command::Shown { room, upto } => state.shown(&room, upto),
            Command::Held { room, upto } => {
                state.held(&room, upto);
            }
            Command::Quit => {
                self.target = None;
                self.stop = Stop::Until(now.mono + STOP_LINGER);
                self.endpoint.disconnect(now.mono, "");
            }
        }
    }

    /// Does to the link what the state wants done.
    fn settle(&mut self, now: Now) {
        while let Some(effect) = self.state.effects.pop_front() {
            self.apply(effect, now);
        }
    }

    fn apply(&mut self, effect: Effect, now: Now) {
        match effect {
            Effect::Enrolled => return self.endpoint.set_enrolled(),
            Effect::Reconnect => return self.reconnect(now),
            Effect::Ask(_)
            | Effect::Open(_)
            | Effect::Advance(..)
            | Effect::Shut(_)
            | Effect::Forget(_)
            | Effect::Cursor(..)
            | Effect::Typing(..) => {}
        }
        let Some(link) = self.state.session.and_then(|session| self.endpoint.link(session)) else { return };
        let done = match effect {
            Effect::Ask(body) => link.control(body),
            Effect::Open(room) => link.open(room, 0),
            Effect::Advance(room, head) => {
                link.advance(room, head);
                Ok(())
            }
            Effect::Shut(room) => {
                link.shut(room);
                Ok(())
            }
            Effect::Forget(room) => {
                link.forget(room);
                Ok(())
            }
            Effect::Cursor(room, upto) => {
                link.cursor(room, upto);
                Ok(())
            }
            Effect::Typing(room, body) => {
                link.typing(room, body);
                Ok(())
            }
            Effect::Enrolled | Effect::Reconnect => Ok(()),
        };
        if done.is_err() {
            // More is asked than a link can hold unanswered: a new one asks for what is wanted then, and no more.
            self.reconnect(now);
        }
    }

    fn reconnect(&mut self, now: Now) {
        if let Some(target) = self.target.clone() {
            self.endpoint.connect(now.mono, target);
        }
    }

    /// Tells how good the link is, where somebody looks and it has changed.
    fn tell_quality(&mut self) {
        if !self.state.config.whole_screen {
            return;
        }
        let Some(stats) = self.link_stats() else { return };
        let quality = Quality { rtt_us: stats.srtt_us, loss_ppht: stats.loss_ppht };
        if quality.is_news_after(self.quality) {
            self.quality = quality;
            self.state.notices.push_back(Notice::Link(quality));
        }
    }

    fn may_stop(&self, now: Now) -> bool {
        let Stop::Until(until) = self.stop else { return false };
        now.mono >= until || (self.endpoint.deadline().is_none() && !self.state.keeper.is_under_way())
    }

    /// The next moment at which something is due, if nothing comes before.
    fn deadline(&self) -> Option<Instant> {
        let stop = match self.stop {
            Stop::Until(at) => Some(at),
            Stop::No | Stop::Told => None,
        };
        [self.endpoint.deadline(), self.state.deadline(), stop].into_iter().flatten().min()
    }
}

impl Node for Client {
    type Command = Command;
    type Notice = Notice;
    type Job = Save;
    type Done = Saved;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Saved>) {
        self.state.clock = self.state.clock.max(now.mono);
        match input {
            Input::Datagram { from, local, bytes } => {
                let mut ear = Ear { state: &mut self.state, now };
                // The endpoint counts what it drops, by reason.
                let _counted = self.endpoint.datagram(now.mono, from, local, bytes, &mut ear);
            }
            Input::Timeout => {
                self.endpoint.timeout(now.mono, &mut Ear { state: &mut self.state, now });
                self.state.tick(now.mono);
            }
            Input::Done(saved) => self.state.saved(saved),
            Input::Command(command) => self.command(now, command),
        }
        self.settle(now);
        self.tell_quality();
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Notice, Save> {
        loop {
            if let Some(notice) = self.state.notices.pop_front() {
                return Output::Notice(notice);
            }
            if let Some(transmit) = self.endpoint.poll(now.mono, &mut self.state.rooms, buf, &mut self.endings) {
                return Output::Transmit(transmit);
            }
            if let Some((session, why)) = self.endings.pop() {
                if self.state.session == Some(session) {
                    self.state.ended(why);
                }
                continue;
            }
            // After the notices: what is recorded was handed to the interface before.
            if let Some(save) = self.state.next_save() {
                return Output::Job(save);
            }
            if self.may_stop(now) {
                self.stop = Stop::Told;
                return Output::Notice(Notice::Stopped);
            }
            return Output::Wait(self.deadline());
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("state", &self.state).field("stop", &self.stop).finish_non_exhaustive()
    }
}

/// The state, listening.
struct Ear<'a> {
    state: &'a mut State,
    now: Now,
}

impl endpoint::Sink for Ear<'_> {
    fn event(&mut self, event: endpoint::Event<'_>) {
        let state = &mut *self.state;
        let connection = match event {
            endpoint::Event::Established { session, peer, addr, .. } => {
                state.forget_link();
                state.session = Some(session);
                state.is_heard = true;
                state.log_in();
                Connection::Up { addr, key: peer }
            }
            endpoint::Event::Link { session, event } if state.session == Some(session) => {
                return state.link_event(event, self.now);
            }
            endpoint::Event::Ended { session, why } if state.session == Some(session) => return state.ended(why),
            endpoint::Event::ServerKey { addr, key, join_key_needed } => {
                Connection::Unpinned { addr, key, join_key_needed }
            }
            endpoint::Event::WrongKey { expected, seen } => Connection::WrongKey { expected, seen },
            endpoint::Event::WrongVersion { theirs } => Connection::WrongVersion { theirs },
            endpoint::Event::JoinKeyRefused => Connection::JoinKeyRefused,
            endpoint::Event::Unanswered { attempts, elapsed } => Connection::Trying { attempts, elapsed },
            endpoint::Event::Link { .. }
            | endpoint::Event::Ended { .. }
            | endpoint::Event::Rekeyed { .. }
            | endpoint::Event::Moved { .. } => return,
        };
        state.notices.push_back(Notice::Connection(connection));
    }
}

impl State {
    fn link_event(&mut self, event: link::Event<'_>, now: Now) {
        match event {
            link::Event::Message { channel, number, contiguous_upto, body } => {
                self.message(now.mono, channel, number, contiguous_upto, body);
            }
            link::Event::Liveness(liveness) => self.liveness(liveness),
            link::Event::Cursor { .. }
            | link::Event::Acked { .. }
            | link::Event::PathChallenge(_)
            | link::Event::PathResponse(_)
            | link::Event::Close { .. } => {}
        }
    }

    fn liveness(&mut self, liveness: Liveness) {
        self.is_heard = liveness != Liveness::Offline;
        let connection = match liveness {
            Liveness::Alive => Connection::Alive,
            Liveness::Suspect => Connection::Suspect,
            Liveness::Offline => Connection::Lost { why: Lost::Silent },
        };
        self.notices.push_back(Notice::Connection(connection));
    }

    fn ended(&mut self, why: Ended) {
        let was_heard = self.is_heard;
        self.forget_link();
        let lost = |why| Some(Connection::Lost { why });
        let connection = match why {
            Ended::Closed(CloseCode::Shutdown, reason) => lost(Lost::Shutdown { reason }),
            Ended::Closed(CloseCode::Expired, _) | Ended::Expired => lost(Lost::Expired),
            Ended::Closed(code, reason) => Some(Connection::Ended { code, reason }),
            // Silence was told when it began.
            Ended::Offline | Ended::Reset if !was_heard => None,
            Ended::Offline => lost(Lost::Silent),
            Ended::Reset => lost(Lost::Restarted),
            Ended::Violation(violation) => lost(Lost::Violation(violation)),
            Ended::Displaced | Ended::Local(_) => None,
        };
        self.notices.extend(connection.map(Notice::Connection));
    }
}

#[cfg(test)]
mod tests;
