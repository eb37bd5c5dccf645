//! One peer relationship: the keys, the replay window, the path and the link (PROTOCOL.md, "Session").
//!
//! It opens and seals, follows its peer to another address once that was proved, changes keys without the link noticing,
//! and says goodbye. It never shakes hands and never looks for anybody: that is [`crate::endpoint`]'s matter.

mod closing;
mod epoch;
mod path;

use core::net::SocketAddr;
use core::time::Duration;

use alloc::boxed::Box;
use alloc::string::String;

use crate::error::DropReason;
use crate::limits::{
    CLOSED_LINGER_MS, DATAGRAM_MAX_LEN, KEY_LIFETIME_S, OFFLINE_LINGER_S, OLD_ID_LINGER_S, SEALED_HEADER_LEN,
    SEALED_MIN_LEN, TAG_LEN,
};
use crate::link::{self, Link, Liveness, Role, Source};
use crate::rng::Rng;
use crate::secure::ReplayWindow;
use crate::time::Instant;
use crate::wire::datagram::SealedHeader;
use crate::wire::frame::{CloseCode, Frame, FrameWriter, PathToken};
use crate::wire::id::{ConnectionId, InstanceId, PacketNumber, PublicKey};

use closing::Closing;
pub(crate) use epoch::Epoch;
pub(crate) use path::Route;
use path::{Path, Seen};

/// Why a session is over, or could not be begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The peer said so.
    Closed(CloseCode, String),
    /// Our end said so.
    Local(CloseCode),
    /// The peer was offline too long. A server forgets the session; a client found that the server has forgotten it, or
    /// stopped looking for it.
    Offline,
    /// A newer session of the same device and instance took its place.
    Displaced,
    /// The server does not know this session any more (client; a new handshake is under way already).
    Reset,
    /// The peer broke the protocol.
    Violation(link::Violation),
    /// The keys are too old.
    Expired,
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Peer {
    /// Its static key.
    pub(crate) key: PublicKey,
    /// Its process.
    pub(crate) instance: InstanceId,
}

/// What a handshake gives a session, new or standing.
pub(crate) struct Grant {
    pub(crate) epoch: Epoch,
    pub(crate) link: link::Config,
    /// Where the peer proved to be.
    pub(crate) route: Route,
}

/// What came of feeding a session.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The path moved from one address to another.
    pub(crate) moved: Option<(SocketAddr, SocketAddr)>,
    /// The peer's liveness changed.
    pub(crate) liveness: Option<Liveness>,
    /// A connection id at which the session receives no more.
    pub(crate) retired: Option<ConnectionId>,
    /// The session is over; it only says goodbye, or waits until late datagrams have come.
    pub(crate) ended: Option<Ended>,
}

/// A datagram that passed the replay window and opened.
pub(crate) struct Opened<'a> {
    pub(crate) number: PacketNumber,
    pub(crate) contents: &'a [u8],
    /// The datagram's length, for the amplification limit.
    pub(crate) len: usize,
}

/// One peer relationship.
pub(crate) struct Session {
    pub(crate) peer: Peer,
    role: Role,
    link: Link,
    replay: ReplayWindow,
    current: Epoch,
    /// In a box of its own, since most of the time there is none.
    previous: Option<Box<Retired>>,
    path: Path,
    /// A challenge to be answered on the path that it came on.
    challenged: Option<(PathToken, Route)>,
    offline_since: Option<Instant>,
    phase: Phase,
}

struct Retired {
    epoch: Epoch,
    until: Instant,
}

enum Phase {
    Open,
    /// Over; saying goodbye.
    Closing(Closing),
    /// Over; late datagrams are taken without an answer until then.
    Lingering(Instant),
}

impl Session {
    /// A session whose first packet numbers are zero; `rtt`, where known, is the handshake's round trip.
    pub(crate) fn new(peer: Peer, grant: Grant, now: Instant, rtt: Option<Duration>, mut rng: Rng) -> Self {
        let Grant { epoch, link, route } = grant;
        Self {
            peer,
            role: link.role,
            link: Link::new(link, now, rtt, rng.fork("link")),
            replay: ReplayWindow::default(),
            current: epoch,
            previous: None,
            path: Path::new(route, rng),
            challenged: None,
            offline_since: None,
            phase: Phase::Open,
        }
    }

