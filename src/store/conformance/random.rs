//! Two stores that get the same, at random, and must answer alike: one of them the model, the other what is tested.

use std::time::Duration;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::{BootId, Instant, Uptime};
use chinwag_proto::wire::id::LogId;
use chinwag_proto::wire::message::Fact;

use super::*;
use crate::{Reading, Retention, Scopes, Snapshot, Texts, Timekeeping};

const NAMES: [&str; 9] = ["ann", "Ann", "bob", "b0b", "bbob", "cat", "dan", "eve", "Eve"];
const WORDS: [&str; 8] = ["apple", "Apple pie", "banana", "東京", "東京都", "pié", "app", "..."];

/// Does `rounds` batches of random writes to both, asks both the same after each, and restarts both now and then.
pub(crate) fn alike<A: Store, B: Store>(
    seed: u64,
    rounds: usize,
    (mut one, reopen_one): (A, &dyn Fn(A) -> A),
    (mut other, reopen_other): (B, &dyn Fn(B) -> B),
) {
    let mut rng = Rng::from_number(seed);
    let mut clock = 1_000;
    for round in 0..rounds {
        clock += rng.below(50);
        let batch: Vec<_> = (0..1 + rng.below(8)).map(|_| write(&mut rng, clock)).collect();
        assert_eq!(
            one.commit(&batch).map(anonymous),
            other.commit(&batch).map(anonymous),
            "seed {seed}, round {round}: {batch:#?}"
        );
        for _ in 0..3 {
            let query = query(&mut rng, clock);
            let (expected, found) = (one.query(&query).map(unmarked), other.query(&query).map(unmarked));
            assert_eq!(expected, found, "seed {seed}, round {round}: {query:?}");
        }
        let (count, bytes) = (rng.below(20) as usize, 1 + rng.below(500) as usize);
        let range = Range { room: room_id(&mut rng), after: number(&mut rng), count, bytes };
        assert_eq!(one.load(range), other.load(range), "seed {seed}, round {round}: {range:?}");
        if rng.chance(0.02) {
            one = reopen_one(one);
            other = reopen_other(other);
        }
        if rng.chance(0.1) {
            assert_eq!(one.snapshot().map(unnamed), other.snapshot().map(unnamed), "seed {seed}, round {round}");
        }
    }
}

/// Identities of logs are each store's own, and so is how many steps it takes to compact it.
fn anonymous(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are the same")]
    let anonymous = |outcome| match outcome {
        Outcome::Room(room) => Outcome::Room(Box::new(Room { log: LogId::default(), ..*room })),
        Outcome::Compacted { .. } => Outcome::Compacted { is_more: false },
        other => other,
    };
    outcomes.into_iter().map(anonymous).collect()
}

fn unnamed(snapshot: Snapshot) -> Snapshot {
    let rooms = snapshot.rooms.into_iter().map(|room| Room { log: LogId::default(), ..room });
    Snapshot { rooms: rooms.collect(), epochs: snapshot.epochs.unnamed(), ..snapshot }
}

/// Marks are each store's own; that there is a next page is not.
fn unmarked(results: Results) -> (Results, bool) {
    match results {
        Results::Found(mut found) => {
            let has_next = found.next.take().is_some();
            (Results::Found(found), has_next)
        }
        Results::Pages { .. } => (results, false),
    }
}

fn account_id(rng: &mut Rng) -> AccountId {
    AccountId(rng.below(6))
}

fn room_id(rng: &mut Rng) -> RoomId {
    RoomId(rng.below(6))
}

fn number(rng: &mut Rng) -> RoomSeq {
    RoomSeq(if rng.chance(0.02) { u64::MAX } else { rng.below(60) })
}

fn device(rng: &mut Rng) -> PublicKey {
    PublicKey([rng.below(8) as u8; 32])
}

fn hash(rng: &mut Rng) -> [u8; 32] {
    [rng.below(3) as u8; 32]
}

fn access(rng: &mut Rng) -> Access {
    [Access::Public, Access::Password, Access::Invite, Access::Private][rng.below(4) as usize]
}

fn pick(rng: &mut Rng, of: &[&str]) -> String {
    of[rng.below(of.len() as u64) as usize].to_owned()
}

fn maybe<T>(rng: &mut Rng, value: T) -> Option<T> {
    rng.chance(0.5).then_some(value)
}

