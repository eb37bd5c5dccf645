//! The first and the last leaf of every table go bad, one after the other: what becomes of the store, and what is said.

use rusqlite::Connection;

use super::ends::{LOBBY, say, town};
use super::mend::{damage, is_stored, wrong};
use super::*;
use crate::sqlite::rows::all;
use crate::sqlite::{FILE, OpenError, checkpoint};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Role;

/// What becomes of a store one of whose tables has a page that can't be read.
enum Becomes {
    /// It begins, and nothing is lost.
    Whole,
    /// It begins, and what is lost is named to whoever reads there.
    Lacking,
    /// It begins only once it was repaired, and what is lost is named then, in these words; `""`: nothing is.
    Repaired(&'static str),
    /// Nothing but a backup helps, and this is said to be in there: of the first leaf, and of the last.
    Refused([&'static str; 2]),
}

use Becomes::{Lacking, Refused, Repaired, Whole};

/// Every table, in the order of their names.
const EXPECTED: [(&str, Becomes); 22] = [
    ("accounts", Refused(["are ann, p2, ", "are p24"])),
    ("banned_devices", Repaired("the devices of bans of #lobby may be lost")),
    ("bans", Repaired("stays banned from #lobby: until when is lost")),
    ("devices", Repaired("devices have lost their labels, and are let in as before")),
    ("entries", Lacking),
    ("epoch_heads", Repaired("devices read all rooms anew")),
    ("epochs", Repaired("devices read all rooms anew")),
    ("invited", Repaired("invitations of #lobby may be lost")),
    ("invites", Repaired("invitations to this server may be lost")),
    ("lost", Whole),
    ("members", Repaired("is in #lobby as an ordinary member: which role it was")),
    ("meta", Repaired("devices read all rooms anew")),
    ("mutes", Repaired("mutes of #lobby may be lost")),
    ("origins", Whole),
    ("pins", Repaired("pins of #lobby may be lost")),
    ("rooms", Refused(["are #lobby, #r2, ", "are #r"])),
    ("sqlite_schema", Refused(["", ""])),
    ("tokens", Repaired("tokens are lost: make new ones")),
    ("words_config", Whole),
    ("words_data", Whole),
    ("words_docsize", Whole),
    ("words_idx", Whole),
];

/// A store in which every table has several leaves.
fn city(home: &TempDir) {
    let mut store = town(home, Durability::Fsync);
    let text = |n: u64| format!("message-{n} word{n} {}", "blah ".repeat(40));
    store.commit(&(1..=600).map(|n| say(n, &text(n))).collect::<Vec<_>>()).expect("a commit");
    while store.tend() {}
    let rows = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 300)";
    let key = "cast(printf('%032d', i) AS BLOB)";
    for (into, select) in [
        ("accounts (id, name, folded, skeleton, is_owner)", "i, 'p' || i, 'p' || i, 'p' || i, 0"),
        ("devices", &format!("{key}, i, 'laptop', 7")),
        ("tokens", &format!("{key}, i, 'bot', 1, 0, NULL, NULL")),
        ("invites", &format!("{key}, 1, NULL")),
        ("rooms (id, name, folded, skeleton, log, access)", "i, 'r' || i, 'r' || i, 'r' || i, i, 3"),
        ("members (room, account, role, since)", "1, i, 1, 0"),
        ("invited", "1, i"),
        ("bans", "1, i, 99"),
        ("banned_devices", &format!("1, i, {key}")),
        ("mutes", "1, i, NULL"),
        ("pins", "1, i"),
        ("origins", &format!("i, {key}, i")),
        ("epochs", "1000 + i, i"),
        ("epoch_heads", "1, 1000 + i, 3"),
        ("meta", "'test' || i, i"),
    ] {
        store.conn.execute_batch(&format!("{rows} INSERT INTO {into} SELECT {select} FROM n")).expect(into);
    }
    // What was lost once: from the middle, and known to be.
    let lost = "DELETE FROM entries WHERE number % 2 = 0 AND number BETWEEN 100 AND 400;
                INSERT INTO lost SELECT 1, number + 1, number + 1 FROM entries WHERE number BETWEEN 99 AND 399 AND number % 2 = 1";
    store.conn.execute_batch(lost).expect("lost");
    checkpoint(&store.conn, "TRUNCATE").expect("a checkpoint");
    store.close().expect("a proper end");
}

fn tables(home: &TempDir) -> Vec<String> {
    let conn = Connection::open(home.path().join(FILE)).expect("a database");
    let sql = "SELECT DISTINCT name FROM dbstat WHERE pagetype = 'leaf' AND name NOT IN
               (SELECT name FROM sqlite_schema WHERE type = 'index') ORDER BY name";
    all(&conn, sql, (), |row| row.get(0)).expect("names")
}

#[test]
fn of_every_table_it_is_known_what_becomes_of_it_and_nothing_is_lost_without_a_word() {
    let home = tempfile::tempdir().expect("a directory");
    city(&home);
    assert_eq!(wrong(&home), [""; 0], "it is sound");
    let whole = std::fs::read(home.path().join(FILE)).expect("a file");
    let found = tables(&home);
    let expected: Vec<_> = EXPECTED.iter().collect();
    assert_eq!(found, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (table, becomes) in expected {
        for (at, order) in ["ASC", "DESC"].into_iter().enumerate() {
            std::fs::write(home.path().join(FILE), &whole).expect("written");
            damage(&home, table, order);
            let what = format!("{table} {order}");
            match becomes {
                Whole | Lacking => goes_on(&home, &what),
                Repaired(lost) => is_repaired(&home, &what, lost),
                Refused(names) => is_refused(&home, &what, names[at]),
            }
        }
    }
}

/// Begins, takes entries, and has all members with their roles.
fn goes_on(home: &TempDir, what: &str) {
    let mut store =
        Sqlite::open(home.path(), Durability::Fsync, seed()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let snapshot = store.snapshot().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(snapshot.rooms[0].members.iter().filter(|member| member.role == Role::Moderator).count(), 299, "{what}");
    assert!(is_stored(&store.commit(&[say(2_000, "and on")]).expect(what)[0]), "{what}");
    let page = store.load(Range { room: LOBBY, after: RoomSeq(0), count: 2_000, bytes: 1 << 24 }).expect(what);
    assert!(page.unreadable.is_some() && page.entries.len() == 601, "{what}: what was lost is still said to be");
    while store.tend() {}
    store.close().expect(what);
    let (store, mended) = Sqlite::repair(home.path(), seed()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(mended.lost_rows, [""; 0], "{what}");
    let sql = "SELECT name FROM sqlite_schema WHERE name GLOB 'damaged_*' OR name GLOB 'mended_*'";
    let left: Vec<String> = all(&store.conn, sql, (), |row| row.get(0)).expect(what);
    assert_eq!(left, [""; 0], "{what}: nothing of a tree that was given up stays");
    store.close().expect(what);
    assert_eq!(wrong(home), [""; 0], "{what}");
}

fn is_repaired(home: &TempDir, what: &str, lost: &str) {
    let table = what.split(' ').next().expect("a name");
    let opened = Sqlite::open(home.path(), Durability::Fsync, seed()).map_err(|error| error.to_string());
    let said = opened.and_then(|mut store| store.snapshot().map_err(|error| error.to_string()));
    // A ban's devices, invitations and mutes are read by nobody but the snapshot.
    let said = said.err().unwrap_or_else(|| panic!("{what}: it began as if all was well"));
    assert!(said.contains(table) && said.contains("admin repair") && said.contains("admin restore"), "{what}: {said}");
    let (mut store, mended) = Sqlite::repair(home.path(), seed()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(mended.lost_rows.iter().any(|line| line.contains(lost)), "{what}: {:?}", mended.lost_rows);
    let snapshot = store.snapshot().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!((snapshot.accounts.len(), snapshot.rooms.len()), (300, 300), "{what}");
    let members = &snapshot.rooms[0].members;
    assert_eq!(members.len(), 300, "{what}: all are in still");
    let demoted = members.iter().filter(|member| member.role == Role::Member).count();
    let named = mended.lost_rows.iter().filter(|line| line.contains("ordinary member")).count();
    assert_eq!(demoted, named, "{what}: of each it is said");
    let banned = snapshot.rooms[0].bans.len();
    assert!(banned == 299, "{what}: {banned} are banned still");
    assert_eq!(snapshot.accounts.iter().map(|account| account.devices.len()).sum::<usize>(), 300, "{what}");
    assert!(is_stored(&store.commit(&[say(2_000, "and on")]).expect(what)[0]), "{what}");
    store.close().expect(what);
    assert_eq!(wrong(home), [""; 0], "{what}");
    let mut again = open(home);
    again.snapshot().expect(what);
    again.close().expect(what);
    assert_eq!(wrong(home), [""; 0], "{what}: after a further start, too");
}

fn is_refused(home: &TempDir, what: &str, name: &str) {
    let path = home.path().join(FILE);
    let before = std::fs::read(&path).expect("a file");
    let said = |error: OpenError| {
        assert!(matches!(error, OpenError::Damaged { .. } | OpenError::DamagedTables { .. }), "{what}: {error:?}");
        error.to_string()
    };
    let repair = Sqlite::repair(home.path(), seed()).map(|_| ()).map_err(said).expect_err(what);
    assert!(std::fs::read(&path).expect("a file") == before, "{what}: nothing was touched");
    let opened = Sqlite::open(home.path(), Durability::Fsync, seed()).map_err(said);
    let opened = opened.and_then(|mut store| store.snapshot().map_err(|error| error.to_string())).expect_err(what);
    for said in [repair, opened] {
        assert!(
            said.contains(name) && said.contains("admin restore") && !said.contains("admin repair"),
            "{what}: {said}"
        );
    }
}