    /// Whether the session stands: not over, not saying goodbye.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    pub(crate) const fn is_offline(&self) -> bool {
        self.offline_since.is_some()
    }

    pub(crate) const fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    pub(crate) fn stats(&self) -> link::Stats {
        self.link.stats()
    }

    pub(crate) const fn route(&self) -> Route {
        self.path.route()
    }

    pub(crate) const fn epoch(&self) -> &Epoch {
        &self.current
    }

    /// The connection ids at which this session receives.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ConnectionId> {
        [Some(self.current.receives_at), self.previous.as_ref().map(|old| old.epoch.receives_at)].into_iter().flatten()
    }

    /// Opens a datagram to one of this session's ids. Nothing is remembered of it yet: see [`Self::take`].
    pub(crate) fn open<'a>(
        &self,
        now: Instant,
        header: &SealedHeader,
        datagram: &'a mut [u8],
    ) -> Result<Opened<'a>, DropReason> {
        let epoch = match &self.previous {
            _ if header.destination == self.current.receives_at => &self.current,
            Some(old) if header.destination == old.epoch.receives_at && now < old.until => &old.epoch,
            _ => return Err(DropReason::UnknownConnection),
        };
        self.open_under(epoch, header, datagram)
    }

    /// As [`Self::open`], under keys that this session may get.
    pub(crate) fn open_under<'a>(
        &self,
        epoch: &Epoch,
        header: &SealedHeader,
        datagram: &'a mut [u8],
    ) -> Result<Opened<'a>, DropReason> {
        open(&self.replay, epoch, header, datagram)
    }

    /// Takes what was opened, from where it came. `may_move`: the session may follow its peer there.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        from: Route,
        may_move: bool,
        opened: &Opened<'_>,
        sink: &mut dyn link::Sink,
    ) -> Result<Outcome, DropReason> {
        let highest = self.replay.is_highest(opened.number);
        self.replay.mark(opened.number);
        if !self.is_open() {
            return Err(DropReason::Unexpected);
        }
        let mut watch = SessionWatch::new(sink);
        let received = self.link.receive(now, opened.number, opened.contents, &mut watch);
        let SessionWatch { challenge, response, close, liveness, .. } = watch;

        let mut outcome = Outcome { liveness, ..Outcome::default() };
        self.note_liveness(now, liveness);
        if highest {
            self.path.seen(now, &Seen { from, len: opened.len, may_move });
        }
        if let Some(token) = challenge {
            self.challenged = Some((token, from));
        }
        if let Some(token) = response {
            outcome.moved = self.path.answered(from, token);
            self.note_move(now, outcome.moved);
        }
        if let Err(violation) = received {
            self.close(now, CloseCode::Protocol, "protocol violation");
            outcome.ended = Some(Ended::Violation(violation));
        } else if let Some((code, reason)) = close {
            self.phase = Phase::Lingering(now + Duration::from_millis(CLOSED_LINGER_MS));
            outcome.ended = Some(Ended::Closed(code, reason));
        }
        Ok(outcome)
    }

    /// Takes the passing of time.
    pub(crate) fn timeout(&mut self, now: Instant, sink: &mut dyn link::Sink) -> Outcome {
        let retired = self.previous.take_if(|old| now >= old.until).map(|old| old.epoch.receives_at);
        let mut outcome = Outcome { retired, ..Outcome::default() };
        if !self.is_open() {
            return outcome;
        }
        self.path.timeout(now);
        if self.link.deadline().is_some_and(|at| at <= now) {
            let mut watch = SessionWatch::new(sink);
            self.link.timeout(now, &mut watch);
            outcome.liveness = watch.liveness;
            self.note_liveness(now, watch.liveness);
        }
        if now >= self.keys_die() {
            self.forget(now);
            outcome.ended = Some(Ended::Expired);
        } else if self.forgotten_at().is_some_and(|at| at <= now) {
            self.forget(now);
            outcome.ended = Some(Ended::Offline);
        }
        outcome
    }

    /// When [`Self::timeout`] or [`Self::poll`] next has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Open => [
                self.link.deadline(),
                self.path.deadline(),
                self.previous.as_ref().map(|old| old.until),
                self.forgotten_at(),
                Some(self.keys_die()),
            ]
            .into_iter()
            .flatten()
            .min(),
            Phase::Closing(closing) => Some(closing.deadline()),
            Phase::Lingering(until) => Some(*until),
        }
    }

    /// Whether there is no reason to remember this session.
    pub(crate) fn is_gone(&self, now: Instant) -> bool {
        match &self.phase {
            Phase::Open => false,
            Phase::Closing(closing) => closing.is_done(now),
            Phase::Lingering(until) => now >= *until,
        }
    }

    /// Writes the next datagram: where it goes and its length.
    pub(crate) fn poll(&mut self, now: Instant, source: &mut dyn Source, out: &mut [u8]) -> Option<(Route, usize)> {
        let out = &mut out[..DATAGRAM_MAX_LEN];
        match &mut self.phase {
            Phase::Open => {}
            Phase::Closing(closing) => {
                let len = closing.poll(now, &mut out[SEALED_HEADER_LEN..DATAGRAM_MAX_LEN - TAG_LEN])?;
                let number = self.link.take_number();
                return Some((self.route(), self.seal(number, out, len)));
            }
            Phase::Lingering(_) => return None,
        }
        if let Some((token, route)) = self.challenged.take() {
            return Some((route, self.seal_frame(&Frame::PathResponse(token), out)));
        }
        if let Some((token, route)) = self.path.poll(now, SEALED_MIN_LEN) {
            return Some((route, self.seal_frame(&Frame::PathChallenge(token), out)));
        }
        let packet = self.link.poll(now, source, &mut out[SEALED_HEADER_LEN..DATAGRAM_MAX_LEN - TAG_LEN])?;
        Some((self.route(), self.seal(packet.number, out, packet.len)))
    }

    /// Begins to say goodbye.
    pub(crate) fn close(&mut self, now: Instant, code: CloseCode, reason: &str) {
        self.phase = Phase::Closing(Closing::new(now, code, reason));
    }

    /// Ends without a word.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.phase = Phase::Lingering(now);
    }

    /// Goes on under fresh keys, at an address that the handshake proved. What was sealed under the old keys still opens for
    /// a while; the id of those before them, if still known, is given back.
    pub(crate) fn rekey(&mut self, now: Instant, grant: Grant, sink: &mut dyn link::Sink) -> Outcome {
        let epoch = core::mem::replace(&mut self.current, grant.epoch);
        let retired = Retired { epoch, until: now + Duration::from_secs(OLD_ID_LINGER_S) };
        let retired = self.previous.replace(Box::new(retired)).map(|old| old.epoch.receives_at);
        self.link.reconfigure(grant.link);
        let moved = self.path.relocate(grant.route);
        self.note_move(now, moved);
        let mut watch = SessionWatch::new(sink);
        self.link.revive(now, &mut watch);
        let liveness = watch.liveness;
        self.note_liveness(now, liveness);
        Outcome { retired, moved, liveness, ended: None }
    }

    /// What was measured on the old path says nothing about the new one.
    fn note_move(&mut self, now: Instant, moved: Option<(SocketAddr, SocketAddr)>) {
        if moved.is_some() {
            self.link.path_changed(now);
        }
    }

    fn note_liveness(&mut self, now: Instant, liveness: Option<Liveness>) {
        match liveness {
            Some(Liveness::Offline) => self.offline_since = Some(now),
            Some(Liveness::Alive | Liveness::Suspect) => self.offline_since = None,
            None => {}
        }
    }

    fn keys_die(&self) -> Instant {
        self.current.born + Duration::from_secs(KEY_LIFETIME_S)
    }

    /// Only a server forgets; a client goes on looking until it finds out.
    fn forgotten_at(&self) -> Option<Instant> {
        match self.role {
            Role::Server => self.offline_since.map(|since| since + Duration::from_secs(OFFLINE_LINGER_S)),
            Role::Client => None,
        }
    }

    fn seal_frame(&mut self, frame: &Frame<'_>, out: &mut [u8]) -> usize {
        let mut writer = FrameWriter::new(&mut out[SEALED_HEADER_LEN..]);
        writer.put(frame).expect("an empty datagram has room for a small frame");
        let len = writer.len();
        let number = self.link.take_number();
        self.seal(number, out, len)
    }

    /// Pads, heads and seals the `len` octets of frames that stand in their place in `out`.
    fn seal(&self, number: PacketNumber, out: &mut [u8], len: usize) -> usize {
        let len = len + pad(&mut out[SEALED_HEADER_LEN + len..], len);
        let low = number.0 & u64::from(u32::MAX);
        let number_low = u32::try_from(low).expect("masked");
        SealedHeader { flags: 0, destination: self.current.sends_to, number_low }.encode(out);
        self.current.keys.seal.seal(number, out, len)
    }
}