fn write(rng: &mut Rng, clock: u64) -> Write {
    let (account, room) = (account_id(rng), room_id(rng));
    match rng.below(40) {
        0 | 1 => {
            let (device, invite) = (device(rng), hash(rng));
            let invite = rng.chance(0.3).then_some(invite);
            let at = at(clock);
            let is_vouched = rng.chance(0.2);
            Write::Account(NewAccount { device, invite, is_vouched, at, ..new_account(&pick(rng, &NAMES), device) })
        }
        2 => Write::Enrol { account, device: device(rng), label: pick(rng, &NAMES), at: at(clock) },
        3 => Write::Revoke { account, device: device(rng) },
        4 => Write::Password { account, phc: pick(rng, &NAMES) },
        5 if rng.chance(0.1) => Write::Unregister { account },
        5 if rng.chance(0.3) => Write::Vouch { account, at: maybe(rng, at(clock)) },
        6 => {
            let scopes = Scopes { read: rng.chance(0.5), write: rng.chance(0.5), rooms: maybe(rng, vec!["a".into()]) };
            Write::Token { account, hash: hash(rng), label: pick(rng, &NAMES), scopes, until: maybe(rng, at(clock)) }
        }
        7 if rng.chance(0.3) => Write::Expire { before: at(clock.saturating_sub(20)) },
        7 if rng.chance(0.3) => Write::Compact,
        7 => Write::RevokeToken { hash: hash(rng) },
        8 => Write::Invite { hash: hash(rng), uses: rng.below(3) as u32, until: maybe(rng, at(clock + 100)) },
        9 | 10 => {
            let (access, owner) = (access(rng), maybe(rng, account));
            super::room(&pick(rng, &NAMES), access, owner)
        }
        11 => Write::Direct { one: account, other: account_id(rng) },
        12..=15 => Write::Enter { room, account },
        16 => Write::Leave { room, account },
        17 => Write::Mark { room, account, delivered: number(rng), read: number(rng), shown_read: number(rng) },
        18 if rng.chance(0.5) => {
            let retention = match rng.below(4) {
                0 => Retention::Forever,
                1 => Retention::For(Duration::from_millis(rng.below(2_000))),
                2 => Retention::Last(rng.below(20)),
                _ => Retention::Ephemeral,
            };
            Write::Retain { room, retention }
        }
        19 | 20 => Write::Prune { room, at: (!rng.chance(0.1)).then_some(at(clock)) },
        21 => Write::Redate { room, now: at(clock.saturating_sub(rng.below(60))) },
        22 if rng.chance(0.3) => Write::Timekeeping(timekeeping(rng, clock)),
        _ => Write::Append(entry(rng, clock, room, account)),
    }
}

fn timekeeping(rng: &mut Rng, clock: u64) -> Timekeeping {
    let uptime = Uptime { boot: BootId(rng.u64()), since: Instant::from_micros(rng.u64()) };
    let (believed, doubted) = (maybe(rng, at(clock)), maybe(rng, at(clock + 1)));
    let [believed, doubted] = [believed, doubted].map(|wall| wall.map(|wall| Reading { wall, uptime }));
    let waited = Duration::from_micros(rng.below(1 << 40));
    Timekeeping { believed, is_set_back: rng.chance(0.5), ended: at(clock), doubted, waited }
}

fn entry(rng: &mut Rng, clock: u64, room: RoomId, author: AccountId) -> Append {
    let (of, who) = (number(rng), account_id(rng));
    let text = pick(rng, &WORDS);
    let act = |change| (Body::Topic("x".to_owned()), change);
    let (body, change) = match rng.below(30) {
        0..=4 => (Body::Edit { of, text }, Change::Edit(of)),
        5 | 6 => (Body::Delete { of }, Change::Delete { of, any_author: rng.chance(0.5) }),
        7 | 8 => (Body::Reply { to: of, text }, Change::About(of)),
        9 => act(Change::Topic(text)),
        10 => act(Change::Role(who, [Role::Member, Role::Moderator, Role::Owner][rng.below(3) as usize])),
        11 => act(Change::Kick(who)),
        12 => act(Change::Ban(who, maybe(rng, at(clock)))),
        13 => act(Change::Unban(who)),
        14 => act(Change::Mute(who, maybe(rng, at(clock)))),
        15 => act(Change::Unmute(who)),
        16 => act(Change::Invite(who)),
        17 => act(Change::Open(access(rng), maybe(rng, text))),
        18 if rng.chance(0.5) => act(Change::Fact(Fact::Rules(format!("rule {}", rng.below(9))))),
        18 => act(Change::Fact(Fact::Slow(rng.below(9) as u32))),
        19 | 20 => act(Change::Pin { of, is_set: rng.chance(0.8) }),
        _ => (Body::Text(text), Change::None),
    };
    // Ids come again now and then, with the same entry or another.
    let from = (device(rng), rng.below(200));
    let ms = clock.saturating_sub(rng.below(30));
    let unless_repeated = rng.chance(0.05).then_some(Refusal::Muted);
    Append { unless_repeated, ..append(room, author, from, body, change, ms) }
}

fn query(rng: &mut Rng, clock: u64) -> Query {
    let (account, count, bytes) = (account_id(rng), rng.below(12) as usize, 1 + rng.below(500) as usize);
    if rng.chance(0.2) {
        let (room, mut numbers) = (room_id(rng), vec![number(rng), number(rng), number(rng)]);
        numbers.sort();
        return Query::Texts(Texts { account, room, numbers, bytes });
    }
    if rng.chance(0.5) {
        let place = number(rng);
        let position = match rng.below(4) {
            0 => Position::Before(place),
            1 => Position::After(place),
            2 => Position::Around(place),
            _ => Position::Since(at(clock.saturating_sub(rng.below(1_000)))),
        };
        return Query::Pages(Pages { account, room: room_id(rng), position, count, bytes });
    }
    let (room, only) = (room_id(rng), vec![room_id(rng), room_id(rng)]);
    let (room, only) = (rng.chance(0.3).then_some(room), rng.chance(0.2).then_some(only));
    Query::Search(Search { account, room, only, words: pick(rng, &WORDS), after: None, count, bytes })
}
