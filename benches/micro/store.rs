//! Durable commits: a batch of messages to 64 rooms, one transaction and one sync.

use chinwag::store::sqlite::{Durability, Sqlite};
use chinwag::store::{Change, Store as _, Write};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::RoomId;
use chinwag_proto::wire::message::{Body, Entry};
use divan::{Bencher, counter::ItemsCount};

use crate::writes::{self, ANN};

const ROOMS: u64 = 64;

#[divan::bench(args = [1, 64, 512], sample_count = 20, sample_size = 5)]
fn a_durable_batch(bencher: Bencher<'_, '_>, messages: u64) {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = Sqlite::open(home.path(), Durability::Fsync, [1; 32]).expect("a store");
    store.commit(&writes::beginning(ROOMS)).expect("a commit");
    let mut said = 0;
    bencher
        .counter(ItemsCount::new(messages))
        .with_inputs(|| {
            said += messages;
            (said - messages..said).map(say).collect::<Vec<_>>()
        })
        .bench_local_values(|batch| store.commit(&batch).expect("a commit"));
}

/// The `n`th message of all, by one of 64 devices into its own room.
fn say(n: u64) -> Write {
    let words = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog"];
    let text: Vec<_> = (0..10).map(|at| format!("{}{}", words[at % words.len()], n.wrapping_mul(31) % 977)).collect();
    let at = WallTime::from_unix_millis(n);
    let entry = Entry { at, author: ANN, name: "ann".to_owned(), body: Body::Text(text.join(" ")) };
    writes::append(n, RoomId(n % ROOMS + 1), ROOMS, &entry, Change::None)
}
