//! Paths: where the peer is, and how it may come to be elsewhere (after RFC 9000, sections 8.2 and 9). The factor of three is
//! that of its section 8.1. What differs: a challenge is never padded to 1,200 octets, as it is there where the limit allows it
//! (section 8.2.1), since the path's size is found out elsewhere; and it is sent every 200 ms for three seconds, instead of
//! until three probe timeouts have passed (section 8.2.4).
//!
//! A datagram with the highest packet number from another address makes that address a candidate. The candidate gets
//! challenges, at most [`AMPLIFICATION_FACTOR`] times what came from it, and nothing else; everything else stays on the old
//! path until the candidate has answered.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use crate::limits::{AMPLIFICATION_FACTOR, PATH_CHALLENGE_RETRY_MS, PATH_CHALLENGE_TIMEOUT_MS};
use crate::rng::Rng;
use crate::time::Instant;
use crate::wire::frame::PathToken;

/// Where datagrams go, and the local address that they leave from, where it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) addr: SocketAddr,
    pub(crate) local: Option<IpAddr>,
}

/// A datagram with the highest packet number so far.
pub(super) struct Seen {
    pub(super) from: Route,
    pub(super) len: usize,
    /// The address may become the path.
    pub(super) may_move: bool,
}

/// The path in use and, while the peer seems to have moved, the one that may follow.
pub(super) struct Path {
    route: Route,
    candidate: Option<Candidate>,
    rng: Rng,
}

struct Candidate {
    route: Route,
    token: PathToken,
    /// Octets that may still be sent there.
    budget: usize,
    next: Instant,
    give_up: Instant,
}

impl Path {
    pub(super) const fn new(route: Route, rng: Rng) -> Self {
        Self { route, candidate: None, rng }
    }

    pub(super) const fn route(&self) -> Route {
        self.route
    }

    /// Takes note of where the datagram with the highest number came from.
    pub(super) fn seen(&mut self, now: Instant, seen: &Seen) {
        if seen.from.addr == self.route.addr {
            self.route.local = seen.from.local;
            self.candidate = None;
            return;
        }
        if !seen.may_move {
            return;
        }
        let credit = seen.len * AMPLIFICATION_FACTOR;
        match &mut self.candidate {
            Some(candidate) if candidate.route.addr == seen.from.addr => {
                candidate.route.local = seen.from.local;
                candidate.budget = candidate.budget.saturating_add(credit);
            }
            _ => {
                self.candidate = Some(Candidate {
                    route: seen.from,
                    token: PathToken(self.rng.bytes()),
                    budget: credit,
                    next: now,
                    give_up: now + Duration::from_millis(PATH_CHALLENGE_TIMEOUT_MS),
                });
            }
        }
    }

    /// Takes a response from there; gives the move, if it proves the candidate.
    pub(super) fn answered(&mut self, from: Route, token: PathToken) -> Option<(SocketAddr, SocketAddr)> {
        self.candidate.take_if(|candidate| candidate.route.addr == from.addr && candidate.token == token)?;
        self.relocate(from)
    }

    /// Moves to a path that was proved.
    pub(super) fn relocate(&mut self, route: Route) -> Option<(SocketAddr, SocketAddr)> {
        let before = core::mem::replace(&mut self.route, route).addr;
        self.candidate = None;
        (before != route.addr).then_some((before, route.addr))
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        self.candidate.take_if(|candidate| now >= candidate.give_up);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.candidate.as_ref().map(|candidate| candidate.next.min(candidate.give_up))
    }

    /// The next challenge, of `len` octets, if it is due and the candidate may get that much.
    pub(super) fn poll(&mut self, now: Instant, len: usize) -> Option<(PathToken, Route)> {
        let candidate = self.candidate.as_mut()?;
        if now < candidate.next {
            return None;
        }
        candidate.next = now + Duration::from_millis(PATH_CHALLENGE_RETRY_MS);
        candidate.budget = candidate.budget.checked_sub(len)?;
        Some((candidate.token, candidate.route))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(text: &str) -> Route {
        Route { addr: text.parse().expect("an address"), local: None }
    }

    fn seen(from: Route, len: usize) -> Seen {
        Seen { from, len, may_move: true }
    }

    const A: &str = "10.0.0.1:1";
    const B: &str = "10.0.0.2:1";

    #[test]
    fn a_new_address_counts_only_after_it_answered() {
        let mut path = Path::new(route(A), Rng::from_number(1));
        let now = Instant::EPOCH;
        path.seen(now, &seen(route(B), 40));
        let (token, to) = path.poll(now, 40).expect("a challenge is not blocked by the limit");
        assert_eq!((to, path.route()), (route(B), route(A)));
        assert_eq!(path.answered(route(A), token), None, "an answer from elsewhere proves nothing");
        assert_eq!(path.answered(route(B), PathToken([0; 8])), None, "nor does another token");
        assert_eq!(path.answered(route(B), token), Some((route(A).addr, route(B).addr)));
        assert_eq!(path.route(), route(B));
    }

    #[test]
    fn a_silent_candidate_gets_at_most_three_times_what_came_from_it_and_is_given_up() {
        let mut path = Path::new(route(A), Rng::from_number(1));
        let mut now = Instant::EPOCH;
        path.seen(now, &seen(route(B), 50));
        let mut sent = 0;
        while let Some(at) = path.deadline() {
            now = at;
            path.timeout(now);
            sent += path.poll(now, 40).map_or(0, |_| 40);
        }
        assert_eq!(sent, 120);
        assert_eq!(now, Instant::from_micros(3_000_000));
        assert_eq!(path.route(), route(A));
    }

    #[test]
    fn a_peer_heard_again_at_its_old_address_stays_there() {
        let mut path = Path::new(route(A), Rng::from_number(1));
        path.seen(Instant::EPOCH, &seen(route(B), 40));
        path.seen(Instant::EPOCH, &seen(route(A), 40));
        assert!(path.poll(Instant::EPOCH, 40).is_none());
        assert!(path.deadline().is_none());
    }
}
