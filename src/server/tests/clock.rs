//! Clocks that jump: what is destroyed waits, what was granted ends and stays so.

use std::time::Duration;

use chinwag_proto::wire::message::{Act, Fact, hash};

use super::*;
use crate::notice::Notice;
use crate::timekeeper::ClockTurn;
use chinwag_store::{Retention, Scopes};

const DONE: Notice = Notice::Answered(OperatorTag(1), Ok(()));
const HOUR_MS: u64 = 3_600_000;
const YEARS_MS: u64 = 70 * 365 * 24 * HOUR_MS;

impl House {
    /// The wall clock is set to another time.
    fn set_wall(&mut self, change: impl FnOnce(u64) -> u64) {
        self.now.wall = WallTime::from_unix_millis(change(self.now.wall.as_unix_millis()));
    }

    /// The lobby as it is stored: whether each body is there.
    fn bodies(&mut self, room: RoomId) -> Vec<bool> {
        let range = chinwag_store::Range { room, after: RoomSeq(0), count: 99, bytes: 1 << 20 };
        self.store.load(range).expect("readable").entries.iter().map(|entry| !entry.is_empty()).collect()
    }

    fn turns(&mut self) -> Vec<ClockTurn> {
        let turn = |notice: Notice| if let Notice::ClockTurned(turn) = notice { Some(turn) } else { None };
        self.notices.drain(..).filter_map(turn).collect()
    }
}

/// A house with a room that keeps what was said for a day, and two messages in it.
fn house() -> (House, SessionId, RoomId) {
    let mut house = House::new();
    house.pass(0);
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("joined").id;
    let retention = Retention::For(Duration::from_secs(24 * 3_600));
    assert_eq!(house.operate(Operation::Retain { room: LOBBY.into(), retention }), DONE);
    for word in ["one", "two"] {
        house.post(ann, room, text(word)).expect("stored");
    }
    (house, ann, room)
}

fn until(house: &House, ms: u64) -> Option<WallTime> {
    Some(house.now.wall.plus(Duration::from_millis(ms)))
}

#[test]
fn a_clock_that_jumps_ahead_removes_nothing_until_it_is_confirmed() {
    let (mut house, ann, room) = house();
    house.set_wall(|ms| ms + YEARS_MS);
    house.pass(HOUR_MS);
    assert_eq!(house.bodies(room), [true; 2]);
    assert!(matches!(house.turns().as_slice(), [ClockTurn::Doubted { .. }]), "the operator is told, once");
    assert_eq!(house.operate(Operation::Prune { room: LOBBY.into() }), Notice::AgeUnsure(OperatorTag(1)));
    house.post(ann, room, text("three")).expect("stored");
    assert_eq!(house.operate(Operation::ConfirmClock), DONE);
    house.pass(1);
    assert_eq!(house.bodies(room), [false, false, true]);
}

#[test]
fn a_clock_that_jumps_while_no_server_runs_removes_nothing_either() {
    let (mut house, _, room) = house();
    house.pass(HOUR_MS);
    let (wall, mono) = (house.now.wall, house.now.mono);
    house = house.restarted();
    (house.now.wall, house.now.mono, house.now.uptime.since) = (wall, mono, mono);
    house.set_wall(|ms| ms + YEARS_MS);
    house.pass(1);
    assert_eq!(house.bodies(room), [true; 2]);
    house.set_wall(|ms| ms - YEARS_MS);
    house.pass(23 * HOUR_MS + 60_000);
    assert_eq!(house.bodies(room), [false; 2], "their time has come by a clock that agrees");
}

#[test]
fn what_was_said_while_the_clock_was_ahead_is_kept_no_longer_than_the_rest() {
    let (mut house, ann, room) = house();
    house.set_wall(|ms| ms + YEARS_MS);
    house.post(ann, room, text("in the year 2093")).expect("stored");
    house.set_wall(|ms| ms - YEARS_MS);
    house.post(ann, room, text("back")).expect("stored");
    house.pass(HOUR_MS);
    house.pass(22 * HOUR_MS);
    assert_eq!(house.bodies(room), [true; 4]);
    house.set_wall(|ms| ms + YEARS_MS);
    house.pass(HOUR_MS / 2);
    house.set_wall(|ms| ms - YEARS_MS);
    house.pass(3 * HOUR_MS);
    assert_eq!(house.bodies(room), [false; 4]);
}

