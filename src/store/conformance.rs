//! What every store has to do. Each implementation's tests call [`check`].

use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::Refusal;

use super::{Kind, Outcome, Range, Room, Snapshot, Store, Write};

const ANN: PublicKey = PublicKey([1; 32]);
const BOB: PublicKey = PublicKey([2; 32]);

/// Checks the contract on new stores from `make`. `reopen` does what a restart does to one that was closed properly.
pub(crate) fn check<S: Store>(make: &dyn Fn() -> S, reopen: &dyn Fn(S) -> S) {
    accounts_belong_to_the_first_device(make());
    rooms_are_made_once(make());
    direct_logs_are_of_two(make());
    members_come_and_go(make());
    numbers_have_no_gap_and_rooms_are_apart(make());
    a_repeat_gives_the_same_number(make(), reopen);
    a_batch_is_applied_in_order(make());
    pages_are_bounded(make());
    everything_is_there_after_a_restart(make(), reopen);
}

fn one<S: Store>(store: &mut S, write: Write) -> Outcome {
    let mut outcomes = store.commit(&[write]).expect("a commit");
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn account(name: &str, device: PublicKey) -> Write {
    Write::Account { name: name.into(), device }
}

fn public(name: &str) -> Write {
    Write::Room { name: name.into() }
}

fn post(room: RoomId, device: PublicKey, counter: u64, text: &str) -> Write {
    let mut hash = [0; 32];
    hash[..text.len().min(32)].copy_from_slice(&text.as_bytes()[..text.len().min(32)]);
    Write::Append { room, device, id: ClientMsgId { start: 5, counter }, hash, entry: text.as_bytes().to_vec() }
}

fn id_of(outcome: Outcome) -> AccountId {
    let Outcome::Account { account, .. } = outcome else { panic!("{outcome:?}") };
    account
}

fn room_of(outcome: Outcome) -> Room {
    let Outcome::Room(room) = outcome else { panic!("{outcome:?}") };
    room
}

fn appended(number: u64, repeated: bool) -> Outcome {
    Outcome::Appended { number: RoomSeq(number), repeated }
}

fn read<S: Store>(store: &mut S, room: RoomId, after: u64, count: usize, bytes: usize) -> Vec<String> {
    let page = store.load(Range { room, after: RoomSeq(after), count, bytes }).expect("a read");
    page.entries.into_iter().map(|entry| String::from_utf8(entry).expect("text")).collect()
}

fn accounts_belong_to_the_first_device<S: Store>(mut store: S) {
    let ann = id_of(one(&mut store, account("Ann", ANN)));
    let again = Outcome::Account { account: ann, name: "Ann".into() };
    assert_eq!(one(&mut store, account("Ann", ANN)), again);
    assert_eq!(one(&mut store, account("other", ANN)), again, "a device has the name that it has");
    assert_eq!(one(&mut store, account("ANN", BOB)), Outcome::Refused(Refusal::NameTaken), "in any case");
    assert_ne!(id_of(one(&mut store, account("bob", BOB))), ann);
}

fn rooms_are_made_once<S: Store>(mut store: S) {
    let lobby = room_of(one(&mut store, public("Lobby")));
    assert_eq!((&lobby.kind, lobby.head), (&Kind::Public("Lobby".into()), RoomSeq(0)));
    assert_eq!(room_of(one(&mut store, public("lobby"))), lobby, "in any case");
    let other = room_of(one(&mut store, public("other")));
    assert!(other.id != lobby.id && other.log != lobby.log);
}

fn direct_logs_are_of_two<S: Store>(mut store: S) {
    let ann = id_of(one(&mut store, account("ann", ANN)));
    let bob = id_of(one(&mut store, account("bob", BOB)));
    let log = room_of(one(&mut store, Write::Direct { one: bob, other: ann }));
    let (small, large) = (ann.min(bob), ann.max(bob));
    assert_eq!((&log.kind, &log.members), (&Kind::Direct(small, large), &vec![small, large]));
    assert_eq!(room_of(one(&mut store, Write::Direct { one: ann, other: bob })), log);
    let notes = room_of(one(&mut store, Write::Direct { one: ann, other: ann }));
    assert_eq!((&notes.kind, &notes.members), (&Kind::Direct(ann, ann), &vec![ann]));
    let nobody = Write::Direct { one: ann, other: AccountId(999) };
    assert_eq!(one(&mut store, nobody), Outcome::Refused(Refusal::NoSuchAccount));
}

fn members_come_and_go<S: Store>(mut store: S) {
    let ann = id_of(one(&mut store, account("ann", ANN)));
    let room = room_of(one(&mut store, public("lobby"))).id;
    for _ in 0..2 {
        assert_eq!(one(&mut store, Write::Enter { room, account: ann }), Outcome::Ok);
        assert_eq!(room_of(one(&mut store, public("lobby"))).members, [ann]);
    }
    for _ in 0..2 {
        assert_eq!(one(&mut store, Write::Leave { room, account: ann }), Outcome::Ok);
        assert_eq!(room_of(one(&mut store, public("lobby"))).members, []);
    }
    let nowhere = Write::Enter { room: RoomId(999), account: ann };
    assert_eq!(one(&mut store, nowhere), Outcome::Refused(Refusal::NoSuchRoom));
    let nobody = Write::Enter { room, account: AccountId(999) };
    assert_eq!(one(&mut store, nobody), Outcome::Refused(Refusal::NoSuchAccount));
}

fn numbers_have_no_gap_and_rooms_are_apart<S: Store>(mut store: S) {
    let lobby = room_of(one(&mut store, public("lobby"))).id;
    let other = room_of(one(&mut store, public("other"))).id;
    for n in 1..=5 {
        assert_eq!(one(&mut store, post(lobby, ANN, n, &format!("l{n}"))), appended(n, false));
        assert_eq!(one(&mut store, post(other, ANN, 100 + n, &format!("o{n}"))), appended(n, false));
    }
    assert_eq!(read(&mut store, lobby, 0, 100, 1_000), ["l1", "l2", "l3", "l4", "l5"]);
    assert_eq!(room_of(one(&mut store, public("other"))).head, RoomSeq(5));
    let nowhere = post(RoomId(999), ANN, 200, "x");
    assert_eq!(one(&mut store, nowhere), Outcome::Refused(Refusal::NoSuchRoom));
}

fn a_repeat_gives_the_same_number<S: Store>(mut store: S, reopen: &dyn Fn(S) -> S) {
    let lobby = room_of(one(&mut store, public("lobby"))).id;
    let other = room_of(one(&mut store, public("other"))).id;
    one(&mut store, post(lobby, ANN, 1, "one"));
    one(&mut store, post(lobby, ANN, 2, "two"));
    let mut store = reopen(store);
    assert_eq!(one(&mut store, post(lobby, ANN, 1, "one")), appended(1, true));
    assert_eq!(one(&mut store, post(lobby, BOB, 1, "one")), appended(3, false), "another device's id is another");
    let reused = Outcome::Refused(Refusal::IdReused);
    assert_eq!(one(&mut store, post(lobby, ANN, 1, "different")), reused);
    assert_eq!(one(&mut store, post(other, ANN, 1, "one")), reused, "in another room");
    assert_eq!(read(&mut store, lobby, 0, 100, 1_000), ["one", "two", "one"]);
}

fn a_batch_is_applied_in_order<S: Store>(mut store: S) {
    assert_eq!(store.commit(&[]), Ok(Vec::new()));
    let lobby = room_of(one(&mut store, public("lobby"))).id;
    let outcomes = store.commit(&[
        post(lobby, ANN, 1, "a"),
        post(lobby, BOB, 1, "b"),
        post(RoomId(999), BOB, 2, "lost"),
        post(lobby, ANN, 1, "a"),
        account("ann", ANN),
        account("ann", BOB),
        post(lobby, BOB, 3, "c"),
    ]);
    let outcomes = outcomes.expect("a commit");
    assert_eq!(outcomes[..2], [appended(1, false), appended(2, false)]);
    assert_eq!(outcomes[2], Outcome::Refused(Refusal::NoSuchRoom), "a refusal stops nothing else");
    assert_eq!(outcomes[3], appended(1, true), "a repeat in the same batch");
    assert_eq!(outcomes[5], Outcome::Refused(Refusal::NameTaken));
    assert_eq!(outcomes[6], appended(3, false));
}

fn pages_are_bounded<S: Store>(mut store: S) {
    let lobby = room_of(one(&mut store, public("lobby"))).id;
    let batch: Vec<_> = (1..=50).map(|n| post(lobby, ANN, n, &format!("{n:010}"))).collect();
    store.commit(&batch).expect("a commit");
    assert_eq!(read(&mut store, lobby, 47, 100, 1_000).len(), 3, "up to the end");
    assert_eq!(read(&mut store, lobby, 10, 5, 1_000), (11..=15).map(|n| format!("{n:010}")).collect::<Vec<_>>());
    let by_size = read(&mut store, lobby, 0, 100, 55).len();
    assert!((1..=6).contains(&by_size), "at most about so many octets: {by_size}");
    assert_eq!(read(&mut store, lobby, 0, 100, 1).len(), 1, "at least one, however large");
    assert_eq!(read(&mut store, lobby, 50, 100, 1_000), [""; 0]);
    assert_eq!(read(&mut store, RoomId(999), 0, 100, 1_000), [""; 0]);
    let range = Range { room: lobby, after: RoomSeq(3), count: 2, bytes: 100 };
    assert_eq!(store.load(range).map(|page| page.range), Ok(range), "a page says what was asked for");
}

fn everything_is_there_after_a_restart<S: Store>(mut store: S, reopen: &dyn Fn(S) -> S) {
    assert_eq!(store.snapshot(), Ok(Snapshot::default()));
    let ann = id_of(one(&mut store, account("ann", ANN)));
    let bob = id_of(one(&mut store, account("bob", BOB)));
    let lobby = room_of(one(&mut store, public("lobby"))).id;
    one(&mut store, Write::Enter { room: lobby, account: ann });
    one(&mut store, Write::Direct { one: ann, other: bob });
    one(&mut store, post(lobby, ANN, 1, "hello"));
    let before = store.snapshot().expect("a snapshot");
    assert_eq!(
        before.accounts.iter().map(|a| (a.name.as_str(), &a.devices[..])).collect::<Vec<_>>(),
        [("ann", &[ANN][..]), ("bob", &[BOB][..])]
    );
    assert_eq!(
        before.rooms.iter().map(|r| (r.head, r.members.len())).collect::<Vec<_>>(),
        [(RoomSeq(1), 1), (RoomSeq(0), 2)]
    );
    let mut store = reopen(store);
    assert_eq!(store.snapshot(), Ok(before));
    assert_eq!(one(&mut store, post(lobby, BOB, 1, "again")), appended(2, false));
    assert_eq!(read(&mut store, lobby, 0, 10, 1_000), ["hello", "again"]);
    assert_ne!(id_of(one(&mut store, account("cat", PublicKey([3; 32])))), bob, "no number is given twice");
}
