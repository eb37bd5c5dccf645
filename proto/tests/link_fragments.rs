//! Long messages: what is acknowledged of one is never lost, however the rest of it fares. The wire here is in the test's
//! hand: it decides of each fragment whether it arrives.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_proto::limits::{FRAGMENT_MAX_LEN, FRAMES_MAX_LEN, MESSAGE_MAX_LEN, PING_INTERVAL_MS, REASSEMBLY_STALE_S};
use chinwag_proto::link::{Config, Event, Link, Lookup, Role, Sink, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::{Channel, Fragment, Frame, Frames};
use chinwag_proto::wire::id::RoomId;

const MS: u64 = 1_000;
const S: u64 = 1_000_000;
/// The message that the tests are about.
const A: RoomId = RoomId(1);
/// A room with other long messages.
const B: RoomId = RoomId(2);

/// The bodies of rooms' messages.
struct Bodies(BTreeMap<(RoomId, u64), Vec<u8>>);

impl Source for Bodies {
    fn entry(&mut self, room: RoomId, number: u64) -> Lookup<'_> {
        match self.0.get(&(room, number)) {
            Some(body) => Lookup::Ready(body),
            None => Lookup::Absent,
        }
    }
}

/// What was handed up: room, number, length; and up to where without a gap.
#[derive(Default)]
struct Got(Vec<(RoomId, u64, usize)>, BTreeMap<RoomId, u64>);

impl Sink for Got {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Message { channel: Channel::Room(room), number, contiguous_upto, body } = event {
            self.0.push((room, number, body.len()));
            self.1.insert(room, contiguous_upto);
        }
    }
}

/// One end sends rooms, the other receives them.
struct Wire {
    sender: Link,
    receiver: Link,
    now: Instant,
    /// How much more time has passed for the receiver.
    ahead_us: u64,
    bodies: Bodies,
    got: Got,
}

impl Wire {
    fn new(from: Role) -> Self {
        let now = Instant::from_micros(10 * S);
        let config = |role| Config {
            role,
            ping_interval: Duration::from_millis(PING_INTERVAL_MS),
            peer_ack_delay: Duration::ZERO,
            ack_delay: Duration::ZERO,
            speculative: true,
            messages_per_s: None,
        };
        let to = if from == Role::Server { Role::Client } else { Role::Server };
        let link = |role| Link::new(config(role), now, Some(Duration::from_millis(1)), Rng::from_number(1));
        let (sender, receiver) = (link(from), link(to));
        let mut wire =
            Self { sender, receiver, now, ahead_us: 0, bodies: Bodies(BTreeMap::new()), got: Got::default() };
        for room in [A, B] {
            wire.sender.open(room, 0).unwrap();
        }
        wire
    }

    /// The sender has a further message.
    fn says(&mut self, room: RoomId, number: u64, len: usize) {
        self.bodies.0.insert((room, number), vec![room.0 as u8; len]);
        self.sender.advance(room, number);
    }