/// Checks, opens: in this order, so that a replayed datagram costs nothing.
pub(crate) fn open<'a>(
    replay: &ReplayWindow,
    epoch: &Epoch,
    header: &SealedHeader,
    datagram: &'a mut [u8],
) -> Result<Opened<'a>, DropReason> {
    let number = header.number(replay.expected());
    if !replay.check(number) {
        return Err(DropReason::Replay);
    }
    let len = datagram.len();
    let contents = epoch.keys.open.open(number, datagram)?;
    Ok(Opened { number, contents, len })
}

/// Appends what a datagram with `len` octets of frames lacks of the shortest `Sealed`; gives how many octets.
fn pad(out: &mut [u8], len: usize) -> usize {
    /// Kind and length of a padding frame.
    const HEAD_LEN: usize = 2;
    let missing = (SEALED_MIN_LEN - SEALED_HEADER_LEN - TAG_LEN).saturating_sub(len);
    if missing == 0 {
        return 0;
    }
    let mut writer = FrameWriter::new(out);
    let padding = Frame::Padding { len: missing.saturating_sub(HEAD_LEN) };
    writer.put(&padding).expect("a datagram that is too short has room");
    writer.len()
}

/// Hands a link's events on, and keeps what concerns the session. The path's own frames go no further.
struct SessionWatch<'a> {
    sink: &'a mut dyn link::Sink,
    challenge: Option<PathToken>,
    response: Option<PathToken>,
    close: Option<(CloseCode, String)>,
    liveness: Option<Liveness>,
}

