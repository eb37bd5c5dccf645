//! Pages that went bad: search leaves out what lies on them, finds the rest, and listing goes on behind them.

use super::ends::{LOBBY, say, town};
use super::*;
use crate::{Found, Search};
use chinwag_proto::wire::id::{AccountId, RoomSeq};

fn search(store: &mut impl Read, words: &str) -> Result<Found, StoreError> {
    let (account, words) = (AccountId(1), words.to_owned());
    let search = Search { account, room: None, only: None, words, after: None, count: 1_000, bytes: 1 << 24 };
    store.query(&Query::Search(search)).map(|results| match results {
        Results::Found(found) => found,
        Results::Pages { .. } => panic!("another answer"),
    })
}

/// Overwrites the page on which that text is.
fn damage(home: &TempDir, page_len: usize, text: &str) {
    let file = home.path().join(super::super::FILE);
    let mut octets = std::fs::read(&file).expect("a database");
    let at = octets.windows(text.len()).position(|part| part == text.as_bytes()).expect("it was stored");
    let page = at / page_len * page_len;
    octets[page..page + page_len].fill(0xa5);
    std::fs::write(file, octets).expect("written");
}

fn page_len(store: &Sqlite) -> usize {
    let len: i64 = store.conn.pragma_query_value(None, "page_size", |row| row.get(0)).expect("a length");
    usize::try_from(len).expect("a length")
}

/// What is missing is said to be where it is.
#[track_caller]
fn is_said_to_be_in_the_lobby(found: &Found) {
    let [(LOBBY, span)] = found.unreadable.iter().map(|(room, span)| (*room, *span)).collect::<Vec<_>>()[..] else {
        panic!("{:?}", found.unreadable)
    };
    assert!(span.first <= RoomSeq(40) && span.last >= RoomSeq(40) && span.first > RoomSeq(20), "{span:?}");
    assert!(found.hits.iter().all(|hit| hit.number < span.first || hit.number > span.last), "{span:?}");
}

fn text(n: u64) -> String {
    format!("Message-{n:03} {}", "blah ".repeat(60).trim_end())
}

#[test]
fn listing_passes_over_a_damaged_page_and_search_finds_the_rest() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&(1..=60).map(|n| say(n, &text(n))).collect::<Vec<_>>()).expect("a commit");
    let listed = store.memo.listed;
    assert!(listed < 30, "the page is not listed: {listed}");
    let page_len = page_len(&store);
    store.close().expect("a proper end");
    damage(&home, page_len, "Message-040");
    let mut store = open(&home);
    let before = search(&mut store, "blah").expect("the rest");
    assert!(before.is_damaged && (40..60).contains(&before.hits.len()), "{}", before.hits.len());
    is_said_to_be_in_the_lobby(&before);
    assert!(search(&mut store, "message 001").expect("it").hits.len() == 1);
    store.commit(&(61..=99).map(|n| say(n, &text(n))).collect::<Vec<_>>()).expect("a commit");
    while store.tend() {}
    assert_eq!(store.memo.listed, store.memo.taken, "nothing stops it");
    assert!(!store.memo.is_index_damaged, "the index is sound");
    let after = search(&mut store, "blah").expect("the rest");
    assert_eq!((after.hits.len(), after.is_damaged), (before.hits.len() + 39, false), "and the index knows of no more");
    assert_eq!(search(&mut store, "message 099").expect("it").hits.len(), 1);
}

#[test]
fn what_was_listed_before_its_page_went_bad_is_left_out_and_is_refused_where_it_is_all_there_is() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&(1..=60).map(|n| say(n, &text(n))).collect::<Vec<_>>()).expect("a commit");
    while store.tend() {}
    let page_len = page_len(&store);
    store.close().expect("a proper end");
    damage(&home, page_len, "Message-040");
    let mut store = open(&home);
    let found = search(&mut store, "blah").expect("the rest");
    assert!(found.is_damaged && (40..60).contains(&found.hits.len()), "{}", found.hits.len());
    is_said_to_be_in_the_lobby(&found);
    assert!(matches!(search(&mut store, "message 040"), Err(StoreError::Damaged(_))));
    assert!(!search(&mut store, "message 001").expect("it").is_damaged);
    assert!(search(&mut store, "nowhere").expect("nothing").hits.is_empty());
}

#[test]
fn an_index_that_a_reader_finds_damaged_is_made_anew() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&(1..=600).map(|n| say(n, &text(n))).collect::<Vec<_>>()).expect("a commit");
    while store.tend() {}
    let (page_len, conn) = (page_len(&store), &store.conn);
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'words_data'";
    let root: usize = conn.query_row(sql, (), |row| row.get::<_, u32>(0)).expect("a page") as usize;
    store.close().expect("a proper end");
    let file = home.path().join(super::super::FILE);
    let mut octets = std::fs::read(&file).expect("a database");
    octets[(root - 1) * page_len..root * page_len].fill(0xa5);
    std::fs::write(file, octets).expect("written");
    let mut store = open(&home);
    let mut reader = store.reader().expect("a reader");
    assert_eq!(search(&mut reader, "blah").expect("all of them, one by one").hits.len(), 600);
    while store.tend() {}
    assert!(store.memo.is_index_renewed && !store.memo.is_index_damaged);
    assert_eq!((store.memo.listed, search(&mut reader, "blah").expect("all").hits.len()), (store.memo.taken, 600));
    assert_eq!(search(&mut store, "message 321").expect("it").hits.len(), 1);
}

#[test]
fn a_check_finds_a_part_of_the_index_that_is_all_zeros_and_search_finds_everything_from_then_on() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&(1..=600).map(|n| say(n, &text(n))).collect::<Vec<_>>()).expect("a commit");
    while store.tend() {}
    store.close().expect("a proper end");
    let spoiler = rusqlite::Connection::open(home.path().join(super::super::FILE)).expect("a database");
    let sql = "UPDATE words_data SET block = CAST(substr(block, 1, length(block) - 200) || zeroblob(200) AS BLOB)
               WHERE id > 10 AND length(block) > 2000";
    assert!(spoiler.execute(sql, ()).expect("a shadow table") > 0, "there are long leaves");
    drop(spoiler);
    let mut store = open(&home);
    let mut reader = store.reader().expect("a reader");
    let suspicion = store.memo.suspicion.clone();
    let is_missed = |reader: &mut Reader, n: &u64| {
        suspicion.dispel();
        search(reader, &format!("message {n:03}")).expect("an answer").hits.is_empty() && !suspicion.is_raised()
    };
    let missed = (1..=600).find(|n| is_missed(&mut reader, n)).expect("some are missed without a word");
    let is_found = |reader: &mut Reader| search(reader, &format!("message {missed:03}")).expect("it").hits.len() == 1;
    reader.check();
    assert!(is_found(&mut reader), "all texts are looked at");
    while store.tend() {}
    assert!(store.memo.is_index_renewed && !suspicion.is_raised());
    assert!(is_found(&mut reader), "it is made anew");
    reader.check();
    assert!(!suspicion.is_raised(), "a sound index is left alone");
}
