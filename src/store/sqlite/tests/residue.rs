//! What is deleted leaves the disk: its body at once, its words with the next run.

use std::fs;

use tempfile::TempDir;

use super::ends::{LOBBY, say, say_as, town};
use super::*;
use crate::sqlite::FILE;
use crate::{Change, Outcome, Retention, Search};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, RoomSeq};
use chinwag_proto::wire::message::Body;

/// A word that begins as no other does, so that it stands whole in the index.
const CANARY: &str = "zqcanary";
/// Messages, every tenth with a canary of its own.
const SAID: u64 = 200;

fn is_canary(n: u64) -> bool {
    n.is_multiple_of(10)
}

fn talk(store: &mut Sqlite) {
    for n in 1..=SAID {
        let canary = if is_canary(n) { format!(" {CANARY}{n}") } else { String::new() };
        store.commit(&[say(n, &format!("common talk{n} of item{n} by person{n}{canary}"))]).expect("a commit");
    }
}

fn delete(store: &mut Sqlite, of: u64) {
    let change = Change::Delete { of: RoomSeq(of), any_author: false };
    let write = say_as(SAID + of, Body::Delete { of: RoomSeq(of) }, change);
    assert!(matches!(store.commit(&[write]).expect("a commit")[..], [Outcome::Appended { .. }]));
}

/// How often the canary is in the files of a store.
fn canaries(home: &TempDir) -> usize {
    let files = fs::read_dir(home.path()).expect("a directory");
    let count = |bytes: &[u8]| bytes.windows(CANARY.len()).filter(|octets| *octets == CANARY.as_bytes()).count();
    files.map(|file| count(&fs::read(file.expect("a file").path()).expect("readable"))).sum()
}

fn step(store: &mut Sqlite) -> bool {
    match store.commit(&[Write::Compact]).expect("a commit")[..] {
        [Outcome::Compacted { is_more }] => is_more,
        ref other => panic!("{other:?}"),
    }
}

/// A whole run. How many steps it took.
fn run(store: &mut Sqlite) -> usize {
    let mut steps = 1;
    while step(store) {
        steps += 1;
    }
    steps
}

fn finds(store: &mut Sqlite, words: &str) -> usize {
    let (account, words) = (AccountId(1), words.to_owned());
    let search = Search { account, room: None, only: None, words, after: None, count: 1_000, bytes: 1 << 20 };
    match store.query(&Query::Search(search)).expect("an answer") {
        Results::Found(found) => found.hits.len(),
        Results::Pages { .. } => panic!("another answer"),
    }
}

#[test]
fn words_of_what_was_deleted_are_gone_from_the_disk_after_a_run() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    talk(&mut store);
    assert_eq!(finds(&mut store, "zqcanary30"), 1);
    (1..=SAID).filter(|&n| is_canary(n)).for_each(|n| delete(&mut store, n));
    assert_eq!(finds(&mut store, "zqcanary30"), 0);
    store.close().expect("a proper end");
    assert!(canaries(&home) > 0, "they are in the index: this test would see them");

    let mut store = open(&home);
    assert!(run(&mut store) > 1, "step by step");
    // The next batch looks after the log.
    store.commit(&[say(10_000, "more")]).expect("a commit");
    assert_eq!(canaries(&home), 0, "while the store is open");
    assert_eq!(finds(&mut store, "common"), 180);
    assert_eq!(store.reader().expect("a reader").verify().expect("a check"), [""; 0]);
    assert_eq!(run(&mut store), 1, "nothing is left to do");
}

#[test]
fn so_are_those_of_what_was_edited_or_was_not_to_be_kept() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    talk(&mut store);
    let of = RoomSeq(10);
    let edit = say_as(1_000, Body::Edit { of, text: "nothing".into() }, Change::Edit(of));
    let retain = Write::Retain { room: LOBBY, retention: Retention::Last(SAID) };
    let prune = Write::Prune { room: LOBBY, at: Some(WallTime::from_unix_millis(1)) };
    store.commit(&[edit, retain, prune]).expect("a commit");
    run(&mut store);
    let left = (1..=SAID).filter(|&n| is_canary(n) && n != 10);
    left.for_each(|n| delete(&mut store, n));
    run(&mut store);
    // The bodies of what was edited are kept; nothing else is.
    delete(&mut store, 10);
    run(&mut store);
    store.close().expect("a proper end");
    assert_eq!(canaries(&home), 0);
}

#[test]
fn what_is_deleted_during_a_run_is_gone_after_the_next() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    talk(&mut store);
    run(&mut store);
    delete(&mut store, 10);
    let mut n = 20;
    while step(&mut store) {
        if n <= SAID {
            delete(&mut store, n);
            n += 10;
        }
    }
    assert!(n > 20, "some were");
    (n..=SAID).step_by(10).for_each(|n| delete(&mut store, n));
    store.crash();
    let mut store = open(&home);
    run(&mut store);
    store.close().expect("a proper end");
    assert_eq!(canaries(&home), 0);
}

#[test]
fn a_copy_has_none_of_them() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    talk(&mut store);
    (1..=SAID).filter(|&n| is_canary(n)).for_each(|n| delete(&mut store, n));
    let copies = tempfile::tempdir().expect("a directory");
    store.reader().expect("a reader").backup(&copies.path().join(FILE)).expect("a copy");
    assert_eq!(canaries(&copies), 0);
    let mut copy = open(&copies);
    assert_eq!((finds(&mut copy, "common"), finds(&mut copy, "zqcanary30")), (180, 0));
    assert_eq!(copy.reader().expect("a reader").verify().expect("a check"), [""; 0]);
}