#[test]
fn what_was_said_while_the_clock_was_behind_is_kept_as_long_as_the_rest() {
    let (mut house, ann, room) = house();
    house.set_wall(|_| 1_000);
    house.post(ann, room, text("in the year 1970")).expect("stored");
    let other = house.join(ann, "den").expect("joined").id;
    let retention = Retention::For(Duration::from_secs(24 * 3_600));
    assert_eq!(house.operate(Operation::Retain { room: "den".into(), retention }), DONE);
    house.post(ann, other, text("in a new room")).expect("stored");
    house.pass(2 * HOUR_MS);
    house.set_wall(|ms| ms - 1_000 + 1_700_000_000_000);
    house.pass(20 * HOUR_MS);
    assert_eq!((house.bodies(room), house.bodies(other)), (vec![true; 3], vec![true]));
    house.pass(3 * HOUR_MS);
    assert_eq!((house.bodies(room), house.bodies(other)), (vec![false; 3], vec![false]));
}

#[test]
fn what_was_granted_ends_at_the_later_of_the_clock_and_what_was_seen_and_never_revives() {
    let (mut house, _, _) = house();
    let scopes = Scopes { read: true, write: true, rooms: None };
    let (label, expires) = ("ci".to_owned(), until(&house, 2 * HOUR_MS));
    let make = Operation::MakeToken { account: "ann".into(), hash: hash(b"t"), label, scopes, until: expires };
    assert_eq!(house.operate(make.clone()), DONE);
    house.operate(Operation::SetRegistration(crate::Registration::Invited));
    assert_eq!(house.operate(Operation::MakeInvite { hash: hash(b"i"), uses: 2, until: expires }), DONE);
    let try_both = |house: &mut House, device: u8| {
        let id = house.connect(device);
        let token = house.ask(id, Request::Token(secret("t"))).map(drop);
        let id = house.connect(device + 1);
        let register = Request::Register {
            name: format!("guest{device}"),
            invite: Some(secret("i")),
            password: None,
            device: "cat".to_owned(),
        };
        (token, house.ask(id, register).map(drop))
    };
    let over = (Err(Refusal::TokenInvalid), Err(Refusal::InviteInvalid));
    assert_eq!(try_both(&mut house, 20), (Ok(()), Ok(())));
    house.set_wall(|ms| ms + YEARS_MS);
    assert_eq!(try_both(&mut house, 30), over, "it does not wait");
    house.set_wall(|ms| ms - YEARS_MS);
    assert_eq!(try_both(&mut house, 40), over);
    house.pass(1);
    let (wall, mono) = (house.now.wall, house.now.mono);
    house = House::of(Config { registration: crate::Registration::Invited, ..Config::default() }, house.store);
    (house.now.wall, house.now.mono, house.now.uptime.since) = (wall, mono, mono);
    assert_eq!(try_both(&mut house, 50), over, "nor after a restart");
    let late = house.operate(Operation::MakeInvite { hash: hash(b"j"), uses: 1, until: until(&house, HOUR_MS) });
    assert!(matches!(late, Notice::OverAlready(..)), "the operator hears that it would never be valid: {late:?}");
    assert_eq!(house.operate(Operation::ConfirmClock), DONE);
    assert_eq!(try_both(&mut house, 60), (Ok(()), Ok(())), "the operator says that the clock was wrong");
}

#[test]
fn a_session_that_ended_with_its_token_does_not_come_back_when_the_clock_is_set_back() {
    let (mut house, _, _) = house();
    let scopes = Scopes { read: true, write: true, rooms: None };
    let expires = until(&house, HOUR_MS);
    let (account, label) = ("ann".to_owned(), "ci".to_owned());
    house.operate(Operation::MakeToken { account, hash: hash(b"t"), label, scopes, until: expires });
    let id = house.connect(7);
    house.ask(id, Request::Token(secret("t"))).expect("a welcome");
    house.set_wall(|ms| ms - 20 * HOUR_MS);
    house.pass(HOUR_MS + 1);
    assert!(house.heard(id).iter().any(|told| matches!(told, Told::Closed(..))), "its hour is over");
    let id = house.connect(8);
    assert_eq!(house.ask(id, Request::Token(secret("t"))), Err(Refusal::TokenInvalid));
}

