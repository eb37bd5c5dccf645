//! The model keeps the contract, and is a model: clones, budgets, restarts.

use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::Access;

use super::Memory;
use crate::conformance;
use crate::{Append, Change, NewAccount, NewRoom, Origin, Outcome, Snapshot, Store as _, StoreError, Write};

fn lobby() -> Write {
    let (name, skeleton) = ("lobby".to_owned(), "lobby".to_owned());
    Write::Room(NewRoom { name, skeleton, access: Access::Public, phc: None, owner: None })
}

#[test]
fn it_keeps_the_contract() {
    conformance::check(&|| Memory::new([1; 32]), &|store| store.restarted([2; 32]));
}

#[test]
fn a_clone_is_a_snapshot() {
    let mut store = Memory::new([1; 32]);
    let before = store.clone();
    store.commit(&[lobby()]).expect("room for it");
    assert_ne!(before.clone().snapshot(), store.snapshot());
    let epochs = before.clone().snapshot().expect("readable").epochs;
    assert_eq!(before.clone().snapshot(), Ok(Snapshot { epochs, ..Snapshot::default() }));
}

#[test]
fn a_log_of_another_process_has_another_identity() {
    let log = |seed| match Memory::new(seed).commit(&[lobby()]).as_deref() {
        Ok([Outcome::Room(room)]) => room.log,
        other => panic!("{other:?}"),
    };
    assert_ne!(log([1; 32]), log([2; 32]));
}

#[test]
fn a_full_store_takes_nothing_of_a_batch_and_lets_people_leave() {
    let mut store = Memory::with_budget([1; 32], 2_000);
    let device = PublicKey([7; 32]);
    let (room, author) = (RoomId(1), AccountId(1));
    let (name, skeleton, label) = ("ann".to_owned(), "ann".to_owned(), String::new());
    let ann = NewAccount {
        name,
        skeleton,
        device,
        label,
        phc: None,
        invite: None,
        is_vouched: false,
        at: Default::default(),
    };
    let made = store.commit(&[lobby(), Write::Account(ann), Write::Enter { room, account: author }]);
    assert!(made.is_ok());
    let append = |counter, len| {
        let origin = Origin { device, id: ClientMsgId { start: 1, counter }, hash: [0; 32] };
        let (at, entry) = (Default::default(), vec![0; len]);
        Write::Append(Append { room, author, origin, at, entry, change: Change::None, unless_repeated: None })
    };
    assert_eq!(store.commit(&[append(1, 10), append(2, 2_000)]), Err(StoreError::Full));
    assert_eq!(store.snapshot().expect("readable").rooms[0].head, RoomSeq(0));
    for _ in 0..50 {
        assert!(store.commit(&[append(1, 10)]).is_ok(), "a repeat takes up nothing");
    }
    assert!(store.commit(&[Write::Leave { room, account: author }]).is_ok());
}
