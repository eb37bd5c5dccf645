//! Durable commits: a batch of messages to 64 rooms, one transaction and one sync.

use chinwag::store::sqlite::{Durability, Sqlite};
use chinwag::store::{Append, Change, NewAccount, NewRoom, Origin, Store as _, Write};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId};
use chinwag_proto::wire::message::{Access, Body, Entry, Wire as _, hash};
use divan::{Bencher, counter::ItemsCount};

const ANN: AccountId = AccountId(1);
const ROOMS: u64 = 64;

#[divan::bench(args = [1, 64, 512], sample_count = 20, sample_size = 5)]
fn a_durable_batch(bencher: Bencher<'_, '_>, messages: u64) {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = Sqlite::open(home.path(), Durability::Fsync, [1; 32]).expect("a store");
    store.commit(&beginning()).expect("a commit");
    let mut said = 0;
    bencher
        .counter(ItemsCount::new(messages))
        .with_inputs(|| {
            said += messages;
            (said - messages..said).map(say).collect::<Vec<_>>()
        })
        .bench_local_values(|batch| store.commit(&batch).expect("a commit"));
}

fn beginning() -> Vec<Write> {
    let (name, skeleton) = ("ann".to_owned(), "ann".to_owned());
    let (device, label, at) = (device(0), String::new(), WallTime::default());
    let mut writes = vec![Write::Account(NewAccount {
        name,
        skeleton,
        device,
        label,
        phc: None,
        invite: None,
        is_vouched: false,
        at,
    })];
    writes.extend((0..ROOMS).map(|n| {
        let (name, skeleton) = (format!("room-{n}"), format!("room-{n}"));
        Write::Room(NewRoom { name, skeleton, access: Access::Public, phc: None, owner: Some(ANN) })
    }));
    writes
}

/// The `n`th message of all, by one of 64 devices into its own room.
fn say(n: u64) -> Write {
    let words = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog"];
    let text: Vec<_> = (0..10).map(|at| format!("{}{}", words[at % words.len()], n.wrapping_mul(31) % 977)).collect();
    let at = WallTime::from_unix_millis(n);
    let entry = Entry { at, author: ANN, name: "ann".to_owned(), body: Body::Text(text.join(" ")) }.encode();
    let id = ClientMsgId { start: 1, counter: n + 1 };
    let origin = Origin { device: device(n % ROOMS), id, hash: hash(&entry) };
    let (room, change) = (RoomId(n % ROOMS + 1), Change::None);
    Write::Append(Append { room, author: ANN, origin, at, entry, change, unless_repeated: None })
}

fn device(n: u64) -> PublicKey {
    PublicKey([u8::try_from(n).unwrap_or(u8::MAX); 32])
}