#[test]
fn a_clock_that_jumps_lifts_no_ban_and_ends_no_mute() {
    let (mut house, ann, room) = house();
    let bob = house.enter(2, "bob");
    house.join(bob, LOBBY).expect("joined");
    let eve = house.enter(3, "eve");
    let (who, expires) = (|name: &str| name.to_owned(), until(&house, 2 * HOUR_MS));
    house.post(ann, room, Body::Act(Act::Mute { who: who("bob"), until: expires })).expect("stored");
    house.post(ann, room, Body::Act(Act::Ban { who: who("eve"), until: expires })).expect("stored");
    house.set_wall(|ms| ms + YEARS_MS);
    assert_eq!(house.post(bob, room, text("again")), Err(Refusal::Muted));
    assert_eq!(house.join(eve, LOBBY).map(drop), Err(Refusal::Banned));
    house.pass(2 * HOUR_MS);
    house.post(bob, room, text("again")).expect("its time is over by the clock that nobody sets");
    house.join(eve, LOBBY).expect("hers, too");
    house.set_wall(|ms| ms - YEARS_MS - HOUR_MS * 20);
    house.post(bob, room, text("and again")).expect("what is over stays so");
}

#[test]
fn a_clock_that_is_set_back_silences_nobody_in_slow_mode() {
    let (mut house, ann, room) = house();
    house.post(ann, room, Body::Act(Act::Set(Fact::Slow(10)))).expect("stored");
    let bob = house.enter(2, "bob");
    house.join(bob, LOBBY).expect("joined");
    house.post(bob, room, text("one")).expect("stored");
    assert_eq!(house.post(bob, room, text("two")), Err(Refusal::SlowMode));
    house.set_wall(|ms| ms - 20 * HOUR_MS);
    house.pass(10_000);
    house.post(bob, room, text("two")).expect("ten seconds are over");
}

/// A house in a world that knows the true time.
struct World {
    house: House,
    rng: Rng,
    ann: SessionId,
    rooms: [RoomId; 2],
    /// The true time, in ms since the beginning, and how far the wall clock is from it.
    true_ms: u64,
    off_ms: i64,
    /// When each entry was said, by the true time.
    said: BTreeMap<(RoomId, RoomSeq), u64>,
    /// Tokens that were made, and whether they were refused since.
    tokens: Vec<bool>,
    sessions: u8,
}

const START_MS: i64 = 1_700_000_000_000;
const DAY_MS: u64 = 24 * HOUR_MS;

impl World {
    fn new(seed: u64) -> Self {
        let mut house = House::new();
        house.pass(0);
        let ann = house.enter(1, "ann");
        let rooms = [LOBBY, "den"].map(|room| house.join(ann, room).expect("joined").id);
        for room in [LOBBY, "den"] {
            let retention = Retention::For(Duration::from_secs(24 * 3_600));
            assert_eq!(house.operate(Operation::Retain { room: room.into(), retention }), DONE);
        }
        let (rng, said, tokens) = (Rng::from_number(seed), BTreeMap::new(), Vec::new());
        Self { house, rng, ann, rooms, true_ms: 0, off_ms: 0, said, tokens, sessions: 1 }
    }

    /// The wall clock says what it says.
    fn set(&mut self) {
        let ms = START_MS + i64::try_from(self.true_ms).expect("days") + self.off_ms;
        self.house.now.wall = WallTime::from_unix_millis(u64::try_from(ms).unwrap_or(0));
    }

    fn pass(&mut self, ms: u64) {
        let mut left = ms;
        while left > 0 {
            let step = left.min(10 * 60_000);
            left -= step;
            self.true_ms += step;
            self.house.now.mono = self.house.now.mono.plus_micros(step * 1_000);
            self.house.now.uptime.since = self.house.now.uptime.since.plus_micros(step * 1_000);
            self.set();
            self.house.chat.tick(self.house.now);
            self.house.settle();
        }
    }