impl<'a> SessionWatch<'a> {
    const fn new(sink: &'a mut dyn link::Sink) -> Self {
        Self { sink, challenge: None, response: None, close: None, liveness: None }
    }
}

impl link::Sink for SessionWatch<'_> {
    fn event(&mut self, event: link::Event<'_>) {
        match event {
            link::Event::PathChallenge(token) => self.challenge = Some(token),
            link::Event::PathResponse(token) => self.response = Some(token),
            link::Event::Close { code, reason } => self.close = Some((code, reason.into())),
            link::Event::Liveness(liveness) => {
                self.liveness = Some(liveness);
                self.sink.event(event);
            }
            link::Event::Message { .. } | link::Event::Cursor { .. } | link::Event::Acked { .. } => {
                self.sink.event(event);
            }
        }
    }

    fn takes_posts(&self) -> bool {
        self.sink.takes_posts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::Frames;

    #[test]
    fn short_contents_are_padded_to_the_least_and_still_decode() {
        for len in (0..14).step_by(2) {
            let mut out = [0xee; 64];
            let mut writer = FrameWriter::new(&mut out);
            for _ in 0..len / 2 {
                writer.put(&Frame::Ping).expect("room");
            }
            let padded = len + pad(&mut out[len..], len);
            assert!(SEALED_HEADER_LEN + padded + TAG_LEN >= SEALED_MIN_LEN && padded <= 12, "{len} became {padded}");
            assert!(Frames::new(&out[..padded]).all(|frame| frame.is_ok()));
        }
    }
}
