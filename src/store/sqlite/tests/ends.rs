//! How stores begin and end: who may open one, what a crash, a copy and a full disk do.

use std::fs;

use rusqlite::Connection;

use super::*;
use crate::sqlite::{Exported, FILE, OpenError};
use crate::{Change, Found, NewAccount, NewRoom, Origin, Outcome, Room, Search};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Act, Body, Entry, Fact, Refusal, Wire as _};

const ANN: AccountId = AccountId(1);
pub(super) const LOBBY: RoomId = RoomId(1);

pub(super) fn town(home: &TempDir, durability: Durability) -> Sqlite {
    let mut store = Sqlite::open(home.path(), durability, seed()).expect("a store");
    let text = |text: &str| text.to_owned();
    let (name, skeleton, label, phc) = (text("ann"), text("ann"), text("laptop"), Some(text("$argon2id$CANARY")));
    let ann = NewAccount {
        name,
        skeleton,
        device: PublicKey([1; 32]),
        label,
        phc,
        invite: None,
        is_vouched: false,
        at: at(),
    };
    let (name, skeleton, phc, owner) = (text("lobby"), text("lobby"), Some(text("$argon2id$CANARY")), Some(ANN));
    let lobby = NewRoom { name, skeleton, access: Access::Password, phc, owner };
    store.commit(&[Write::Account(ann), Write::Room(lobby)]).expect("a commit");
    store
}

fn at() -> WallTime {
    WallTime::from_unix_millis(1)
}

pub(super) fn say(counter: u64, text: &str) -> Write {
    say_as(counter, Body::Text(text.into()), Change::None)
}

pub(super) fn say_as(counter: u64, body: Body, change: Change) -> Write {
    let entry = Entry { at: at(), author: ANN, name: "ann".into(), body }.encode();
    let origin = Origin { device: PublicKey([1; 32]), id: ClientMsgId { start: 1, counter }, hash: [0; 32] };
    Write::Append(crate::Append { room: LOBBY, author: ANN, origin, at: at(), entry, change, unless_repeated: None })
}

fn lobby(store: &mut Sqlite) -> Room {
    store.snapshot().expect("a snapshot").rooms.remove(0)
}

fn log(store: &mut Sqlite) -> LogId {
    lobby(store).log
}

#[test]
fn a_directory_is_one_process_s() {
    let home = tempfile::tempdir().expect("a directory");
    let first = open(&home);
    let second = Sqlite::open(home.path(), Durability::Fsync, seed());
    assert!(matches!(second, Err(OpenError::InUse(_))));
    drop(first);
    drop(open(&home));
}

#[test]
fn a_newer_store_is_left_as_it_is() {
    let home = tempfile::tempdir().expect("a directory");
    open(&home).close().expect("a proper end");
    let path = home.path().join(FILE);
    let newer = Connection::open(&path).expect("a database");
    newer.pragma_update(None, "user_version", 99).expect("a version");
    newer.close().expect("an end");
    let before = fs::read(&path).expect("a file");
    let error = Sqlite::open(home.path(), Durability::Fsync, seed()).err().expect("an error").to_string();
    assert!(error.contains("version 99") && error.contains("up to 11") && error.contains(FILE), "{error}");
    assert!(fs::read(&path).expect("a file") == before, "nothing was touched");
}

