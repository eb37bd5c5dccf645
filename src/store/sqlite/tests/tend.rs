//! What is done between batches: in steps, each with a bound, and nothing is missing from a search meanwhile.

use super::ends::{say, town};
use super::*;
use crate::Search;
use chinwag_proto::wire::id::AccountId;

const LONG: usize = 60_000;

fn finds(store: &mut Sqlite, words: &str) -> usize {
    let (account, words) = (AccountId(1), words.to_owned());
    let search = Search { account, room: None, only: None, words, after: None, count: 1_000, bytes: 1 << 24 };
    match store.query(&Query::Search(search)).expect("an answer") {
        Results::Found(found) => found.hits.len(),
        Results::Pages { .. } => panic!("another answer"),
    }
}

#[test]
fn texts_are_listed_step_by_step_and_found_all_the_while() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    let batch: Vec<_> = (1..=15).map(|n| say(n, &format!("common talk{n}"))).collect();
    store.commit(&batch).expect("a commit");
    while store.tend() {}
    assert_eq!(store.memo.listed, 0, "too few to begin with");
    store.commit(&[say(16, "common talk16")]).expect("a commit");
    let mut listed = store.memo.listed;
    while store.tend() {
        assert!(store.memo.listed - listed <= 6, "a step has a bound");
        listed = store.memo.listed;
        assert_eq!(finds(&mut store, "common"), 16);
    }
    assert_eq!((store.memo.listed, store.memo.unlisted_bytes), (store.memo.taken, 0));
    assert_eq!((finds(&mut store, "common"), finds(&mut store, "talk7")), (16, 1));
}

#[test]
fn a_long_text_is_a_step_of_its_own_and_a_few_of_them_are_enough_to_begin() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    let long = |n: u64| say(n, &format!("needle{n} {}", "hay ".repeat(LONG / 4)));
    store.commit(&[long(1), long(2)]).expect("a commit");
    while store.tend() {}
    assert_eq!(store.memo.listed, 0, "128 KiB are enough");
    store.commit(&[long(3)]).expect("a commit");
    assert_eq!(store.memo.listed, 1, "which nobody waited for any longer: one of them");
    assert!(store.tend());
    assert_eq!(store.memo.listed, 2, "is a step");
    while store.tend() {}
    assert_eq!((store.memo.listed, finds(&mut store, "needle3")), (3, 1));
    store.close().expect("a proper end");
    let mut store = open(&home);
    assert_eq!((store.memo.listed, store.memo.unlisted_bytes), (3, 0));
    assert_eq!(finds(&mut store, "hay"), 3);
}

#[test]
fn what_is_done_between_batches_is_done_again_after_a_crash_and_never_half() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    for n in 1..=100 {
        store.commit(&[say(n, &format!("common talk{n}"))]).expect("a commit");
        if n % 7 == 0 {
            store.tend();
        }
    }
    store.crash();
    let mut store = open(&home);
    assert_eq!(finds(&mut store, "common"), 100);
    let level: i64 = store.conn.pragma_query_value(None, "synchronous", |row| row.get(0)).expect("a level");
    while store.tend() {}
    let after: i64 = store.conn.pragma_query_value(None, "synchronous", |row| row.get(0)).expect("a level");
    assert_eq!((level, after), (2, 2), "batches are synced, whatever was done between them");
    assert_eq!(finds(&mut store, "common"), 100);
}
