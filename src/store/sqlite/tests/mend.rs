//! Damaged pages that would keep a store from going on: what can be read is copied away from them, and indexes are made anew.

use rusqlite::Connection;

use super::ends::{LOBBY, say, say_as, town};
use super::*;
use crate::sqlite::mend;
use crate::sqlite::{FILE, checkpoint};
use crate::{Change, Outcome};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Body;

/// Each long enough that a few share a page.
fn long(number: u64) -> String {
    format!("message-{number} {}", "blah ".repeat(50))
}

/// A room with a hundred messages, of which the last two are edits.
pub(super) fn talk(home: &TempDir) -> Sqlite {
    let mut store = town(home, Durability::Fsync);
    store.commit(&(1..=98).map(|n| say(n, &long(n))).collect::<Vec<_>>()).expect("a commit");
    for (counter, of) in [(99, RoomSeq(3)), (100, RoomSeq(4))] {
        let edit = say_as(counter, Body::Edit { of, text: long(counter) }, Change::Edit(of));
        store.commit(&[edit]).expect("a commit");
    }
    checkpoint(&store.conn, "TRUNCATE").expect("a checkpoint");
    store
}

/// All indexes of the schema.
fn indexes(home: &TempDir) -> Vec<String> {
    let conn = Connection::open(home.path().join(FILE)).expect("a database");
    let mut names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name").expect("SQL");
    names.query_map((), |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("names")
}

/// Overwrites a leaf of a tree: the first, or the last of them.
pub(super) fn damage(home: &TempDir, tree: &str, order: &str) {
    const PAGE_LEN: usize = 2_048;
    let path = home.path().join(FILE);
    let conn = Connection::open(&path).expect("a database");
    let sql = format!("SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path {order} LIMIT 1");
    let page: u32 = conn.query_row(&sql, [tree], |row| row.get(0)).expect("a leaf");
    drop(conn);
    let mut octets = std::fs::read(&path).expect("a database");
    let at = (page as usize - 1) * PAGE_LEN;
    octets[at..at + PAGE_LEN].fill(0xa5);
    std::fs::write(path, octets).expect("written");
}

pub(super) fn is_stored(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Appended { repeated: false, .. })
}

fn number(outcome: &Outcome) -> RoomSeq {
    let Outcome::Appended { number, .. } = outcome else { panic!("{outcome:?}") };
    *number
}

pub(super) fn wrong(home: &TempDir) -> Vec<String> {
    Reader::open(&home.path().join(FILE)).expect("a reader").verify().expect("a check")
}

fn read(store: &mut Sqlite) -> Page {
    store.load(Range { room: LOBBY, after: RoomSeq(0), count: 1_000, bytes: 1 << 20 }).expect("a page")
}

#[test]
fn where_the_newest_page_is_damaged_a_store_begins_and_goes_on_with_numbers_that_were_never_given() {
    let home = tempfile::tempdir().expect("a directory");
    talk(&home).close().expect("a proper end");
    damage(&home, "entries", "DESC");
    let mut store = open(&home);
    let page = read(&mut store);
    let lost = page.unreadable.expect("it is said");
    assert_eq!(page.entries.len(), 100);
    assert!(lost.first > RoomSeq(80) && lost.last == RoomSeq(100), "{lost:?}");
    for (at, body) in (1..).zip(&page.entries) {
        assert_eq!(body.is_empty(), RoomSeq(at) >= lost.first, "{at}");
    }
    let outcome = store.commit(&[say(200, "and on")]).expect("a commit").remove(0);
    assert_eq!(number(&outcome), RoomSeq(101));
    store.close().expect("a proper end");
    assert_eq!(wrong(&home), [""; 0], "what is lost is known, and nothing else is wrong");
    assert_eq!(read(&mut open(&home)).unreadable, Some(lost), "it is known after a further start, too");
}

#[test]
fn a_page_that_goes_bad_under_a_server_is_left_by_the_next_batch() {
    let home = tempfile::tempdir().expect("a directory");
    talk(&home).close().expect("a proper end");
    let mut store = open(&home);
    damage(&home, "entries", "DESC");
    store.conn.execute_batch("PRAGMA shrink_memory").expect("no page is remembered");
    let mut reader = store.reader().expect("a reader");
    let outcomes = store.commit(&[say(200, "on"), say(201, "and on")]).expect("a commit");
    assert!(outcomes.iter().all(is_stored), "{outcomes:?}");
    let range = Range { room: LOBBY, after: RoomSeq(100), count: 10, bytes: 1 << 20 };
    assert_eq!(reader.load(range).expect("a page").entries.len(), 2, "other connections see it");
    drop(reader);
    store.close().expect("a proper end");
    assert!(read(&mut open(&home)).unreadable.is_some());
    assert_eq!(wrong(&home), [""; 0]);
}

#[test]
fn with_the_indexes_damaged_too_all_that_can_be_read_is_still_there() {
    let home = tempfile::tempdir().expect("a directory");
    talk(&home).close().expect("a proper end");
    for tree in ["entries", "entries_by_number", "entries_by_origin", "edits"] {
        damage(&home, tree, "DESC");
    }
    let mut store = open(&home);
    let page = read(&mut store);
    let lost = page.unreadable.expect("it is said");
    assert!(lost.first > RoomSeq(80), "{lost:?}");
    assert!(is_stored(&store.commit(&[say(200, "and on")]).expect("a commit")[0]));
    store.close().expect("a proper end");
    assert_eq!(wrong(&home), [""; 0]);
}

#[test]
fn an_index_is_made_anew_when_it_is_met_or_at_the_next_start_and_nothing_is_lost() {
    let home = tempfile::tempdir().expect("a directory");
    talk(&home).close().expect("a proper end");
    let names = indexes(&home);
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        for order in ["ASC", "DESC"] {
            let home = tempfile::tempdir().expect("a directory");
            talk(&home).close().expect("a proper end");
            damage(&home, &name, order);
            let mut store = open(&home);
            store.snapshot().unwrap_or_else(|error| panic!("{name}: {error}"));
            let outcomes = store.commit(&[say(200, "and on")]).expect("a commit");
            assert!(outcomes.iter().all(is_stored), "{name}: {outcomes:?}");
            let page = read(&mut store);
            assert_eq!((page.entries.len(), page.unreadable), (101, None), "{name}");
            assert!(page.entries.iter().all(|body| !body.is_empty()), "{name}");
            // What nobody has needed is found by whoever looks for it.
            mend::mend_all(&store.conn).expect("mended");
            store.close().expect("a proper end");
            assert_eq!(wrong(&home), [""; 0], "{name}");
            drop(open(&home));
            assert_eq!(wrong(&home), [""; 0], "{name}");
        }
    }
}

#[test]
fn a_page_in_the_middle_is_left_only_when_that_is_asked_for() {
    let home = tempfile::tempdir().expect("a directory");
    talk(&home).close().expect("a proper end");
    damage(&home, "entries", "ASC");
    let mut store = open(&home);
    assert!(is_stored(&store.commit(&[say(200, "and on")]).expect("a commit")[0]));
    assert!(mend::mend(&store.conn).expect("looked").is_nothing());
    let mended = mend::mend_all(&store.conn).expect("mended");
    assert!(mended.lost.is_some_and(|lost| lost > 0 && lost < 20), "{mended:?}");
    store.close().expect("a proper end");
    assert_eq!(wrong(&home), [""; 0]);
}