#[test]
fn a_store_from_before_the_first_release_is_refused_with_what_helps_and_left_as_it_is() {
    let home = tempfile::tempdir().expect("a directory");
    open(&home).close().expect("a proper end");
    let path = home.path().join(FILE);
    let older = Connection::open(&path).expect("a database");
    older.pragma_update(None, "user_version", 8).expect("a version");
    older.close().expect("an end");
    let before = fs::read(&path).expect("a file");
    let refused = [
        Sqlite::open(home.path(), Durability::Fsync, seed()).err(),
        Reader::open(&path).err(),
        Reader::alone(home.path()).err(),
    ];
    for error in refused {
        let error = error.expect("an error").to_string();
        assert!(error.contains("older, unreleased version (8)") && error.contains("begin anew"), "{error}");
    }
    assert!(fs::read(&path).expect("a file") == before, "nothing was touched");
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join(FILE);
    let other = Connection::open(&path).expect("a database");
    other.execute_batch("CREATE TABLE mine (x)").expect("a table");
    other.close().expect("an end");
    assert!(matches!(Sqlite::open(home.path(), Durability::Fsync, seed()), Err(OpenError::Foreign(_))));
    fs::write(&path, "not a database, but longer than the header of one has to be".repeat(9)).expect("a file");
    assert!(matches!(Sqlite::open(home.path(), Durability::Fsync, seed()), Err(OpenError::Damaged { .. })));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().expect("a directory");
    let home = parent.path().join("a/b");
    let mut store = Sqlite::open(&home, Durability::Fsync, seed()).expect("a store");
    store.commit(&[Write::RevokeToken { hash: [0; 32] }]).expect("a commit");
    store.reader().expect("a reader").backup(&parent.path().join("copy")).expect("a copy");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    assert_eq!(mode(&parent.path().join("copy")), 0o600);
    for file in fs::read_dir(&home).expect("a directory") {
        let path = file.expect("a file").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn logs_are_the_same_after_a_crash_unless_the_disk_was_not_asked() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    let first = log(&mut store);
    store.crash();
    let mut store = Sqlite::open(home.path(), Durability::Os, seed()).expect("a store");
    assert_eq!(log(&mut store), first);
    store.commit(&[say(1, "one")]).expect("a commit");
    drop(store);
    let mut store = Sqlite::open(home.path(), Durability::Os, seed()).expect("a store");
    assert_eq!((log(&mut store), lobby(&mut store).head), (first, RoomSeq(1)), "it ended properly");
    store.commit(&[say(2, "two")]).expect("a commit");
    store.crash();
    let mut store = Sqlite::open(home.path(), Durability::Fsync, seed()).expect("a store");
    let second = log(&mut store);
    assert_ne!(second, first, "a number may have been lost and may be given again");
    drop(store);
    assert_eq!(log(&mut Sqlite::open(home.path(), Durability::Fsync, seed()).expect("a store")), second, "once");
}

#[test]
fn a_copy_is_whole_and_has_new_identities() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&[say(1, "one"), say(2, "two")]).expect("a commit");
    let other = tempfile::tempdir().expect("a directory");
    let reader = store.reader().expect("a reader");
    reader.backup(&other.path().join(FILE)).expect("a copy");
    assert!(reader.backup(&other.path().join(FILE)).is_err(), "nothing is overwritten");
    store.commit(&[say(3, "three")]).expect("a commit");
    let file = Reader::open(&other.path().join(FILE)).expect("a reader");
    assert_eq!(file.verify().expect("a check"), [""; 0]);
    drop(file);
    let mut copy = open(&other);
    assert_eq!(lobby(&mut copy).head, RoomSeq(2));
    let fresh = log(&mut copy);
    assert_ne!(fresh, log(&mut store));
    assert_eq!(copy.reader().expect("a reader").verify().expect("a check"), [""; 0]);
    copy.close().expect("a proper end");
    assert_eq!(log(&mut open(&other)), fresh, "it is a store of its own now");
}

#[test]
fn a_full_disk_takes_nothing_of_a_batch_and_gets_better() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&[say(1, "one")]).expect("a commit");
    let pages = pages(&store);
    limit(&store, pages + 2);
    let large = "x".repeat(60_000);
    let batch = [say(2, "small"), say(3, &large), say(4, &large)];
    let full = Outcome::Refused(Refusal::StoreFull);
    for _ in 0..3 {
        assert_eq!(store.commit(&batch).expect("the rest goes on"), [full.clone(), full.clone(), full.clone()]);
        assert_eq!(lobby(&mut store).head, RoomSeq(1));
    }
    assert!(store.commit(&[say(1, "one")]).is_ok(), "what is stored is answered");
    limit(&store, pages + 1_000);
    let outcomes = store.commit(&batch).expect("a commit");
    assert!(matches!(outcomes[2], Outcome::Appended { number: RoomSeq(4), repeated: false, .. }));
    drop(store);
    assert_eq!(lobby(&mut open(&home)).head, RoomSeq(4));
}

#[test]
fn on_a_full_disk_what_removes_something_goes_on() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    let large = "x".repeat(60_000);
    store.commit(&[say(1, &large), say(2, "two")]).expect("a commit");
    let pages = pages(&store);
    limit(&store, pages + 2);
    let (of, full) = (RoomSeq(1), Outcome::Refused(Refusal::StoreFull));
    let delete = say_as(3, Body::Delete { of }, Change::Delete { of, any_author: false });
    let repeated = Outcome::Appended { number: RoomSeq(2), repeated: true, removed: Vec::new(), freed: Vec::new() };
    let outcomes = store.commit(&[say(4, &large), Write::Probe, delete, say(2, "two")]).expect("a commit");
    assert_eq!((&outcomes[0], &outcomes[1], &outcomes[3]), (&full, &full, &repeated));
    assert!(matches!(&outcomes[2], Outcome::Appended { removed, .. } if removed[..] == [of]), "{outcomes:?}");
    limit(&store, pages + 1_000);
    assert_eq!(store.commit(&[Write::Probe]).expect("a commit"), [Outcome::Ok], "there is room again");
    assert!(matches!(store.commit(&[say(4, &large)]).expect("a commit")[0], Outcome::Appended { .. }));
}

