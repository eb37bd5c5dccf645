//! Messages that are lost since they lay on a damaged page: everyone who might miss them is told, and an operator decides.

use super::ends::{LOBBY, say};
use super::mend::{damage, talk, wrong};
use super::*;
use crate::sqlite::FILE;
use crate::{Found, Loss, Retention, Search};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, RoomSeq};

fn search(store: &mut impl Read, words: &str) -> Found {
    let (account, words) = (AccountId(1), words.to_owned());
    let search = Search { account, room: None, only: None, words, after: None, count: 1_000, bytes: 1 << 24 };
    let Ok(Results::Found(found)) = store.query(&Query::Search(search)) else { panic!("an answer") };
    found
}

fn loss(store: &mut Sqlite) -> Loss {
    store.snapshot().expect("a snapshot").loss
}

fn reader(home: &TempDir) -> Reader {
    Reader::open(&home.path().join(FILE)).expect("a reader")
}

/// A store whose last page of messages is lost.
fn with_a_loss() -> (TempDir, Sqlite) {
    let home = tempfile::tempdir().expect("a directory");
    talk(&home).close().expect("a proper end");
    damage(&home, "entries", "DESC");
    let store = open(&home);
    (home, store)
}

#[test]
fn what_is_lost_is_known_at_each_start_and_is_no_damage_any_more_once_an_operator_had_the_store_repaired() {
    let (home, mut store) = with_a_loss();
    let known = loss(&mut store);
    let [span] = known.spans[&LOBBY][..] else { panic!("{known:?}") };
    assert!(!known.is_accepted && span.first > RoomSeq(80) && span.last == RoomSeq(100), "{known:?}");
    store.close().expect("a proper end");
    let mut store = open(&home);
    assert_eq!(loss(&mut store), known, "it is known at a further start, too");
    store.close().expect("a proper end");
    assert_eq!(wrong(&home), [""; 0]);
    assert!(reader(&home).is_loss_open().expect("read"));
    assert_eq!(reader(&home).lost().expect("read"), [format!("messages {} to 100 of #lobby are lost", span.first)]);
    let copy = home.path().join("copy");
    reader(&home).backup(&copy).expect("a copy");
    assert!(Reader::open(&copy).expect("a reader").is_loss_open().expect("read"), "a copy lacks the same");
    let (mut store, _) = Sqlite::repair(home.path(), seed()).expect("repaired");
    assert_eq!(loss(&mut store), Loss { is_accepted: true, ..known.clone() });
    store.close().expect("a proper end");
    assert!(!reader(&home).is_loss_open().expect("read"));
    damage(&home, "entries", "DESC");
    let more = loss(&mut open(&home));
    assert!(!more.is_accepted && more.spans != known.spans, "what is lost after that, nobody has accepted: {more:?}");
}

#[test]
fn a_search_tells_where_messages_are_lost_and_finding_nothing_else_is_no_answer_until_that_is_accepted() {
    let (home, mut store) = with_a_loss();
    let span = loss(&mut store).spans[&LOBBY][0];
    for (words, has_hits) in [("nowhere", false), ("message-1", true)] {
        let found = search(&mut store, words);
        assert_eq!((found.hits.is_empty(), found.is_damaged), (!has_hits, true), "{words}");
        assert_eq!(found.unreadable.get(&LOBBY), Some(&span), "{words}");
    }
    drop(store);
    let (mut store, _) = Sqlite::repair(home.path(), seed()).expect("repaired");
    let found = search(&mut store, "nowhere");
    assert_eq!((found.hits.is_empty(), found.is_damaged, found.unreadable.get(&LOBBY)), (true, false, Some(&span)));
}

#[test]
fn what_would_have_been_removed_by_now_is_not_missed() {
    let (home, mut store) = with_a_loss();
    store.commit(&(200..=210).map(|n| say(n, "and on")).collect::<Vec<_>>()).expect("a commit");
    let retain = Write::Retain { room: LOBBY, retention: Retention::Last(5) };
    let prune = Write::Prune { room: LOBBY, at: Some(WallTime::from_unix_millis(2)) };
    store.commit(&[retain, prune]).expect("a commit");
    assert_eq!(loss(&mut store).spans.len(), 0);
    let found = search(&mut store, "nowhere");
    assert_eq!((found.is_damaged, found.unreadable.len()), (false, 0));
    store.close().expect("a proper end");
    let reader = reader(&home);
    assert!(!reader.is_loss_open().expect("read") && reader.lost().expect("read").is_empty());
    assert_eq!(reader.export(&mut |_| Ok(())).expect("an export"), 0, "and nothing is missing");
}
