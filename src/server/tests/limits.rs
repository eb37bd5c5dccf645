//! Every limit that a person can run into is refused by its own name, and no longer where one makes room.

use chinwag_proto::limits::{DEVICES_PER_ACCOUNT_MAX, ROOMS_PER_SESSION_MAX, SESSIONS_PER_ACCOUNT_MAX};

use super::*;
use crate::accounts::Device;
use crate::limits::{REQUESTS_PENDING_MAX, TOKENS_MAX};
use chinwag_store::Scopes;

fn create(room: &str) -> Request {
    Request::Create { room: room.to_owned(), access: Access::Public, password: None, from: From::Recent(1) }
}

#[test]
fn who_is_in_as_many_rooms_as_may_be_leaves_one_for_another() {
    let mut house = House::new();
    house.enter(2, "bob");
    let ann = house.enter(1, "ann");
    let rooms: Vec<_> =
        (0..ROOMS_PER_SESSION_MAX).map(|n| house.join(ann, &format!("room{n}")).expect("in").id).collect();
    let direct = Request::Direct { to: "bob".into(), from: From::Recent(1) };
    for one_more in [join("one-more"), create("one-more"), direct] {
        assert_eq!(house.ask(ann, one_more), Err(Refusal::TooManyRooms));
    }
    house.join(ann, "room7").expect("she is in it");
    house.ask(ann, Request::Leave { room: rooms[7] }).expect("left");
    house.join(ann, "one-more").expect("there is room");
}

#[test]
fn an_account_has_so_many_sessions_at_a_time() {
    let mut house = House::new();
    for _ in 0..SESSIONS_PER_ACCOUNT_MAX {
        house.enter(1, "ann");
    }
    let one_more = house.connect(1);
    assert_eq!(house.ask(one_more, login("ann")), Err(Refusal::TooManySessions));
}

#[test]
fn an_account_has_so_many_devices() {
    let mut house = House::new();
    let laptop = house.connect(1);
    let password = || secret("correct horse");
    let register =
        Request::Register { name: "ann".into(), password: Some(password()), invite: None, device: "laptop".into() };
    house.ask(laptop, register).expect("registered");
    let id = account(&house, laptop);
    for n in 1..DEVICES_PER_ACCOUNT_MAX {
        let mut key = [9; 32];
        key[..8].copy_from_slice(&(n as u64).to_le_bytes());
        house.chat.tables.accounts.enrol(id, PublicKey(key), Device { label: String::new(), since: house.now.wall });
    }
    let phone = house.connect(2);
    let enrol = Request::Enrol { name: "ann".into(), password: password(), device: "phone".into() };
    assert_eq!(house.ask(phone, enrol), Err(Refusal::TooManyDevices));
}

#[test]
fn a_server_has_so_many_tokens() {
    let mut house = House::new();
    house.enter(1, "ann");
    let token = |n: usize| {
        let scopes = Scopes { read: true, write: false, rooms: None };
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&(n as u64).to_le_bytes());
        Operation::MakeToken { account: "ann".into(), hash, label: format!("t{n}"), scopes, until: None }
    };
    for n in 0..TOKENS_MAX {
        assert_eq!(house.operate(token(n)), Notice::Answered(OperatorTag(1), Ok(())));
    }
    assert_eq!(house.operate(token(TOKENS_MAX)), Notice::Answered(OperatorTag(1), Err(Refusal::Limit)));
}

#[test]
fn while_the_store_is_slow_so_many_requests_of_a_session_wait() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    house.is_slow = true;
    for n in 0..REQUESTS_PENDING_MAX as u64 {
        let body = Up::Request(RequestId(10_000 + n), create(&format!("room{n}"))).encode();
        house.receive(ann, Channel::Control, 10_000 + n, &body);
    }
    assert_eq!(house.ask(ann, create("one-more")), Err(Refusal::Busy));
}