#[test]
fn on_a_full_disk_a_member_can_t_use_up_by_acts_what_deletions_and_operators_need() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    let large = "x".repeat(60_000);
    store.commit(&[say(1, &large), say(2, "two")]).expect("a commit");
    limit(&store, pages(&store) + 60);
    let full = Outcome::Refused(Refusal::StoreFull);
    let slow = |n: u64| {
        let fact = Fact::Slow(u32::from(n.is_multiple_of(2)));
        say_as(n, Body::Act(Act::Set(fact.clone())), Change::Fact(fact))
    };
    let delete = |n, of| say_as(n, Body::Delete { of }, Change::Delete { of, any_author: false });
    // All at once, since the disk of this test has room again after each batch.
    let mut batch: Vec<_> = (10..20).map(|n| say(n, &large)).chain((100..1_100).map(slow)).collect();
    batch.extend([delete(4, RoomSeq(2)), delete(5, RoomSeq(1))]);
    batch.push(Write::Retain { room: LOBBY, retention: crate::Retention::Last(1) });
    let outcomes = store.commit(&batch).expect("what can't be taken is refused");
    assert!(outcomes[..10].iter().all(|outcome| *outcome == full), "{outcomes:?}");
    let acts = &outcomes[10..1_010];
    let taken = acts.iter().take_while(|outcome| **outcome != full).count();
    assert!((100..1_000).contains(&taken), "{taken}");
    assert!(acts[taken..].iter().all(|outcome| *outcome == full));
    for (outcome, of) in outcomes[1_010..].iter().zip([RoomSeq(2), RoomSeq(1)]) {
        assert!(matches!(outcome, Outcome::Appended { removed, .. } if removed[..] == [of]), "{outcome:?}");
    }
    assert_eq!(outcomes[1_012], Outcome::Ok, "an operator may");
    assert!(matches!(store.commit(&[slow(2_000)]).expect("there is room again")[0], Outcome::Appended { .. }));
}

#[test]
fn after_an_error_nothing_is_answered_with_success() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&[say(1, "one")]).expect("a commit");
    let vandal = Connection::open(home.path().join(FILE)).expect("a database");
    vandal.execute_batch("ALTER TABLE entries RENAME TO gone").expect("a rename");
    assert!(matches!(store.commit(&[say(2, "two")]), Err(StoreError::Failed(_))));
    vandal.execute_batch("ALTER TABLE gone RENAME TO entries").expect("a rename");
    assert!(matches!(store.commit(&[say(1, "one")]), Err(StoreError::Failed(_))), "not even what is stored");
    assert!(matches!(store.snapshot(), Err(StoreError::Failed(_))));
    assert!(store.close().is_err());
}

#[test]
fn an_export_has_all_that_was_said() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    let (label, scopes) = (String::new(), crate::Scopes::default());
    store
        .commit(&[say(1, "hello"), Write::Token { account: ANN, hash: [7; 32], label, scopes, until: None }])
        .expect("a commit");
    let mut told = Vec::new();
    let mut take = |exported: Exported<'_>| {
        told.push(match exported {
            Exported::Account(account) => account.name.clone(),
            Exported::Room { called, room, names } => format!("{called} {} {:?}", room.members.len(), names[&ANN]),
            Exported::Entry { room, number, entry } => {
                format!("{room} {number} {:?}", entry.and_then(|e| e.body.text()))
            }
        });
        Ok(())
    };
    store.reader().expect("a reader").export(&mut take).expect("an export");
    assert_eq!(told, ["ann", "#lobby 1 \"ann\"", "#lobby 1 Some(\"hello\")"]);
}

#[test]
fn a_check_finds_what_can_t_be() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&[say(1, "one"), say(2, "two"), say(3, "three")]).expect("a commit");
    let reader = store.reader().expect("a reader");
    assert_eq!(reader.verify().expect("a check"), [""; 0]);
    let vandal = Connection::open(home.path().join(FILE)).expect("a database");
    vandal.execute_batch("DELETE FROM entries WHERE number = 2").expect("a deletion");
    assert_eq!(reader.verify().expect("a check"), ["room 1, entry 3: there is a gap before it"]);
    vandal.execute_batch("UPDATE rooms SET head = 2").expect("a change");
    assert!(reader.verify().expect("a check").contains(&"room 1, entry 3: beyond the end of the log".to_owned()));
}

#[test]
fn ephemeral_bodies_are_not_on_disk() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    let retention = crate::Retention::Ephemeral;
    store.commit(&[Write::Retain { room: LOBBY, retention }, say(1, "EPHEMERALCANARY")]).expect("a commit");
    for file in fs::read_dir(home.path()).expect("a directory") {
        let bytes = fs::read(file.expect("a file").path()).expect("a file");
        let lower = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!lower.contains("ephemeralcanary"));
    }
}