    fn jump(&mut self) {
        let most = [60_000, 5 * HOUR_MS, YEARS_MS][self.rng.below(3) as usize];
        let some = i64::try_from(1 + self.rng.below(most)).expect("years");
        self.off_ms = [0, some, -some.min(START_MS)][self.rng.below(3) as usize];
        self.set();
    }

    /// Another process on the same store; `off_ms`: the machine was off for so long.
    fn restart(&mut self, off_ms: Option<u64>) {
        let before = self.house.now;
        let store = std::mem::replace(&mut self.house.store, Memory::new([0; 32]));
        self.house = House::of(Config::default(), store.restarted([self.sessions; 32]));
        self.house.now = before;
        self.house.now.mono = Instant::EPOCH;
        if let Some(off_ms) = off_ms {
            self.true_ms += off_ms;
            let up = &mut self.house.now.uptime;
            (up.boot.0, up.since) = (up.boot.0 + 1, Instant::EPOCH);
        }
        self.set();
        self.ann = self.house.enter(1, "ann");
        for room in [LOBBY, "den"] {
            self.house.join(self.ann, room).expect("a member");
        }
    }

    fn say(&mut self) {
        let room = self.rooms[self.rng.below(2) as usize];
        let number = self.house.store.snapshot().expect("readable").rooms.iter().find(|r| r.id == room).map(|r| r.head);
        let counter = 1_000 + self.said.len() as u64;
        let said = self.house.post_as(self.ann, room, counter, text("something")).expect("stored");
        assert_eq!(Some(said), number.map(RoomSeq::next));
        self.said.insert((room, said), self.true_ms);
    }

    fn nothing_went_early(&mut self) {
        for room in self.rooms {
            for (number, is_there) in (1..).map(RoomSeq).zip(self.house.bodies(room)) {
                let age_ms = self.true_ms - self.said[&(room, number)];
                assert!(is_there || age_ms + HOUR_MS >= DAY_MS, "{number} is gone after {} min", age_ms / 60_000);
            }
        }
    }

    fn make_token(&mut self) {
        let (account, scopes) = ("ann".to_owned(), Scopes { read: true, write: true, rooms: None });
        let (label, n) = (self.tokens.len().to_string(), self.tokens.len() as u8);
        let until = until(&self.house, 1 + self.rng.below(2 * DAY_MS));
        let make = Operation::MakeToken { account, hash: hash(&[b't', n]), label, scopes, until };
        let made = self.house.operate(make);
        if made == DONE {
            self.tokens.push(false);
        } else {
            assert!(matches!(made, Notice::OverAlready(..)), "{made:?}");
        }
    }

    /// What has ended stays so.
    fn try_tokens(&mut self) {
        for n in 0..self.tokens.len() {
            let id = self.house.connect(99);
            let token = Secret::from(format!("t{}", char::from(n as u8)));
            let is_refused = self.house.ask(id, Request::Token(token)).is_err();
            assert!(is_refused || !self.tokens[n], "token {n} is valid again");
            self.tokens[n] = is_refused;
        }
    }
}

#[test]
fn whatever_the_clock_does_nothing_goes_early_and_nothing_that_ended_revives() {
    for seed in 0..12 {
        let mut world = World::new(seed);
        for _ in 0..60 {
            match world.rng.below(10) {
                0..=2 => world.say(),
                3 => world.make_token(),
                4 => world.jump(),
                5 => world.restart(None),
                // The battery is well, or it is empty.
                6 => {
                    let off_ms = world.rng.below(3 * DAY_MS);
                    world.off_ms = if world.rng.chance(0.5) { 0 } else { -START_MS };
                    world.restart(Some(off_ms));
                }
                _ => {
                    // Nobody lets a clock be wrong for a day.
                    let ms = world.rng.below(20 * HOUR_MS);
                    world.pass(ms);
                    world.off_ms = 0;
                    world.set();
                    world.pass(1);
                }
            }
            world.nothing_went_early();
            world.try_tokens();
        }
    }
}
