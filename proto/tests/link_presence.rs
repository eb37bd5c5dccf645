//! What is sent in its newest state only: presence, cursors, typing notices.
#![expect(clippy::unwrap_used, reason = "tests")]

use chinwag_proto::link::{Event, Lookup};
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{PresenceVersion, RoomId, RoomSeq};
use chinwag_simnet::pair::{End, Impairments, Pair, PresenceSpan, World};

const ROOM: RoomId = RoomId(1);
const ACCOUNTS: u64 = 40;

/// A room in which accounts come and go. Account `n` changed last with `versions[n]`.
#[derive(Default)]
struct Roster {
    versions: Vec<u64>,
    seen: Vec<u64>,
    /// Every state that arrived: account and version.
    news: Vec<(usize, u64)>,
    cursors: Vec<u64>,
    typing: u64,
}

impl World for Roster {
    fn entry(&mut self, _: End, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Absent
    }

    /// Nine octets for each account: which, and its version.
    fn presence(
        &mut self,
        _: End,
        _: RoomId,
        PresenceSpan { after, upto }: PresenceSpan,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        let mut current: Vec<_> = (0..).zip(&self.versions).map(|(account, &version)| (version, account)).collect();
        current.retain(|&(version, _): &(u64, u8)| after.0 < version && version <= upto.0);
        current.sort_unstable();
        let fitting = current.len().min(out.len() / 9).min(20);
        for (slot, (version, account)) in out.chunks_exact_mut(9).zip(&current[..fitting]) {
            slot[0] = *account;
            slot[1..].copy_from_slice(&version.to_le_bytes());
        }
        let last = if fitting == current.len() { upto } else { PresenceVersion(current.get(fitting - 1)?.0) };
        (fitting > 0).then_some((fitting * 9, last))
    }

    fn event(&mut self, _: Instant, _: End, event: Event<'_>) {
        match event {
            Event::Message { channel: Channel::Presence(ROOM), body, .. } => {
                for state in body.chunks_exact(9) {
                    let (account, version) =
                        (usize::from(state[0]), u64::from_le_bytes(state[1..].try_into().unwrap()));
                    self.news.push((account, version));
                    self.seen[account] = self.seen[account].max(version);
                }
            }
            Event::Message { channel: Channel::Typing(ROOM), .. } => self.typing += 1,
            Event::Cursor { room: ROOM, upto } => self.cursors.push(upto.0),
            Event::Liveness(_) | Event::Acked { .. } => {}
            Event::Message { .. }
            | Event::Cursor { .. }
            | Event::PathChallenge(_)
            | Event::PathResponse(_)
            | Event::Close { .. } => panic!("{event:?}"),
        }
    }
}

fn pair(loss: f64, seed: u64) -> Pair {
    let path = Impairments { delay_us: 10_000, loss, rate_per_s: None, mtu: None };
    let mut pair = Pair::new(path, path, true, seed);
    pair.link(End::Server).open(ROOM, 0).unwrap();
    pair
}

#[test]
fn presence_converges_and_what_was_overtaken_is_never_sent_again() {
    for (loss, seed) in [(0.0, 1), (0.2, 2), (0.5, 3)] {
        let mut pair = pair(loss, seed);
        let accounts = ACCOUNTS as usize;
        let mut roster = Roster { versions: vec![0; accounts], seen: vec![0; accounts], ..Roster::default() };
        for version in 1..=1_000_u64 {
            roster.versions[(version * 7 % ACCOUNTS) as usize] = version;
            let before = roster.news.len();
            pair.link(End::Server).advance_presence(ROOM, PresenceVersion(version));
            pair.run_for(if version % 100 == 0 { 300_000 } else { 1_000 }, &mut roster);
            // What arrives was current when it was sent, 10 ms ago.
            let stale = roster.news[before..].iter().filter(|news| news.1 + 12 + ACCOUNTS < version).count();
            assert_eq!(stale, 0, "seed {seed}, at version {version}");
        }
        pair.run_for(10_000_000, &mut roster);
        assert_eq!(roster.seen, roster.versions, "seed {seed}");
        assert!(pair.link(End::Server).is_drained(), "seed {seed}");
    }
}

#[test]
fn the_newest_cursor_arrives_and_few_of_the_others() {
    for (loss, seed) in [(0.0, 1), (0.3, 2)] {
        let mut pair = pair(loss, seed);
        let mut roster = Roster::default();
        for upto in 1..=1_000 {
            pair.link(End::Client).cursor(ROOM, RoomSeq(upto));
            pair.run_for(1_000, &mut roster);
        }
        pair.run_for(5_000_000, &mut roster);
        assert_eq!(roster.cursors.iter().max(), Some(&1_000), "seed {seed}");
        assert!(roster.cursors.len() < 100, "{} cursors in a second", roster.cursors.len());
        assert!(pair.link(End::Client).is_drained(), "seed {seed}");
    }
}

#[test]
fn typing_notices_go_once() {
    let mut pair = pair(0.5, 4);
    let mut roster = Roster::default();
    for _ in 0..400 {
        pair.link(End::Client).typing(ROOM, vec![1]);
        pair.run_for(50_000, &mut roster);
    }
    assert!((150..250).contains(&roster.typing), "half of 400 arrive, none is sent again: {}", roster.typing);
}