    /// Time goes on, in steps, with all that is sent; fragments for which `lost` holds do not arrive, nor does what is with
    /// them.
    fn run(&mut self, us: u64, mut lost: impl FnMut(&Fragment<'_>) -> bool) {
        let until = self.now.plus_micros(us);
        while self.now < until {
            let mut out = [0; FRAMES_MAX_LEN];
            while let Some(packet) = self.sender.poll(self.now, &mut self.bodies, &mut out) {
                let mut is_lost = |frame: Frame<'_>| matches!(frame, Frame::Fragment(fragment) if lost(&fragment));
                if !Frames::new(&out[..packet.len]).any(|frame| is_lost(frame.unwrap())) {
                    self.receiver.receive(self.theirs(), packet.number, &out[..packet.len], &mut self.got).unwrap();
                }
            }
            while let Some(packet) = self.receiver.poll(self.theirs(), &mut self.bodies, &mut out) {
                self.sender.receive(self.now, packet.number, &out[..packet.len], &mut Got::default()).unwrap();
            }
            self.now = self.now.plus_micros(5 * MS);
            self.sender.timeout(self.now, &mut Got::default());
            self.receiver.timeout(self.theirs(), &mut self.got);
        }
    }

    /// What time it is for the receiver.
    const fn theirs(&self) -> Instant {
        self.now.plus_micros(self.ahead_us)
    }

    fn has(&self, room: RoomId, number: u64) -> bool {
        self.got.0.iter().any(|got| (got.0, got.1) == (room, number))
    }
}

const fn is(fragment: &Fragment<'_>, room: RoomId, index: u8) -> bool {
    matches!(fragment.channel, Channel::Room(id) if id.0 == room.0) && fragment.index == index
}

/// Leaves half of two long messages in the receiver's budget, of rooms that the sender then shuts.
fn fill(wire: &mut Wire) {
    for room in [RoomId(8), RoomId(9)] {
        wire.sender.open(room, 0).unwrap();
        wire.says(room, 1, 40 * FRAGMENT_MAX_LEN);
        wire.run(50 * MS, |fragment| is(fragment, room, 3));
        wire.sender.shut(room);
    }
}

#[test]
fn what_was_acknowledged_of_a_message_that_stood_still_is_not_lost() {
    for from in [Role::Server, Role::Client] {
        let mut wire = Wire::new(from);
        fill(&mut wire);
        wire.says(A, 1, 20 * FRAGMENT_MAX_LEN);
        wire.run((REASSEMBLY_STALE_S + 1) * S, |fragment| is(fragment, A, 7));
        // Others need the room of all that stood still, and get it.
        wire.sender.shut(B);
        for room in 20..24 {
            let room = RoomId(room);
            wire.sender.open(room, 0).unwrap();
            wire.says(room, 1, 28 * FRAGMENT_MAX_LEN);
            wire.run(100 * MS, |fragment| is(fragment, A, 7) || is(fragment, room, 3));
            wire.sender.shut(room);
        }
        // It goes out anew, and finds room as soon as those have stood still for as long.
        wire.run((REASSEMBLY_STALE_S + 5) * S, |_| false);
        assert!(wire.sender.is_drained(), "{from:?}");
        assert_eq!(
            wire.got.0.iter().filter(|got| got.0 == A).collect::<Vec<_>>(),
            [&(A, 1, 20 * FRAGMENT_MAX_LEN)],
            "{from:?}"
        );
    }
}

#[test]
fn a_peer_that_could_not_be_heard_goes_on_where_it_was() {
    let mut wire = Wire::new(Role::Server);
    fill(&mut wire);
    wire.says(A, 1, 20 * FRAGMENT_MAX_LEN);
    wire.run(S, |fragment| is(fragment, A, 7));
    // The sender sleeps, and its clock with it; the receiver's goes on.
    wire.ahead_us = 10 * REASSEMBLY_STALE_S * S;
    wire.says(B, 1, 30 * FRAGMENT_MAX_LEN);
    wire.run(S, |fragment| is(fragment, A, 7));
    assert!(!wire.has(B, 1), "nothing gave way");
    wire.receiver.forget(RoomId(8));
    wire.run(5 * S, |_| false);
    assert!(wire.has(A, 1) && wire.has(B, 1), "{:?}", wire.got.0);
}

#[test]
fn a_message_that_is_removed_between_two_of_its_fragments_holds_up_nothing() {
    for from in [Role::Server, Role::Client] {
        let mut wire = Wire::new(from);
        wire.says(A, 1, MESSAGE_MAX_LEN);
        // A few of its fragments go out and arrive, then it is no more.
        let mut out = [0; FRAMES_MAX_LEN];
        for _ in 0..5 {
            let packet = wire.sender.poll(wire.now, &mut wire.bodies, &mut out).unwrap();
            wire.receiver.receive(wire.now, packet.number, &out[..packet.len], &mut wire.got).unwrap();
        }
        wire.bodies.0.clear();
        for number in 2..=400 {
            wire.says(A, number, 10);
            wire.run(5 * MS, |_| false);
        }
        wire.run(S, |_| false);
        assert!(wire.sender.is_drained(), "{from:?}");
        assert_eq!((wire.got.0.len(), wire.got.1.get(&A)), (399, Some(&400)), "{from:?}: all others, and no gap");
    }
}

#[test]
fn what_is_left_of_a_room_gives_its_place_to_others() {
    // By word of the application, once the other end has said that it sends no more.
    let mut wire = Wire::new(Role::Server);
    fill(&mut wire);
    wire.says(A, 1, MESSAGE_MAX_LEN);
    wire.run(S, |_| false);
    assert!(!wire.has(A, 1), "there is no room for the largest");
    wire.receiver.forget(RoomId(8));
    wire.receiver.forget(RoomId(9));
    wire.run(S, |_| false);
    assert!(wire.has(A, 1));
    // And where the sender goes on behind it.
    let mut wire = Wire::new(Role::Server);
    fill(&mut wire);
    for room in [RoomId(8), RoomId(9)] {
        wire.bodies.0.remove(&(room, 1));
        wire.sender.open(room, 1).unwrap();
        wire.says(room, 2, 10);
    }
    wire.says(A, 1, MESSAGE_MAX_LEN);
    wire.run(S, |_| false);
    assert!(wire.has(A, 1) && wire.has(RoomId(8), 2));
}
