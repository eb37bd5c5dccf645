//! Writes to a store by one account: for tests and benchmarks of the store itself.

use chinwag::store::{Append, Change, NewAccount, NewRoom, Origin, Write};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId};
use chinwag_proto::wire::message::{Access, Entry, Wire as _, hash};

/// The account.
pub(crate) const ANN: AccountId = AccountId(1);

/// The account and so many rooms, whose ids begin with 1. What is there already stays as it is.
pub(crate) fn beginning(rooms: u64) -> Vec<Write> {
    let (name, skeleton) = ("ann".to_owned(), "ann".to_owned());
    let (device, label, at) = (device(0), String::new(), WallTime::default());
    let account = NewAccount { name, skeleton, device, label, phc: None, invite: None, is_vouched: false, at };
    let rooms = (0..rooms).map(|n| {
        let (name, skeleton) = (format!("room{n}"), format!("room{n}"));
        Write::Room(NewRoom { name, skeleton, access: Access::Public, phc: None, owner: Some(ANN) })
    });
    [Write::Account(account)].into_iter().chain(rooms).collect()
}

/// The `n`th message of all: into which room, and by which of so many devices.
pub(crate) fn append(n: u64, room: RoomId, devices: u64, entry: &Entry, change: Change) -> Write {
    let (at, entry) = (entry.at, entry.encode());
    let id = ClientMsgId { start: 1, counter: n + 1 };
    let origin = Origin { device: device(n % devices), id, hash: hash(&entry) };
    Write::Append(Append { room, author: ANN, origin, at, entry, change, unless_repeated: None })
}

fn device(n: u64) -> PublicKey {
    PublicKey([n as u8 + 1; 32])
}