#[test]
fn wherever_the_disk_gets_full_all_that_was_answered_is_there() {
    for spare in [0, 1, 3, 9, 20, 45] {
        let home = tempfile::tempdir().expect("a directory");
        let mut store = town(&home, Durability::Os);
        limit(&store, pages(&store) + spare);
        let mut answered = 0;
        for batch in 0..50 {
            let writes: Vec<_> =
                (1..=10).map(|n| say(batch * 10 + n, &format!("{n} {}", "word ".repeat(40)))).collect();
            let outcomes = store.commit(&writes).expect("what can't be taken is refused");
            if outcomes.contains(&Outcome::Refused(Refusal::StoreFull)) {
                assert!(
                    outcomes.iter().all(|outcome| *outcome == outcomes[0]),
                    "all of a batch, or nothing: {outcomes:?}"
                );
                break;
            }
            answered += outcomes.len() as u64;
        }
        assert!(answered < 500, "it never got full with {spare} pages to spare");
        store.crash();
        let mut store = open(&home);
        assert_eq!(lobby(&mut store).head, RoomSeq(answered), "with {spare} pages to spare");
        assert_eq!(store.reader().expect("a reader").verify().expect("a check"), [""; 0]);
        let next = store.commit(&[say(9_999, "more")]).expect("a commit");
        assert_eq!(
            next,
            [Outcome::Appended {
                number: RoomSeq(answered + 1),
                repeated: false,
                removed: Vec::new(),
                freed: Vec::new()
            }]
        );
    }
}

fn pages(store: &Sqlite) -> i64 {
    store.conn.pragma_query_value(None, "page_count", |row| row.get(0)).expect("a count")
}

fn limit(store: &Sqlite, pages: i64) {
    store.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), (), |_| Ok(())).expect("a limit");
}

#[test]
fn a_check_finds_a_spoiled_index_of_words() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&(1..=40).map(|n| say(n, &format!("words number {n}"))).collect::<Vec<_>>()).expect("a commit");
    store.close().expect("a proper end");
    let path = home.path().join(FILE);
    let check = || Reader::open(&path).expect("a reader").verify().expect("a check");
    assert_eq!(check(), [""; 0]);
    let spoiler = Connection::open(&path).expect("a database");
    let spoiled = spoiler.execute("UPDATE words_data SET block = zeroblob(length(block)) WHERE id > 10", ());
    assert!(spoiled.expect("a shadow table") > 0, "there is an index");
    spoiler.close().expect("an end");
    let found = check();
    assert!(found.iter().any(|wrong| wrong.contains("fts5")), "{found:?}");
}

#[test]
fn where_the_index_of_words_is_spoiled_texts_are_deleted_and_edited_all_the_same() {
    let home = tempfile::tempdir().expect("a directory");
    let mut store = town(&home, Durability::Fsync);
    store.commit(&(1..=40).map(|n| say(n, &format!("words number {n}"))).collect::<Vec<_>>()).expect("a commit");
    while store.tend() {}
    let spoiler = Connection::open(home.path().join(FILE)).expect("a database");
    let spoiled = spoiler.execute("UPDATE words_data SET block = zeroblob(length(block))", ());
    assert!(spoiled.expect("a shadow table") > 0, "there is an index");
    drop(spoiler);
    let (of, other) = (RoomSeq(1), RoomSeq(2));
    let delete = say_as(100, Body::Delete { of }, Change::Delete { of, any_author: false });
    let edit = say_as(101, Body::Edit { of: other, text: "other words".into() }, Change::Edit(other));
    let outcomes = store.commit(&[delete, edit, say(102, "and on")]).expect("a commit");
    let is_stored = |outcome: &Outcome| matches!(outcome, Outcome::Appended { repeated: false, .. });
    assert!(outcomes.iter().all(is_stored), "{outcomes:?}");
    assert!(matches!(&outcomes[0], Outcome::Appended { removed, .. } if removed[..] == [of]), "{outcomes:?}");
    for n in 200..260 {
        assert!(is_stored(&store.commit(&[say(n, "more")]).expect("a commit")[0]));
        store.tend();
    }
    while store.tend() {}
    assert!(!store.memo.is_index_damaged && store.memo.is_index_renewed, "it is made anew");
    let found = |words: &str| {
        let (account, words) = (ANN, words.to_owned());
        Query::Search(Search { account, room: None, only: None, words, after: None, count: 100, bytes: 1 << 20 })
    };
    for (words, count) in [("number", 38), ("other", 1), ("more", 60), ("on", 1)] {
        let Ok(Results::Found(Found { hits, is_damaged: false, .. })) = store.query(&found(words)) else {
            panic!("{words}")
        };
        assert_eq!(hits.len(), count, "{words}");
    }
}
